#include "iib/io/yaml_edit.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace iib::io;

namespace {

const YamlOptions kStrict{.duplicates = DuplicateKeys::refuse};

/// `text` with what `ask` asks of its edit.
template <class Ask>
std::string edited(const std::string& text, Ask ask) {
  const auto document = parse_yaml(text, kStrict);
  YamlEdit edit{text, document};
  ask(edit);
  return edit.text();
}

YamlValue text_value(std::string text) {
  return {std::move(text)};
}

/// `text` with the scalar at `place` replaced as a whole.
std::string replaced(const std::string& text, const YamlPath& place, std::string_view by) {
  return edited(text, [&](YamlEdit& edit) {
    const auto document = parse_yaml(text, kStrict);
    const YamlNode* node = &document.root();
    for (const auto& step : place) {
      node = std::holds_alternative<std::string>(step)
                 ? find_merged(*node, std::get<std::string>(step))
                 : node->resolved().items[std::get<std::size_t>(step)];
    }
    edit.replace(place, 0, node->resolved().value.size(), by);
  });
}

}  // namespace

TEST_CASE("a place in a document prints as a JSON Pointer", "[io]") {
  CHECK(json_pointer({}).empty());
  CHECK(json_pointer({"metadata", "annotations", "a/b~c", 12UL}) ==
        "/metadata/annotations/a~1b~0c/12");
}

TEST_CASE("a plain scalar changes and nothing else does", "[io]") {
  const std::string text =
      "# top\r\n---\r\na:   old  # comment\r\n\r\nb: [x,  'y' ]\r\n...\r\n# end";

  CHECK(
      replaced(text, {"a"}, "quay.io/a/b@sha256:00") ==
      "# top\r\n---\r\na:   quay.io/a/b@sha256:00  # comment\r\n\r\nb: [x,  'y' ]\r\n...\r\n# end");
  CHECK(replaced(text, {"b", 1UL}, "it's") ==
        "# top\r\n---\r\na:   old  # comment\r\n\r\nb: [x,  'it''s' ]\r\n...\r\n# end");
}

TEST_CASE("a new key is the last one of its mapping", "[io]") {
  const std::string text = "spec:\n  a: 1\n  list:\n    - x\nstatus: {}\n";
  const YamlValue images{YamlValue::List{
      {YamlValue::Map{{"name", text_value("web")}, {"image", text_value("quay.io/a/b:1")}}}}};

  const auto now =
      edited(text, [&](YamlEdit& edit) { edit.set({"spec"}, "relatedImages", images); });

  CHECK(now ==
        "spec:\n  a: 1\n  list:\n    - x\n  relatedImages:\n    - name: web\n      image: "
        "quay.io/a/b:1\nstatus: {}\n");
}
