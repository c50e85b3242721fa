#include "catalog/fbc/migrate.hpp"

#include "catalog/fbc/database_blobs.hpp"
#include "catalog/fbc/model.hpp"
#include "catalog/schema.hpp"
#include "catalog/shown_name.hpp"
#include "catalog/sqlite_catalog.hpp"
#include "catalog/sqlite_contents.hpp"
#include "catalog/working_copy.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <system_error>
#include <utility>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

std::string file_name(Format format) {
  switch (format) {
    case Format::json:
      return "catalog.json";
    case Format::yaml:
      break;
  }
  return "catalog.yaml";
}

[[noreturn]] void refuse(ProblemKind kind, const std::string& package, std::string text) {
  Problem problem;
  problem.kind = kind;
  problem.package = package;
  problem.text = std::move(text);
  throw Refused{{std::move(problem)}};
}

void prepare(const fs::path& directory) {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error || !fs::is_directory(directory, error)) {
    throw ExternalError{fmt::format("the directory {} cannot be made", directory.string()),
                        ExternalError::Retry::no};
  }
  if (!fs::is_empty(directory)) {
    throw UserError{fmt::format("the directory {} is not empty: name a new one, or empty it",
                                directory.string())};
  }
}

/// A package's name becomes the name of a directory.
void check_name(const std::string& package) {
  constexpr std::size_t kLongest = 255;
  if (!package.empty() && package.size() <= kLongest && package != "." && package != ".." &&
      package.find('/') == std::string::npos && package.find('\0') == std::string::npos) {
    return;
  }
  refuse(ProblemKind::invalid_index, package,
         fmt::format("package {} cannot be migrated: its name cannot be that of a directory",
                     shown(package)));
}

/// What validation needs of blobs just made, which are numbered as they are written.
Facts facts_of(const std::vector<Blob>& blobs) {
  Facts facts;
  for (std::size_t i = 0; i < blobs.size(); ++i) {
    const Where where{.file = 0, .number = i + 1, .line = 0};
    if (const auto* package = std::get_if<Package>(&blobs[i])) {
      facts.packages.push_back(
          {.name = package->name, .default_channel = package->default_channel, .where = where});
    } else if (const auto* channel = std::get_if<Channel>(&blobs[i])) {
      facts.channels.push_back({.channel = *channel, .where = where});
    } else if (const auto* bundle = std::get_if<BundleBlob>(&blobs[i])) {
      facts.bundles.push_back({.name = bundle->name,
                               .package = bundle->package,
                               .properties = property_facts(bundle->properties),
                               .has_image = !bundle->image.empty(),
                               .where = where});
    }
  }
  return facts;
}

/// Throws Refused when the blobs break the rules of the model (3).
void check_blobs(const std::vector<Blob>& blobs, const std::string& file) {
  const auto facts = facts_of(blobs);
  const std::vector<CatalogFile> files{{.name = file, .bytes = 0}};
  Findings findings;
  const Reporter report{files, findings};
  check_model(build_model(facts, Completeness::complete, report), Completeness::complete, report);
  Validation validation;
  findings.take(validation);
  if (validation.problems.empty()) return;
  std::vector<Problem> problems;
  for (const auto& finding : validation.problems) problems.push_back(to_problem(finding));
  throw Refused{std::move(problems)};
}

void write_blobs(const std::vector<Blob>& blobs, const fs::path& path, Format format) {
  std::error_code error;
  fs::create_directory(path.parent_path(), error);
  std::ofstream file{path, std::ios::binary};
  for (const auto& blob : blobs) file << to_text(blob, format);
  file.close();
  if (error || !file) {
    throw ExternalError{fmt::format("{} cannot be written", path.string()),
                        ExternalError::Retry::no};
  }
}

class Migration {
 public:
  Migration(const fs::path& directory, const MigrateOptions& options, const Work& work)
      : directory_{directory}, options_{options}, work_{work} {}

  std::vector<std::string> run(const fs::path& source) {
    auto database = open_for_reading(source);
    if (is_empty_index(database)) return {};
    if (schema_version(database).value_or(-1) >= kSchemaVersion) {
      migrate(database);
      return std::move(names_);
    }
    // An older schema is brought up to date in a copy: the source stays as it is.
    const auto copy = change_copy(source, work_, [](IndexDatabase&) {});
    auto current = open_for_reading(copy);
    migrate(current);
    fs::remove(copy);
    return std::move(names_);
  }

 private:
  void migrate(IndexDatabase& database) {
    check_tables(database);
    const auto contents = read_sqlite_contents(database, {}, work_.cancellation);
    DatabaseBlobs source{database, options_.level};
    for (const auto& package : contents.packages) {
      work_.cancellation.check("migrating the index");
      check_name(package.name);
      const auto blobs = source.read(package);
      const auto file = package.name + '/' + file_name(options_.format);
      check_blobs(blobs, file);
      write_blobs(blobs, directory_ / file, options_.format);
      names_.push_back(package.name);
    }
  }

  const fs::path& directory_;
  const MigrateOptions& options_;
  const Work& work_;
  std::vector<std::string> names_;
};

}  // namespace

std::vector<std::string> migrate(const Catalog& from, const fs::path& directory,
                                 const MigrateOptions& options, const Work& work) {
  const auto& source = sqlite_path(from);
  prepare(directory);
  std::vector<std::string> names;
  translate_sqlite_errors(source, [&] { names = Migration{directory, options, work}.run(source); });
  return names;
}

}  // namespace iib::catalog::fbc
