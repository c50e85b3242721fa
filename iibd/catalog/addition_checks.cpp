#include "catalog/addition_checks.hpp"

#include "catalog/bundle_problem.hpp"
#include "catalog/overwrite.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

namespace iib::catalog {
namespace {

using Names = std::set<std::string>;

// The index pk gives the pull specification without reading past the payloads.
constexpr auto kPathsOfPackage = R"sql(
  SELECT DISTINCT bundle.bundlepath, bundle.name
    FROM channel_entry AS entry
    JOIN operatorbundle AS bundle INDEXED BY pk ON bundle.name = entry.operatorbundle_name
   WHERE entry.package_name = :package
)sql";

// One pass for all names of the call: entries have no index by name.
constexpr auto kPackagesOfNames = R"sql(
  SELECT DISTINCT operatorbundle_name, package_name
    FROM channel_entry
   WHERE operatorbundle_name IN (SELECT value FROM json_each(:names))
)sql";

constexpr auto kPathOfName = R"sql(
  SELECT bundlepath FROM operatorbundle INDEXED BY pk WHERE name = :name
)sql";

std::string title(const Bundle& bundle) {
  return fmt::format("bundle {} ({}) of package {}", bundle.name, bundle.pull_spec, bundle.package);
}

/// All names that `bundle` uses: its own and those that it replaces or skips.
Names names_of(const Bundle& bundle) {
  Names names{bundle.name};
  if (!bundle.edges.replaces.empty()) names.insert(bundle.edges.replaces);
  names.insert(bundle.edges.skips.begin(), bundle.edges.skips.end());
  return names;
}

std::string use_of(const Bundle& bundle, const std::string& name) {
  if (name == bundle.name) return "has the name";
  return name == bundle.edges.replaces ? "replaces" : "skips";
}

/// The checks of 6.1, for all bundles of one call.
class Checker {
 public:
  Checker(IndexDatabase& database, SameName same_name)
      : database_{database}, same_name_{same_name} {}

  std::vector<Problem> check(std::span<const Bundle> bundles) {
    load_packages(bundles);
    for (const auto& bundle : bundles) {
      check_presence(bundle);
      check_packages(bundle);
    }
    check_call(bundles);
    return std::move(problems_);
  }

 private:
  void check_presence(const Bundle& bundle) {
    const auto& paths = paths_of(bundle.package);
    if (const auto same = paths.find(bundle.pull_spec); same != paths.end()) {
      refuse(bundle, ProblemKind::exists,
             fmt::format("{} is already in the index, as {}: leave it out", title(bundle),
                         same->second));
      return;
    }
    if (same_name_ == SameName::overwrite) return;
    const auto path = path_of(bundle.name);
    if (!path) return;
    const auto& packages = packages_of(bundle.name);
    if (packages.contains(bundle.package)) {
      refuse(bundle, ProblemKind::exists,
             fmt::format("{} is already in the index, from {}: give the new one another name and "
                         "version, or overwrite it",
                         title(bundle), *path));
    } else if (packages.empty()) {
      refuse(bundle, ProblemKind::exists,
             fmt::format("{} is already in the index, from {}, but in no channel: remove that "
                         "leftover by prune-stranded first",
                         title(bundle), *path));
    }
  }

  void check_packages(const Bundle& bundle) {
    for (const auto& name : names_of(bundle)) {
      for (const auto& package : packages_of(name)) {
        if (package == bundle.package) continue;
        refuse(bundle, ProblemKind::other_package,
               fmt::format("{} {} {}, which belongs to package {} in the index: no bundle can be "
                           "in the graphs of two packages",
                           title(bundle), use_of(bundle, name), name, package));
      }
    }
  }

  /// What the bundles of one call say about each other.
  void check_call(std::span<const Bundle> bundles) {
    std::map<std::string, const Bundle*> own;
    std::map<std::string, const Bundle*> users;
    for (const auto& bundle : bundles) {
      const auto [first, is_new] = own.try_emplace(bundle.name, &bundle);
      if (!is_new) {
        refuse(bundle, ProblemKind::exists,
               fmt::format("{} has the same name as {}: add only one of them", title(bundle),
                           first->second->pull_spec));
      }
      for (const auto& name : names_of(bundle)) {
        const auto* other = users.try_emplace(name, &bundle).first->second;
        if (other->package == bundle.package) continue;
        refuse(
            bundle, ProblemKind::other_package,
            fmt::format("bundle {} must belong to one package, but {} {} it and {} {} it", name,
                        title(*other), use_of(*other, name), title(bundle), use_of(bundle, name)));
      }
    }
  }

  void refuse(const Bundle& bundle, ProblemKind kind, std::string text) {
    problems_.push_back(problem(bundle, {}, kind, std::move(text)));
  }

  const std::map<std::string, std::string>& paths_of(const std::string& package) {
    const auto [entry, is_new] = paths_.try_emplace(package);
    if (is_new) {
      auto read = database_.use(kPathsOfPackage);
      read->bind(":package", package);
      while (read->executeStep()) {
        entry->second.emplace(read->getColumn(0).getString(), read->getColumn(1).getString());
      }
    }
    return entry->second;
  }

  const Names& packages_of(const std::string& name) { return packages_[name]; }

  void load_packages(std::span<const Bundle> bundles) {
    io::JsonDocument names;
    names.SetArray();
    for (const auto& bundle : bundles) {
      for (const auto& name : names_of(bundle)) {
        names.PushBack(io::json_text(name, names.GetAllocator()), names.GetAllocator());
      }
    }
    const auto list = io::to_json(names);
    auto read = database_.use(kPackagesOfNames);
    read->bind(":names", list);
    while (read->executeStep()) {
      packages_[read->getColumn(0).getString()].insert(read->getColumn(1).getString());
    }
  }

  std::optional<std::string> path_of(const std::string& name) {
    auto read = database_.use(kPathOfName);
    read->bind(":name", name);
    if (!read->executeStep()) return std::nullopt;
    return read->getColumn(0).getString();
  }

  IndexDatabase& database_;
  SameName same_name_;
  std::map<std::string, std::map<std::string, std::string>> paths_;
  std::map<std::string, Names> packages_;
  std::vector<Problem> problems_;
};

}  // namespace

std::vector<Problem> check_addition(IndexDatabase& database, std::span<const Bundle> bundles,
                                    SameName same_name) {
  auto problems = Checker{database, same_name}.check(bundles);
  if (same_name == SameName::overwrite) {
    auto more = check_overwriting(database, bundles);
    std::move(more.begin(), more.end(), std::back_inserter(problems));
  }
  return problems;
}

}  // namespace iib::catalog
