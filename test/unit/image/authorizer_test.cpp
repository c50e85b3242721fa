#include "image/registry/authorizer.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "image/registry/token.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <atomic>
#include <filesystem>
#include <latch>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace {

using iib::Cancellation;
using iib::Secret;
using iib::image::Authorizer;
using iib::image::TokenAnswer;
using iib::image::TokenRequest;
using iib::image::Wanted;
using iib::model::ImageReference;
using namespace std::chrono_literals;

namespace fs = std::filesystem;

constexpr auto kBearer =
    R"(Bearer realm="https://auth.r.io/token",service="r.io",scope="repository:ns/op:pull")";

/// An authorizer whose token server answers `body` with `status` and notes what it was asked.
struct Fixture {
  struct Asked {
    std::string method;
    std::string url;
    std::string authorization;
    std::string form;
  };

  iib::TempDir directory{fs::temp_directory_path()};
  std::vector<Asked> asked;
  int status = 200;
  std::string body;
  std::vector<std::string> insecure;
  std::chrono::steady_clock::time_point now{};

  Authorizer make() {
    return Authorizer{[this](const TokenRequest& request, const Cancellation& /*unused*/) {
                        return answer(request);
                      },
                      insecure, [this] { return now; }};
  }

  TokenAnswer answer(const TokenRequest& request) {
    asked.push_back({.method = request.method == TokenRequest::Method::get ? "GET" : "POST",
                     .url = request.url.text(),
                     .authorization = std::string{request.authorization.reveal()},
                     .form = std::string{request.form.reveal()}});
    // Each token another, so that a test sees which one it has.
    return {.status = status,
            .body = body.empty() ? fmt::format(R"({{"token":"token{}"}})", asked.size()) : body};
  }

  /// The pull of r.io/`repository`, by an auth file that has `auths` (maybe nothing).
  [[nodiscard]] Wanted pull(const std::string& repository = "ns/op",
                            const std::string& auths = {}) const {
    Wanted wanted{.image = ImageReference::parse("r.io/" + repository + ":v1"),
                  .purpose = "r.io/" + repository + ":v1 cannot be read"};
    if (!auths.empty()) {
      wanted.auth_file = directory.path() / "auth.json";
      iib::write_file_atomically(wanted.auth_file, R"({"auths":)" + auths + "}");
    }
    return wanted;
  }
};

std::string login(const std::string& key, const std::string& pair = "u:p") {
  return fmt::format(R"({{"{}":{{"auth":"{}"}}}})", key, iib::to_base64(pair));
}

std::string text(const Secret& secret) {
  return std::string{secret.reveal()};
}

}  // namespace

TEST_CASE("an unknown registry is asked without credentials first", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();

  CHECK(authorizer.authorization(fixture.pull("ns/op", login("r.io")), {}).empty());
  CHECK(fixture.asked.empty());
}

TEST_CASE("a registry that wants basic authentication gets the login", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();
  const auto wanted = fixture.pull("ns/op", login("r.io/ns"));

  const auto value = authorizer.after_refusal(wanted, R"(Basic realm="r")", {}, {});

  CHECK(text(value) == "Basic " + iib::to_base64("u:p"));
  CHECK(text(authorizer.authorization(wanted, {})) == text(value));
  SECTION("which is not offered twice") {
    CHECK_THROWS_WITH(
        authorizer.after_refusal(wanted, R"(Basic realm="r")", value, {}),
        Catch::Equals(
            "r.io/ns/op:v1 cannot be read: r.io answered 401 to the credentials for r.io/ns; check "
            "the credentials for r.io in iib_docker_config_template, or those given with the "
            "request"));
  }
  SECTION("unless there is none for the image") {
    const auto other = fixture.pull("other/op", login("r.io/ns"));
    CHECK(authorizer.authorization(other, {}).empty());
    CHECK_THROWS_WITH(authorizer.after_refusal(other, "Basic realm=r", {}, {}),
                      Catch::Contains("r.io answered 401 to a request without credentials"));
  }
}

