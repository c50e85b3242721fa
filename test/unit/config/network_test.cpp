#include "iib/config/network.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace iib::config;

TEST_CASE("listen addresses are an address with port or a socket", "[config]") {
  CHECK(parse_listen_address("127.0.0.1:8080") == ListenAddress{"127.0.0.1", 8080, ""});
  CHECK(parse_listen_address("[::1]:0") == ListenAddress{"::1", 0, ""});
  CHECK(parse_listen_address("localhost:80") == ListenAddress{"127.0.0.1", 80, ""});
  CHECK(parse_listen_address("unix:/run/iibd.sock") == ListenAddress{"", 0, "/run/iibd.sock"});
  const std::string bad =
      GENERATE("", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:80x", "::1:80",
               "[127.0.0.1]:80", "example.com:80", "unix:", "unix:relative", "300.1.1.1:80");
  CAPTURE(bad);
  CHECK(parse_listen_address(bad) == std::nullopt);
}

TEST_CASE("a listen address is written as it is read", "[config]") {
  const std::string text = GENERATE("127.0.0.1:8080", "[::1]:0", "unix:/run/iibd.sock");

  CHECK(to_text(*parse_listen_address(text)) == text);
}

TEST_CASE("only loopback and sockets are local", "[config]") {
  CHECK(parse_listen_address("127.8.8.8:80")->is_local());
  CHECK(parse_listen_address("[::1]:80")->is_local());
  CHECK(parse_listen_address("unix:/run/x")->is_local());
  CHECK_FALSE(parse_listen_address("0.0.0.0:80")->is_local());
  CHECK_FALSE(parse_listen_address("[::]:80")->is_local());
}

TEST_CASE("a network holds its hosts and no other", "[config]") {
  const auto [network, inside, outside] = GENERATE(table<std::string, std::string, std::string>({
      {"192.0.2.7", "192.0.2.7", "192.0.2.8"},
      {"192.0.2.0/24", "192.0.2.255", "192.0.3.0"},
      {"192.0.2.128/25", "192.0.2.128", "192.0.2.127"},
      {"192.0.2.0/24", "::ffff:192.0.2.1", "::192.0.2.1"},
      {"10.0.0.0/9", "10.127.0.1", "10.128.0.1"},
      {"fd00::/8", "fdff::1", "fe00::1"},
      {"::1", "::1", "::2"},
      {"0.0.0.0/0", "8.8.8.8", "2001:db8::1"},
      {"::/0", "8.8.8.8", "no address"},
  }));
  CAPTURE(network);

  const auto parsed = Network::parse(network);
  REQUIRE(parsed);
  CHECK(parsed->contains(inside));
  CHECK_FALSE(parsed->contains(outside));
}

TEST_CASE("what is no network is not taken for one", "[config]") {
  const std::string bad = GENERATE("", "/8", "10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/8x",
                                   "proxy.example.com", "unix");
  CAPTURE(bad);
  CHECK(Network::parse(bad) == std::nullopt);
}

TEST_CASE("nobody is trusted unless configured", "[config]") {
  TrustedProxies proxies;
  CHECK_FALSE(proxies.trusts("127.0.0.1"));
  proxies.networks.push_back(*Network::parse("127.0.0.0/8"));
  CHECK(proxies.trusts("127.0.0.1"));
  CHECK_FALSE(proxies.trusts("192.0.2.1"));
}
