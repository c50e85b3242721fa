#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/bundle/bundle_files.hpp"
#include "iib/bundle/image_lookup.hpp"
#include "iib/config/organization.hpp"

#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iib::bundle {

/// Whose customizations apply, and with them by which rules (bundle-regeneration 1): the map form
/// by the core rules, the list form by the later rules.
struct Customizing {
  /// What to do.
  config::Organization rules;
  /// Whether the request names an organization.
  bool has_organization = false;
};

/// What the rules do when the request names no organization, or one that is not configured: the
/// core rules without customizations, or the default list of bundle-regeneration 9.
[[nodiscard]] config::Organization default_core_rules();
/// As above, for the later rules.
[[nodiscard]] config::Organization default_later_rules();

/// The rules for a request of `organization` under the configuration `organizations` (option
/// `iib_organization_customizations`, all of one form) and `rules`.
[[nodiscard]] Customizing choose_customizing(
    const std::map<std::string, config::Organization>& organizations, config::RegenerateRules rules,
    const std::optional<std::string>& organization);

/// What is to be regenerated, besides its files.
struct Order {
  Customizing customizing;  ///< By which rules.
  Labels bundle_labels;     ///< Of the bundle image itself.
  /// `bundle_replacements` of the request: old pull specification -> new one.
  std::map<std::string, std::string> bundle_replacements;
};

/// A pull specification under a name, as found before anything was changed.
struct NamedImage {
  std::string file;    ///< Relative to the manifests directory.
  std::string origin;  ///< Such as `container manager`, `RELATED_IMAGE_DB var`.
  std::string name;    ///< Its name in `relatedImages`.
  std::string image;   ///< As written.
  std::string place;   ///< A JSON Pointer.
};

/// A change of a document.
struct Change {
  /// What happened to the place.
  enum class Kind { added, replaced };
  std::string file;                ///< `manifests/...` or `metadata/annotations.yaml`.
  std::string place;               ///< A JSON Pointer.
  Kind kind = Kind::replaced;      ///< What happened.
  std::optional<std::string> old;  ///< The value before, as JSON; none when added.
  std::string now;                 ///< The value after, as JSON.
  std::string why;                 ///< For people: `pinned to its digest`, `relatedImages`, ...
};

/// A file with its new text.
struct ChangedFile {
  std::string path;  ///< `manifests/...` or `metadata/annotations.yaml`.
  std::string text;  ///< All of it.
};

/// What came out. Nothing was written yet.
struct Regenerated {
  std::vector<NamedImage> named;       ///< In order (bundle-regeneration 4).
  std::vector<std::string> found;      ///< Distinct, printed in full, by first appearance.
  std::vector<std::string> looked_up;  ///< Whose digest was asked for, by first appearance.
  Labels labels;                       ///< To put on the new image.
  std::vector<Change> changes;         ///< Between the old documents and the new ones.
  std::vector<ChangedFile> files;      ///< Those with another text than before.
  /// What the customization `related_bundles` found; none when it did not run.
  std::optional<std::vector<std::string>> related_bundles;
  std::string package_name;  ///< As it is now.
};

/// Regenerates a bundle (bundle-regeneration 4 to 12). Touches no file. Throws Refusal for what the
/// bundle or the request does wrong, what `lookup` throws, Cancelled.
[[nodiscard]] Regenerated regenerate(const BundleFiles& bundle, const Order& order,
                                     ImageLookup& lookup, const Cancellation& cancellation);

/// The images that `bundle` names which are bundles themselves, distinct, by first appearance
/// (bundle-regeneration 9.4), printed in full. `customizing` is applied before they are sought, up
/// to its step `related_bundles` if it has one; none: nothing is (pipeline 6.7). `bundle_labels`
/// are those of the bundle image. Touches no file. Throws as regenerate() does.
[[nodiscard]] std::vector<std::string> nested_bundles(const BundleFiles& bundle,
                                                      const std::optional<Customizing>& customizing,
                                                      const Labels& bundle_labels,
                                                      ImageLookup& lookup,
                                                      const Cancellation& cancellation);

/// Writes `files` below the bundle's two directories: each to a temporary file first and all
/// renamed once all are written; modes stay. Throws ExternalError naming the file.
void write_files(const std::vector<ChangedFile>& files, const std::filesystem::path& manifests,
                 const std::filesystem::path& metadata);

}  // namespace iib::bundle
