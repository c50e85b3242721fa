#include "iib/bundle/inspection.hpp"

#include "annotations_file.hpp"
#include "entry_scan.hpp"
#include "operator_version.hpp"
#include "place.hpp"
#include "related_images.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace iib::bundle {
namespace {

constexpr std::string_view kChannels = "operators.operatorframework.io.bundle.channels.v1";
constexpr std::string_view kDefaultChannel =
    "operators.operatorframework.io.bundle.channel.default.v1";

/// Whoever has so many looks at the first ones only.
constexpr std::size_t kMaxProblems = 1000;

void note(Inspection& inspection, const Refusal& refusal) {
  if (inspection.problems.size() >= kMaxProblems) return;
  inspection.problems.push_back(
      {std::string{to_string(refusal.code())}, refusal.what(), refusal.file()});
}

/// Does `step`; what it refuses is a problem.
template <class Step>
void attempt(Inspection& inspection, Step step) {
  try {
    step();
  } catch (const Refusal& refusal) {
    note(inspection, refusal);
  }
}

/// The names in `text`, which has commas between them.
std::vector<std::string> split_names(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  std::vector<std::string> names;
  while (!text.empty()) {
    const auto end = std::min(text.find(','), text.size());
    auto name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    name.remove_prefix(std::min(name.find_first_not_of(kBlanks), name.size()));
    name = name.substr(0, name.find_last_not_of(kBlanks) + 1);
    if (!name.empty()) names.emplace_back(name);
  }
  return names;
}

void inspect_annotations(const std::optional<std::string>& text, Inspection& inspection) {
  attempt(inspection, [&] {
    const auto file = read_annotations(text);
    if (const auto* annotations = member(file.now().document.root(), "annotations")) {
      inspection.channels = split_names(scalar_member(*annotations, kChannels));
      inspection.default_channel = scalar_member(*annotations, kDefaultChannel);
    }
    inspection.package = package_name_of(file.now());
  });
}

/// The entries as they are once their images are pinned, as far as that can be known without the
/// digests: equal image names get equal texts, and an annotation's entry that will be named after
/// its digest is left out.
std::vector<Entry> foreseen(std::vector<Entry> entries) {
  std::erase_if(entries, [](const Entry& entry) {
    const bool annotation =
        entry.kind == EntryKind::known_annotation || entry.kind == EntryKind::guessed_annotation;
    return annotation && !entry.image.pinned();
  });
  for (auto& entry : entries) {
    if (!entry.image.pinned()) entry.text = entry.image.text();
  }
  return entries;
}

void inspect_csv(const Manifest& csv, Inspection& inspection) {
  inspection.versions.push_back(operator_version(csv));
  auto scan = scan_entries(csv);
  for (const auto& problem : scan.problems) note(inspection, problem);
  for (const auto& entry : scan.entries) {
    inspection.images.push_back(named_image(csv.path, entry));
  }
  attempt(inspection, [&] {
    const auto file = manifest_name(csv.path);
    if (has_related_images(csv)) {
      refuse_variables(file, scan.entries);
    } else {
      (void)entries_to_relate(file, foreseen(std::move(scan.entries)));
    }
  });
}

}  // namespace

Inspection inspect(const BundleFiles& bundle) {
  Inspection inspection;
  inspect_annotations(bundle.annotations, inspection);
  for (const auto& file : bundle.manifests) {
    attempt(inspection, [&] {
      const auto manifest = parse_manifest(file);
      if (manifest.is_csv) inspect_csv(manifest, inspection);
    });
  }
  return inspection;
}

}  // namespace iib::bundle
