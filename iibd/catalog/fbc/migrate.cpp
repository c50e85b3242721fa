#include "catalog/fbc/blob_places.hpp"
#include "catalog/fbc/database_packages.hpp"
#include "catalog/fbc/writer.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "iib/catalog/fbc_render.hpp"

#include <fmt/format.h>

#include <fstream>
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

[[noreturn]] void fail(const fs::path& path) {
  throw ExternalError{
      fmt::format("{} cannot be written: check whether its disk is full", path.string()),
      ExternalError::Retry::no};
}

std::ofstream open_file(const fs::path& path) {
  std::error_code error;
  fs::create_directory(path.parent_path(), error);
  std::ofstream file{path, std::ios::binary};
  if (error || !file) fail(path);
  return file;
}

void write_blobs(const std::vector<Blob>& blobs, const fs::path& path, Format format) {
  auto file = open_file(path);
  for (const auto& blob : blobs) file << to_text(blob, format);
  file.close();
  if (!file) fail(path);
}

std::vector<std::string> migrate_database(const Catalog& from, const fs::path& directory,
                                          const FormOptions& options, const Work& work) {
  std::vector<std::string> names;
  read_database(from, options.level, work, [&](DatabasePackages& packages) {
    for (const auto& package : packages.list()) {
      write_blobs(packages.blobs(package), directory / package.name / file_name(options.format),
                  options.format);
      names.push_back(package.name);
    }
  });
  return names;
}

void refuse_invalid(const Catalog& from, const Work& work) {
  auto problems = validate(from.path, {.cancellation = work.cancellation}).problems;
  if (!problems.empty()) throw RefusedCatalog{std::move(problems)};
}

std::vector<std::string> migrate_directory(const Catalog& from, const fs::path& directory,
                                           const FormOptions& options, const Work& work) {
  refuse_invalid(from, work);
  BlobPlaces places{options.level, work};
  places.add(from);
  std::vector<std::string> names;
  std::ofstream file;
  places.for_each([&](const std::string& package, const Blob& blob) {
    if (package.empty()) {
      return work.log.warning("a blob of no package is left out: it has no directory to be in");
    }
    if (names.empty() || names.back() != package) {
      check_directory_name(package);
      names.push_back(package);
      file = open_file(directory / package / file_name(options.format));
    }
    file << to_text(blob, options.format);
    if (!file.flush()) fail(directory / package);
  });
  return names;
}

}  // namespace

std::vector<std::string> migrate(const Catalog& from, const fs::path& directory,
                                 const FormOptions& options, const Work& work) {
  prepare(directory);
  return from.kind == CatalogKind::sqlite ? migrate_database(from, directory, options, work)
                                          : migrate_directory(from, directory, options, work);
}

}  // namespace iib::catalog::fbc
