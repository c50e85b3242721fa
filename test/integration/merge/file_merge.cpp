#include "file_merge.hpp"

#include "fragments.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

constexpr auto kVersionLabel = "com.redhat.index.delivery.version";

std::string index_of(const io::JsonDocument& document) {
  INFO(io::to_json(document));
  REQUIRE(text_of(document, "state") == "complete");
  return text_of(document, "index_image");
}

}  // namespace

std::string FileMerge::make(const std::string& type, const std::string& from_index,
                            const std::string& more) {
  return build_index(daemon(), type,
                     fmt::format(R"({{"from_index":"{}","binary_image":"{}"{}}})", from_index,
                                 site().base(), more));
}

std::string FileMerge::make_files(const std::string& version,
                                  const std::vector<std::string>& bundles,
                                  const std::string& fragment) {
  const auto empty =
      make("create-empty-index", database,
           fmt::format(R"(,"output_fbc":true,"labels":{{"{}":"{}"}})", kVersionLabel, version));
  const auto added = build_index(daemon(), "add", site().add_body(bundles, {.from_index = empty}));
  const auto image = site().push_image("fragment-" + fragment,
                                       fragment_image(fragment, package_blobs(fragment, "1.0.0")));
  return make("fbc-operations", added, fmt::format(R"(,"fbc_fragments":["{}"])", image));
}

std::string FileMerge::without_database(const std::string& index, const std::string& repository,
                                        const std::string& version) {
  const ServedIndex served{site().registry(), index};
  std::vector<TarEntry> entries{
      {.path = "configs", .content = {}, .type = TarEntry::Type::directory}};
  for (const auto& file : served.files()) {
    entries.push_back({.path = "configs/" + file, .content = served.read(file)});
  }
  return site().push_image(repository,
                           {.layers = {std::move(entries)},
                            .labels = {{kConfigsLabel, "/configs"}, {kVersionLabel, version}}});
}

Merged::Merged(FileMerge& test, const io::JsonDocument& document, const std::string& version)
    : ServedIndex{test.site().registry(), index_of(document)} {
  CHECK(check().state == catalog::fbc::CacheState::up_to_date);
  const auto& labels = image().config["config"]["Labels"];
  CHECK(text_of(labels, kConfigsLabel) == "/configs");
  CHECK(text_of(labels, kVersionLabel) == version);
}

}  // namespace iib::test
