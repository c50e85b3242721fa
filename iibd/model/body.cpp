#include "model/body.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

namespace iib::model {
namespace {

/// Deep enough for any honest body, and far from what a stack can bear.
constexpr std::size_t kMaxDepth = 64;

}  // namespace

io::JsonDocument parse_body(std::string_view body) {
  io::JsonDocument document;
  try {
    document = io::parse_json(body, {.name = "the body", .max_depth = kMaxDepth});
  } catch (const UserError& error) {
    throw UserError{fmt::format("the JSON could not be read: {}", error.what())};
  }
  if (!document.IsObject()) {
    throw UserError{
        fmt::format("the body must be a JSON object; got {}", io::json_type_name(document))};
  }
  return document;
}

}  // namespace iib::model
