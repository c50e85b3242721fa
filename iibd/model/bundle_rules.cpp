#include "model/bundle_rules.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <cstring>
#include <optional>

namespace iib::model {
namespace {

constexpr std::size_t kShownLength = 300;
/// No byte of a JSON string becomes longer than `\u0000`, nor has a value more around it than this.
constexpr std::size_t kLongestEscape = 6;
constexpr std::size_t kAroundValue = 32;

/// The only member of `object`, if that is its name; the message never shows a value.
io::JsonValue& only_member(io::JsonValue& object, std::string_view name, std::string_view where) {
  if (object.IsObject() && object.MemberCount() == 1 && io::find_member(object, name) != nullptr) {
    return object.MemberBegin()->value;
  }
  throw UserError{fmt::format("{} must be an object with the single key '{}'", where, name)};
}

/// `auths` as JSON text. Written into one buffer of sufficient size, or growing would leave copies.
Secret to_secret(io::JsonValue& value, std::size_t text_bytes, std::size_t values) {
  rapidjson::StringBuffer buffer{nullptr, kLongestEscape * text_bytes + kAroundValue * values};
  io::JsonWriter writer{buffer};
  value.Accept(writer);
  const auto size = buffer.GetSize();
  Secret secret{std::string{buffer.GetString(), size}};
  std::memset(const_cast<char*>(buffer.GetString()), '*', size);
  return secret;
}

/// The rule for `registry_auths` (rest-api 3.6); its texts are wiped from the document.
std::optional<Secret> take_registry_auths(Parameters& body) {
  auto* value = body.value("registry_auths");
  if (value == nullptr) return std::nullopt;
  auto& auths = only_member(*value, "auths", "parameter 'registry_auths'");
  if (!auths.IsObject() || auths.ObjectEmpty()) {
    throw UserError{
        "parameter 'registry_auths' must have registries as the keys of its object 'auths', at "
        "least one"};
  }
  std::size_t bytes = 0;
  for (auto& registry : auths.GetObject()) {
    const std::string_view host{registry.name.GetString(), registry.name.GetStringLength()};
    const auto where = fmt::format("parameter 'registry_auths': the entry of registry '{}'",
                                   host.substr(0, kShownLength));
    const auto& auth = only_member(registry.value, "auth", where);
    if (!auth.IsString()) throw UserError{where + " must have a string as its 'auth'"};
    bytes += host.size() + auth.GetStringLength();
  }
  auto secret = to_secret(*value, bytes, 1 + auths.MemberCount());
  for (auto& registry : auths.GetObject()) wipe_text(registry.value.MemberBegin()->value);
  return secret;
}

}  // namespace

std::string read_bundle_parameters(Parameters& body, std::string_view image_name,
                                   NewRequest& request) {
  request.facts.organization = body.text("organization");
  auto image = body.text(image_name).value();  // required, so it is there
  request.secrets.registry_auths = take_registry_auths(body);
  check_pull_specification(image_name, image);
  return image;
}

}  // namespace iib::model
