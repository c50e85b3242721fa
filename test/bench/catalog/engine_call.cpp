#include "engine_call.hpp"

#include <map>

namespace iib::bench {

namespace fs = std::filesystem;

catalog::Work work_in(const fs::path& directory) {
  return {.directory = directory,
          .log = Log{make_null_sink(), "bench", LogLevel::error},
          .cancellation = {}};
}

fs::path add(const std::optional<fs::path>& from, std::span<const catalog::BundleSource> bundles,
             catalog::UpdateMode mode, const fs::path& directory) {
  std::optional<catalog::Catalog> source;
  if (from) source = catalog::Catalog{.kind = catalog::CatalogKind::sqlite, .path = *from};
  catalog::EmbeddedEngine engine;
  return engine.add(source, bundles, {.mode = mode}, work_in(directory)).path;
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
