#include "entry_scan.hpp"

#include "annotation_maps.hpp"
#include "place.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace iib::bundle {
namespace {

constexpr std::string_view kVariablePrefix = "RELATED_IMAGE_";
constexpr std::string_view kKnownAnnotation = "containerImage";
constexpr std::string_view kDigestMark = "sha256:";
constexpr std::string_view kContainer = "container";
constexpr std::string_view kInitContainer = "initContainer";

/// More say nothing new.
constexpr std::size_t kMaxProblems = 100;

/// Memory for what is found in one file. 10,000 pull specifications take about a quarter of it; a
/// hostile file makes more of few bytes: by aliases, long keys and deep places.
constexpr std::size_t kMaxFoundBytes = 64UL << 20U;

std::string lower_case(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return lower;
}

/// bundle-regeneration 4.2
std::string annotation_entry_name(const ImageName& image) {
  std::string_view tag = image.tag;
  if (tag.starts_with(kDigestMark)) tag.remove_prefix(kDigestMark.size());
  return fmt::format("{}-{}-annotation", image.repository, tag);
}

std::size_t bytes_of(const io::YamlPath& path) {
  std::size_t bytes = path.size() * sizeof(io::YamlStep);
  for (const auto& step : path) {
    if (const auto* key = std::get_if<std::string>(&step)) bytes += key->size();
  }
  return bytes;
}

class Scanner {
 public:
  explicit Scanner(const Manifest& csv) : csv_{csv} {}

  EntryScan scan() {
    try {
      scan_all();
    } catch (const Refusal& too_much) {
      found_.problems.push_back(too_much);
    }
    return std::move(found_);
  }

 private:
  using AnnotationScan = void (Scanner::*)(const io::YamlPath&, std::string_view,
                                           const io::YamlNode&);

  void scan_all() {
    const Place root{&csv_.document.root(), {}};
    const auto spec = map_at(root, "spec");
    for (const auto& image : maps_at(spec, "relatedImages")) {
      scan_named_image(image, EntryKind::related_image, "relatedImage");
    }
    check_annotations(root);
    scan_annotations(root, &Scanner::add_known);
    const auto pods = pod_specs(spec);
    const auto containers = containers_of(pods, "containers");
    const auto init_containers = containers_of(pods, "initContainers");
    for (const auto& container : containers) {
      scan_named_image(container, EntryKind::container, kContainer);
    }
    for (const auto& container : init_containers) {
      scan_named_image(container, EntryKind::init_container, kInitContainer);
    }
    for (const auto& container : containers) scan_variables(container, kContainer);
    for (const auto& container : init_containers) scan_variables(container, kInitContainer);
    const auto guessed = static_cast<std::ptrdiff_t>(found_.entries.size());
    scan_annotations(root, &Scanner::add_guessed);
    std::reverse(found_.entries.begin() + guessed, found_.entries.end());
  }

  void problem(RefusalCode code, const Place& place, std::string_view text) {
    if (found_.problems.size() >= kMaxProblems) return;
    found_.problems.push_back(refusal_at(code, csv_.path, place, text));
  }

  void malformed(const Place& place, std::string_view text) {
    problem(RefusalCode::malformed_csv, place, text);
  }

  /// Counts what is kept of the file.
  void charge(const Place& place, std::size_t bytes) {
    found_bytes_ += bytes + bytes_of(place.path);
    if (found_bytes_ <= kMaxFoundBytes) return;
    throw refusal_at(RefusalCode::malformed_csv, csv_.path, place,
                     "the file holds too many pull specifications up to here; make it smaller");
  }

  void add(EntryKind kind, std::string origin, std::string name, std::string_view text, Place place,
           std::size_t offset = 0) {
    charge(place, sizeof(Entry) + origin.size() + name.size() + 2 * text.size());
    found_.entries.push_back({kind, std::move(origin), std::move(name), std::string{text},
                              ImageName::parse(text), std::move(place.path), offset});
  }

  /// The map under `key`; without a node when there is none.
  Place map_at(const Place& parent, std::string_view key) {
    auto place = parent.member(key);
    if (place.node == nullptr || place.node->is_mapping()) return place;
    malformed(place, fmt::format("`{}` is {} where a map belongs; correct it", key,
                                 kind_name(*place.node)));
    return {};
  }

  /// The maps in the list under `key`.
  std::vector<Place> maps_at(const Place& parent, std::string_view key) {
    const auto list = parent.member(key);
    if (list.node == nullptr) return {};
    if (!list.node->is_sequence()) {
      malformed(list, fmt::format("`{}` is {} where a list belongs; correct it", key,
                                  kind_name(*list.node)));
      return {};
    }
    charge(list, list.node->resolved().items.size() * (sizeof(Place) + bytes_of(list.path)));
    auto maps = list.elements();
    std::erase_if(maps, [&](const Place& element) {
      if (element.node->is_mapping()) return false;
      malformed(element, fmt::format("an element of `{}` is {} where a map belongs; correct it",
                                     key, kind_name(*element.node)));
      return true;
    });
    return maps;
  }

  /// The text under `key` of `owner`, which errors call `called`; null when there is none.
  const io::YamlNode* text_at(const Place& owner, std::string_view key, std::string_view called) {
    const auto* value = member(*owner.node, key);
    if (value == nullptr) {
      malformed(owner, fmt::format("{} has no {}; add one", called, key));
      return nullptr;
    }
    const auto* text = as_string(value);
    if (text == nullptr) {
      malformed(owner.member(key),
                fmt::format("the {} of {} is {} where a text belongs; correct or quote it", key,
                            called, kind_name(*value)));
    }
    return text;
  }

