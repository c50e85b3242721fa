#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/catalog/problem.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog::fbc {

/// The directory at the top of a catalog that has the deprecations, unless another one is named.
inline constexpr auto kDeprecationsDirectory = "_operator-deprecations-content";

/// Which rule a finding is about (catalog-fbc 1 and 3); scripts tell findings apart by it.
enum class Rule {
  unreadable,            ///< A link to a directory, a dangling one, no regular file.
  syntax,                ///< Neither a stream of JSON objects nor YAML documents.
  no_schema,             ///< A blob without `schema`.
  field_type,            ///< A known field has another type.
  too_large,             ///< A bound of the reader.
  property,              ///< A property without value, or a value of the wrong shape.
  package_name,          ///< Missing, or no RFC 1123 label.
  package_duplicate,     ///< Two `olm.package` of one name.
  package_unknown,       ///< A channel or bundle of a package that is not there.
  channel_name,          ///< A channel without name.
  channel_duplicate,     ///< Two channels of one name in a package.
  entry_duplicate,       ///< Two entries of one name in a channel.
  bundle_duplicate,      ///< Two bundles of one name in a package.
  package_property,      ///< Not exactly one `olm.package`, or of another package.
  version,               ///< No semantic version.
  bundle_in_no_channel,  ///< A bundle that no channel lists.
  bundle_missing,        ///< An entry of a channel without `olm.bundle`.
  deprecation,           ///< Any rule on `olm.deprecations`.
  default_channel,       ///< A package without `defaultChannel`.
  no_channels,           ///< A package without channels.
  channel_empty,         ///< A channel without entries, or a default channel that is not there.
  no_head,               ///< Every entry is replaced or skipped.
  multiple_heads,        ///< More than one entry is neither replaced nor skipped.
  cycle,                 ///< `replaces` leads in a circle.
  stranded,              ///< An entry that the head does not lead to.
  name_missing,          ///< An entry without name.
  skip_empty,            ///< An empty name among the skipped ones.
  image_missing,         ///< A bundle with neither image nor objects.
  image_reference,       ///< A pull specification that cannot be parsed.
  version_duplicate,     ///< Two bundles of a package with one version.
  serve_cache,           ///< An image's cache that its catalog cannot be served from (1.8).
};

/// The rule as scripts see it: `package-duplicate`, ...
[[nodiscard]] std::string_view to_string(Rule rule);

/// The releases of `opm` that refuse a catalog, by minor version: `from` up to, not including,
/// `before`.
struct Releases {
  /// The first release looked at; what it refuses counts for the older ones too.
  static constexpr unsigned kFirst = 26;
  /// Beyond all releases.
  static constexpr unsigned kNone = 1000;

  unsigned from = kFirst;   ///< The first one that refuses.
  unsigned before = kNone;  ///< The first one that accepts again.

  /// Whether every release refuses.
  [[nodiscard]] bool all() const noexcept { return from <= kFirst && before == kNone; }
  /// Whether release 1.`minor` refuses.
  [[nodiscard]] bool contains(unsigned minor) const noexcept {
    return minor >= from && minor < before;
  }
  friend bool operator==(const Releases&, const Releases&) = default;
};

/// Where a blob stands.
struct BlobPlace {
  std::string file;        ///< Relative to the root of the catalog, `/` between names.
  std::size_t number = 0;  ///< In the file, counted from 1; 0 when the whole file is meant.
  std::size_t line = 0;    ///< Of its first byte, counted from 1.
};

/// One reason against a catalog. What does not apply is empty.
struct Finding {
  Rule rule = Rule::syntax;  ///< What it breaks.
  BlobPlace place;           ///< Where.
  std::string package;       ///< The package concerned.
  std::string channel;       ///< The channel concerned.
  std::string bundle;        ///< The bundle concerned.
  std::string text;          ///< A full sentence: subject, rule, remedy; without the place.
  Releases refused_by;       ///< Who refuses the catalog for it.
};

/// The finding in one line: its place, its text, and which releases refuse.
[[nodiscard]] std::string to_text(const Finding& finding);

/// The finding as the rest of the catalog module tells problems.
[[nodiscard]] Problem to_problem(const Finding& finding);

/// What is to be said about a catalog, in the order of the stages (3), then of files and blobs.
struct Validation {
  std::vector<Finding> problems;  ///< Every release refuses these.
  std::vector<Finding> warnings;  ///< Some releases accept these.
  std::size_t files = 0;          ///< Files read.
  std::size_t blobs = 0;          ///< Blobs read.
};

/// How validate() works.
struct ValidateOptions {
  Cancellation cancellation;  ///< Heard between blobs.
  std::size_t threads = 2;    ///< Files read at the same time.
};

/// Validates the catalog in the directory `root`: all problems at once, where the reference stops
/// at the first one. Memory is bounded by the largest blob per thread and the names in the catalog.
/// Throws ExternalError when `root` cannot be read, Cancelled.
[[nodiscard]] Validation validate(const std::filesystem::path& root,
                                  const ValidateOptions& options = {});

}  // namespace iib::catalog::fbc
