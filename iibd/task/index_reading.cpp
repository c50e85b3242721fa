#include "index_reading.hpp"

#include "delivery.hpp"
#include "file_based_image.hpp"
#include "iib/base/error.hpp"
#include "subject.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>
#include <vector>

namespace iib::task {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

/// A path of an image as labels and options write it, relative to the image's root.
fs::path relative_path(const fs::path& in_image) {
  return in_image.relative_path().lexically_normal();
}

std::string ocp_version(const std::map<std::string, std::string>& labels) {
  const auto version = labels.find(kVersionLabel);
  return version == labels.end() ? std::string{} : version->second;
}

/// The path that the label `key` of `index` names, relative to the image's root.
fs::path labelled_path(const NamedIndex& index, std::string_view key, const std::string& place) {
  auto path = relative_path(place);
  if (!path.empty() && path != ".") return path;
  throw UserError{fmt::format(
      "index image {} has the label {}={}, which names the whole image: correct the label or build "
      "the index again, with its catalog at a place of its own",
      index.image.pinned.text(), key, place)};
}

/// What is refused of an index that has no `kind` (file or directory) at `place`.
UserError nothing_there(const NamedIndex& index, std::string_view kind, const std::string& place,
                        std::string_view key) {
  return UserError{
      fmt::format("index image {} has no {} {}, which its label {} names: correct the "
                  "label or build the index again",
                  index.image.pinned.text(), kind, place, key)};
}

void extract(const Context& context, const NamedIndex& index, const std::vector<fs::path>& wanted,
             const fs::path& root) {
  std::vector<std::string> paths;
  for (const auto& path : wanted) paths.push_back(path.string());
  about(index.role, index.given,
        [&] { context.images().extract(index.image.speaker, paths, root, context.access()); });
}

ReadIndex read_database(const Context& context, const NamedIndex& index, const std::string& place,
                        const fs::path& root) {
  const auto file = labelled_path(index, kDatabaseLabel, place);
  extract(context, index, {file}, root);
  if (!fs::is_regular_file(fs::symlink_status(root / file))) {
    throw nothing_there(index, "file", place, kDatabaseLabel);
  }
  return {.catalog = {.kind = catalog::CatalogKind::sqlite,
                      .path = root / file,
                      .ocp_version = ocp_version(index.labels)}};
}

/// The modes that the extracted files of a catalog have, which are those of the image.
/// Those of directories count as usual: a layer on top would not keep others.
fbc::RootModes modes_of(const fs::path& root) {
  auto modes = fbc::RootModes::of_host(root);
  std::erase_if(modes.exceptions,
                [&](const auto& exception) { return fs::is_directory(root / exception.first); });
  return modes;
}

/// What an earlier request left of the index, if it did.
std::optional<ReadIndex> find_kept(const Context& context, const NamedIndex& index) {
  const auto kept = context.kept_catalogs().find(index.image.speaker.digest()->text());
  if (!kept) return std::nullopt;
  context.log().info("the catalog of {} is there from an earlier request",
                     index.image.speaker.text());
  return ReadIndex{.catalog = {.kind = catalog::CatalogKind::file_based,
                               .path = kept->root,
                               .ocp_version = ocp_version(index.labels),
                               .database = kept->database},
                   .cache = kept->cache,
                   .modes = kept->modes,
                   .kept = kept};
}

ReadIndex read_files(const Context& context, const NamedIndex& index, const std::string& place,
                     const fs::path& root) {
  if (auto kept = find_kept(context, index)) return *std::move(kept);
  const auto configs = labelled_path(index, kConfigsLabel, place);
  const auto database = relative_path(context.settings().hidden_database);
  const auto cache = relative_path(kCachePath);
  extract(context, index, {configs, database, cache}, root);
  if (!fs::is_directory(fs::symlink_status(root / configs))) {
    throw nothing_there(index, "directory", place, kConfigsLabel);
  }
  const bool has_database = fs::is_regular_file(fs::symlink_status(root / database));
  return {.catalog = {.kind = catalog::CatalogKind::file_based,
                      .path = root / configs,
                      .ocp_version = ocp_version(index.labels),
                      .database = has_database ? root / database : fs::path{}},
          .cache = root / cache,
          .modes = modes_of(root / configs)};
}

}  // namespace

ReadIndex read_catalog(const Context& context, const NamedIndex& index,
                       std::string_view directory) {
  const auto root = context.make_directory(directory);
  if (is_file_based(index.labels)) {
    return read_files(context, index, index.labels.at(kConfigsLabel), root);
  }
  const auto label = index.labels.find(kDatabaseLabel);
  if (label == index.labels.end()) {
    throw UserError{
        fmt::format("index image {} misses the label {}, or {} of a file-based one: it is no index "
                    "image",
                    index.image.pinned.text(), kDatabaseLabel, kConfigsLabel)};
  }
  return read_database(context, index, label->second, root);
}

}  // namespace iib::task
