#include "related_images.hpp"

#include "iib/bundle/refusal.hpp"
#include "iib/io/layer_path.hpp"
#include "place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace iib::bundle {
namespace {

constexpr std::size_t kShownConflicts = 20;  // a reason is read by people

[[noreturn]] void refuse(const std::string& file, const std::vector<std::string>& conflicts) {
  std::string reason =
      fmt::format("{} gives one name in relatedImages to different images: ", io::shown_name(file));
  for (std::size_t i = 0; i < conflicts.size() && i < kShownConflicts; ++i) {
    reason += fmt::format("{}{}", i == 0 ? "" : "; ", conflicts[i]);
  }
  if (conflicts.size() > kShownConflicts) {
    reason += fmt::format("; and {} more", conflicts.size() - kShownConflicts);
  }
  throw Refusal{RefusalCode::related_images_conflict,
                reason + "; rename one of each pair or make both the same image", file};
}

/// An entry's pull specification and where it is from.
std::string described(const Entry& entry) {
  return fmt::format("{} by {} ({})", shown(entry.text), shown(entry.origin),
                     shown(io::json_pointer(entry.place)));
}

/// Whether the list is there already and as empty as the new one.
bool stays_empty(const io::YamlNode& spec, const std::vector<const Entry*>& kept) {
  const auto* present = member(spec, "relatedImages");
  return kept.empty() && present != nullptr && present->resolved().items.empty();
}

}  // namespace

std::vector<const Entry*> entries_to_relate(const std::string& file,
                                            const std::vector<Entry>& entries) {
  std::vector<const Entry*> kept;
  std::unordered_map<std::string_view, const Entry*> by_name;
  std::vector<std::string> conflicts;
  for (const auto& entry : entries) {
    const auto [known, is_new] = by_name.try_emplace(entry.name, &entry);
    if (is_new) {
      kept.push_back(&entry);
    } else if (const Entry& first = *known->second; first.text != entry.text) {
      conflicts.push_back(
          fmt::format("'{}' is {} and {}", shown(entry.name), described(first), described(entry)));
    }
  }
  if (!conflicts.empty()) refuse(file, conflicts);
  return kept;
}

void refuse_variables(const std::string& file, const std::vector<Entry>& entries) {
  const auto variable = std::find_if(entries.begin(), entries.end(), [](const Entry& entry) {
    return entry.kind == EntryKind::variable;
  });
  if (variable == entries.end()) return;
  throw Refusal{RefusalCode::related_images_and_envs,
                fmt::format("{} has both relatedImages and environment variables RELATED_IMAGE_* "
                            "({} at {}); remove one of the two",
                            io::shown_name(file), shown(variable->origin),
                            shown(io::json_pointer(variable->place))),
                file};
}

void set_related_images(Document& csv) {
  const auto kept = entries_to_relate(csv.path(), csv.entries());
  io::YamlValue::List list;
  list.reserve(kept.size());
  for (const auto* entry : kept) {
    list.push_back({io::YamlValue::Map{{"name", {entry->name}}, {"image", {entry->text}}}});
  }

  constexpr auto kWhy = "relatedImages from every pull specification of the file";
  DocumentEdit edit{csv.now()};
  // A map when it is there: find_entries() refuses anything else.
  const auto* spec = member(csv.now().document.root(), "spec");
  if (spec == nullptr) {
    edit.set({}, "spec", {io::YamlValue::Map{{"relatedImages", {std::move(list)}}}}, kWhy);
  } else if (!stays_empty(*spec, kept)) {
    edit.set({std::string{"spec"}}, "relatedImages", {std::move(list)}, kWhy);
  }
  csv.apply(edit);
}

}  // namespace iib::bundle
