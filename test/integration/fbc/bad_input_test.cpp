// Input that was made to do harm, or is damaged: each fails its request in bounded time and memory,
// by file and blob, with what to do, and with nothing pushed.

#include "fragments.hpp"
#include "index_image.hpp"
#include "refusing.hpp"
#include "served_index.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>
#include <fstream>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace iib::test {
namespace {

using Catch::Matchers::Contains;
using Texts = std::vector<std::string>;
using Type = TarEntry::Type;

/// How much more memory than before the daemon may have had, in MiB: a blob is held up to 64 MiB,
/// in a buffer that doubles. The address sanitizer keeps 256 MiB that were freed, and so proves
/// less.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr std::size_t kMostMemory = 1000;
#else
constexpr std::size_t kMostMemory = 300;
#endif

/// A fragment, and what the reason says of it.
struct BadFragment {
  std::string name;
  std::vector<TarEntry> entries;
  Texts told;
};

/// The most memory that the daemon has had, in MiB.
std::size_t peak_memory(const Daemon& daemon) {
  std::ifstream status{fmt::format("/proc/{}/status", daemon.pid())};
  std::string word;
  while (status >> word && word != "VmHWM:") {
  }
  std::size_t kilobytes = 0;
  status >> kilobytes;
  return kilobytes / 1024;
}

/// A package whose channel and bundle have these names.
std::string blobs_named(const std::string& package, const std::string& channel,
                        const std::string& bundle) {
  constexpr auto kBlobs = R"({{"schema": "olm.package", "name": "{0}", "defaultChannel": "{1}"}}
{{"schema": "olm.channel", "package": "{0}", "name": "{1}", "entries": [{{"name": "{2}"}}]}}
{{"schema": "olm.bundle", "package": "{0}", "name": "{2}", "image": "registry.example.com/o:1",
 "properties": [{{"type": "olm.package", "value": {{"packageName": "{0}", "version": "1.0.0"}}}}]}}
)";
  return fmt::format(kBlobs, package, channel, bundle);
}

/// The package wren, whose bundle has its manifest in the file `reference`.
std::string blobs_with_object(const std::string& reference) {
  auto blobs = blobs_named("wren", "stable", "wren.v1");
  blobs.insert(
      blobs.find(R"({"type": "olm.package")"),
      fmt::format(R"({{"type": "olm.bundle.object", "value": {{"ref": "{}"}}}}, )", reference));
  return blobs;
}

/// Aliases that would be 10^11 texts.
std::string alias_bomb() {
  std::string bomb = "schema: example.bomb\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 11; ++i) {
    bomb += fmt::format("a{}: &a{} [", i, i);
    for (int j = 0; j < 10; ++j) bomb += fmt::format("{}*a{}", j > 0 ? ", " : "", i - 1);
    bomb += "]\n";
  }
  return bomb;
}

TarEntry catalog(const std::string& package, const std::string& content) {
  return {.path = fmt::format("configs/{}/catalog.json", package), .content = content};
}

