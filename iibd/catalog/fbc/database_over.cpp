#include "catalog/fbc/database_over.hpp"

#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/database_packages.hpp"
#include "catalog/fbc/tree.hpp"
#include "catalog/fbc/writer.hpp"
#include "catalog/fbc/yaml_files.hpp"
#include "catalog/shown_name.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <utility>
#include <variant>
#include <vector>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

Problem problem_with(ProblemKind kind, const std::string& package, std::string text) {
  Problem problem;
  problem.kind = kind;
  problem.package = package;
  problem.text = std::move(text);
  return problem;
}

/// Blobs of a file that no database holds: deprecations, and those of schemas of others.
std::vector<Blob> other_blobs(const fs::path& file) {
  std::vector<Blob> blobs;
  BlobReader reader{file};
  while (const auto raw = reader.next()) {
    auto blob = read_blob(parse_blob(*raw, Values::keep), Values::keep);
    if (std::holds_alternative<Meta>(blob) || std::holds_alternative<Deprecations>(blob)) {
      blobs.push_back(std::move(blob));
    }
  }
  return blobs;
}

class Overlay {
 public:
  Overlay(CatalogChange& change, const std::set<std::string>& had) : change_{change}, had_{had} {}

  /// Throws Refused naming every package that cannot be laid over.
  void check(const std::vector<PackageContents>& packages) {
    std::vector<Problem> problems;
    for (const auto& package : packages) {
      now_.insert(package.name);
      auto problem =
          had_.contains(package.name) ? check_place(package.name) : check_new(package.name);
      if (!problem.text.empty()) problems.push_back(std::move(problem));
    }
    if (!problems.empty()) throw Refused{std::move(problems)};
  }

  void write(DatabasePackages& packages) {
    for (const auto& package : packages.list()) {
      const auto file = file_of(package.name);
      const bool is_there = change_.files_of(package.name).contains(file);
      if (is_there && change_.identity_of(package.name) == packages.identity(package)) {
        continue;  // byte for byte as it was (O12)
      }
      const auto path = inside(change_.root(), file);
      auto blobs = packages.blobs(package);
      if (is_there) {
        for (auto& other : other_blobs(path)) blobs.push_back(std::move(other));
        order_blobs(blobs);
      }
      replace_file(path, [&](std::ostream& out) {
        for (const auto& blob : blobs) out << to_text(blob, Format::json);
      });
      change_.work().log.info("package {} is written to {}", package.name, file);
    }
  }

  std::set<std::string> remove_gone() {
    std::set<std::string> gone;
    for (const auto& package : had_) {
      if (now_.contains(package)) continue;
      change_.remove_package(package);
      gone.insert(package);
    }
    return gone;
  }

 private:
  /// A package of the database that the catalog has under other names, too (O13).
  [[nodiscard]] Problem check_place(const std::string& package) const {
    const auto file = file_of(package);
    auto others = change_.files_of(package);
    others.erase(file);
    if (!others.empty()) {
      return problem_with(
          ProblemKind::exists, package,
          fmt::format("package {} is in the index database and, as {}, in the catalog: only {} may "
                      "hold it, so remove the package from the index and take it in anew",
                      shown(package), fmt::join(others, ", "), file));
    }
    auto packages = change_.packages_in(file);
    packages.erase(package);
    if (packages.empty()) return {};
    return problem_with(
        ProblemKind::exists, package,
        fmt::format("{} holds package {}, which is in the index database, and {} too, which would "
                    "get lost: move that to a directory of its own",
                    file, shown(package), fmt::join(packages, ", ")));
  }

  /// A package that the database begins to have must not take the place of one that lives in the
  /// catalog only.
  [[nodiscard]] Problem check_new(const std::string& package) const {
    const auto& files = change_.files_of(package);
    if (files.empty()) return {};
    return in_catalog_only(package, files);
  }

  CatalogChange& change_;
  const std::set<std::string>& had_;
  std::set<std::string> now_;
};

}  // namespace

Problem in_catalog_only(const std::string& package, const std::set<std::string>& files) {
  return problem_with(
      ProblemKind::exists, package,
      fmt::format("package {} is in the catalog only ({}), not in the index database, so no bundle "
                  "can be added to it: give the whole package as a fragment (fbc-operations)",
                  shown(package), fmt::join(files, ", ")));
}

std::set<std::string> lay_database_over(CatalogChange& change, const Catalog& database,
                                        const std::set<std::string>& had, Yaml yaml) {
  Overlay overlay{change, had};
  read_database(database, change.options().level, change.work(), [&](DatabasePackages& packages) {
    overlay.check(packages.list());
    overlay.write(packages);
  });
  auto gone = overlay.remove_gone();
  if (yaml == Yaml::keep) return gone;
  auto conflicts = convert_yaml_files(change.root(), change.work().cancellation);
  if (!conflicts.empty()) throw RefusedCatalog{std::move(conflicts)};
  return gone;
}

}  // namespace iib::catalog::fbc
