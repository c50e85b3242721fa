// Images on top of nothing.

#include "image_site.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

using Paths = std::vector<std::string>;

/// What a client can see of an image but the bytes of its layer.
struct Seen {
  io::JsonDocument config;
  Paths paths;
};

Seen build_on_nothing(ImageSite& site, EngineKind kind, const image::ImageContent& content) {
  const auto engine =
      site.make_engine(kind, kind == EngineKind::tools ? "of-tools" : "of-embedded");
  const std::vector<image::Target> targets{
      {.architecture = "amd64", .base = {}, .destination = site.reference("out:1-amd64")}};
  const auto pushed = engine->build_and_push(content, targets, site.access());
  REQUIRE(pushed.size() == 1);
  const auto& image = pushed.front().reference;
  (void)engine->push_list(site.reference("out:1"), pushed, site.access());
  CHECK(site.manifest_of(image)["layers"].Size() == 1);
  CHECK(engine->config(image, site.access()).architecture == "amd64");

  Seen seen{site.config_of(image), {}};
  CHECK(seen.config["rootfs"]["diff_ids"].Size() == 1);
  CHECK(seen.config["history"].Size() == 1);
  seen.config["rootfs"]["diff_ids"].Clear();
  for (const auto& entry : site.new_layer_of(image)) seen.paths.push_back(entry.path);
  return seen;
}

}  // namespace

TEST_CASE("both engines make the same image on top of nothing", "[image][engines][scratch]") {
  if (const auto cause = cannot_run(EngineKind::tools); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  auto content = index_content(site.access().work_directory, "the database");
  content.entrypoint.clear();
  content.command.clear();

  const auto tools = build_on_nothing(site, EngineKind::tools, content);
  const auto embedded = build_on_nothing(site, EngineKind::embedded, content);

  CAPTURE(io::to_json(tools.config), io::to_json(embedded.config));
  CHECK(tools.config == embedded.config);
  CHECK(tools.paths == Paths{"database/", "database/index.db"});
  CHECK(embedded.paths == tools.paths);
  CHECK(embedded.config["created"] == "1970-01-01T00:00:00Z");
  CHECK_FALSE(embedded.config["config"].HasMember("Entrypoint"));
  CHECK_FALSE(embedded.config["config"].HasMember("Cmd"));
}

}  // namespace iib::test