std::vector<BadFragment> bad_fragments() {
  const auto wren = catalog("wren", package_blobs("wren", "1.0.0"));
  const auto link = [](const std::string& path, const std::string& target) {
    return TarEntry{.path = path, .content = target, .type = Type::symbolic_link};
  };
  return {
      {"aliases",
       {{.path = "configs/wren/catalog.yaml", .content = alias_bomb()}},
       {"wren/catalog.yaml, blob 1", "aliases"}},
      {"circle",
       {wren, link("configs/wren/a", "b"), link("configs/wren/b", "a")},
       {"configs/wren/a", "link"}},
      {"self", {link("configs", "configs")}, {"configs", "link"}},
      {"up", {wren, link("configs/wren/up", "..")}, {"wren/up", "link", "remove it"}},
      {"nowhere", {wren, link("configs/wren/old", "gone")}, {"wren/old", "link", "remove it"}},
      {"away", {wren, link("configs/wren/passwd", "../../etc/passwd")}, {"configs/wren/passwd"}},
      {"host", {wren, link("configs/wren/passwd", "/etc/passwd")}, {"configs/wren/passwd"}},
      // The credentials that requests may bring lie there.
      {"host-object",
       {catalog("wren", blobs_with_object("../../../own-auth.json"))},
       {"bundle wren.v1 of package wren", "../../../own-auth.json", "leads out of the catalog"}},
      {"absolute-object",
       {catalog("wren", blobs_with_object("/etc/passwd"))},
       {"bundle wren.v1 of package wren", "the ref /etc/passwd", "is absolute"}},
      {"file-name",
       {wren, {.path = "configs/wren/b\xff.json", .content = "{}"}},
       {"wren/b", "not UTF-8", "rename it"}},
      {"package-name",
       {catalog("wren", blobs_named("wren\xff", "stable", "wren.v1"))},
       {"wren/catalog.json, blob 1", "not UTF-8"}},
      {"bundle-name",
       {catalog("wren", blobs_named("wren", "stable", "wren\xff.v1"))},
       {"wren/catalog.json, blob 2", "not UTF-8"}},
      {"slash-channel",
       {catalog("wren", blobs_named("wren", "a/b", "wren.v1"))},
       {"channel a/b of package wren", "no slash", "rename it"}},
      {"slash-bundle",
       {catalog("wren", blobs_named("wren", "stable", "wren/v1"))},
       {"bundle wren/v1", "package wren", "no slash", "rename it"}},
      {"collision",
       {catalog("a", blobs_named("a", "b_c", "x")), catalog("a_b", blobs_named("a_b", "c", "x"))},
       {"bundle x in channel b_c of package a", "bundle x in channel c of package a_b"}},
      {"twice",
       {catalog("wren", package_blobs("wren", "1.0.0")),
        catalog("tit", package_blobs("wren", "1.0.0"))},
       {"wren/catalog.json, blob 1", "tit/catalog.json", "package wren is there already"}},
      {"stray",
       {wren, {.path = "configs/wren/README.md", .content = "# Wren\n"}},
       {"wren/README.md", "comments only", ".indexignore"}},
  };
}

}  // namespace

TEST_CASE("a fragment made to do harm fails the request by file and blob", "[fbc][badinput]") {
  IIBD_NEEDS_TOOLS();
  Refusing test{"embedded"};
  for (auto& bad : bad_fragments()) {
    const auto fragment =
        test.site.push_image("bad-" + bad.name, {.layers = {std::move(bad.entries)}, .labels = {}});
    const auto reason = test.refused_fragment(fragment);
    CAPTURE(bad.name);
    for (const auto& part : bad.told) CHECK_THAT(reason, Contains(part));
  }
}

TEST_CASE("a text of 200 MB costs little time and memory", "[fbc][badinput]") {
  IIBD_NEEDS_TOOLS();
  Refusing test{"embedded"};
  const auto large = test.push_fragment(
      "large", R"({"schema": "example.large", "text": ")" + std::string(200UL << 20U, 'x') + "\"}");
  const auto before = peak_memory(test.daemon);
  const auto begin = std::chrono::steady_clock::now();

  const auto reason = test.refused_fragment(large);

  CHECK_THAT(reason, Contains("large/catalog.json") && Contains("blob 1") && Contains("shorten"));
  // Seconds on a machine of its own; what grew by the square of the text would take hours.
  CHECK(std::chrono::steady_clock::now() - begin < std::chrono::seconds{240});
  CHECK(peak_memory(test.daemon) - before < kMostMemory);
}

