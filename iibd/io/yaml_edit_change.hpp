#pragma once

#include "iib/io/yaml_edit.hpp"
#include "yaml_edit_scalar.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::io::edit {

/// What becomes of a place and of the places below it. Only one of the three is used.
struct Change {
  std::vector<Piece> pieces;         ///< Of a string, in order.
  std::optional<YamlValue> value{};  ///< A new value for the whole place.
  std::map<YamlStep, Change> below;  ///< Of what the place holds; new keys have a `value`.
  std::size_t order = 0;             ///< When it was asked for.

  /// What becomes of `step` below this; null when nothing.
  [[nodiscard]] const Change* find(const YamlStep& step) const;
};

/// As Change::find(), of a change that may be none.
[[nodiscard]] const Change* below(const Change* change, const YamlStep& step);

/// Gathers what is asked for of one document, leaving out what is so already.
class ChangeTree {
 public:
  /// `document` outlives this.
  explicit ChangeTree(const YamlDocument& document) : root_node_{document.root()} {}

  /// As YamlEdit::replace(). Throws std::invalid_argument for a place that is not there.
  void replace(const YamlPath& place, Piece piece);
  /// As YamlEdit::set().
  void set(const YamlPath& mapping, const std::string& key, const YamlValue& value);

  /// What becomes of the document; null when nothing does. No more is asked for afterwards.
  [[nodiscard]] const Change* finish();

 private:
  /// A place: its node (none when the change makes it) and what becomes of it.
  struct Place {
    const YamlNode* node;
    Change* change;
  };
  Place find(const YamlPath& path);

  const YamlNode& root_node_;
  Change root_;
  std::size_t asked_ = 0;
};

/// Whether the text of `node` under `first` is that under `second`; either may be null.
[[nodiscard]] bool same_change(const YamlNode& node, const Change* first, const Change* second);

/// Whether both are the same value.
[[nodiscard]] bool same_value(const YamlValue& first, const YamlValue& second);

/// Whether a reader finds `value` in `node`.
[[nodiscard]] bool holds(const YamlNode& node, const YamlValue& value);

/// Whether `node` is a string to readers of YAML 1.1 and of YAML 1.2.
[[nodiscard]] bool is_string(const YamlNode& node);

/// Whether `node` is a null to readers of YAML 1.1 and of YAML 1.2.
[[nodiscard]] bool is_null(const YamlNode& node);

/// The text of `key` when it is a scalar.
[[nodiscard]] std::optional<std::string_view> key_text(const YamlNode& key);

/// A pair of a mapping as it is after a change.
struct NewPair {
  const YamlNode* key = nullptr;    ///< Null of a new pair.
  std::string_view name;            ///< Its text; empty of a key that is no scalar.
  const YamlNode* value = nullptr;  ///< The old value; null of a new pair.
  const Change* change = nullptr;   ///< What becomes of it; never null of a new pair.
};

/// The pairs of `mapping` (or of a null) after `change`, merge keys followed, new ones last.
[[nodiscard]] std::vector<NewPair> pairs_after(const YamlNode& mapping, const Change* change);

}  // namespace iib::io::edit
