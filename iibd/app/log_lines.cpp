#include "log_lines.hpp"

#include "iib/model/json_writer.hpp"

namespace iib::app {
namespace {

/// Writes the value of a field in the type that it has.
struct WriteValue {
  model::JsonWriter& json;
  std::string_view name;

  void operator()(std::string_view text) const { json.member(name, text); }
  void operator()(std::int64_t number) const { json.member(name, number); }
  void operator()(double number) const {
    json.key(name);
    json.raw(fmt::format("{:.3f}", number));
  }
};

}  // namespace

std::string json_line(const LogRecord& record, Timestamp when) {
  model::JsonWriter json;
  json.begin_object();
  json.member("time", to_iso8601(when));
  json.member("level", level_name(record.level));
  json.member("module", record.module);
  json.member("message", message_of(record));
  for (const auto& [name, value] : record.fields) std::visit(WriteValue{json, name}, value);
  json.end_object();
  return json.text();
}

}  // namespace iib::app
