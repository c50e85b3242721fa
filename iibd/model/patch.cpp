#include "iib/model/patch.hpp"

#include "iib/base/error.hpp"
#include "model/body.hpp"
#include "model/index_rules.hpp"
#include "model/parameters.hpp"
#include "model/patch_keys.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::model {
namespace {

constexpr std::size_t kShownLength = 300;

void refuse_immutable(const Parameters& body, RequestType type) {
  std::vector<std::string_view> known;
  for (const auto& key : patch_keys()) {
    if (key.stored.has(type) || key.ignored.has(type)) known.push_back(key.name);
  }
  const auto refused = body.names_outside(known);
  if (refused.empty()) return;
  throw UserError{fmt::format("these keys of a request of type {} cannot be changed: {}",
                              to_string(type), quoted_names(refused))};
}

/// Checks one value by the rule of its key, and gives it where the rule speaks of a single text.
class ValueReader {
 public:
  ValueReader(Parameters& body, const PatchKey& key) : body_{body}, key_{key} {}

  [[nodiscard]] std::string text() const {
    auto text = body_.text(key_.name).value_or("");
    if (text.empty()) throw refused("a non-empty string");
    return text;
  }

  [[nodiscard]] std::string image() const {
    auto image = text();
    check_pull_specification(key_.name, image);
    return image;
  }

  [[nodiscard]] std::string object_text() const {
    auto object = text();
    try {
      if (io::parse_json(object, {.name = std::string{key_.name}}).IsObject()) return object;
    } catch (const UserError& error) {
      throw refused(
          fmt::format("a string that holds the JSON text of an object: {}", error.what()));
    }
    throw refused("a string that holds the JSON text of an object");
  }

  [[nodiscard]] std::vector<std::string> images() const {
    return images_in(*body_.value(key_.name), "an array of pull specifications");
  }

  [[nodiscard]] std::map<std::string, std::vector<std::string>> mapping() const {
    constexpr std::string_view kForm =
        "an object of arrays of pull specifications, with operators as keys";
    const auto& object = *body_.value(key_.name);
    if (!object.IsObject()) throw refused(kForm);
    std::map<std::string, std::vector<std::string>> mapping;
    for (const auto& [name, bundles] : object.GetObject()) {
      std::string package{name.GetString(), name.GetStringLength()};
      if (package.empty()) throw refused(kForm);
      mapping[std::move(package)] = images_in(bundles, kForm);
    }
    return mapping;
  }

 private:
  [[nodiscard]] UserError refused(std::string_view form) const {
    return UserError{fmt::format("parameter '{}' must be {}", key_.name, form)};
  }

  [[nodiscard]] std::vector<std::string> images_in(const io::JsonValue& array,
                                                   std::string_view form) const {
    if (!array.IsArray()) throw refused(form);
    std::vector<std::string> images;
    for (const auto& element : array.GetArray()) {
      const auto image = io::as_text(element);
      if (!image) throw refused(form);
      check_pull_specification(key_.name, *image);
      images.emplace_back(*image);
    }
    return images;
  }

  Parameters& body_;
  const PatchKey& key_;
};

/// Checks the value of a key, and keeps it where the type has a use for it.
void read_key(Parameters& body, const PatchKey& key, RequestType type, Patch& patch) {
  const ValueReader reader{body, key};
  auto& facts = patch.learned.facts;
  const auto keep = [&](std::string text) {
    if (key.member != nullptr && key.stored.has(type)) facts.*key.member = std::move(text);
  };
  switch (key.rule) {
    case PatchRule::text:
      return keep(reader.text());
    case PatchRule::image:
      return keep(reader.image());
    case PatchRule::scope:
      return keep(normalised_scope(reader.text()));
    case PatchRule::object_text:
      return keep(reader.object_text());
    case PatchRule::text_map:
      (void)body.text_map(key.name);
      return;
    case PatchRule::names:
      patch.learned.arches = body.list(key.name);
      return;
    case PatchRule::mapping:
      facts.bundle_mapping = reader.mapping();
      return;
    case PatchRule::images:
      patch.fbc_fragments_resolved = reader.images();
      return;
  }
}

/// The two keys of a state come together (rest-api 5.3).
std::optional<NewState> read_state(const Parameters& body) {
  const auto name = body.text("state");
  auto reason = body.text("state_reason");
  if (name.has_value() != reason.has_value()) {
    throw UserError{fmt::format("parameter '{}' is missing: 'state' and 'state_reason' go together",
                                name ? "state_reason" : "state")};
  }
  if (!name) return std::nullopt;
  const auto state = request_state_from(*name);
  if (!state) {
    throw UserError{fmt::format("parameter 'state' must be one of {}, {} and {}, not '{}'",
                                to_string(RequestState::in_progress),
                                to_string(RequestState::complete), to_string(RequestState::failed),
                                name->substr(0, kShownLength))};
  }
  return NewState{.state = *state, .reason = std::move(*reason)};
}

}  // namespace

PatchBody::PatchBody(std::string_view text) : document_{parse_body(text)} {
  if (document_.ObjectEmpty()) {
    throw UserError{"the body must hold at least one key that is to be changed"};
  }
}

Patch PatchBody::for_type(RequestType type) {
  Parameters body{document_};
  refuse_immutable(body, type);
  Patch patch;
  for (const auto& key : patch_keys()) {
    if (body.present(key.name)) read_key(body, key, type, patch);
  }
  patch.state = read_state(body);
  // Who names the one fragment uses the single form from here on (rest-api 5.5).
  patch.learned.facts.single_fragment_form = patch.learned.facts.fbc_fragment.has_value();
  return patch;
}

}  // namespace iib::model
