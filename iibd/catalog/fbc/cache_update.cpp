#include "catalog/fbc/cache_digest.hpp"
#include "catalog/fbc/cache_names.hpp"
#include "catalog/fbc/cache_writer.hpp"
#include "catalog/fbc/read_catalog.hpp"
#include "catalog/json_text.hpp"
#include "catalog/raw_json.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/link_or_copy.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <system_error>
#include <unordered_set>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

/// Icons of all packages, and some hundred bytes an entry: 1 to 15 MB for the largest catalogs. It
/// is held whole, so for a larger one everything is read.
constexpr std::size_t kMaxPackagesBytes = 64UL << 20U;
/// The file of an entry holds the manifests of its bundle, a blob of the catalog.
constexpr std::size_t kMaxEntryBytes = 64UL << 20U;
constexpr std::string_view kPackagesFile = "packages.json";

/// A package as a cache has it.
struct CachedPackage {
  /// Bundles by channel.
  std::map<std::string, std::set<std::string>> channels{};
};

/// `packages.json` of a cache.
class CachedPackages {
 public:
  /// Throws UserError for what is no JSON object, or larger than any that is known.
  explicit CachedPackages(const fs::path& file) : text_{read_file(file, kMaxPackagesBytes)} {
    text_.erase(text_.find_last_not_of(" \t\r\n") + 1);
    if (!text_.starts_with('{') || json_extent(text_) != text_.size()) {
      throw UserError{fmt::format("{} is no JSON object: make the cache anew", file.string())};
    }
    for (auto& member : raw_members(text_)) packages_.emplace(std::move(member.key), member.value);
  }

  [[nodiscard]] const std::map<std::string, std::string_view, std::less<>>& all() const {
    return packages_;
  }

  /// The package, or nothing.
  [[nodiscard]] std::optional<CachedPackage> find(const std::string& name) const {
    const auto found = packages_.find(name);
    if (found == packages_.end()) return std::nullopt;
    CachedPackage package;
    const auto value = io::parse_json(found->second, {.max_bytes = kMaxPackagesBytes});
    for (const auto& [channel, facts] : members(value, "Channels")) {
      auto& bundles = package.channels[channel];
      for (const auto& [bundle, unused] : members(*facts, "Bundles")) bundles.insert(bundle);
    }
    return package;
  }

 private:
  static std::vector<std::pair<std::string, const io::JsonValue*>> members(
      const io::JsonValue& object, std::string_view key) {
    std::vector<std::pair<std::string, const io::JsonValue*>> result;
    const auto* found = io::find_member(object, key);
    if (found == nullptr || !found->IsObject()) return result;
    for (const auto& member : found->GetObject()) {
      result.emplace_back(std::string{member.name.GetString(), member.name.GetStringLength()},
                          &member.value);
    }
    return result;
  }

  std::string text_;
  std::map<std::string, std::string_view, std::less<>> packages_;
};

/// The files among `names`, with those below directories among them, that `listing` loads. Nothing
/// when one of them is not loaded: another may refer to it (catalog-fbc 1.4), or decide what is.
std::optional<std::vector<CatalogFile>> loaded_files(const fs::path& root, const Listing& listing,
                                                     const std::vector<std::string>& names) {
  std::set<std::string> wanted;
  for (const auto& name : names) {
    const auto path = root / name;
    if (fs::is_regular_file(fs::symlink_status(path))) wanted.insert(name);
    if (fs::is_symlink(fs::symlink_status(path))) return std::nullopt;
    if (!fs::is_directory(fs::symlink_status(path))) continue;
    for (const auto& entry : fs::recursive_directory_iterator{path}) {
      if (entry.is_symlink()) return std::nullopt;
      if (entry.is_directory()) continue;
      wanted.insert(entry.path().lexically_relative(root).generic_string());
    }
  }
  std::vector<CatalogFile> files;
  for (const auto& file : listing.files) {
    if (wanted.contains(file.name)) files.push_back(file);
  }
  if (files.size() != wanted.size()) return std::nullopt;
  return files;
}