TEST_CASE("an identity token is of no use for basic authentication", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();
  const auto wanted = fixture.pull("ns/op", R"({"r.io":{"identitytoken":"hidden"}})");

  CHECK_THROWS_WITH(authorizer.after_refusal(wanted, "Basic realm=r", {}, {}),
                    Catch::Contains("wants user and password") && !Catch::Contains("hidden"));
}

TEST_CASE("a token is asked for anonymously when there is no login", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();

  CHECK(text(authorizer.after_refusal(fixture.pull(), kBearer, {}, {})) == "Bearer token1");
  CHECK(text(authorizer.authorization(fixture.pull(), {})) == "Bearer token1");

  REQUIRE(fixture.asked.size() == 1);
  CHECK(fixture.asked[0].method == "GET");
  CHECK(fixture.asked[0].url ==
        "https://auth.r.io/token?service=r.io&scope=repository%3Ans%2Fop%3Apull");
  CHECK(fixture.asked[0].authorization.empty());
}

TEST_CASE("a token is asked for with the login", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();
  auto wanted = fixture.pull("ns/op", login("r.io/ns", "the user:p"));
  wanted.action = Wanted::Action::push;
  wanted.mount_from = "base/image";

  static_cast<void>(authorizer.after_refusal(wanted, kBearer, {}, {}));

  REQUIRE(fixture.asked.size() == 1);
  CHECK(fixture.asked[0].url ==
        "https://auth.r.io/token?account=the%20user&service=r.io"
        "&scope=repository%3Abase%2Fimage%3Apull&scope=repository%3Ans%2Fop%3Apull%2Cpush");
  CHECK(fixture.asked[0].authorization == "Basic " + iib::to_base64("the user:p"));
}

TEST_CASE("an identity token is sent in the body, never in the URL", "[image][registry]") {
  Fixture fixture;
  fixture.body = R"({"access_token":"fresh","refresh_token":"other"})";
  auto authorizer = fixture.make();
  const auto wanted = fixture.pull("ns/op", R"({"r.io":{"auth":"dTo=","identitytoken":"a/b&c"}})");

  CHECK(text(authorizer.after_refusal(wanted, kBearer, {}, {})) == "Bearer fresh");

  REQUIRE(fixture.asked.size() == 1);
  CHECK(fixture.asked[0].method == "POST");
  CHECK(fixture.asked[0].url == "https://auth.r.io/token");
  CHECK(fixture.asked[0].authorization.empty());
  CHECK(fixture.asked[0].form ==
        "grant_type=refresh_token&service=r.io&client_id=iibd&scope=repository%3Ans%2Fop%3Apull"
        "&refresh_token=a%2Fb%26c");
}

TEST_CASE("a token serves nobody but who it was made for", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();
  const auto first = text(authorizer.after_refusal(fixture.pull(), kBearer, {}, {}));

  SECTION("another login gets another") {
    CHECK(text(authorizer.authorization(fixture.pull("ns/op", login("r.io")), {})) != first);
    CHECK(text(authorizer.authorization(fixture.pull("ns/op", login("r.io", "u:other")), {})) !=
          text(authorizer.authorization(fixture.pull("ns/op", login("r.io")), {})));
  }
  SECTION("another repository gets another") {
    CHECK(text(authorizer.authorization(fixture.pull("ns/other"), {})) != first);
  }
  SECTION("another action gets another") {
    auto push = fixture.pull();
    push.action = Wanted::Action::push;
    CHECK(text(authorizer.authorization(push, {})) != first);
  }
}

