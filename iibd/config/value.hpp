#pragma once

#include "iib/io/yaml.hpp"

#include <string>
#include <string_view>

namespace iib::config {

/// Where an option is set.
struct Place {
  /// The file, or the environment variable.
  std::string source;
  /// Line in the file; 0 for a variable.
  std::size_t line = 0;

  /// `FILE, line N` or `environment variable NAME`.
  [[nodiscard]] std::string text() const;
};

/// Whether a value may be shown in messages.
enum class Visibility { open, secret };
/// Whether text is typed by YAML's rules, or is taken as it stands (a variable of a plain option).
enum class TextRule { yaml, verbatim };

/// A value on its way into the Config, which knows how to complain about itself. Lives no longer
/// than its node.
class Value {
 public:
  Value(const io::YamlNode& node, std::string key, Place place, Visibility visibility,
        TextRule text_rule);

  [[nodiscard]] const io::YamlNode& node() const noexcept { return node_->resolved(); }
  [[nodiscard]] const std::string& key() const noexcept { return key_; }
  [[nodiscard]] bool is_null() const;
  /// The typed scalar; `expected` says what is wanted should it be a collection.
  [[nodiscard]] io::YamlScalar scalar(std::string_view expected) const;
  /// The text of a string; a number or boolean is refused with the advice to quote it.
  [[nodiscard]] std::string text(std::string_view expected) const;
  /// The value `node` within this one, called `key` in messages.
  [[nodiscard]] Value within(const io::YamlNode& node, std::string key) const;

  /// Throws the UserError `PLACE: KEY is X, but must be EXPECTED; REMEDY`.
  [[noreturn]] void fail(std::string_view expected, std::string_view remedy = {}) const;

 private:
  [[nodiscard]] std::string shown() const;

  const io::YamlNode* node_;
  std::string key_;
  Place place_;
  Visibility visibility_;
  TextRule text_rule_;
};

/// Throws the UserError `PLACE: PROBLEM`.
[[noreturn]] void fail_at(const Place& place, std::string_view problem);

}  // namespace iib::config