  /// Kinds 1, 3 and 4: a map with a name and an image.
  void scan_named_image(const Place& owner, EntryKind kind, std::string_view kind_word) {
    const auto* name = text_at(owner, "name", fmt::format("this {}", kind_word));
    const auto called = name == nullptr
                            ? fmt::format("this {}", kind_word)
                            : fmt::format("the {} \"{}\"", kind_word, shown(name->value));
    const auto* image = text_at(owner, "image", called);
    if (name == nullptr || image == nullptr) return;
    add(kind, fmt::format("{} {}", kind_word, name->value), std::string{name->value}, image->value,
        owner.member("image"));
  }

  /// `install.spec.deployments[].spec.template.spec` below the CSV's own `spec`.
  std::vector<Place> pod_specs(const Place& spec) {
    std::vector<Place> pods;
    for (const auto& deployment : maps_at(map_at(map_at(spec, "install"), "spec"), "deployments")) {
      const auto pod = map_at(map_at(deployment, "spec"), "template");
      check_annotations(pod);
      if (auto pod_spec = map_at(pod, "spec"); pod_spec.node != nullptr) {
        pods.push_back(std::move(pod_spec));
      }
    }
    return pods;
  }

  std::vector<Place> containers_of(const std::vector<Place>& pods, std::string_view key) {
    std::vector<Place> containers;
    for (const auto& pod : pods) {
      auto more = maps_at(pod, key);
      std::move(more.begin(), more.end(), std::back_inserter(containers));
    }
    return containers;
  }

  void scan_variables(const Place& container, std::string_view kind_word) {
    const auto* name = as_string(member(*container.node, "name"));
    const auto owner =
        fmt::format("the {} \"{}\"", kind_word, name == nullptr ? "" : shown(name->value));
    for (const auto& variable : maps_at(container, "env")) scan_variable(variable, owner);
  }

  /// `owner` is what errors call the container.
  void scan_variable(const Place& variable, std::string_view owner) {
    const auto* name = text_at(variable, "name", fmt::format("a variable of {}", owner));
    if (name == nullptr || !name->value.starts_with(kVariablePrefix)) return;
    const auto called = fmt::format("the variable {} of {}", shown(name->value), owner);
    if (member(*variable.node, "valueFrom") != nullptr) {
      problem(RefusalCode::related_image_env_value_from, variable.member("valueFrom"),
              fmt::format("{} takes its value from elsewhere (`valueFrom`), so its image cannot be "
                          "known; give it a `value`",
                          called));
      return;
    }
    const auto* value = text_at(variable, "value", called);
    if (value == nullptr) return;
    add(EntryKind::variable, fmt::format("{} var", name->value),
        lower_case(name->value.substr(kVariablePrefix.size())), value->value,
        variable.member("value"));
  }

  /// The annotations at the two places where a CSV file has them for certain are a map.
  void check_annotations(const Place& owner) {
    (void)map_at(map_at(owner, "metadata"), "annotations");
  }

  /// Shows every annotation that is a text to `scan`.
  void scan_annotations(const Place& root, AnnotationScan scan) {
    visit_annotation_maps(*root.node, [&](const io::YamlPath& path, const io::YamlNode& map) {
      for (const auto& pair : io::merged_pairs(map)) {
        const io::YamlNode& key = pair.key->resolved();
        if (key.kind != io::YamlKind::scalar || as_string(pair.value) == nullptr) continue;
        (this->*scan)(path, key.value, *pair.value);
      }
    });
  }

  void add_annotation(EntryKind kind, const io::YamlPath& map, std::string_view key,
                      const io::YamlNode& value, const FoundText& found) {
    Place place{&value, map};
    place.path.emplace_back(std::string{key});
    add(kind, fmt::format("{} annotation", key),
        annotation_entry_name(ImageName::parse(found.text)), found.text, std::move(place),
        found.offset);
  }

  void add_known(const io::YamlPath& map, std::string_view key, const io::YamlNode& value) {
    if (key != kKnownAnnotation) return;
    add_annotation(EntryKind::known_annotation, map, key, value, {0, value.resolved().value});
  }

  void add_guessed(const io::YamlPath& map, std::string_view key, const io::YamlNode& value) {
    if (key == kKnownAnnotation) return;
    for (const auto& found : find_in_text(value.resolved().value)) {
      add_annotation(EntryKind::guessed_annotation, map, key, value, found);
    }
  }

  const Manifest& csv_;
  EntryScan found_;
  std::size_t found_bytes_ = 0;
};

}  // namespace

EntryScan scan_entries(const Manifest& csv) {
  return Scanner{csv}.scan();
}

NamedImage named_image(const std::string& file, const Entry& entry) {
  return {.file = file,
          .origin = entry.origin,
          .name = entry.name,
          .image = entry.text,
          .place = io::json_pointer(entry.place)};
}

std::vector<Entry> find_entries(const Manifest& csv) {
  auto scan = scan_entries(csv);
  if (!scan.problems.empty()) throw Refusal{scan.problems.front()};
  return std::move(scan.entries);
}

}  // namespace iib::bundle