TEST_CASE("an index is read where its label says, or refused", "[fbc][badinput]") {
  IIBD_NEEDS_TOOLS();
  Refusing test{"embedded"};
  const auto fragment = test.push_fragment("wren", package_blobs("wren", "1.0.0"));
  const auto wren = fmt::format(R"("fbc_fragments": ["{}"])", fragment);
  const auto whole = [](const std::string& key, const std::string& label) {
    return Texts{fmt::format("label {}={}, which names the whole image", key, label),
                 "correct the label"};
  };
  const auto refused = [&](const std::string& key, const std::string& label) {
    const auto index = test.site.push_image(
        "index-label",
        {.layers = {{catalog("tern", package_blobs("tern", "1.0.0"))}}, .labels = {{key, label}}});
    if (key == kConfigsLabel) return test.refused("fbc-operations", index, wren);
    return test.refused("rm", index, R"("operators": ["tern"])");
  };
  const std::vector<std::tuple<std::string, std::string, Texts>> labels{
      {kConfigsLabel, "/data", {"has no directory /data", kConfigsLabel, "correct the label"}},
      {kConfigsLabel, "/configs/tern/catalog.json", {"no directory /configs/tern/catalog.json"}},
      {kConfigsLabel, "/..", {"from_index", "leads out of the image"}},
      {kConfigsLabel, "/configs/../../etc", {"leads out of the image"}},
      {kConfigsLabel, "/", whole(kConfigsLabel, "/")},
      {kConfigsLabel, ".", whole(kConfigsLabel, ".")},
      {kConfigsLabel, "/configs/..", whole(kConfigsLabel, "/configs/..")},
      {kDatabaseLabel, "/configs", {"has no file /configs", kDatabaseLabel, "correct the label"}},
      {kDatabaseLabel, "/..", {"from_index", "leads out of the image"}},
      {kDatabaseLabel, "/", whole(kDatabaseLabel, "/")},
      {kDatabaseLabel, ".", whole(kDatabaseLabel, ".")},
      {kDatabaseLabel, "", whole(kDatabaseLabel, "")}};
  for (const auto& [key, label, told] : labels) {
    CAPTURE(key, label);
    const auto reason = refused(key, label);
    for (const auto& part : told) CHECK_THAT(reason, Contains(part));
  }
  // Such a label says that the catalog is none of files.
  CHECK_THAT(
      test.refused("fbc-operations", test.push_index("none", "configs/a.json", "", ""), wren),
      Contains("no file-based catalog"));
}

TEST_CASE("an index with both labels, or an empty catalog, is a file-based one",
          "[fbc][badinput]") {
  IIBD_NEEDS_TOOLS();
  Refusing test{"embedded"};
  const auto wren = test.push_fragment("wren", package_blobs("wren", "1.0.0"));
  const std::map<std::string, std::string> both{{kConfigsLabel, "/configs"},
                                                {kDatabaseLabel, "/database/index.db"}};
  const auto take = [&](const std::string& index) {
    const auto result =
        build_index(test.daemon, "fbc-operations",
                    fmt::format(R"({{"from_index":"{}","binary_image":"{}","fbc_fragment":"{}"}})",
                                index, test.site.base(), wren));
    return ServedIndex{test.site.registry(), result}.files();
  };

  const auto two = test.site.push_image(
      "two", {.layers = {{catalog("tern", package_blobs("tern", "1.0.0"))}}, .labels = both});
  CHECK(take(two) == Texts{"tern/catalog.json", "wren/catalog.json"});
  const auto empty = test.site.push_image(
      "empty", {.layers = {{{.path = "configs", .content = {}, .type = Type::directory}}},
                .labels = {{kConfigsLabel, "/configs"}}});
  CHECK(take(empty) == Texts{"wren/catalog.json"});

  // Only the file of the other label is there.
  const auto other = test.site.push_image(
      "other", {.layers = {{{.path = "database/index.db", .content = "x"}}}, .labels = both});
  CHECK_THAT(test.refused("fbc-operations", other, fmt::format(R"("fbc_fragment": "{}")", wren)),
             Contains("has no directory /configs") && Contains(kConfigsLabel));
}

}  // namespace iib::test
