#include "iib/io/json.hpp"
#include "iib/io/yaml.hpp"
#include "web/embedded.hpp"
#include "web/handlers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace iib::web {
namespace {

using io::JsonValue;

JsonValue to_json(const io::YamlScalar& scalar, io::JsonAllocator& allocator) {
  if (const auto* text = std::get_if<std::string>(&scalar)) return io::json_text(*text, allocator);
  JsonValue value;
  if (const auto* flag = std::get_if<bool>(&scalar)) value.SetBool(*flag);
  if (const auto* number = std::get_if<std::int64_t>(&scalar)) value.SetInt64(*number);
  if (const auto* number = std::get_if<double>(&scalar)) value.SetDouble(*number);
  return value;
}

/// The document is our own, so its depth needs no bound here.
JsonValue to_json(const io::YamlNode& given, io::JsonAllocator& allocator) {
  const auto& node = given.resolved();
  if (node.is_scalar()) return to_json(io::resolve(node, io::Typing::core_1_2), allocator);
  JsonValue value{node.is_mapping() ? rapidjson::kObjectType : rapidjson::kArrayType};
  for (const auto* item : node.items) value.PushBack(to_json(*item, allocator), allocator);
  for (const auto& pair : node.pairs) {
    // Keys are texts in JSON, also a status such as '200'.
    value.AddMember(io::json_text(pair.key->resolved().value, allocator),
                    to_json(*pair.value, allocator), allocator);
  }
  return value;
}

std::string description_as_json() {
  const auto yaml = io::parse_yaml(openapi_yaml(), {.name = "the API description"});
  io::JsonDocument document;
  auto value = to_json(yaml.root(), document.GetAllocator());
  return io::to_json(value);
}

std::string escaped(std::string_view text) {
  std::string result;
  for (const char character : text) {
    switch (character) {
      case '&':
        result += "&amp;";
        break;
      case '<':
        result += "&lt;";
        break;
      case '>':
        result += "&gt;";
        break;
      default:
        result += character;
    }
  }
  return result;
}

/// A row of the plain page's table for each operation of `path`.
std::string rows_of(std::string_view path, const io::YamlNode& item) {
  constexpr std::array kMethods{"get", "post", "patch"};
  const auto base = item.find("servers") == nullptr ? std::string_view{"/api/v1"} : "";
  std::string rows;
  for (const std::string method : kMethods) {
    const auto* operation = item.find(method);
    if (operation == nullptr) continue;
    std::string name = method;
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char each) { return static_cast<char>(std::toupper(each)); });
    rows += fmt::format("<tr><td><code>{} {}</code></td><td>{}</td></tr>\n", name,
                        escaped(fmt::format("{}{}", base, path)),
                        escaped(operation->find("summary")->value));
  }
  return rows;
}

std::string plain_page() {
  constexpr std::string_view kPlace = "@OPERATIONS@";
  const auto yaml = io::parse_yaml(openapi_yaml(), {.name = "the API description"});
  std::string rows;
  for (const auto& path : yaml.root().find("paths")->pairs) {
    rows += rows_of(path.key->value, *path.value);
  }
  std::string page{plain_page_html()};
  return page.replace(page.find(kPlace), kPlace.size(), rows);
}

}  // namespace

Answer show_page(const Services&, const Call&) {
  static const std::string page{viewer_page_html().empty() ? plain_page()
                                                           : std::string{viewer_page_html()}};
  HttpResponse response;
  response.content_type = "text/html; charset=utf-8";
  response.body = page;
  return response;
}

Answer show_description(const Services&, const Call&) {
  HttpResponse response;
  response.content_type = "application/yaml";
  response.body = openapi_yaml();
  return response;
}

Answer show_description_as_json(const Services&, const Call&) {
  static const std::string text = description_as_json();
  HttpResponse response;
  response.body = text;
  return response;
}

}  // namespace iib::web
