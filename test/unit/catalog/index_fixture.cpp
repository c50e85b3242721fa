#include "index_fixture.hpp"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fmt/format.h>

#include <fstream>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "operators.operatorframework.io.bundle.";

std::string trim(std::string_view text) {
  const auto begin = text.find_first_not_of(' ');
  if (begin == std::string_view::npos) return {};
  return std::string{text.substr(begin, text.find_last_not_of(' ') - begin + 1)};
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const auto at = text.find(separator);
    parts.push_back(trim(text.substr(0, at)));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

/// A bundle in the short notation.
struct Sketch {
  std::string name;
  std::string version;
  std::string channels;
  std::map<std::string, std::string> attributes;

  explicit Sketch(std::string_view notation) {
    const auto open = notation.find('(');
    name = trim(notation.substr(0, open));
    const auto inside = notation.substr(open + 1, notation.rfind(')') - open - 1);
    auto parts = split(inside, ';');
    auto first = split(parts.front(), ',');
    version = first.front();
    first.erase(first.begin());
    channels = first.empty() ? "alpha" : fmt::format("{}", fmt::join(first, ","));
    for (std::size_t i = 1; i < parts.size(); ++i) {
      const auto blank = parts[i].find(' ');
      attributes[parts[i].substr(0, blank)] = trim(parts[i].substr(blank + 1));
    }
  }

  [[nodiscard]] std::string get(const std::string& key, const std::string& otherwise) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? otherwise : found->second;
  }
};

std::string csv_of(const Sketch& sketch) {
  std::string text = "apiVersion: operators.coreos.com/v1alpha1\nkind: ClusterServiceVersion\n";
  text += fmt::format("metadata:\n  name: {}\n", sketch.name);
  const auto substituted = sketch.get("substitutes", "");
  if (!substituted.empty()) {
    text += fmt::format("  annotations:\n    olm.substitutesFor: {}\n", substituted);
  }
  text += "spec:\n  install:\n    strategy: deployment\n";
  if (!sketch.version.empty()) text += fmt::format("  version: \"{}\"\n", sketch.version);
  if (const auto replaced = sketch.get("replaces", ""); !replaced.empty()) {
    text += fmt::format("  replaces: {}\n", replaced);
  }
  if (const auto skipped = sketch.get("skips", ""); !skipped.empty()) {
    text += fmt::format("  skips: [{}]\n", skipped);
  }
  return text;
}

}  // namespace

void RecordingSink::write(LogLevel, std::string_view, std::string_view message) noexcept {
  const std::scoped_lock lock{mutex_};
  text_.append(message).append(1, '\n');
}

std::string RecordingSink::text() const {
  const std::scoped_lock lock{mutex_};
  return text_;
}

BundleFileTexts files_of(std::string_view notation) {
  const Sketch sketch{notation};
  std::string annotations = "annotations:\n";
  annotations += fmt::format("  {}package.v1: {}\n", kPrefix, sketch.get("package", "pk"));
  annotations += fmt::format("  {}channels.v1: {}\n", kPrefix, sketch.channels);
  if (const auto channel = sketch.get("default", ""); !channel.empty()) {
    annotations += fmt::format("  {}channel.default.v1: {}\n", kPrefix, channel);
  }
  return {{"manifests/csv.yaml", csv_of(sketch)}, {"metadata/annotations.yaml", annotations}};
}

void change_database(const fs::path& path, const std::string& sql) {
  SQLite::Database database{path.string(), SQLite::OPEN_READWRITE};
  database.exec(sql);
}

IndexFixture::IndexFixture() : directory_{fs::temp_directory_path(), "iibd-catalog-"} {}

catalog::Work IndexFixture::work() const {
  return {.directory = directory_.path(),
          .log = Log{sink_, "catalog", LogLevel::debug},
          .cancellation = {}};
}

catalog::BundleSource IndexFixture::write(const BundleFileTexts& files,
                                          const std::string& pull_spec) {
  catalog::BundleSource source;
  source.pull_spec = pull_spec;
  source.directory = directory_.path() / fmt::format("bundle-{}", ++bundles_);
  fs::create_directories(source.directory);
  for (const auto& [path, text] : files) {
    const auto file = source.directory / path;
    fs::create_directories(file.parent_path());
    std::ofstream{file, std::ios::binary} << text;
  }
  return source;
}

void IndexFixture::add(const std::vector<std::string>& notations,
                       const catalog::AddOptions& options) {
  std::vector<catalog::BundleSource> sources;
  for (const auto& notation : notations) {
    const Sketch sketch{notation};
    const auto path = sketch.get("path", fmt::format("reg/ns/{}:1", sketch.name));
    sources.push_back(write(files_of(notation), path));
  }
  index = engine.add(index, sources, options, work());
}

void IndexFixture::add_files(const BundleFileTexts& files, const std::string& pull_spec) {
  const std::vector<catalog::BundleSource> sources{write(files, pull_spec)};
  index = engine.add(index, sources, {}, work());
}

void IndexFixture::remove(const std::vector<std::string>& packages) {
  index = engine.remove(index.value(), packages, work());
}

std::vector<catalog::Problem> IndexFixture::refusal(const std::vector<std::string>& notations,
                                                    const catalog::AddOptions& options) {
  try {
    add(notations, options);
  } catch (const catalog::Refused& refused) {
    return refused.problems();
  }
  throw std::logic_error{"the call was accepted"};
}

std::string IndexFixture::query(const std::string& sql) const {
  SQLite::Database database{index.value().path.string(), SQLite::OPEN_READONLY};
  SQLite::Statement read{database, sql};
  std::string text;
  while (read.executeStep()) {
    if (!text.empty()) text += '\n';
    for (int i = 0; i < read.getColumnCount(); ++i) {
      if (i > 0) text += '|';
      text += read.getColumn(i).isNull() ? "null" : read.getColumn(i).getString();
    }
  }
  return text;
}

std::string IndexFixture::entries(const std::string& channel, const std::string& package) const {
  SQLite::Database database{index.value().path.string(), SQLite::OPEN_READONLY};
  SQLite::Statement read{database, R"sql(
    SELECT entry_id, operatorbundle_name, replaces, depth FROM channel_entry
     WHERE channel_name = ? AND package_name = ? ORDER BY entry_id
  )sql"};
  read.bind(1, channel);
  read.bind(2, package);
  std::string text;
  std::int64_t before_first = -1;
  while (read.executeStep()) {
    const auto id = read.getColumn(0).getInt64();
    if (before_first < 0) before_first = id - 1;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", id - before_first, read.getColumn(1).getString());
    if (!read.getColumn(2).isNull()) {
      text += fmt::format(" ->{}", read.getColumn(2).getInt64() - before_first);
    }
    text += fmt::format(" @{}", read.getColumn(3).getInt());
  }
  return text;
}

}  // namespace iib::test
