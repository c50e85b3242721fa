#include "catalog/fbc/catalog_change.hpp"
#include "catalog/fbc/database_over.hpp"
#include "catalog/fbc/database_packages.hpp"
#include "catalog/fbc/tree.hpp"
#include "catalog/shown_name.hpp"
#include "iib/catalog/fbc_changes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <utility>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

/// Packages of fragments by the fragment that wins.
class Takeover {
 public:
  Takeover(std::span<const Fragment> fragments, const ChangeOptions& options, const Work& work)
      : fragments_{fragments}, options_{options}, work_{work} {
    for (const auto& fragment : fragments) {
      auto packages = packages_of(fragment);
      for (const auto& package : packages) tell_of_repeat(package, fragment);
      all_.insert(packages.begin(), packages.end());
      packages_.push_back(std::move(packages));
    }
  }

  [[nodiscard]] const std::set<std::string>& packages() const noexcept { return all_; }

  void take(std::size_t number, const fs::path& root) {
    for (const auto& package : packages_[number]) {
      if (package == options_.deprecations_directory) tell_of_deprecations(number, root);
      const auto target = root / package;
      remove_tree(target);
      clone_tree(fragments_[number].directory / package, target, work_.cancellation);
    }
  }

 private:
  void tell_of_repeat(const std::string& package, const Fragment& fragment) {
    const auto [first, is_new] = owners_.try_emplace(package, &fragment);
    if (is_new) return;
    work_.log.warning("package {} is in fragment {} and in {}: that of {} is taken", shown(package),
                      first->second->name, fragment.name, fragment.name);
    first->second = &fragment;
  }

  /// The directory of all deprecations is replaced like that of a package.
  void tell_of_deprecations(std::size_t number, const fs::path& root) {
    const auto& name = options_.deprecations_directory;
    std::vector<std::string> lost;
    std::error_code error;
    for (fs::directory_iterator entry{root / name, error}, end; !error && entry != end;
         entry.increment(error)) {
      const auto package = entry->path().filename();
      if (!fs::exists(fragments_[number].directory / name / package)) {
        lost.push_back(shown(package.string()));
      }
    }
    if (lost.empty()) return;
    std::sort(lost.begin(), lost.end());
    work_.log.warning("fragment {} replaces {}: the deprecations of {} go with it",
                      fragments_[number].name, name, fmt::join(lost, ", "));
  }

  std::span<const Fragment> fragments_;
  const ChangeOptions& options_;
  const Work& work_;
  std::vector<std::vector<std::string>> packages_;
  std::set<std::string> all_;
  std::map<std::string, const Fragment*> owners_;
};

/// Removes what fragments bring from the hidden database, of which `had` are the packages and
/// `leaving` those brought; returns the database that is left.
fs::path leave_database(const Catalog& from, const std::set<std::string>& had,
                        const std::vector<std::string>& leaving, CatalogEngine& databases,
                        CatalogChange& change) {
  if (leaving.empty()) return from.database;
  const auto left =
      databases.remove(hidden_database(from).value(), leaving, on_copy(change.work()));
  lay_database_over(change, left, had, Yaml::keep);
  for (const auto& package : leaving) {
    change.work().log.info("package {} leaves the index database", shown(package));
  }
  return left.path;
}

}  // namespace

std::vector<std::string> packages_of(const Fragment& fragment) {
  std::error_code error;
  std::vector<std::string> packages;
  for (fs::directory_iterator entry{fragment.directory, error}, end; !error && entry != end;
       entry.increment(error)) {
    const auto name = entry->path().filename().string();
    if (!fs::is_directory(entry->symlink_status(error))) {
      throw UserError{
          fmt::format("fragment {} has a file {} at the top of its catalog, where only directories "
                      "of packages may be: put it into the directory of its package",
                      fragment.name, shown(name))};
    }
    packages.push_back(name);
  }
  if (error) {
    throw UserError{fmt::format("the catalog of fragment {} cannot be read: {}", fragment.name,
                                error.message())};
  }
  if (packages.empty()) {
    throw UserError{
        fmt::format("fragment {} has no packages: its catalog must have a directory for each of "
                    "them",
                    fragment.name)};
  }
  std::sort(packages.begin(), packages.end());
  return packages;
}

Catalog take_fragments(const Catalog& from, std::span<const Fragment> fragments,
                       CatalogEngine& databases, const ChangeOptions& options, const Work& work,
                       const std::function<void(std::size_t)>& begin) {
  Takeover takeover{fragments, options, work};
  const auto had = hidden_packages(from, work.cancellation);
  std::vector<std::string> leaving;
  std::set_intersection(had.begin(), had.end(), takeover.packages().begin(),
                        takeover.packages().end(), std::back_inserter(leaving));
  CatalogChange change{from.path, leaving.empty() ? std::set<std::string>{} : had, options, work};
  auto database = leave_database(from, had, leaving, databases, change);
  for (std::size_t number = 0; number < fragments.size(); ++number) {
    begin(number);
    takeover.take(number, change.root());
  }
  return changed(from, change.finish(takeover.packages()), std::move(database));
}

}  // namespace iib::catalog::fbc
