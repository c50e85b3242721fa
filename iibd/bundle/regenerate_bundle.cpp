#include "regenerate_bundle.hpp"

#include "annotations_file.hpp"
#include "changes.hpp"
#include "entry_scan.hpp"
#include "iib/io/layer_path.hpp"
#include "place.hpp"

#include <fmt/format.h>

#include <set>
#include <utility>

namespace iib::bundle {
namespace {

/// The manifests that are CSV files; all are checked.
std::vector<Document> read_csv_files(const BundleFiles& files) {
  std::vector<Document> csv_files;
  for (const auto& file : files.manifests) {
    auto manifest = parse_manifest(file);
    if (!manifest.is_csv) continue;
    auto path = manifest_name(manifest.path);
    csv_files.emplace_back(std::move(path), std::move(manifest));
  }
  return csv_files;
}

std::vector<Document*> pointers(std::vector<Document>& documents) {
  std::vector<Document*> result;
  result.reserve(documents.size());
  for (auto& document : documents) result.push_back(&document);
  return result;
}

}  // namespace

Bundle::Bundle(const BundleFiles& files, const Order& order, ImageLookup& lookup,
               const Cancellation& cancellation)
    : order_{order},
      cancellation_{cancellation},
      csv_files_{read_csv_files(files)},
      annotations_{read_annotations(files.annotations)},
      answers_{lookup} {
  package_name = package_name_of(annotations_.now());
  for (const auto& csv : csv_files_) {
    for (const auto& entry : csv.entries()) {
      named_.push_back(named_image(csv.now().path, entry));
    }
  }
  for (const auto& image : images()) found_.push_back(image.text());
}

std::vector<ImageName> Bundle::images_of(const std::vector<Document*>& csv_files) {
  std::set<ImageName> seen;
  std::vector<ImageName> images;
  for (const auto* csv : csv_files) {
    for (const auto& entry : csv->entries()) {
      if (seen.insert(entry.image).second) images.push_back(entry.image);
    }
  }
  return images;
}

std::vector<ImageName> Bundle::images() {
  return images_of(pointers(csv_files_));
}

std::vector<std::string> Bundle::digests(const std::vector<ImageName>& images) {
  check("looking up digests");
  try {
    return answers_.digests(images);
  } catch (const Unresolvable& problem) {
    throw with_places(problem);
  }
}

std::vector<Labels> Bundle::labels(const std::vector<ImageName>& images) {
  check("looking up labels");
  try {
    return answers_.labels(images);
  } catch (const Unresolvable& problem) {
    throw with_places(problem);
  }
}

Unresolvable Bundle::with_places(const Unresolvable& problem) const {
  constexpr std::size_t kShown = 3;  // enough to find the others
  std::string places;
  std::string file = problem.file();
  std::size_t count = 0;
  bool guessed = false;
  for (const auto& csv : csv_files_) {
    for (const auto& entry : csv.entries()) {
      if (entry.image.text() != problem.pull_spec()) continue;
      guessed = guessed || entry.kind == EntryKind::guessed_annotation;
      if (++count > kShown) continue;
      if (count == 1) file = csv.path();
      places += fmt::format("{}{} ({}, {})", count == 1 ? "" : "; ", io::shown_name(csv.path()),
                            shown(entry.origin), shown(io::json_pointer(entry.place)));
    }
  }
  if (count == 0) return problem;
  if (count > kShown) places += fmt::format(" and {} more", count - kShown);
  if (guessed) places += "; if that is no image, word the annotation so that it looks like none";
  return {problem.pull_spec(), fmt::format("{}; it is named in {}", problem.what(), places), file};
}

Regenerated Bundle::result() {
  Regenerated result{.named = std::move(named_),
                     .found = std::move(found_),
                     .looked_up = answers_.looked_up(),
                     .labels = new_labels,
                     .changes = {},
                     .files = {},
                     .related_bundles = related_bundles,
                     .package_name = package_name};
  auto documents = pointers(csv_files_);
  documents.push_back(&annotations_);
  for (const auto* document : documents) {
    if (document->now().text == document->before().text) continue;
    result.files.push_back({document->path(), document->now().text});
    append_changes(*document, result.changes);
  }
  return result;
}

}  // namespace iib::bundle
