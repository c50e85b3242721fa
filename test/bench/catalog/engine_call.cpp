#include "engine_call.hpp"

#include <map>

namespace iib::bench {

namespace fs = std::filesystem;

fs::path add(const std::optional<fs::path>& from, std::span<const catalog::BundleSource> bundles,
             catalog::UpdateMode mode, const fs::path& directory, SourceUse use) {
  std::optional<catalog::Catalog> source;
  if (from) source = catalog::Catalog{.kind = catalog::CatalogKind::sqlite, .path = *from};
  const catalog::Work work{.directory = directory,
                           .log = Log{make_null_sink(), "bench", LogLevel::error},
                           .cancellation = {},
                           .source_use = use};
  catalog::EmbeddedEngine engine;
  return engine.add(source, bundles, {.mode = mode}, work).path;
}

fs::path add_one_by_one(std::span<const Step> steps, const fs::path& directory) {
  std::optional<fs::path> index;
  for (const auto& step : steps) {
    index = add(index, step, catalog::UpdateMode::replaces, directory, SourceUse::in_place);
  }
  return index.value();
}

OneLeft leave_one(const Corpus& corpus) {
  OneLeft result{.before = corpus.one_by_one(), .last = {}};
  const auto package_of = [](const Step& step) {
    return step.front().directory.parent_path().filename().string();
  };
  std::map<std::string, std::size_t> last;
  std::map<std::string, std::size_t> count;
  for (std::size_t i = 0; i < result.before.size(); ++i) {
    last[package_of(result.before[i])] = i;
    ++count[package_of(result.before[i])];
  }
  std::string longest;
  for (const auto& [package, steps] : count) {
    if (steps > count[longest]) longest = package;
  }
  const auto at = result.before.begin() + static_cast<std::ptrdiff_t>(last.at(longest));
  result.last = *at;
  result.before.erase(at);
  return result;
}

}  // namespace iib::bench
