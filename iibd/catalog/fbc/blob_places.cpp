#include "catalog/fbc/blob_places.hpp"

#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/bundle_objects.hpp"
#include "catalog/fbc/database_packages.hpp"
#include "catalog/fbc/files.hpp"
#include "catalog/fbc/render_bundle.hpp"
#include "catalog/fbc/tree.hpp"
#include "catalog/shown_name.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/fbc_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <variant>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const std::string& file, std::size_t number, const char* reason) {
  throw UserError{number == 0 ? fmt::format("{}: {}", shown(file), reason)
                              : fmt::format("{}, blob {}: {}", shown(file), number, reason)};
}

}  // namespace

Rank BlobPlaces::Place::rank() const {
  return {.last = last, .package = package, .kind = kind, .name = name};
}

BlobPlaces::BlobPlaces(MigrateLevel level, const Work& work)
    : level_{level}, work_{work}, scratch_{work.directory, "render-"} {}

void BlobPlaces::add(const RenderSource& source) {
  if (const auto* bundle = std::get_if<BundleSource>(&source)) {
    const auto blob = render_bundle(*bundle, level_, work_.log);
    return add_made([&](std::ostream& out) { out << one_line(blob) << '\n'; });
  }
  const auto& catalog = std::get<Catalog>(source);
  if (catalog.kind == CatalogKind::file_based) return add_directory(catalog.path);
  add_made([&](std::ostream& out) {
    read_database(catalog, level_, work_, [&](DatabasePackages& packages) {
      for (const auto& package : packages.list()) {
        for (const auto& blob : packages.blobs(package)) out << one_line(blob) << '\n';
      }
    });
  });
}

void BlobPlaces::add_directory(const fs::path& root) {
  auto listing = find_files(root);
  if (!listing.findings.empty()) throw RefusedCatalog{std::move(listing.findings)};
  for (auto& file : listing.files) add_file({.root = root, .name = std::move(file.name)});
}

void BlobPlaces::add_made(const std::function<void(std::ostream&)>& write) {
  const auto name = fmt::format("{}.json", files_.size());
  replace_file(scratch_.path() / name, write);
  add_file({.root = scratch_.path(), .name = name});
}

void BlobPlaces::add_file(File file) {
  const auto index = files_.size();
  files_.push_back(std::move(file));
  const auto& [root, name] = files_.back();
  std::size_t number = 0;
  try {
    BlobReader reader{root / name};
    while (const auto raw = reader.next()) {
      work_.cancellation.check("reading the catalog");
      number = raw->number;
      const auto blob = read_blob(parse_blob(*raw, Values::leave_out), Values::leave_out);
      const auto rank = rank_of(blob);
      if (!is_written(rank)) continue;
      places_.push_back({.file = index,
                         .offset = raw->offset,
                         .bytes = raw->text.size(),
                         .number = raw->number,
                         .notation = raw->notation,
                         .last = rank.last,
                         .package = std::string{rank.package},
                         .kind = rank.kind,
                         .name = std::string{rank.name}});
    }
  } catch (const SplitError& error) {
    fail(name, 0, error.what());
  } catch (const BlobError& error) {
    fail(name, number, error.what());
  }
}

void BlobPlaces::for_each(const std::function<void(const std::string&, const Blob&)>& use) {
  std::stable_sort(places_.begin(), places_.end(),
                   [](const Place& a, const Place& b) { return a.rank() < b.rank(); });
  std::ifstream file;
  std::optional<std::size_t> open;
  std::string bytes;
  for (const auto& place : places_) {
    work_.cancellation.check("writing the catalog");
    if (open != place.file) {
      file = std::ifstream{files_[place.file].root / files_[place.file].name, std::ios::binary};
      open = place.file;
    }
    bytes.resize(place.bytes);
    file.seekg(static_cast<std::streamoff>(place.offset));
    file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (!file) {
      throw ExternalError{
          fmt::format(
              "{} changed while it was read: try again when nothing else writes to the catalog",
              files_[place.file].name),
          ExternalError::Retry::no};
    }
    use(place.package, read(place, bytes));
  }
}

Blob BlobPlaces::read(const Place& place, const std::string& bytes) const {
  const auto& [root, name] = files_[place.file];
  try {
    const RawBlob raw{.number = place.number,
                      .offset = place.offset,
                      .line = 0,
                      .notation = place.notation,
                      .text = bytes};
    auto blob = read_blob(parse_blob(raw, Values::keep), Values::keep);
    if (auto* bundle = std::get_if<BundleBlob>(&blob)) {
      const ObjectPlace objects{.root = root,
                                .directory = fs::path{name}.parent_path().generic_string()};
      normalize(*bundle, objects, level_);
    }
    return blob;
  } catch (const UserError& error) {
    fail(name, place.number, error.what());
  }
}

}  // namespace iib::catalog::fbc
