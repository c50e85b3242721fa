#pragma once

#include "iib/base/secret.hpp"
#include "iib/io/json.hpp"

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace iib::model {

/// The members of a request's body, read by the rules of its type. Readers throw UserError that
/// names the parameter and what is allowed; for an absent parameter they return nothing.
class Parameters {
 public:
  using Names = std::span<const std::string_view>;

  /// `object` must be a JSON object and outlive this.
  explicit Parameters(io::JsonValue& object) : object_{object} {}

  /// Whether the parameter was given, with whatever value.
  [[nodiscard]] bool present(std::string_view name) const { return find(name) != nullptr; }
  /// Whether it is absent or null, `""`, `[]`, `{}` or 0 (rest-api 1.8); `false` is not empty.
  [[nodiscard]] bool empty(std::string_view name) const;

  /// Whether it was given as a string; for rules that come before the check of its type.
  [[nodiscard]] bool holds_text(std::string_view name) const;

  /// Whether it was given as null.
  [[nodiscard]] bool is_null(std::string_view name) const;

  [[nodiscard]] std::optional<std::string> text(std::string_view name) const;
  /// The same, where an empty value acts as absent (rest-api 1.8).
  [[nodiscard]] std::optional<std::string> filled_text(std::string_view name) const;
  /// The same, where the parameter must be there and not be empty.
  [[nodiscard]] std::string required_text(std::string_view name) const;
  [[nodiscard]] std::optional<bool> flag(std::string_view name) const;
  /// An array of non-empty strings without later duplicates; the array itself may be empty.
  [[nodiscard]] std::vector<std::string> list(std::string_view name) const;
  /// An object whose values are texts, as JSON text; nothing for an empty one too.
  [[nodiscard]] std::optional<std::string> text_map(std::string_view name) const;
  /// The value itself, for rules about what is nested in it; null when absent.
  [[nodiscard]] io::JsonValue* value(std::string_view name);
  /// A text that is wiped from the JSON document in the same step.
  [[nodiscard]] std::optional<Secret> take_secret(std::string_view name);

  /// The names that were given and are not among `known`.
  [[nodiscard]] std::vector<std::string_view> names_outside(Names known) const;
  /// Steps C1 to C3: all of `required` are there, nothing but them and `optional` is, and none of
  /// `required` is empty or false.
  void check_names(Names required, Names optional) const;
  /// Step C4: what is empty acts as absent from here on.
  void drop_empty();

 private:
  [[nodiscard]] const io::JsonValue* find(std::string_view name) const {
    return io::find_member(object_, name);
  }

  io::JsonValue& object_;
};

/// Names for an error's text: at most a few, each cut, so that the text does not grow with what a
/// client sends.
[[nodiscard]] std::string quoted_names(const std::vector<std::string_view>& names);

/// Overwrites a text of a JSON document, which frees its memory without wiping it.
void wipe_text(io::JsonValue& text);

}  // namespace iib::model
