#include "iib/base/text_template.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

using Catch::Contains;

std::string filled(std::string_view text) {
  return TextTemplate{text}.fill([](const std::string& name) { return "<" + name + ">"; });
}

}  // namespace

TEST_CASE("placeholders of a template are filled in, doubled braces are braces", "[base]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"plain", "plain"},
      {"{name}", "<name>"},
      {"{a}{b} and {a}", "<a><b> and <a>"},
      {"{{name}}", "{name}"},
      {"{{{name}}}", "{<name>}"},
      {"}}{{", "}{"},
      {"{org.example/the-name_2}", "<org.example/the-name_2>"},
  }));
  CAPTURE(text);

  CHECK(filled(text) == expected);
}

TEST_CASE("the names of a template are known before it is filled in", "[base]") {
  CHECK(TextTemplate{"{a} {{b}} {c}{a}"}.names() == std::vector<std::string>{"a", "c", "a"});
}

TEST_CASE("a template that is none is refused with what is wrong", "[base]") {
  const auto [text, mention] = GENERATE(table<std::string, std::string>({
      {"{name", "not closed"},
      {"{", "not closed"},
      {"name}", "without an opening"},
      {"{}", "without a name"},
      {"{a b}", "'a b'"},
      {"{name!r}", "'name!r'"},
      {"{name:>10}", "'name:>10'"},
      {"{a[0]}", "'a[0]'"},
      {"{a{b}}", "'a{b'"},
  }));
  CAPTURE(text);

  CHECK_THROWS_WITH(TextTemplate{text}, Contains(mention) && Contains(text));
}

}  // namespace iib::test
