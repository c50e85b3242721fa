#include "iib/base/secret.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using iib::Secret;

TEST_CASE("a secret cannot be copied or formatted", "[base]") {
  STATIC_REQUIRE_FALSE(std::is_copy_constructible_v<Secret>);
  STATIC_REQUIRE_FALSE(fmt::is_formattable<Secret>::value);
}

TEST_CASE("a moved secret leaves nothing behind", "[base]") {
  Secret first{"short"};
  const Secret second{std::move(first)};

  CHECK(second.reveal() == "short");
  CHECK(first.empty());  // NOLINT(bugprone-use-after-move): that is the point
}

TEST_CASE("wiping empties the text", "[base]") {
  std::string text = "a password that is longer than the short string buffer";
  iib::wipe(text);

  CHECK(text.empty());
}
