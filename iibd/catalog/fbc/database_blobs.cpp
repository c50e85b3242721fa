#include "catalog/fbc/database_blobs.hpp"

#include "catalog/fbc/writer.hpp"
#include "catalog/fields.hpp"
#include "catalog/json_text.hpp"
#include "catalog/raw_json.hpp"
#include "catalog/shown_name.hpp"
#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

namespace iib::catalog::fbc {
namespace {

constexpr auto kBundle = R"sql(
  SELECT skiprange, csv, bundle FROM operatorbundle WHERE name = :name
)sql";
constexpr auto kImage = "SELECT image FROM related_image WHERE rowid = :id";

/// Its bundles are left out; what replaces them keeps the edge.
constexpr std::string_view kDeprecatedProperty = "olm.deprecated";

/// The JSON values that `text` holds one after another, each canonical and with a line feed.
std::string canonical_lines(std::string_view text) {
  std::string lines;
  while (text.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    const auto length = json_extent(text);
    if (!length) throw UserError{"its manifests are no sequence of JSON objects"};
    lines += canonical_json(io::parse_json(text.substr(0, *length))) + '\n';
    text.remove_prefix(*length);
  }
  return lines;
}

/// Base64 as the reference reads it: line ends do not count, on a second try blanks neither.
std::optional<std::string> decode(std::string text) {
  std::erase_if(text, [](char c) { return c == '\n' || c == '\r'; });
  auto bytes = from_base64(text);
  if (bytes) return bytes;
  std::erase(text, ' ');
  return from_base64(text);
}

}  // namespace

struct DatabaseBlobs::Row {
  std::string skip_range;
  std::string csv;
  std::string objects;
};

DatabaseBlobs::DatabaseBlobs(IndexDatabase& database, MigrateLevel level)
    : database_{database},
      level_{level},
      properties_{row_ids("properties")},
      dependencies_{row_ids("dependencies")},
      images_{row_ids("related_image")} {}

DatabaseBlobs::RowIds DatabaseBlobs::row_ids(const std::string& table) {
  RowIds ids;
  auto query =
      database_.use(fmt::format("SELECT operatorbundle_name, rowid FROM {} ORDER BY rowid", table));
  while (query->executeStep()) {
    ids[query->getColumn(0).getString()].push_back(query->getColumn(1).getInt64());
  }
  return ids;
}

std::vector<Blob> DatabaseBlobs::read(const PackageContents& package, Payloads payloads) {
  const bool whole = payloads == Payloads::read;
  std::vector<Blob> blobs;
  blobs.emplace_back(Package{.name = package.name,
                             .default_channel = package.default_channel,
                             .icon = whole ? icon_of(package) : std::nullopt,
                             .description = {},
                             .properties = {}});
  std::unordered_map<std::string, std::string> ranges;
  for (const auto& bundle : package.bundles) {
    if (bundle.version.empty() || bundle.pull_spec.empty()) continue;
    try {
      const auto properties = typed_rows("properties", properties_, bundle);
      if (std::any_of(properties.begin(), properties.end(),
                      [](const auto& each) { return each.type == kDeprecatedProperty; })) {
        continue;
      }
      auto row = whole ? read_row(bundle) : Row{};
      auto blob = bundle_blob(package.name, bundle, properties);
      if (whole) add_payloads(blob, row);
      blobs.emplace_back(std::move(blob));
      ranges.emplace(bundle.name, std::move(row.skip_range));
    } catch (const UserError& error) {
      throw UserError{fmt::format("bundle {} of package {} cannot be turned into an olm.bundle: {}",
                                  shown(bundle.name), shown(package.name), error.what())};
    }
  }
  for (const auto& channel : package.channels) {
    Channel blob{.name = channel.name, .package = package.name, .entries = {}, .properties = {}};
    for (const auto& node : channel.nodes) {
      const auto range = ranges.find(node.bundle);
      if (range == ranges.end()) continue;
      blob.entries.push_back({.name = node.bundle,
                              .replaces = node.replaces,
                              .skips = node.skips,
                              .skip_range = range->second});
    }
    std::sort(blob.entries.begin(), blob.entries.end(),
              [](const auto& a, const auto& b) { return a.name < b.name; });
    blobs.emplace_back(std::move(blob));
  }
  order_blobs(blobs);
  return blobs;
}

