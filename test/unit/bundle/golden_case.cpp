#include "golden_case.hpp"

#include "bundle/changes.hpp"
#include "iib/base/files.hpp"
#include "iib/bundle/bundle_files.hpp"
#include "iib/bundle/refusal.hpp"
#include "table_lookup.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimit = 64UL << 20U;

std::string text_of(const io::JsonValue& value) {
  return std::string{io::as_text(value).value()};
}

/// A JSON object of texts.
std::map<std::string, std::string> texts(const io::JsonValue& object) {
  std::map<std::string, std::string> result;
  for (const auto& member : object.GetObject()) {
    result[text_of(member.name)] = text_of(member.value);
  }
  return result;
}

config::OrderedTexts ordered_texts(const io::JsonValue& object) {
  config::OrderedTexts result;
  for (const auto& member : object.GetObject()) {
    result.emplace_back(text_of(member.name), text_of(member.value));
  }
  return result;
}

/// A JSON list of texts, sorted.
std::vector<std::string> sorted_texts(const io::JsonValue& list) {
  std::vector<std::string> result;
  for (const auto& element : list.GetArray()) result.push_back(text_of(element));
  std::sort(result.begin(), result.end());
  return result;
}

std::vector<std::string> sorted(std::vector<std::string> list) {
  std::sort(list.begin(), list.end());
  return list;
}

/// Equal with the order of keys; numbers by their value.
bool same(const io::JsonValue& left, const io::JsonValue& right) {
  if (left.IsNumber() && right.IsNumber()) return left.GetDouble() == right.GetDouble();
  if (left.GetType() != right.GetType()) return false;
  if (left.IsObject()) {
    return std::equal(left.MemberBegin(), left.MemberEnd(), right.MemberBegin(), right.MemberEnd(),
                      [](const auto& one, const auto& other) {
                        return one.name == other.name && same(one.value, other.value);
                      });
  }
  if (left.IsArray()) {
    return std::equal(
        left.Begin(), left.End(), right.Begin(), right.End(),
        [](const io::JsonValue& one, const io::JsonValue& other) { return same(one, other); });
  }
  return left == right;
}

config::Organization core_form(const io::JsonValue& value) {
  config::CoreCustomizations result;
  for (const auto& member : value.GetObject()) {
    const auto key = text_of(member.name);
    if (key == "csv_annotations") result.csv_annotations = ordered_texts(member.value);
    if (key == "package_name_suffix") result.package_name_suffix = text_of(member.value);
    if (key == "registry_replacements") result.registry_replacements = texts(member.value);
  }
  return result;
}

config::CustomizationType type_of(std::string_view name) {
  using enum config::CustomizationType;
  static const std::map<std::string_view, config::CustomizationType> types{
      {"resolve_image_pullspecs", resolve_image_pullspecs},
      {"related_bundles", related_bundles},
      {"package_name_suffix", package_name_suffix},
      {"registry_replacements", registry_replacements},
      {"perform_bundle_replacements", perform_bundle_replacements},
      {"image_name_from_labels", image_name_from_labels},
      {"csv_annotations", csv_annotations},
      {"enclose_repo", enclose_repo},
  };
  return types.at(name);
}

config::Organization later_form(const io::JsonValue& value) {
  std::vector<config::Customization> result;
  for (const auto& element : value.GetArray()) {
    config::Customization customization;
    for (const auto& member : element.GetObject()) {
      const auto key = text_of(member.name);
      if (key == "type") {
        customization.type = type_of(text_of(member.value));
      } else if (member.value.IsObject()) {
        customization.pairs = ordered_texts(member.value);
      } else {
        customization.texts[key] = text_of(member.value);
      }
    }
    result.push_back(std::move(customization));
  }
  return result;
}

void write_below(const fs::path& directory, const io::JsonValue& files) {
  fs::create_directories(directory);
  for (const auto& [name, text] : texts(files)) {
    fs::create_directories((directory / name).parent_path());
    write_file_atomically(directory / name, text);
  }
}

/// Whether all files are there as they were.
bool untouched(const fs::path& directory, const io::JsonValue& files) {
  const auto written = texts(files);
  return std::all_of(written.begin(), written.end(), [&](const auto& file) {
    return read_file(directory / file.first, kLimit) == file.second;
  });
}

