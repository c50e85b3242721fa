#pragma once

#include "csv_scan.hpp"
#include "iib/bundle/regenerate.hpp"
#include "iib/io/yaml_edit.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::bundle {

/// Changes of one document, each with what made it.
class DocumentEdit {
 public:
  /// `document` outlives the edit.
  explicit DocumentEdit(const Manifest& document) : edit_{document.text, document.document} {}

  /// As YamlEdit::replace(); `why` is for people.
  void replace(const io::YamlPath& place, std::size_t offset, std::size_t length,
               std::string_view by, std::string_view why);
  /// As YamlEdit::set().
  void set(const io::YamlPath& mapping, std::string_view key, io::YamlValue value,
           std::string_view why);

  /// Whether nothing is to be changed.
  [[nodiscard]] bool empty() const noexcept { return edit_.empty(); }
  /// The new text and what it holds.
  [[nodiscard]] io::YamlEdit::Result result() const { return edit_.result(); }
  /// The places that change, with why.
  [[nodiscard]] const std::vector<std::pair<io::YamlPath, std::string>>& reasons() const noexcept {
    return reasons_;
  }

 private:
  io::YamlEdit edit_;
  std::vector<std::pair<io::YamlPath, std::string>> reasons_;
};

/// A file of the bundle on its way from the old text to the new one.
class Document {
 public:
  /// Why a place changed.
  using Reasons = std::map<io::YamlPath, std::string>;

  /// `path` is that of ChangedFile.
  Document(std::string path, Manifest manifest)
      : path_{std::move(path)}, now_{std::move(manifest)} {}

  /// Below the bundle's directory.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// As it is now.
  [[nodiscard]] const Manifest& now() const noexcept { return now_; }
  /// As it was at first.
  [[nodiscard]] const Manifest& before() const noexcept { return before_ ? *before_ : now_; }
  /// Why each place changed, in the order of the changes.
  [[nodiscard]] const Reasons& reasons() const noexcept { return reasons_; }
  /// The entries of a CSV file as they are now (bundle-regeneration 4).
  [[nodiscard]] const std::vector<Entry>& entries() const;
  /// Makes the changes; nothing when there are none.
  void apply(const DocumentEdit& edit);

 private:
  std::string path_;
  Manifest now_;
  std::optional<Manifest> before_;
  mutable std::optional<std::vector<Entry>> entries_;  // found when asked for
  Reasons reasons_;
};

}  // namespace iib::bundle
