#include "golden_case.hpp"
#include "iib/bundle/bundle_files.hpp"
#include "iib/bundle/image_name.hpp"
#include "regenerate_fixture.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

/// The directories of all bundles of the corpus.
std::vector<fs::path> bundles_of(const fs::path& shared) {
  std::vector<fs::path> bundles;
  for (auto entry = fs::recursive_directory_iterator{shared / "corpus"};
       entry != fs::recursive_directory_iterator{}; ++entry) {
    if (entry->path().filename() == "manifests" && entry->is_directory()) {
      bundles.push_back(entry->path().parent_path());
      entry.disable_recursion_pending();
    }
  }
  std::sort(bundles.begin(), bundles.end());
  return bundles;
}

bundle::Regenerated regenerate(const bundle::BundleFiles& files,
                               std::vector<config::Customization> customizations) {
  TableLookup lookup;
  const bundle::Order order{
      .customizing = {.rules = std::move(customizations), .has_organization = true},
      .bundle_labels = {},
      .bundle_replacements = {}};
  return bundle::regenerate(files, order, lookup, Cancellation{});
}

/// What is asked for without changing anything; nothing for a bundle that is refused.
std::optional<bundle::Regenerated> unchanged(const bundle::BundleFiles& files) {
  try {
    return regenerate(files, {});
  } catch (const bundle::Refusal&) {
    return std::nullopt;
  }
}

/// Two customizations: all registries become others, and then what they were.
std::vector<config::Customization> there_and_back(const bundle::Regenerated& of) {
  std::set<std::string> registries;
  for (const auto& image : of.found) registries.insert(bundle::ImageName::parse(image).registry);
  config::OrderedTexts there;
  config::OrderedTexts back;
  for (const auto& registry : registries) {
    if (registry.empty()) continue;
    there.emplace_back(registry, fmt::format("r{}.long-name.example.com", there.size()));
    back.emplace_back(there.back().second, registry);
  }
  return {step(config::CustomizationType::registry_replacements, {}, there),
          step(config::CustomizationType::registry_replacements, {}, back)};
}

/// Whether replacing the images of `path` and replacing them back gives the old texts: they are
/// written as they are printed, and names of their annotations are no conflict.
bool comes_back(const bundle::Regenerated& of) {
  return std::all_of(of.named.begin(), of.named.end(), [](const bundle::NamedImage& image) {
    return bundle::ImageName::parse(image.image).text() == image.image;
  });
}

/// Whether `now` is `before` with one block put in, or nothing.
bool only_inserted(std::string_view before, std::string_view now) {
  const auto [first, ignored] = std::mismatch(before.begin(), before.end(), now.begin(), now.end());
  const auto prefix = static_cast<std::size_t>(first - before.begin());
  const auto rest = before.substr(prefix);
  return now.size() >= before.size() && now.substr(prefix).ends_with(rest);
}

/// Every image there could be.
class EveryImage : public bundle::ImageLookup {
 public:
  std::vector<std::string> digests(std::span<const std::string> pull_specs) override {
    return std::vector<std::string>(pull_specs.size(), digest('a'));
  }
  std::vector<bundle::Labels> labels(std::span<const std::string> pull_specs) override {
    return std::vector<bundle::Labels>(pull_specs.size());
  }
};

void replace_text(std::vector<bundle::TextFile>& files, const bundle::ChangedFile& changed) {
  for (auto& file : files) {
    if (fmt::format("manifests/{}", file.path) == changed.path) file.text = changed.text;
  }
}

std::string text_of(const std::vector<bundle::TextFile>& files, const std::string& path) {
  const auto found = std::find_if(files.begin(), files.end(), [&](const auto& file) {
    return fmt::format("manifests/{}", file.path) == path;
  });
  return found == files.end() ? std::string{} : found->text;
}

}  // namespace

TEST_CASE("a bundle of the corpus is the same bytes when nothing is to be done", "[bundle]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the corpus is not there (IIBD_SHARED)");

  int regenerated = 0;
  for (const auto& directory : bundles_of(*shared)) {
    const auto files = bundle::read_bundle(directory / "manifests", directory / "metadata");
    const auto result = unchanged(files);
    if (!result) continue;
    ++regenerated;
    INFO(directory.string());
    CHECK(result->files.empty());
    CHECK(result->changes.empty());
  }
  CHECK(regenerated > 100);
}

TEST_CASE("a bundle of the corpus comes back when its registries are replaced and replaced back",
          "[bundle]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the corpus is not there (IIBD_SHARED)");

  int came_back = 0;
  for (const auto& directory : bundles_of(*shared)) {
    const auto files = bundle::read_bundle(directory / "manifests", directory / "metadata");
    const auto before = unchanged(files);
    if (!before || !comes_back(*before)) continue;
    INFO(directory.string());
    try {
      const auto result = regenerate(files, there_and_back(*before));
      for (const auto& file : result.files) {
        INFO(file.path);
        CHECK(only_inserted(text_of(files.manifests, file.path), file.text));
      }
      ++came_back;
    } catch (const bundle::Refusal& refusal) {
      CHECK(refusal.code() == bundle::RefusalCode::related_images_conflict);
    }
  }
  CHECK(came_back > 100);
}

TEST_CASE("every bundle of the corpus is pinned by both rules, or refused for its own mistakes",
          "[bundle]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the corpus is not there (IIBD_SHARED)");
  const auto rules = GENERATE(bundle::default_core_rules(), bundle::default_later_rules());

  int pinned = 0;
  for (const auto& directory : bundles_of(*shared)) {
    INFO(directory.string());
    auto files = bundle::read_bundle(directory / "manifests", directory / "metadata");
    EveryImage lookup;
    bundle::Order order{.customizing = {.rules = rules, .has_organization = false},
                        .bundle_labels = {},
                        .bundle_replacements = {}};
    try {
      const auto result = bundle::regenerate(files, order, lookup, Cancellation{});
      for (const auto& file : result.files) replace_text(files.manifests, file);
      const auto again = regenerate(files, {});
      // Files with relatedImages are left out by the core rules.
      const bool all_pinned = std::all_of(
          again.found.begin(), again.found.end(),
          [](const std::string& image) { return bundle::ImageName::parse(image).pinned(); });
      CHECK((all_pinned || rules == bundle::default_core_rules()));
      ++pinned;
    } catch (const bundle::Refusal& refusal) {
      CHECK(refusal.code() != bundle::RefusalCode::image_unresolvable);
    }
  }
  CHECK(pinned > 100);
}

}  // namespace iib::test
