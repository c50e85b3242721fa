#include "image/pushed.hpp"

#include "image/manifest.hpp"

#include <cstdint>
#include <iterator>

namespace iib::image {

void tell_pushed(const Log& log, const PushedImage& image, std::string_view manifest) {
  const auto layers = layers_of(image.reference, manifest);
  std::uint64_t bytes = 0;
  for (const auto& layer : layers) bytes += layer.size;
  const auto topmost = layers.empty() ? 0 : layers.back().size;
  log.event(
      "pushed {image} for {architecture}: a manifest of {manifest_bytes} bytes, {layers} layers of "
      "{layer_bytes} bytes, the topmost of {topmost_bytes}",
      {{"image", image.reference.text()},
       {"architecture", image.architecture},
       {"manifest_bytes", std::ssize(manifest)},
       {"layers", std::ssize(layers)},
       {"layer_bytes", static_cast<std::int64_t>(bytes)},
       {"topmost_bytes", static_cast<std::int64_t>(topmost)}});
}

}  // namespace iib::image
