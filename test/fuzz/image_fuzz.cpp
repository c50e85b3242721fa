#include "iib/base/error.hpp"
#include "iib/io/json.hpp"
#include "image/assembly.hpp"
#include "image/manifest.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

using iib::image::ImageContent;
using iib::image::NewLayer;
using iib::model::Digest;
using iib::model::ImageReference;

const ImageReference kImage = ImageReference::parse("r.io/ns/op:v1");

/// What may be thrown for any bytes is an error of ours.
template <class Use>
void attempt(Use&& use) {
  try {
    use();
  } catch (const iib::Error&) {
    return;
  }
}

/// An image on this base must be one that our own reader takes.
void assemble_on(std::string_view manifest, std::string_view config) {
  static const NewLayer layer{
      .blob = {"application/vnd.docker.image.rootfs.diff.tar.gzip", Digest::of("layer"), 5},
      .diff_id = Digest::of("plain")};
  static const ImageContent content{.labels = {{"name", "value"}},
                                    .entrypoint = {"/bin/opm"},
                                    .command = {"serve"},
                                    .exposed_ports = {"50051/tcp"}};
  const auto image = iib::image::assemble(kImage, manifest, config, content, layer, "amd64", {});
  const auto read = iib::image::parse_config(kImage, image.config);
  const auto layers = iib::image::layers_of(kImage, image.manifest);
  if (read.labels.at("name") != "value" || layers.back().digest != layer.blob.digest ||
      iib::image::config_of(kImage, image.manifest).digest != Digest::of(image.config)) {
    std::abort();
  }
}

}  // namespace

// The raw manifest of an image, a NUL, and its config, as a registry gives them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(bytes), size};
  const auto end = std::min(text.find('\0'), text.size());
  const auto manifest = text.substr(0, end);
  const auto config = text.substr(std::min(end + 1, text.size()));
  attempt([&] { static_cast<void>(iib::image::parse_manifest(kImage, manifest)); });
  attempt([&] { static_cast<void>(iib::image::layers_of(kImage, manifest)); });
  attempt([&] { static_cast<void>(iib::image::config_of(kImage, manifest)); });
  attempt([&] { static_cast<void>(iib::image::parse_config(kImage, config)); });
  attempt([&] { static_cast<void>(iib::image::platform_of(kImage, config)); });
  attempt([&] { assemble_on(manifest, config); });
  return 0;
}
