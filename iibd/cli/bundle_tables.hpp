#pragma once

#include "iib/bundle/image_lookup.hpp"

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace iib::cli {

/// Texts under pull specifications.
using PullSpecTexts = std::map<std::string, std::string>;

/// What `--digests FILE` holds: pull specification, printed in full, -> digest. Throws UserError
/// naming the file and the place in it.
[[nodiscard]] PullSpecTexts read_digests(const std::filesystem::path& file);

/// What `--labels FILE` holds.
struct LabelTables {
  bundle::Labels bundle{};                         ///< Of the bundle image itself.
  std::map<std::string, bundle::Labels> images{};  ///< By pull specification, printed in full.
};

/// Reads it: `{"bundle": {label: value}, "images": {pull specification: {label: value}}}`, either
/// of which may be missing. Throws as read_digests().
[[nodiscard]] LabelTables read_labels(const std::filesystem::path& file);

/// What `--replacements FILE` holds, `bundle_replacements` of a request: pull specification -> pull
/// specification, as written. Throws as read_digests().
[[nodiscard]] PullSpecTexts read_replacements(const std::filesystem::path& file);

/// What an author's files say about images, and where they say nothing, registries.
class TableLookup final : public bundle::ImageLookup {
 public:
  /// Of digests: what is not in it does not exist; of labels: an image that is not in it has none.
  /// What is unset is asked of `elsewhere`, which is null when nothing is. `elsewhere` and the
  /// tables outlive this.
  TableLookup(const PullSpecTexts* digests, const std::map<std::string, bundle::Labels>* labels,
              bundle::ImageLookup* elsewhere)
      : digests_{digests}, labels_{labels}, elsewhere_{elsewhere} {}

  [[nodiscard]] std::vector<std::string> digests(std::span<const std::string> pull_specs) override;
  [[nodiscard]] std::vector<bundle::Labels> labels(
      std::span<const std::string> pull_specs) override;

 private:
  [[nodiscard]] const bundle::Labels* labels_of(const std::string& pull_spec) const;

  const PullSpecTexts* digests_;
  const std::map<std::string, bundle::Labels>* labels_;
  bundle::ImageLookup* elsewhere_;
};

}  // namespace iib::cli
