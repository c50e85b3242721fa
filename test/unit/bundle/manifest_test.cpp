#include "bundle/csv_scan.hpp"
#include "iib/bundle/refusal.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <stdexcept>
#include <string>

using namespace iib::bundle;
using Catch::Matchers::Contains;

namespace {

Manifest parsed(std::string text) {
  return parse_manifest({"sub/otter.yaml", std::move(text)});
}

Refusal refusal_of(std::string text) {
  try {
    (void)parsed(std::move(text));
  } catch (const Refusal& refusal) {
    return refusal;
  }
  throw std::logic_error{"nothing was refused"};
}

/// `levels` lists in each other around `inside`.
std::string nested(std::size_t levels, std::string_view inside) {
  return fmt::format("{}{}{}", std::string(levels, '['), inside, std::string(levels, ']'));
}

}  // namespace

TEST_CASE("a manifest of kind ClusterServiceVersion is a CSV, whatever else it says", "[bundle]") {
  const auto [text, is_csv] = GENERATE(table<std::string, bool>({
      {"kind: ClusterServiceVersion\n", true},
      {"---\r\nkind: 'ClusterServiceVersion'\r\n...\r\n", true},
      {"{\"kind\": \"ClusterServiceVersion\"}", true},
      {"a: &k ClusterServiceVersion\nkind: *k\n", true},
      {"a: &k {kind: ClusterServiceVersion}\n<<: *k\n", true},
      {"kind: clusterserviceversion\n", false},
      {"kind: ClusterServiceVersionList\n", false},
      {"kind: [ClusterServiceVersion]\n", false},
      {"spec: {kind: ClusterServiceVersion}\n", false},
      {"- kind: ClusterServiceVersion\n", false},
      {"ClusterServiceVersion\n", false},
      {"", false},
      {"# nothing\n", false},
      {"---\n", false},
  }));
  CAPTURE(text);

  const auto manifest = parsed(text);

  CHECK(manifest.is_csv == is_csv);
  CHECK(manifest.path == "sub/otter.yaml");
  CHECK(manifest.text == text);
  CHECK(manifest.document.root().is_mapping() == is_csv);
}

TEST_CASE("a manifest that is not one valid YAML document is refused with its line", "[bundle]") {
  const auto [text, reason] = GENERATE(table<std::string, std::string>({
      {"a: 1\n---\nb: 1\n", "line 3, column 1: a second document begins; give each"},
      {"a: 1\n---\n", "a second document begins"},
      {"a: 1\n...\n---\nb: 1\n", "line 4, column 1: a second document begins"},
      {"a: 1\na: 2\n", "line 2, column 1: key 'a' is given a second time, first on line 1"},
      {"a: [1\n", "line 2"},
      {"a: *nobody\n", "unknown anchor"},
      {"a: \xff\n", "not valid UTF-8"},
      {"a: 1\n\tb: 2\n", "line 2"},
  }));
  CAPTURE(text);

  const auto refusal = refusal_of(text);

  CHECK(refusal.code() == RefusalCode::invalid_yaml);
  CHECK(refusal.file() == "manifests/sub/otter.yaml");
  CHECK_THAT(refusal.what(), Contains("manifests/sub/otter.yaml, ") && Contains(reason));
}

TEST_CASE("a manifest is parsed within bounds, with its aliases followed", "[bundle]") {
  const auto long_text = std::string(1UL << 20U, 'x');
  std::string many;
  for (int i = 0; i < 100; ++i) many += "*a,";
  const auto [text, reason] = GENERATE_REF(table<std::string, std::string>({
      {nested(300, ""), "nested more than 256 levels deep"},
      {fmt::format("kind: ClusterServiceVersion\na: &a {}\nb: {}\n", nested(200, ""),
                   nested(200, "*a")),
       "line 2, column 63: nested more than 256 levels deep when aliases are followed"},
      {fmt::format("kind: ClusterServiceVersion\na: &a {}\nb: [{}]\n", long_text, many),
       "texts are longer than 64 MiB when aliases are followed; use fewer of them"},
      {fmt::format("kind: ClusterServiceVersion\na: &a {{{}: 1}}\nb: [{}]\n", std::string(900, 'k'),
                   [&] {
                     std::string more;
                     for (int i = 0; i < 1000; ++i) more += many;
                     return more;
                   }()),
       "texts are longer than 64 MiB"},
      {fmt::format("[{}]",
                   [] {
                     std::string ones;
                     for (int i = 0; i < 1'000'001; ++i) ones += "1,";
                     return ones;
                   }()),
       "more than 1000000 nodes; make the file smaller"},
  }));
  const auto refusal = refusal_of(text);

  CHECK(refusal.code() == RefusalCode::malformed_csv);
  CHECK(refusal.file() == "manifests/sub/otter.yaml");
  CHECK_THAT(refusal.what(), Contains("manifests/sub/otter.yaml, line ") && Contains(reason));
}