TEST_CASE("a token is used until shortly before it expires", "[image][registry]") {
  Fixture fixture;
  const auto [name, body, fresh, stale] =
      GENERATE(table<std::string, std::string, std::chrono::seconds, std::chrono::seconds>({
          {"60 s when the server does not tell", R"({"token":"t"})", 44s, 45s},
          {"as the server tells", R"({"token":"t","expires_in":300})", 269s, 270s},
          {"less than a minute, too", R"({"token":"t","expires_in":8})", 5s, 6s},
          {"at most an hour", R"({"token":"t","expires_in":1e300})", 3569s, 3570s},
          {"as a fraction", R"({"token":"t","expires_in":300.9})", 269s, 270s},
          {"what is no number does not count", R"({"token":"t","expires_in":"9"})", 44s, 45s},
      }));
  CAPTURE(name);
  fixture.body = body;
  auto authorizer = fixture.make();
  static_cast<void>(authorizer.after_refusal(fixture.pull(), kBearer, {}, {}));

  fixture.now += fresh;
  static_cast<void>(authorizer.authorization(fixture.pull(), {}));
  CHECK(fixture.asked.size() == 1);

  fixture.now += stale - fresh;
  static_cast<void>(authorizer.authorization(fixture.pull(), {}));
  CHECK(fixture.asked.size() == 2);
}

TEST_CASE("a token that is at its end from the start is used once", "[image][registry]") {
  Fixture fixture;
  fixture.body = R"({"token":"t","expires_in":-5})";
  auto authorizer = fixture.make();

  CHECK(text(authorizer.after_refusal(fixture.pull(), kBearer, {}, {})) == "Bearer t");
  CHECK(text(authorizer.authorization(fixture.pull(), {})) == "Bearer t");
  CHECK(fixture.asked.size() == 2);
}

TEST_CASE("a token that the registry no longer takes is replaced", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();
  const auto old = authorizer.after_refusal(fixture.pull(), kBearer, {}, {});

  const auto fresh = authorizer.after_refusal(
      fixture.pull(), std::string{kBearer} + R"(,error="invalid_token")", old, {});

  CHECK(text(fresh) == "Bearer token2");
  CHECK(text(authorizer.authorization(fixture.pull(), {})) == "Bearer token2");
  SECTION("by the one that another thread has fetched meanwhile") {
    CHECK(text(authorizer.after_refusal(fixture.pull(), kBearer, old, {})) == "Bearer token2");
    CHECK(fixture.asked.size() == 2);
  }
}

TEST_CASE("a refusal that another token would not change ends it", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();
  const auto wanted = fixture.pull("ns/op", login("r.io/ns"));

  SECTION("the registry says that the rights do not suffice") {
    const auto token = authorizer.after_refusal(wanted, kBearer, {}, {});
    CHECK_THROWS_WITH(
        authorizer.after_refusal(wanted, std::string{kBearer} + R"(,error="insufficient_scope")",
                                 token, {}),
        Catch::Contains("r.io answered 401 to the credentials for r.io/ns"));
    CHECK(fixture.asked.size() == 1);
  }
  SECTION("the server gives the same token again") {
    fixture.body = R"({"token":"same"})";
    const auto token = authorizer.after_refusal(wanted, kBearer, {}, {});
    CHECK_THROWS_AS(authorizer.after_refusal(wanted, kBearer, token, {}), iib::ExternalError);
  }
}

TEST_CASE("a scope that the registry asks for besides is granted with ours", "[image][registry]") {
  using iib::image::token_scopes;
  const auto wanted = Fixture{}.pull();
  const auto [asked, expected] = GENERATE(table<std::string, std::vector<std::string>>({
      {"", {"repository:ns/op:pull"}},
      {"repository:ns/op:pull", {"repository:ns/op:pull"}},
      {"repository:ns/op:push,pull", {"repository:ns/op:pull,push"}},
      {"repository:hub/ns/op:pull", {"repository:hub/ns/op:pull", "repository:ns/op:pull"}},
      {"repository(plugin):a:pull registry:catalog:*",
       {"registry:catalog:*", "repository(plugin):a:pull", "repository:ns/op:pull"}},
      {"repository:r.io:5000/a:pull", {"repository:ns/op:pull", "repository:r.io:5000/a:pull"}},
      {"  , : :: nothing ", {"repository:ns/op:pull"}},
      {"repository:ns/op:", {"repository:ns/op:pull"}},
      {std::string(5000, 'a') + ":pull", {"repository:ns/op:pull"}},
  }));
  CAPTURE(asked);

  CHECK(token_scopes(wanted, asked) == expected);
}

