#include "related_images.hpp"

#include "iib/bundle/refusal.hpp"

#include <fmt/format.h>

#include <unordered_map>
#include <utility>

namespace iib::bundle {
namespace {

constexpr std::size_t kShownConflicts = 20;  // a reason is read by people

[[noreturn]] void refuse(const Document& csv, const std::vector<std::string>& conflicts) {
  std::string reason =
      fmt::format("{} gives one name in relatedImages to different images: ", csv.path());
  for (std::size_t i = 0; i < conflicts.size() && i < kShownConflicts; ++i) {
    reason += fmt::format("{}{}", i == 0 ? "" : "; ", conflicts[i]);
  }
  if (conflicts.size() > kShownConflicts) {
    reason += fmt::format("; and {} more", conflicts.size() - kShownConflicts);
  }
  throw Refusal{RefusalCode::related_images_conflict,
                reason + "; rename one of each pair or make both the same image", csv.path()};
}

/// The first entry of each name, in order.
std::vector<const Entry*> kept_entries(const Document& csv) {
  std::vector<const Entry*> kept;
  std::unordered_map<std::string_view, const Entry*> by_name;
  std::vector<std::string> conflicts;
  for (const auto& entry : csv.entries()) {
    const auto [known, is_new] = by_name.try_emplace(entry.name, &entry);
    if (is_new) {
      kept.push_back(&entry);
    } else if (const Entry& first = *known->second; first.text != entry.text) {
      conflicts.push_back(fmt::format("'{}' is {} by {} ({}) and {} by {} ({})", entry.name,
                                      first.text, first.origin, io::json_pointer(first.place),
                                      entry.text, entry.origin, io::json_pointer(entry.place)));
    }
  }
  if (!conflicts.empty()) refuse(csv, conflicts);
  return kept;
}

/// Whether the list is there already and as empty as the new one.
bool stays_empty(const io::YamlNode& spec, const std::vector<const Entry*>& kept) {
  const auto* present = io::find_merged(spec, "relatedImages");
  return kept.empty() && present != nullptr && present->is_sequence() &&
         present->resolved().items.empty();
}

}  // namespace

void set_related_images(Document& csv) {
  const auto kept = kept_entries(csv);
  io::YamlValue::List list;
  list.reserve(kept.size());
  for (const auto* entry : kept) {
    list.push_back({io::YamlValue::Map{{"name", {entry->name}}, {"image", {entry->text}}}});
  }

  constexpr auto kWhy = "relatedImages from every pull specification of the file";
  DocumentEdit edit{csv.now()};
  const auto* spec = io::find_merged(csv.now().document.root(), "spec");
  if (spec != nullptr && spec->is_mapping()) {
    if (stays_empty(*spec, kept)) return;
    edit.set({std::string{"spec"}}, "relatedImages", {std::move(list)}, kWhy);
  } else if (spec == nullptr || as_string(spec) == nullptr) {  // missing or null
    edit.set({}, "spec", {io::YamlValue::Map{{"relatedImages", {std::move(list)}}}}, kWhy);
  }
  csv.apply(edit);
}

}  // namespace iib::bundle
