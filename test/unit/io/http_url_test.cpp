#include "iib/io/http_url.hpp"

#include "iib/base/error.hpp"
#include "iib/io/http_proxy.hpp"

#include <catch2/catch.hpp>

#include <map>

namespace iib::test {
namespace {

using Scheme = io::HttpScheme;

io::Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) -> std::optional<std::string> {
    const auto found = values.find(name);
    return found == values.end() ? std::nullopt : std::optional{found->second};
  };
}

}  // namespace

TEST_CASE("a URL is taken apart and put together again", "[http]") {
  const auto url = io::parse_url("HTTPS://Quay.IO/v2/?a=b%2Bc#part");

  CHECK(url.origin == io::HttpOrigin{Scheme::https, "quay.io", 443});
  CHECK(url.target == "/v2/?a=b%2Bc");
  CHECK(url.text() == "https://quay.io/v2/?a=b%2Bc");
  CHECK(io::parse_url("http://[::1]:80").text() == "http://[::1]/");
  CHECK(io::parse_url("http://host:443").origin.authority() == "host:443");
}

TEST_CASE("what is no URL of ours is refused without its query", "[http]") {
  const auto text = GENERATE(as<std::string>{}, "", "ftp://x/", "http://", "http://a b/",
                             "http://user:secret@x/", "http://x:0/", "http://x:99999/",
                             "http://x:/", "http://[::1/", "http://x\r\n/", "http://x/?secret\n");
  CAPTURE(text);

  CHECK_THROWS_AS(io::parse_url(text), UserError);
  CHECK_THROWS_WITH(io::parse_url(text), !Catch::Contains("secret"));
}

TEST_CASE("a Location leads where RFC 3986 says", "[http]") {
  const auto base = io::parse_url("https://registry:5000/v2/a/blobs/uploads/?x=1");
  const auto [reference, expected] = GENERATE(table<std::string, std::string>({
      {"http://other/x?y=%2F", "http://other/x?y=%2F"},
      {"//other/x", "https://other/x"},
      {"/v2/b?s=1#f", "https://registry:5000/v2/b?s=1"},
      {"b/c", "https://registry:5000/v2/a/blobs/uploads/b/c"},
      {"../up", "https://registry:5000/v2/a/blobs/up"},
      {"/a/./b/../c/", "https://registry:5000/a/c/"},
      {"/../../x", "https://registry:5000/x"},
      {"?z", "https://registry:5000/v2/a/blobs/uploads/?z"},
      {"?next=http://x/", "https://registry:5000/v2/a/blobs/uploads/?next=http://x/"},
  }));
  CAPTURE(reference);

  CHECK(io::resolve(base, reference).text() == expected);
}

TEST_CASE("a value for a query is encoded", "[http]") {
  CHECK(io::percent_encoded("sha256:a/b c+~é") == "sha256%3Aa%2Fb%20c%2B~%C3%A9");
}

TEST_CASE("the environment names proxies", "[http]") {
  const auto quay = io::parse_url("https://quay.io/").origin;
  const auto plain = io::parse_url("http://registry.example.com:5000/").origin;

  CHECK_FALSE(io::find_proxy(quay, environment({})));
  CHECK_FALSE(io::find_proxy(quay, environment({{"HTTP_PROXY", "http://p:1"}})));
  CHECK(io::find_proxy(quay, environment({{"HTTPS_PROXY", "http://p:3128/"}}))->origin.text() ==
        "http://p:3128");
  CHECK(io::find_proxy(plain, environment({{"http_proxy", "p:1"}, {"HTTP_PROXY", "q:1"}}))
            ->origin.host == "p");
  CHECK(io::find_proxy(plain, environment({{"ALL_PROXY", "http://p"}}))->origin.port == 80);
  const auto proxy = io::find_proxy(quay, environment({{"https_proxy", "http://me:a%40b@p:1"}}));
  CHECK(proxy->user == "me");
  CHECK(proxy->password.reveal() == "a@b");
  CHECK_FALSE(io::find_proxy(io::parse_url("http://127.0.0.1:5000/").origin,
                             environment({{"http_proxy", "p:1"}})));
  CHECK_THROWS_WITH(io::find_proxy(quay, environment({{"https_proxy", "socks5://me:secret@p:1"}})),
                    Catch::Contains("https_proxy") && !Catch::Contains("secret"));
}

TEST_CASE("NO_PROXY excludes hosts, domains, addresses and networks", "[http]") {
  const auto [list, url, excluded] = GENERATE(table<std::string, std::string, bool>({
      {"*", "http://any/", true},
      {"example.com", "http://example.com/", true},
      {"example.com", "http://a.example.com/", true},
      {"example.com", "http://badexample.com/", false},
      {".example.com", "http://example.com/", false},
      {"x, *.example.com", "http://a.Example.com/", true},
      {"example.com:5000", "http://example.com:5000/", true},
      {"example.com:5000", "http://example.com/", false},
      {"10.0.0.0/8", "http://10.1.2.3/", true},
      {"10.0.0.0/8", "http://11.1.2.3/", false},
      {"192.168.1.128/25", "http://192.168.1.200/", true},
      {"192.168.1.128/25", "http://192.168.1.1/", false},
      {"fd00::/8", "http://[fd12::1]:5000/", true},
      {"[fd00::1]:80", "http://[fd00:0::1]/", true},
      {"10.0.0.1", "http://10.0.0.1:5000/", true},
      {"", "http://any/", false},
  }));
  CAPTURE(list, url);

  const auto proxy = io::find_proxy(io::parse_url(url).origin,
                                    environment({{"http_proxy", "p:1"}, {"no_proxy", list}}));

  CHECK(proxy.has_value() != excluded);
}

}  // namespace iib::test