/// The one document of a YAML file as JSON.
io::JsonDocument document_of(const fs::path& file) {
  return io::parse_json(bundle::to_json(io::parse_yaml(read_file(file, kLimit)).root()));
}

std::string compare_named(const io::JsonValue& expected, const bundle::Regenerated& result) {
  const auto& named = *io::find_member(expected, "named");
  if (named.IsNull()) return {};
  std::vector<std::string> wanted;
  for (const auto& entry : named.GetArray()) {
    wanted.push_back(fmt::format("{} {} {} {}", io::text_member(entry, "file").value(),
                                 io::text_member(entry, "origin").value(),
                                 io::text_member(entry, "name").value(),
                                 io::text_member(entry, "image").value()));
  }
  std::vector<std::string> got;
  for (const auto& entry : result.named) {
    // The reference tells the name of the file without its folder (e23); ours has the folder too.
    const auto file = fs::path{entry.file}.filename().string();
    got.push_back(fmt::format("{} {} {} {}", file, entry.origin, entry.name, entry.image));
  }
  if (got != wanted) {
    return fmt::format("named:\n  {}\nnot\n  {}", fmt::join(got, "\n  "),
                       fmt::join(wanted, "\n  "));
  }
  if (sorted(result.found) != sorted_texts(*io::find_member(expected, "found"))) {
    return "found differs";
  }
  return {};
}

std::string compare_error(const io::JsonValue& error, const bundle::Refusal& refusal) {
  const auto code = io::text_member(error, "code").value();
  if (to_string(refusal.code()) != code) {
    return fmt::format("refused as {}, not as {}: {}", to_string(refusal.code()), code,
                       refusal.what());
  }
  const std::string_view reason = refusal.what();
  for (const auto& mention : sorted_texts(*io::find_member(error, "mentions"))) {
    if (reason.find(mention) == std::string_view::npos) {
      return fmt::format("the reason does not mention {}: {}", mention, reason);
    }
  }
  return {};
}

/// The changes of the manifests, which the README gives for reading only: ours are the same.
std::string compare_changes(const io::JsonValue& expected, const bundle::Regenerated& result) {
  std::vector<std::string> wanted;
  for (const auto& file : expected.GetObject()) {
    for (const auto& change : file.value.GetArray()) {
      const auto* old = io::find_member(change, "old");
      wanted.push_back(fmt::format(
          "manifests/{} {} {} {} -> {}", text_of(file.name),
          io::text_member(change, "path").value(), io::text_member(change, "op").value(),
          old == nullptr ? "" : io::to_json(*old), io::to_json(*io::find_member(change, "new"))));
    }
  }
  std::vector<std::string> got;
  for (const auto& change : result.changes) {
    if (!change.file.starts_with("manifests/")) continue;
    const bool added = change.kind == bundle::Change::Kind::added;
    got.push_back(fmt::format("{} {} {} {} -> {}", change.file, change.place,
                              added ? "add" : "replace", change.old.value_or(""), change.now));
    if (change.why.empty()) return fmt::format("no reason is given for {}", change.place);
  }
  if (sorted(got) == sorted(wanted)) return {};
  return fmt::format("changes:\n  {}\nnot\n  {}", fmt::join(got, "\n  "),
                     fmt::join(wanted, "\n  "));
}

}  // namespace

GoldenCase::GoldenCase(const fs::path& file) : case_{io::parse_json(read_file(file, kLimit))} {}

bundle::Order GoldenCase::order(const std::string& profile) const {
  const auto& input = *io::find_member(case_, "input");
  const bool core = profile == "core";
  std::map<std::string, config::Organization> organizations;
  for (const auto& member : io::find_member(input, "customizations_" + profile)->GetObject()) {
    organizations[text_of(member.name)] = core ? core_form(member.value) : later_form(member.value);
  }
  std::optional<std::string> organization;
  if (const auto name = io::text_member(input, "organization")) organization = *name;
  return {.customizing = bundle::choose_customizing(
              organizations, core ? config::RegenerateRules::core : config::RegenerateRules::later,
              organization),
          .bundle_labels = texts(*io::find_member(input, "bundle_labels")),
          .bundle_replacements = texts(*io::find_member(input, "bundle_replacements"))};
}

