#include "bundle_golden.hpp"

#include "bundle/changes.hpp"
#include "iib/io/yaml.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>
#include <vector>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimit = 64UL << 20U;

const io::JsonValue& member(const io::JsonValue& object, const std::string& key) {
  const auto* found = io::find_member(object, key);
  if (found == nullptr) throw std::runtime_error{"a golden case has no " + key};
  return *found;
}

std::string text_in(const io::JsonValue& object, const std::string& key) {
  return std::string{io::as_text(member(object, key)).value()};
}

/// Equal, also in the order of keys; numbers by their values.
bool same(const io::JsonValue& left, const io::JsonValue& right) {
  if (left.IsNumber() && right.IsNumber()) return left.GetDouble() == right.GetDouble();
  if (left.IsObject() && right.IsObject()) {
    return std::equal(left.MemberBegin(), left.MemberEnd(), right.MemberBegin(), right.MemberEnd(),
                      [](const auto& one, const auto& other) {
                        return one.name == other.name && same(one.value, other.value);
                      });
  }
  if (left.IsArray() && right.IsArray()) {
    return std::equal(
        left.Begin(), left.End(), right.Begin(), right.End(),
        [](const io::JsonValue& one, const io::JsonValue& other) { return same(one, other); });
  }
  return left == right;
}

/// The YAML document `text` as JSON.
io::JsonDocument document_of(const std::string& text) {
  return io::parse_json(bundle::to_json(io::parse_yaml(text).root()));
}

std::vector<std::string> texts(const io::JsonValue& list) {
  std::vector<std::string> all;
  for (const auto& element : list.GetArray()) all.emplace_back(*io::as_text(element));
  return all;
}

void write_below(const BundleSite& site, const std::string& directory, const io::JsonValue& files) {
  fs::remove_all(site.directory() / directory);
  fs::create_directories(site.directory() / directory);
  for (const auto& file : files.GetObject()) {
    site.write(fmt::format("{}/{}", directory, *io::as_text(file.name)),
               std::string{*io::as_text(file.value)});
  }
}

std::string compare_error(const io::JsonValue& answer, const io::JsonValue& error) {
  const auto& told = member(answer, "error");
  if (text_in(told, "code") != text_in(error, "code")) {
    return fmt::format("refused as {}", io::to_json(told));
  }
  for (const auto& mention : texts(member(error, "mentions"))) {
    if (text_in(told, "reason").find(mention) == std::string::npos) {
      return fmt::format("the reason does not mention {}: {}", mention, io::to_json(told));
    }
  }
  return {};
}

}  // namespace

GoldenCommand::GoldenCommand(const fs::path& file)
    : case_{io::parse_json(read_file(file, kLimit))} {}

std::string GoldenCommand::run(const std::string& profile) const {
  BundleSite site;
  write_input(site, profile);
  const auto before = site.files();
  const auto& expected = member(member(case_, "expected"), profile);
  const auto& error = member(expected, "error");

  const auto ended = site.run(arguments(profile));

  const auto answer = ended.json();
  if (ended.status == 1) {
    if (site.files() != before) return "a refused bundle was changed";
    if (ended.errors.empty()) return "the reason is not on standard error";
    if (error.IsNull()) return fmt::format("refused: {}", ended.output);
    return member(error, "required").GetBool() ? compare_error(answer, error) : std::string{};
  }
  if (ended.status != 0) return fmt::format("status {}: {}", ended.status, ended.errors);
  if (!error.IsNull()) return member(error, "required").GetBool() ? "accepted" : "";
  const auto difference = compare_answer(answer, expected);
  return difference.empty() ? compare_files(site, expected) : difference;
}

void GoldenCommand::write_input(const BundleSite& site, const std::string& profile) const {
  const auto& input = member(case_, "input");
  write_below(site, "bundle/manifests", member(input, "manifests"));
  write_below(site, "bundle/metadata", member(input, "metadata"));
  site.write("digests.json", io::to_json(member(input, "digests")));
  site.write("replacements.json", io::to_json(member(input, "bundle_replacements")));
  site.write("labels.json", fmt::format(R"({{"bundle": {}, "images": {}}})",
                                        io::to_json(member(input, "bundle_labels")),
                                        io::to_json(member(input, "image_labels"))));
  site.write("iibd.yaml", fmt::format(R"({{"iib_organization_customizations": {}}})",
                                      io::to_json(member(input, "customizations_" + profile))));
}

Arguments GoldenCommand::arguments(const std::string& profile) const {
  Arguments all{"regenerate",     "bundle",
                "--rules",        profile,
                "--digests",      "digests.json",
                "--labels",       "labels.json",
                "--replacements", "replacements.json",
                "--config",       "iibd.yaml",
                "--format",       "json"};
  const auto organization = io::text_member(member(case_, "input"), "organization");
  if (organization) all.insert(all.end(), {"--organization", std::string{*organization}});
  return all;
}

std::string GoldenCommand::compare_answer(const io::JsonValue& answer,
                                          const io::JsonValue& expected) const {
  const auto& both = member(case_, "expected");
  const auto compare = [&](const char* key, const io::JsonValue& wanted) {
    const auto& told = member(answer, key);
    if (told == wanted) return std::string{};  // the order of keys says nothing here
    return fmt::format("{} is {}, not {}", key, io::to_json(told), io::to_json(wanted));
  };
  for (const auto& difference :
       {member(both, "named").IsNull() ? std::string{} : compare("named", member(both, "named")),
        compare("found", member(both, "found")), compare("labels", member(expected, "labels"))}) {
    if (!difference.empty()) return difference;
  }
  const auto may_ask = texts(member(expected, "looked_up"));
  const auto asked = texts(member(answer, "looked_up"));
  if (!std::includes(may_ask.begin(), may_ask.end(), asked.begin(), asked.end())) {
    return fmt::format("looked up {}", io::to_json(member(answer, "looked_up")));
  }
  const auto* related = io::find_member(expected, "related_bundles");
  return related == nullptr ? std::string{} : compare("related_bundles", *related);
}

std::string GoldenCommand::compare_files(const BundleSite& site,
                                         const io::JsonValue& expected) const {
  const auto annotations = document_of(site.text_of(kAnnotations));
  if (!same(annotations, member(expected, "annotations"))) {
    return fmt::format("annotations.yaml is {}", io::to_json(annotations));
  }
  std::string all_text = "\n";
  for (const auto& file : member(member(case_, "input"), "manifests").GetObject()) {
    const std::string name{*io::as_text(file.name)};
    const auto now = site.text_of("bundle/manifests/" + name);
    all_text += now + "\n";
    const auto* wanted = io::find_member(member(expected, "manifests"), name);
    if (wanted == nullptr) {
      if (now != *io::as_text(file.value)) return name + " was changed";
    } else if (const auto document = document_of(now); !same(document, *wanted)) {
      return fmt::format("{} is\n{}\nnot\n{}", name, io::to_json(document), io::to_json(*wanted));
    }
  }
  const auto* kept = io::find_member(case_, "keep_lines");
  for (const auto& line : kept == nullptr ? std::vector<std::string>{} : texts(*kept)) {
    if (all_text.find(fmt::format("\n{}\n", line)) == std::string::npos) {
      return fmt::format("the line '{}' was not kept", line);
    }
  }
  return {};
}

}  // namespace iib::test