/// The files of a catalog that are said to have changed, looked at as if they were all of it.
std::optional<CheckedCatalog> check_files(const fs::path& root,
                                          const std::vector<std::string>& names,
                                          const CacheOptions& options) {
  auto listing = find_files(root);
  if (!listing.findings.empty()) return std::nullopt;
  auto files = loaded_files(root, listing, names);
  if (!files) return std::nullopt;
  ReadCatalog read;
  for (std::size_t i = 0; i < files->size(); ++i) {
    read.facts.push_back(
        read_facts(root, (*files)[i], i, Identities::leave_out, options.cancellation));
  }
  read.listing.files = std::move(*files);
  return check_catalog(std::move(read));
}

/// Whether `model` has every blob that the cache knows of the package: then no other file has one.
bool is_whole(const CachedPackage& cached, const PackageModel& model) {
  if (model.facts == nullptr || cached.channels.size() != model.channels.size()) return false;
  std::size_t bundles = 0;
  std::unordered_set<std::string_view> seen;
  for (const auto& [name, channel] : model.channels) {
    const auto known = cached.channels.find(std::string{name});
    if (known == cached.channels.end()) return false;
    const auto& entries = channel->channel.entries;
    if (entries.size() != known->second.size()) return false;
    for (const auto& entry : entries) {
      if (!known->second.contains(entry.name) || !model.bundles.contains(entry.name)) return false;
      bundles += seen.insert(entry.name).second ? 1U : 0U;
    }
  }
  return bundles == model.bundles.size();
}

class Update {
 public:
  Update(const CachedCatalog& previous, const fs::path& root, const fs::path& directory,
         const CacheOptions& options)
      : previous_{previous},
        root_{root},
        directory_{directory},
        options_{options},
        known_{previous.directory / "cache" / kPackagesFile} {}

  /// Finds out what changed. False when all must be read.
  bool prepare() {
    auto difference = compare_trees(previous_.root, root_);
    auto all = difference.written;
    all.insert(all.end(), difference.removed.begin(), difference.removed.end());
    const auto before = check_files(previous_.root, all, options_);
    after_ = check_files(root_, difference.written, options_);
    written_ = std::move(difference.written);
    if (!before || !after_ || !after_->validation.problems.empty()) return false;
    if (!find_outdated(*before) || !is_apart(*after_)) return false;
    return options_.flavor == CacheFlavor::opm_1_26 || !may_be_deprecated(*before, *after_);
  }

  /// Makes the cache, after prepare().
  ServeCache run() {
    prepare_cache(directory_);
    const KnownTree known{previous_.steps, written_};
    CacheDigest digest{root_, options_, previous_.steps.empty() ? nullptr : &known};
    keep_files();
    return write(*after_, digest);
  }

 private:
  /// Finds what the cache has of the packages that the changed files had.
  bool find_outdated(const CheckedCatalog& before) {
    for (const auto& [name, model] : before.model) {
      auto cached = known_.find(std::string{name});
      if (!cached || !is_whole(*cached, model)) return false;
      for (const auto& [channel, bundles] : cached->channels) {
        for (const auto& bundle : bundles) {
          outdated_files_.insert(cache_file_name(name, channel, bundle));
        }
      }
      outdated_.insert(std::string{name});
    }
    return before.validation.problems.empty();
  }

  /// Whether what the changed files hold now touches no package of other files.
  [[nodiscard]] bool is_apart(const CheckedCatalog& after) const {
    if (!check_cache_names(after.model).empty()) return false;
    std::unordered_set<std::string> names;
    for (const auto& [package, model] : after.model) {
      if (known_.all().contains(std::string{package}) && !outdated_.contains(package)) return false;
      for (const auto& [channel, facts] : model.channels) {
        for (const auto& entry : facts->channel.entries) {
          names.insert(cache_file_name(package, channel, entry.name));
        }
      }
    }
    return std::none_of(names.begin(), names.end(), [&](const auto& name) {
      return fs::exists(previous_.directory / "cache" / name) && !outdated_files_.contains(name);
    });
  }

  /// Whether changed files tell of deprecations, or files that were not read may tell of some in
  /// the packages to be written.
  [[nodiscard]] bool may_be_deprecated(const CheckedCatalog& before,
                                       const CheckedCatalog& after) const {
    if (!before.facts.deprecations.empty() || !after.facts.deprecations.empty()) return true;
    // The cache may be one of 1.26.
    const auto told = root_ / options_.deprecations_directory;
    for (const auto& [package, unused] : after.model) {
      if (fs::exists(told / package)) return true;
    }
    const auto tells = [](std::string_view json) {
      return json.find(R"("deprecation":{)") != std::string_view::npos;
    };
    return std::any_of(outdated_.begin(), outdated_.end(),
                       [&](const auto& name) { return tells(known_.all().at(name)); }) ||
           std::any_of(outdated_files_.begin(), outdated_files_.end(), [&](const auto& name) {
             return name != kPackagesFile &&
                    tells(read_file(previous_.directory / "cache" / name, kMaxEntryBytes));
           });
  }

