#include "iib/catalog/contents.hpp"

#include "catalog/fbc/blobs.hpp"
#include "catalog/fbc/catalog_contents.hpp"
#include "catalog/sqlite_contents.hpp"
#include "catalog/working_copy.hpp"

#include <algorithm>

namespace iib::catalog {
namespace {

bool has_note(const std::vector<DeprecationNote>& notes, std::string_view schema,
              std::string_view name) {
  return std::any_of(notes.begin(), notes.end(), [&](const DeprecationNote& note) {
    return note.schema == schema && note.name == name;
  });
}

}  // namespace

const BundleSummary* PackageContents::find_bundle(std::string_view bundle) const {
  const auto found = std::lower_bound(
      bundles.begin(), bundles.end(), bundle,
      [](const BundleSummary& each, std::string_view wanted) { return each.name < wanted; });
  return found != bundles.end() && found->name == bundle ? &*found : nullptr;
}

bool PackageContents::is_deprecated() const {
  return has_note(deprecations, fbc::kPackageSchema, {});
}

bool PackageContents::is_deprecated(const ChannelContents& channel) const {
  return has_note(deprecations, fbc::kChannelSchema, channel.name);
}

Contents read_contents(const Catalog& catalog, const Selection& selection,
                       const Cancellation& cancellation) {
  if (catalog.kind == CatalogKind::file_based) {
    return fbc::read_catalog_contents(catalog.path, selection, cancellation);
  }
  cancellation.check("reading the catalog");
  Contents contents;
  translate_sqlite_errors(catalog.path, [&] {
    auto database = open_for_reading(catalog.path);
    contents = read_sqlite_contents(database, selection, cancellation);
  });
  return contents;
}

}  // namespace iib::catalog
