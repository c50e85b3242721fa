#include "catalog/json_output.hpp"

#include "catalog/json_text.hpp"

namespace iib::catalog {

void JsonOutput::key(std::string_view name) {
  writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size()));
}

void JsonOutput::value(std::string_view text) {
  const auto valid = replace_invalid_utf8(text);
  writer_.String(valid.data(), static_cast<rapidjson::SizeType>(valid.size()));
}

void JsonOutput::value(const std::vector<std::string>& texts) {
  begin_array();
  for (const auto& text : texts) value(text);
  end_array();
}

void JsonOutput::member(std::string_view name, std::string_view text) {
  key(name);
  value(text);
}

void JsonOutput::member(std::string_view name, const std::vector<std::string>& texts) {
  key(name);
  value(texts);
}

void JsonOutput::member(std::string_view name, bool flag) {
  key(name);
  writer_.Bool(flag);
}

}  // namespace iib::catalog