TEST_CASE("bearer is preferred, basic is the way out", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();
  const auto wanted = fixture.pull("ns/op", login("r.io"));
  const auto [header, begin] = GENERATE(table<std::string, std::string>({
      {std::string{"Basic realm=r, "} + kBearer, "Bearer "},
      {R"(Negotiate, Basic realm="r")", "Basic "},
      {R"(Bearer realm="nonsense", Basic realm="r")", "Basic "},
  }));
  CAPTURE(header);

  CHECK(text(authorizer.after_refusal(wanted, header, {}, {})).starts_with(begin));
}

TEST_CASE("a challenge that leads nowhere is refused", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();
  const auto header = GENERATE(as<std::string>{}, "", "Negotiate", "Bearer", R"(Bearer realm="")",
                               R"(Bearer realm="file:///etc/passwd")", R"(Bearer realm="/token")",
                               R"(Bearer realm="https://u:p@a.io/t")",
                               R"(Bearer realm="https://a.io/t x")", "Bearer realm=\"https:///t\"");
  CAPTURE(header);

  CHECK_THROWS_WITH(
      authorizer.after_refusal(fixture.pull("ns/op", login("r.io")), header, {}, {}),
      Catch::Contains("r.io answered 401") && Catch::Contains("check that r.io is a registry"));
  CHECK(fixture.asked.empty());
}

TEST_CASE("credentials go over plain HTTP only where the operator said so", "[image][registry]") {
  Fixture fixture;
  const auto header = R"(Bearer realm="http://auth.r.io/token",service="r.io")";

  SECTION("not by default") {
    auto authorizer = fixture.make();
    CHECK_THROWS_WITH(
        authorizer.after_refusal(fixture.pull("ns/op", login("r.io")), header, {}, {}),
        Catch::Contains("plain HTTP") && Catch::Contains("name auth.r.io in iib_insecure_regis"));
    CHECK(fixture.asked.empty());
  }
  SECTION("nor an identity token") {
    auto authorizer = fixture.make();
    CHECK_THROWS_AS(authorizer.after_refusal(
                        fixture.pull("ns/op", R"({"r.io":{"identitytoken":"t"}})"), header, {}, {}),
                    iib::ExternalError);
    CHECK(fixture.asked.empty());
  }
  SECTION("where no credentials are needed") {
    auto authorizer = fixture.make();
    CHECK_FALSE(authorizer.after_refusal(fixture.pull(), header, {}, {}).empty());
  }
  SECTION("where the registry or the token server is insecure on purpose") {
    fixture.insecure = {GENERATE(as<std::string>{}, "r.io", "auth.r.io")};
    auto authorizer = fixture.make();
    CHECK_FALSE(
        authorizer.after_refusal(fixture.pull("ns/op", login("r.io")), header, {}, {}).empty());
  }
}

TEST_CASE("a token server that gives no token is named, a secret never", "[image][registry]") {
  Fixture fixture;
  const auto [name, status, body,
              cause] = GENERATE(table<std::string, int, std::string, std::string>({
      {"a wrong password", 401, R"({"details":"hidden"})",
       "the token server https://auth.r.io/token answered 401 to the credentials for r.io/ns; "
       "check the credentials for r.io in iib_docker_config_template"},
      {"forbidden", 403, "", "answered 403 to the credentials for r.io/ns"},
      {"a redirect", 302, "", "answered 302 to"},
      {"no JSON", 200, "hidden", "is no token"},
      {"an empty object", 200, "{}", "is no token"},
      {"an empty token", 200, R"({"token":""})", "is no token"},
      {"a token with a line end", 200, R"({"token":"hidden\r\nX: y"})", "is no token"},
      {"a token of another type", 200, R"({"token":["hidden"]})", "is no token"},
      {"a huge token", 200, R"({"token":")" + std::string(70'000, 'h') + R"("})", "is no token"},
      {"deep nesting", 200, std::string(1000, '['), "is no token"},
  }));
  CAPTURE(name);
  fixture.status = status;
  fixture.body = body.empty() ? "-" : body;
  auto authorizer = fixture.make();
  const auto wanted = fixture.pull("ns/op", login("r.io/ns", "user:hidden"));

  try {
    static_cast<void>(authorizer.after_refusal(wanted, kBearer, {}, {}));
    FAIL("it was given a value");
  } catch (const iib::ExternalError& error) {
    const std::string what = error.what();
    CHECK_THAT(what, Catch::StartsWith("r.io/ns/op:v1 cannot be read: ") && Catch::Contains(cause));
    CHECK_THAT(what, !Catch::Contains("hidden") && !Catch::Contains(iib::to_base64("user:hidden")));
    CHECK_FALSE(error.worth_retrying());
  }
}

TEST_CASE("a token server's trouble is worth another try", "[image][registry]") {
  Fixture fixture;
  auto authorizer = fixture.make();
  fixture.status = GENERATE(429, 500, 503);

  try {
    static_cast<void>(authorizer.after_refusal(fixture.pull(), kBearer, {}, {}));
    FAIL("it was given a value");
  } catch (const iib::ExternalError& error) {
    CHECK(error.worth_retrying());
  }
  fixture.status = 200;
  CHECK_FALSE(authorizer.after_refusal(fixture.pull(), kBearer, {}, {}).empty());
}

TEST_CASE("threads that want the same token share one request", "[image][registry]") {
  constexpr int kThreads = 8;
  std::atomic<int> requests = 0;
  std::latch all_there{kThreads};
  Authorizer authorizer{[&](const TokenRequest& /*unused*/, const Cancellation& /*unused*/) {
                          ++requests;
                          all_there.wait();  // the others have had their chance to ask, too
                          return TokenAnswer{.status = 200, .body = R"({"token":"shared"})"};
                        },
                        {}};
  const auto wanted = Fixture{}.pull();
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        all_there.count_down();
        if (text(authorizer.after_refusal(wanted, kBearer, {}, {})) == "Bearer shared") ++right;
      });
    }
  }

  CHECK(requests == 1);
  CHECK(right == kThreads);
}