DatabaseBlobs::Row DatabaseBlobs::read_row(const BundleSummary& bundle) {
  auto query = database_.use(kBundle);
  query->bind(":name", bundle.name);
  Row row;
  if (!query->executeStep()) return row;
  row.skip_range = query->getColumn(0).getString();
  row.csv = query->getColumn(1).getString();
  row.objects = query->getColumn(2).getString();
  return row;
}

std::vector<TypedValue> DatabaseBlobs::typed_rows(const std::string& table, const RowIds& ids,
                                                  const BundleSummary& bundle) {
  std::vector<TypedValue> rows;
  const auto found = ids.find(bundle.name);
  if (found == ids.end()) return rows;
  auto query = database_.use(fmt::format(
      "SELECT type, value, operatorbundle_version, operatorbundle_path FROM {} WHERE rowid = :id",
      table));
  for (const auto id : found->second) {
    query->reset();
    query->bind(":id", id);
    if (!query->executeStep()) continue;
    // A row left behind by another bundle of the same name.
    if (query->getColumn(2).getString() != bundle.version ||
        query->getColumn(3).getString() != bundle.pull_spec) {
      continue;
    }
    TypedValue row{.type = query->getColumn(0).getString(),
                   .value = query->getColumn(1).getString()};
    static_cast<void>(
        io::parse_json(*row.value, {.name = fmt::format("its {} {}", table, shown(row.type))}));
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> DatabaseBlobs::image_rows(const std::string& bundle) {
  std::vector<std::string> images;
  const auto found = images_.find(bundle);
  if (found == images_.end()) return images;
  auto query = database_.use(kImage);
  for (const auto id : found->second) {
    query->reset();
    query->bind(":id", id);
    if (query->executeStep()) images.push_back(query->getColumn(0).getString());
  }
  return images;
}

BundleBlob DatabaseBlobs::bundle_blob(const std::string& package, const BundleSummary& bundle,
                                      const std::vector<TypedValue>& properties) {
  BundleBlob blob;
  blob.name = bundle.name;
  blob.package = package;
  blob.image = bundle.pull_spec;
  // Rows hold what came of the CSV's annotation, too; a package of their own beats the columns.
  blob.properties =
      collect_properties({.package = package,
                          .version = bundle.version,
                          .properties = properties,
                          .dependencies = typed_rows("dependencies", dependencies_, bundle),
                          .annotated = properties});
  return blob;
}

void DatabaseBlobs::add_payloads(BundleBlob& blob, const Row& row) {
  const bool has_csv = !row.csv.empty();
  const auto csv = has_csv ? io::parse_json(row.csv) : io::parse_json("{}");
  if (has_csv && level_ == MigrateLevel::bundle_object_to_csv_metadata) {
    blob.properties.push_back({.type = std::string{kMetadataProperty}, .value = csv_metadata(csv)});
  } else {
    add_objects(blob.properties, canonical_lines(row.objects));
  }
  blob.related_images = collect_images(csv, image_rows(blob.name));
}

/// The first icon of the CSV of the default channel's head; none when that is damaged (2.3).
std::optional<Icon> DatabaseBlobs::icon_of(const PackageContents& package) {
  const auto channel =
      std::find_if(package.channels.begin(), package.channels.end(),
                   [&](const auto& each) { return each.name == package.default_channel; });
  if (channel == package.channels.end()) return std::nullopt;
  const auto* head = package.find_bundle(channel->head);
  if (head == nullptr) return std::nullopt;
  const auto row = read_row(*head);
  if (row.csv.empty()) return std::nullopt;
  try {
    const auto csv = io::parse_json(row.csv);
    const auto icons =
        Fields{&csv, "the ClusterServiceVersion", Names::exact}.object("spec").objects(
            "icon", Names::any_case);
    if (icons.empty()) return std::nullopt;
    const auto bytes = decode(icons.front().text("base64data"));
    if (!bytes || bytes->empty()) return std::nullopt;
    return Icon{.base64data = to_base64(*bytes), .mediatype = icons.front().text("mediatype")};
  } catch (const UserError&) {
    return std::nullopt;
  }
}

}  // namespace iib::catalog::fbc