  /// Takes over the files of all other packages.
  void keep_files() {
    for (const auto& entry : fs::directory_iterator{previous_.directory / "cache"}) {
      const auto name = entry.path().filename();
      if (!entry.is_regular_file() || outdated_files_.contains(name.string())) continue;
      options_.cancellation.check("making the cache");
      link_or_copy(entry.path(), directory_ / "cache" / name);
      ++kept_;
    }
  }

  ServeCache write(CheckedCatalog& after, CacheDigest& digest) {
    const auto files = directory_ / "cache";
    const auto packages = read_packages(root_, after, options_.flavor, options_.cancellation);
    ServeCache cache;
    cache.entries = kept_ + write_entries(root_, after, packages, files, options_);
    cache.packages = write_packages(after.model, packages);
    // Deprecations may be of packages in files that were not read.
    std::erase_if(after.validation.warnings,
                  [](const auto& finding) { return finding.rule == Rule::deprecation; });
    cache.warnings = std::move(after.validation.warnings);
    cache.digest = digest.finish(directory_);
    cache.steps = digest.take_steps();
    CacheFile{directory_ / "digest"}.write(cache.digest);
    return cache;
  }

  /// Writes the packages that stay and those of `model` in one order; returns how many.
  std::size_t write_packages(const Model& model, const CachedPackageMap& packages) {
    const CacheFile file{directory_ / "cache" / kPackagesFile};
    PackagesJson list{[&](std::string_view text) { file.write(text); }};
    std::size_t count = 0;
    const auto add = [&](std::string_view name, std::string_view json) {
      list.add(name, json);
      ++count;
    };
    auto old = known_.all().begin();
    const auto keep_until = [&](auto end) {
      for (; old != end; ++old) {
        const auto& [name, json] = *old;
        if (outdated_.contains(name)) continue;
        if (options_.icons == CacheIcons::keep) {
          add(name, json);
        } else {
          add(name, without_icon(json));
        }
      }
    };
    for (const auto& [name, package] : model) {
      keep_until(known_.all().lower_bound(name));
      add(name, package_json(packages.find(name)->second, package, options_.icons));
    }
    keep_until(known_.all().end());
    list.finish();
    return count;
  }

  const CachedCatalog& previous_;
  const fs::path& root_;
  const fs::path& directory_;
  const CacheOptions& options_;
  CachedPackages known_;
  /// Files that are new or other ones, and what they hold now.
  std::vector<std::string> written_;
  std::optional<CheckedCatalog> after_;
  /// Packages that the changed files had, and their files in the cache.
  std::set<std::string, std::less<>> outdated_;
  std::unordered_set<std::string> outdated_files_{std::string{kPackagesFile}};
  std::size_t kept_ = 0;
};

/// Whether the directory holds what a cache consists of: files, and no links to some.
bool has_files_only(const fs::path& directory) {
  std::error_code error;
  for (fs::directory_iterator entry{directory, error}, end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_symlink(error) || !entry->is_regular_file(error)) return false;
  }
  return !error;
}

/// The update when it can be made; null when everything must be read.
std::unique_ptr<Update> prepared_update(const CachedCatalog& previous, const fs::path& root,
                                        const fs::path& directory, const CacheOptions& options) {
  const auto cache = previous.directory / "cache";
  if (!fs::exists(cache / kPackagesFile) || !has_files_only(cache)) return nullptr;
  try {
    auto update = std::make_unique<Update>(previous, root, directory, options);
    if (update->prepare()) return update;
  } catch (const UserError&) {
    // A fault of the old catalog or cache is none of the new one's, and those of the new one are
    // told by write_cache(), which reads it whole.
  }
  return nullptr;
}

}  // namespace

ServeCache update_cache(const CachedCatalog& previous, const fs::path& root,
                        const fs::path& directory, const CacheOptions& options) {
  const auto update = prepared_update(previous, root, directory, options);
  return update ? update->run() : write_cache(root, directory, options);
}

}  // namespace iib::catalog::fbc
