#include "loading.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace iib;
using namespace iib::config;
using namespace iib::config::test;
using Catch::Matchers::Contains;

TEST_CASE("webhooks have a URL, and perhaps events and a secret", "[config][webhooks]") {
  const auto loaded = load_text(
      "iib_webhooks:\n"
      "  - url: https://ci.example.com/hook?token=x\n"
      "  - {url: 'http://127.0.0.1:8080', events: [batch-state], secret_file: "
      "/etc/iib/hook.key}\n");
  const auto& config = loaded.config;

  REQUIRE(config.webhooks.size() == 2);
  CHECK(config.webhooks[0].url == "https://ci.example.com/hook?token=x");
  CHECK(config.webhooks[0].shown_url() == "https://ci.example.com/hook");
  CHECK(config.webhooks[0].events == std::vector<std::string>{"build-state", "batch-state"});
  CHECK_FALSE(config.webhooks[0].secret_file.has_value());
  CHECK(config.webhooks[1].events == std::vector<std::string>{"batch-state"});
  CHECK(config.webhooks[1].secret_file == "/etc/iib/hook.key");
}

TEST_CASE("what is wrong with a webhook is said, without its secrets", "[config][webhooks]") {
  const auto [name, element, why] = GENERATE(table<std::string, std::string, std::string>({
      {"no URL", "{events: [batch-state]}", "`url`"},
      {"no map", "https://ci.example.com", "a map with the key `url`"},
      {"another scheme", "{url: 'ftp://ci.example.com'}", "`https://` or `http://`"},
      {"a user in it", "{url: 'https://me:geheim@ci.example.com'}", "without a user"},
      {"no host", "{url: 'https://'}", "`https://` or `http://`"},
      {"an unknown event", "{url: 'https://a.example.com', events: [build_state]}",
       "one of `build-state`, `batch-state`"},
      {"no events", "{url: 'https://a.example.com', events: []}", "leave it out for both"},
      {"an unknown key", "{url: 'https://a.example.com', secret: geheim}", "the key 'secret'"},
      {"the same twice", "{url: 'https://a.example.com?a'}, {url: 'https://a.example.com?geheim'}",
       "'https://a.example.com' is there twice"},
  }));
  CAPTURE(name);

  const auto error = error_of(fmt::format("iib_webhooks: [{}]\n", element));

  CHECK_THAT(error, Contains("iib_webhooks") && Contains(why) && !Contains("geheim"));
}

TEST_CASE("there are not too many webhooks", "[config][webhooks]") {
  std::string text = "iib_webhooks:\n";
  for (int count = 0; count < 21; ++count) {
    text += fmt::format("  - url: https://a.example.com/{}\n", count);
  }

  CHECK_THAT(error_of(text), Contains("at most 20"));
}
