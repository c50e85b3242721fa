#pragma once

#include "iib/io/json.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// How the names of fields are compared; of several that fit the last one counts (3.8).
enum class Names { exact, any_case };

/// Reads fields of Kubernetes objects with the checks of catalog-sqlite 3.9. `place` names the
/// object in errors. A field that is absent or null counts as empty; one of a wrong type is a
/// UserError.
class Fields {
 public:
  /// Reads from `object`; anything but a mapping or null is refused.
  Fields(const io::JsonValue* object, std::string place, Names names);

  /// The value of `key`, or null when absent or null.
  [[nodiscard]] const io::JsonValue* find(std::string_view key) const;
  /// The value of `key`, be it null; null when absent.
  [[nodiscard]] const io::JsonValue* find_present(std::string_view key) const;
  /// Whether `key` is there and not null.
  [[nodiscard]] bool has(std::string_view key) const { return find(key) != nullptr; }
  /// The text of `key`.
  [[nodiscard]] std::string text(std::string_view key) const;
  /// The texts in the list `key`.
  [[nodiscard]] std::vector<std::string> texts(std::string_view key) const;
  /// The object `key`.
  [[nodiscard]] Fields object(std::string_view key) const;
  /// The object `key`, whose own fields are found by `names`.
  [[nodiscard]] Fields object(std::string_view key, Names names) const;
  /// The objects in the list `key`.
  [[nodiscard]] std::vector<Fields> objects(std::string_view key) const;
  /// The objects in the list `key`, whose own fields are found by `names`.
  [[nodiscard]] std::vector<Fields> objects(std::string_view key, Names names) const;
  /// Where this object stands, for errors.
  [[nodiscard]] const std::string& place() const noexcept { return place_; }
  /// Checks that every member is a text or null.
  void require_texts() const;

 private:
  [[nodiscard]] std::string place_of(std::string_view key) const;

  const io::JsonValue* object_;
  std::string place_;
  Names names_;
};

}  // namespace iib::catalog