std::string GoldenCase::run(const std::string& profile) const {
  const auto& input = *io::find_member(case_, "input");
  const auto& expected = *io::find_member(*io::find_member(case_, "expected"), profile.c_str());
  const auto& error = *io::find_member(expected, "error");
  TableLookup lookup;
  lookup.known_digests = texts(*io::find_member(input, "digests"));
  for (const auto& member : io::find_member(input, "image_labels")->GetObject()) {
    lookup.known_labels[text_of(member.name)] = texts(member.value);
  }

  const TempDir root{fs::temp_directory_path(), "iibd-golden-"};
  const auto manifests = root.path() / "manifests";
  const auto metadata = root.path() / "metadata";
  write_below(manifests, *io::find_member(input, "manifests"));
  write_below(metadata, *io::find_member(input, "metadata"));
  try {
    const auto result = bundle::regenerate(bundle::read_bundle(manifests, metadata), order(profile),
                                           lookup, Cancellation{});
    if (!error.IsNull() && io::find_member(error, "required")->GetBool()) {
      return fmt::format("accepted, not refused as {}", io::text_member(error, "code").value());
    }
    if (!error.IsNull()) return {};
    bundle::write_files(result.files, manifests, metadata);
    return compare_result(expected, result, root.path());
  } catch (const bundle::Refusal& refusal) {
    if (!untouched(manifests, *io::find_member(input, "manifests")) ||
        !untouched(metadata, *io::find_member(input, "metadata"))) {
      return "a refused bundle was changed";
    }
    if (error.IsNull()) return fmt::format("refused: {}", refusal.what());
    if (!io::find_member(error, "required")->GetBool()) return {};
    return compare_error(error, refusal);
  }
}

std::string GoldenCase::compare_result(const io::JsonValue& expected,
                                       const bundle::Regenerated& result,
                                       const fs::path& root) const {
  if (auto named = compare_named(*io::find_member(case_, "expected"), result); !named.empty()) {
    return named;
  }
  if (result.labels != texts(*io::find_member(expected, "labels"))) return "labels differ";
  const auto may_ask = sorted_texts(*io::find_member(expected, "looked_up"));
  const auto asked = sorted(result.looked_up);
  if (!std::includes(may_ask.begin(), may_ask.end(), asked.begin(), asked.end())) {
    return fmt::format("looked up {}, not {}", fmt::join(asked, " "), fmt::join(may_ask, " "));
  }
  const auto* related = io::find_member(expected, "related_bundles");
  const bool has_related = related != nullptr && !related->IsNull();
  if (has_related != result.related_bundles.has_value() ||
      (has_related && sorted(*result.related_bundles) != sorted_texts(*related))) {
    return "related bundles differ";
  }
  const auto changes = compare_changes(*io::find_member(expected, "changes"), result);
  return changes.empty() ? compare_files(expected, root) : changes;
}

std::string GoldenCase::compare_files(const io::JsonValue& expected, const fs::path& root) const {
  const auto annotations = document_of(root / "metadata" / "annotations.yaml");
  if (!same(annotations, *io::find_member(expected, "annotations"))) {
    return fmt::format("annotations.yaml is {}", io::to_json(annotations));
  }
  const auto& manifests = *io::find_member(expected, "manifests");
  std::string all_text;
  for (const auto& [name, text] :
       texts(*io::find_member(*io::find_member(case_, "input"), "manifests"))) {
    const auto file = root / "manifests" / name;
    const auto now = read_file(file, kLimit);
    all_text += now;
    const auto* wanted = io::find_member(manifests, name);
    if (wanted == nullptr) {
      if (now != text) return fmt::format("{} was changed", name);
      continue;
    }
    const auto document = document_of(file);
    if (!same(document, *wanted)) {
      return fmt::format("{} is\n{}\nnot\n{}", name, io::to_json(document), io::to_json(*wanted));
    }
  }
  const auto* kept = io::find_member(case_, "keep_lines");
  for (const auto& line : kept == nullptr ? std::vector<std::string>{} : sorted_texts(*kept)) {
    if (fmt::format("\n{}\n", all_text).find(fmt::format("\n{}\n", line)) == std::string::npos) {
      return fmt::format("the line '{}' was not kept", line);
    }
  }
  return {};
}

}  // namespace iib::test
