#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/yaml_edit.hpp"
#include "shared_data.hpp"
#include "skip.hpp"
#include "yaml_edit_support.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <random>
#include <string>
#include <vector>

using namespace iib::io;
using namespace iib::io::test;

namespace {

constexpr std::string_view kImage = "quay.io/some/image@sha256:0123456789abcdef";

bool parses_strictly(const std::string& text) {
  try {
    (void)parse_strictly(text);
    return true;
  } catch (const iib::UserError&) {
    return false;
  }
}

/// The ClusterServiceVersions of the shared bundles that have no key twice; none when those are not
/// there.
std::vector<std::string> shared_csvs() {
  std::vector<std::string> texts;
  const auto shared = iib::test::shared_data();
  if (!shared) return texts;
  for (const auto& entry : std::filesystem::recursive_directory_iterator{*shared / "corpus"}) {
    const auto extension = entry.path().extension();
    if (!entry.is_regular_file() || (extension != ".yaml" && extension != ".yml")) continue;
    auto text = iib::read_file(entry.path(), 64UL << 20U);
    if (text.find("kind: ClusterServiceVersion") == std::string::npos) continue;
    if (parses_strictly(text)) texts.push_back(std::move(text));
  }
  return texts;
}

bool is_text(const YamlNode& node) {
  return node.kind == YamlKind::scalar && node.tag.empty() &&
         std::holds_alternative<std::string>(resolve(node, Typing::go_yaml_1_1)) &&
         std::holds_alternative<std::string>(resolve(node, Typing::core_1_2));
}

/// A string of a document and the piece of it that changes.
struct Target {
  YamlPath place;
  const YamlNode* node;
  std::size_t offset = 0;
  std::size_t length = 0;
};

void collect(const YamlNode& node, YamlPath& path, std::vector<Target>& targets) {
  if (is_text(node)) targets.push_back({path, &node});
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    path.emplace_back(i);
    collect(*node.items[i], path, targets);
    path.pop_back();
  }
  for (const auto& pair : node.pairs) {
    path.emplace_back(std::string{pair.key->value});
    collect(*pair.value, path, targets);
    path.pop_back();
  }
}

bool is_word(char byte) {
  return std::isalnum(static_cast<unsigned char>(byte)) != 0;
}

/// The word at a random byte of the text; false when there is none.
bool choose_word(Target& target, std::mt19937& random) {
  const auto text = target.node->value;
  if (text.empty()) return false;
  auto begin = random() % text.size();
  if (!is_word(text[begin])) return false;
  auto end = begin;
  while (begin > 0 && is_word(text[begin - 1])) --begin;
  while (end < text.size() && is_word(text[end])) ++end;
  target.offset = begin;
  target.length = end - begin;
  return true;
}

std::vector<Target> choose(const YamlNode& root, std::mt19937& random) {
  constexpr std::size_t kTargets = 40;
  YamlPath path;
  std::vector<Target> all;
  collect(root, path, all);
  std::shuffle(all.begin(), all.end(), random);
  std::vector<Target> chosen;
  for (auto& target : all) {
    if (chosen.size() < kTargets && choose_word(target, random)) chosen.push_back(target);
  }
  return chosen;
}

/// The bytes of `text` between the nodes.
std::vector<std::string_view> between(std::string_view text, std::vector<const YamlNode*> nodes) {
  std::sort(nodes.begin(), nodes.end(),
            [](const YamlNode* one, const YamlNode* other) { return one->begin < other->begin; });
  std::vector<std::string_view> parts;
  std::size_t done = 0;
  for (const auto* node : nodes) {
    parts.push_back(text.substr(done, node->begin - done));
    done = node->end;
  }
  parts.push_back(text.substr(done));
  return parts;
}

}  // namespace

TEST_CASE("an empty edit of any shared ClusterServiceVersion gives the same bytes", "[io]") {
  const auto texts = shared_csvs();
  if (texts.empty()) IIBD_SKIP("the corpus is not there (IIBD_SHARED)");

  for (const auto& text : texts) CHECK((edited(text, [](YamlEdit&) {}) == text));
}

TEST_CASE("random changes of shared ClusterServiceVersions leave all other bytes", "[io]") {
  const auto texts = shared_csvs();
  if (texts.empty()) IIBD_SKIP("the corpus is not there (IIBD_SHARED)");
  std::mt19937 random{20261122};  // NOLINT(cert-msc*): the same changes in every run

  for (const auto& text : texts) {
    const auto document = parse_strictly(text);
    if (text.find('&') != std::string::npos && text.find(": *") != std::string::npos) continue;
    const auto targets = choose(document.root(), random);
    YamlEdit edit{text, document};
    for (const auto& target : targets) {
      edit.replace(target.place, target.offset, target.length, kImage);
    }
    const auto result = edit.result();

    std::vector<const YamlNode*> old_nodes;
    std::vector<const YamlNode*> new_nodes;
    for (const auto& target : targets) {
      const auto* node = find_place(result.document.root(), target.place);
      REQUIRE(node != nullptr);
      auto expected = std::string{target.node->value};
      expected.replace(target.offset, target.length, kImage);
      CAPTURE(json_pointer(target.place));
      CHECK((node->value == expected));
      CHECK(node->style == target.node->style);
      old_nodes.push_back(target.node);
      new_nodes.push_back(node);
    }
    CHECK((between(text, old_nodes) == between(result.text, new_nodes)));
  }
}

TEST_CASE("relatedImages put into shared ClusterServiceVersions add their lines only", "[io]") {
  const auto texts = shared_csvs();
  if (texts.empty()) IIBD_SKIP("the corpus is not there (IIBD_SHARED)");
  int added = 0;

  for (const auto& text : texts) {
    const auto document = parse_strictly(text);
    const auto* spec = document.root().find("spec");
    if (spec == nullptr || spec->find("relatedImages") != nullptr) continue;
    YamlEdit edit{text, document};
    edit.set({"spec"}, "relatedImages", one_image());
    auto result = edit.result();

    const auto& pair = result.document.root().find("spec")->pairs.back();
    REQUIRE(pair.key->value == "relatedImages");
    auto& now = result.text;
    const auto begin = now.rfind('\n', pair.key->begin);
    CHECK((now.erase(begin, pair.value->end - begin - (now[begin - 1] == '\r' ? 1 : 0)) == text));
    ++added;
  }
  CHECK(added > 0);
}
