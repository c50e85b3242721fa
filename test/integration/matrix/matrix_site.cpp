#include "matrix_site.hpp"

#include "index_image.hpp"
#include "regeneration.hpp"

#include <fmt/format.h>

namespace iib::test {
namespace {

constexpr auto kFirstResult = "iib-build";

}  // namespace

MatrixSite::MatrixSite(const std::string& engine) {
  proxy().listen();
  use_image_engine("embedded");
  push_bundle_as(kAdded);
  push_operand(*this, kOperand);
  push_image(kRegenerated, heron_bundle(heron_csv({by_proxy(fmt::format("{}:v1", kOperand))})));

  const auto heron = push_bundle("heron-operator", "1.0.0");
  Daemon daemon{directory() / "first", configuration()};
  daemon.start();
  const auto built = build_index(daemon, "add", add_body({heron}, {.add_arches = {"amd64"}}));
  const auto index = read_index(registry(), built);
  index_layer_ = index.images.front().layers.back();
  list_ = registry().manifest(kFirstResult, "1");
  use_image_engine(engine);
}

void MatrixSite::copy_image(const std::string& digest, const std::string& repository) {
  const auto manifest = registry().manifest(kFirstResult, digest);
  const auto document = io::parse_json(manifest);
  const auto copy_blob = [&](const io::JsonValue& descriptor) {
    registry().put_blob(repository, registry().blob(kFirstResult, text_of(descriptor, "digest")));
  };
  copy_blob(document["config"]);
  for (const auto& layer : document["layers"].GetArray()) copy_blob(layer);
  registry().put_manifest(repository, digest, text_of(document, "mediaType"), manifest);
}

Place MatrixSite::make_place() {
  ++places_;
  Place place{.index = fmt::format("catalog/c{}", places_),
              .results = fmt::format("results/r{}", places_)};
  const auto list = io::parse_json(list_);
  for (const auto& image : list["manifests"].GetArray()) {
    copy_image(text_of(image, "digest"), place.index);
  }
  registry().put_manifest(place.index, "v1", text_of(list, "mediaType"), list_);
  return place;
}

std::string MatrixSite::configuration_for(const Place& place) const {
  constexpr int kAttempts = 2;
  return faulty_configuration(
      kAttempts,
      fmt::format("iib_image_push_template: '{{registry}}/{}:{{request_id}}'\n", place.results));
}

std::string MatrixSite::index_of(const Place& place) const {
  return by_proxy(place.index + ":v1");
}

std::string MatrixSite::body(const std::string& type, const Place& place) const {
  if (type == "regenerate-bundle") {
    return regenerate_body(by_proxy(fmt::format("{}:latest", kRegenerated)));
  }
  const auto what = type == "rm" ? std::string{R"("operators":["heron-operator"])"}
                                 : fmt::format(R"("bundles":["{}:latest"])", by_proxy(kAdded));
  return fmt::format(R"({{{},"binary_image":"{}","from_index":"{}","overwrite_from_index":true}})",
                     what, by_proxy("base:v1"), index_of(place));
}

std::string MatrixSite::layer_of(const std::string& repository) {
  const auto manifest = io::parse_json(registry().manifest(repository, "latest"));
  const auto layers = manifest["layers"].GetArray();
  return text_of(layers[layers.Size() - 1], "digest");
}

}  // namespace iib::test
