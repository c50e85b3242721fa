#include "bundle_site.hpp"
#include "eventually.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <csignal>
#include <utility>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands

namespace {

using namespace std::chrono_literals;
using Files = std::map<std::string, std::string>;

constexpr int kFiles = 200;

std::string csv_path(int number) {
  return fmt::format("bundle/manifests/{:03}.clusterserviceversion.yaml", number);
}

/// Those of `files` that were there from the start.
Files originals(const Files& files) {
  Files known;
  for (int i = 0; i < kFiles; ++i) known[csv_path(i)] = files.at(csv_path(i));
  return known;
}

}  // namespace

TEST_CASE("regeneration that is killed leaves every file whole, old or new", "[cli]") {
  BundleSite site;
  const auto csv = site.text_of(kCsv);
  std::filesystem::remove(site.directory() / kCsv);
  for (int i = 0; i < kFiles; ++i) site.write(csv_path(i), csv);
  // Those that are pinned already when the work is taken up again.
  for (const auto& [name, tag] : {std::pair{"widget", '1'}, {"db", '2'}, {"helper", '3'}}) {
    site.write("digests.json",
               with(site.text_of("digests.json"), "{",
                    fmt::format(R"({{"quay.io/acme/{0}@{1}": "{1}", )", name, digest_of(tag))));
  }
  const auto before = site.files();
  const Arguments arguments{"regenerate", site.commands().path("bundle"),
                            "--digests",  site.commands().path("digests.json"),
                            "--rules",    "later"};
  const int last = GENERATE(0, 50, 100, 150, 199);  // the later, the more files were renamed
  CAPTURE(last);

  RunningCommand running{site.commands(), arguments};
  REQUIRE(
      eventually(60s, [&] { return site.text_of(csv_path(last)) != before.at(csv_path(last)); }));
  running.signal(SIGKILL);
  static_cast<void>(running.wait());

  const auto now = originals(site.files());
  const auto regenerated = now.at(csv_path(last));
  CHECK(regenerated.find("relatedImages") != std::string::npos);
  for (const auto& [path, text] : now) {
    CAPTURE(path);
    CHECK((text == csv || text == regenerated));
  }

  // What a dead command left beside the files is no manifest: the next one finishes the work.
  REQUIRE(site.run(arguments).status == 0);
  for (const auto& [path, text] : originals(site.files())) CHECK(text == regenerated);
}

TEST_CASE("interrupted regeneration changes nothing", "[cli]") {
  BundleSite site;
  SilentRegistry registry;
  auto csv = with(site.text_of(kCsv), "quay.io/acme/widget:1", registry.image());
  csv = with(csv, "quay.io/acme/db:2", registry.image());
  site.write(kCsv, with(csv, "quay.io/acme/helper:3", "nothing else"));
  const auto before = site.files();
  const auto address = registry.image().substr(0, registry.image().find('/'));
  const int number = GENERATE(SIGINT, SIGTERM, SIGHUP);
  CAPTURE(number);
  RunningCommand running{site.commands(),
                         {"regenerate", site.commands().path("bundle"), "--insecure-registry",
                          address, "--format", "json"}};
  REQUIRE(eventually(60s, [&] { return registry.waited_for(); }));

  running.signal(number);
  const auto ended = running.wait();

  CHECK(ended.status == 1);
  CHECK(ended.errors == "iibd: interrupted; nothing was changed\n");
  CHECK(ended.json()["error"]["code"] == "interrupted");
  CHECK(site.files() == before);
}
