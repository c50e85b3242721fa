#include "merge_site.hpp"

#include "base_image.hpp"
#include "iib/base/files.hpp"
#include "regeneration.hpp"

#include <fmt/format.h>

namespace iib::test {
namespace {

constexpr auto kDatabase = "database/index.db";
constexpr auto kVersionLabel = "com.redhat.index.delivery.version";

Site& prepared(Site& site, const std::string& image_engine) {
  push_base_with_history(site, {"amd64", "arm64"});
  site.use_image_engine(image_engine);
  return site;
}

/// The database `content` after `sql`.
std::string changed(const std::string& content, const std::string& sql) {
  if (sql.empty()) return content;
  const TempDir directory{std::filesystem::temp_directory_path(), "changed-"};
  const auto file = directory.path() / "index.db";
  write_file_atomically(file, content, 0600);
  {
    SQLite::Database database{file.string(), SQLite::OPEN_READWRITE};
    database.exec(sql);
  }
  return read_file(file, std::size_t{64} << 20U);
}

}  // namespace

MergeSite::MergeSite(const std::string& image_engine, const std::string& more)
    : daemon_{prepared(site_, image_engine).state(), site_.configuration(more)} {
  daemon_.start();
}

std::string MergeSite::push_bundle(const std::string& package, const std::string& version,
                                   const std::string& ocp) {
  auto image = bundle_image(sample_bundle(package, version));
  if (!ocp.empty()) image.labels[kOcpLabel] = ocp;
  site_.registry().push(package, version, image);
  return site_.pull_spec(package + ":" + version);
}

std::string MergeSite::make_index(const std::vector<std::string>& bundles) {
  return build_index(daemon_, "add", site_.add_body(bundles, {.add_arches = {"amd64"}}));
}

std::string MergeSite::push_index(const std::string& from, const std::string& repository,
                                  const std::string& version, const std::string& sql,
                                  const std::map<std::string, std::string>& labels) {
  auto contents = contents_of(site_.registry(), from);
  contents.labels.erase(kVersionLabel);
  if (!version.empty()) contents.labels[kVersionLabel] = version;
  return site_.push_image(
      repository,
      {.layers = {{{.path = kDatabase, .content = changed(contents.files.at(kDatabase), sql)}}},
       .labels = labels.empty() ? contents.labels : labels});
}

io::JsonDocument MergeSite::merge(const std::string& source, const std::string& target,
                                  const std::string& more) {
  const auto into = target.empty() ? std::string{} : fmt::format(R"(,"target_index":"{}")", target);
  return build(daemon_, "merge-index-image",
               fmt::format(R"({{"source_from_index":"{}"{},"binary_image":"{}"{}}})", source, into,
                           site_.base(), more));
}

std::vector<std::string> MergeSite::deprecated_of(const std::string& pull_spec) {
  IndexDatabase database{site_.registry(), pull_spec};
  std::vector<std::string> names;
  for (const auto& row : database.query("SELECT operatorbundle_name FROM deprecated ORDER BY 1")) {
    names.push_back(row.front());
  }
  return names;
}

std::map<std::string, std::string> MergeSite::labels_of(const std::string& pull_spec) {
  return contents_of(site_.registry(), pull_spec).labels;
}

}  // namespace iib::test
