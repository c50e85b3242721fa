#include "engine_site.hpp"

#include "iib/catalog/embedded_engine.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

fs::path made(const fs::path& path) {
  fs::create_directories(path);
  return path;
}

}  // namespace

EngineSite::EngineSite(std::optional<Login> login)
    : directory_{fs::temp_directory_path(), "iibd-engines-"},
      registry_{std::move(login)},
      programs_{made(directory_.path() / "programs")} {
  made(directory_.path() / "work");
}

std::unique_ptr<catalog::CatalogEngine> EngineSite::make_engine(EngineKind kind) {
  if (kind == EngineKind::embedded) return std::make_unique<catalog::EmbeddedEngine>();
  return make_opm();
}

std::unique_ptr<catalog::CatalogEngine> EngineSite::make_opm(catalog::OpmEngineOptions options) {
  options.retries.attempts = 1;
  return std::make_unique<catalog::OpmEngine>(programs_, std::move(options));
}

catalog::BundleSource EngineSite::bundle(const std::string& notation) {
  const auto directory = path(fmt::format("bundle-{}", ++bundles_));
  for (const auto& [name, text] : files_of(notation)) {
    fs::create_directories((directory / name).parent_path());
    std::ofstream{directory / name, std::ios::binary} << text;
  }
  return bundle_of(directory);
}

catalog::BundleSource EngineSite::bundle_of(const fs::path& directory) {
  const auto digest = registry_.push("bundles", "latest", bundle_image(directory));
  return {.pull_spec = fmt::format("{}/bundles@{}", registry_.address(), digest),
          .directory = directory,
          .auth_file = {},
          .insecure_registries = insecure_};
}

std::string EngineSite::push(const std::string& repository, const TestImage& image) {
  return registry_.push(repository, "latest", image);
}

catalog::Work EngineSite::work(const Cancellation& cancellation) const {
  return {.directory = path("work"),
          .log = Log{sink_, "catalog", LogLevel::debug},
          .cancellation = cancellation};
}

std::vector<std::string> EngineSite::results() const {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator{path("work")}) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

fs::path EngineSite::path(const std::string& name) const {
  return directory_.path() / name;
}

std::string query(const catalog::Catalog& index, const std::string& sql) {
  SQLite::Database database{index.path.string(), SQLite::OPEN_READONLY};
  SQLite::Statement read{database, sql};
  std::string text;
  while (read.executeStep()) {
    if (!text.empty()) text += ", ";
    text += read.getColumn(0).isNull() ? "null" : read.getColumn(0).getString();
  }
  return text;
}

std::string channel_of(const catalog::Catalog& index, const std::string& channel,
                       const std::string& package) {
  return query(index, fmt::format(R"sql(
    SELECT e.operatorbundle_name || coalesce(' ->' || t.operatorbundle_name, '') || ' @' || e.depth
      FROM channel_entry AS e LEFT JOIN channel_entry AS t ON t.entry_id = e.replaces
     WHERE e.channel_name = '{}' AND e.package_name = '{}'
     ORDER BY e.depth, e.operatorbundle_name
  )sql",
                                  channel, package));
}

}  // namespace iib::test