TEST_CASE("who waits for another's token hears its own stop, and outlives its failure",
          "[image][registry]") {
  std::latch asked{1};
  std::latch go_on{1};
  std::atomic<int> requests = 0;
  Authorizer authorizer{[&](const TokenRequest& /*unused*/, const Cancellation& /*unused*/) {
                          if (++requests == 1) {
                            asked.count_down();
                            go_on.wait();
                            return TokenAnswer{.status = 401, .body = "{}"};
                          }
                          return TokenAnswer{.status = 200, .body = R"({"token":"second"})"};
                        },
                        {}};
  const auto wanted = Fixture{}.pull();
  std::atomic<bool> refused = false;
  std::jthread first{[&] {
    try {
      static_cast<void>(authorizer.after_refusal(wanted, kBearer, {}, {}));
    } catch (const iib::ExternalError&) {
      refused = true;
    }
  }};
  asked.wait();

  std::stop_source stop;
  stop.request_stop();
  CHECK_THROWS_AS(authorizer.after_refusal(wanted, kBearer, {}, Cancellation{stop.get_token()}),
                  iib::Cancelled);
  CHECK_THROWS_AS(
      authorizer.after_refusal(wanted, kBearer, {},
                               Cancellation{{}, std::chrono::steady_clock::now() + 20ms}),
      iib::ExternalError);
  std::string late;
  std::jthread second{[&] { late = text(authorizer.after_refusal(wanted, kBearer, {}, {})); }};
  go_on.count_down();
  first.join();
  second.join();

  CHECK(refused);
  CHECK(late == "Bearer second");
  CHECK(requests == 2);
}
