#include "iib/image/embedded_engine.hpp"

#include "iib/base/error.hpp"
#include "iib/base/parallel.hpp"
#include "image/assembly.hpp"
#include "image/image_push.hpp"
#include "image/image_source.hpp"
#include "image/layer/layer_search.hpp"
#include "image/layer/layer_writer.hpp"
#include "image/listable.hpp"
#include "image/manifest.hpp"
#include "image/packed_members.hpp"
#include "image/unpacked_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <optional>
#include <thread>
#include <utility>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLayerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
constexpr std::string_view kImageType = "application/vnd.docker.distribution.manifest.v2+json";
constexpr std::string_view kListType = "application/vnd.docker.distribution.manifest.list.v2+json";

EmbeddedEngineOptions completed(EmbeddedEngineOptions options) {
  if (options.threads == 0) options.threads = std::max(1U, std::thread::hardware_concurrency());
  return options;
}

RegistryOptions registry_options(const EmbeddedEngineOptions& options) {
  return {.certs_directory = options.certs_directory,
          .insecure_registries = options.insecure_registries,
          .retries = options.retries,
          .call_limit = options.call_limit,
          .transfers = options.transfers};
}

/// A base as its registry keeps it.
struct Base {
  std::string manifest;
  std::string config;
};

/// The new layer, with what keeps its file.
struct KeptLayer {
  NewLayer layer;
  LayerCache::Held file;
};

/// Calls `work`, and puts `what` before the text of its failure, which begins with a name.
template <class Work>
auto speaking_of(std::string_view what, Work&& work) {
  try {
    return std::invoke(std::forward<Work>(work));
  } catch (const ExternalError& error) {
    throw ExternalError{fmt::format("{} {}", what, error.what()), error.worth_retrying()
                                                                      ? ExternalError::Retry::yes
                                                                      : ExternalError::Retry::no};
  }
}

/// Layers of the bases that had to be compressed again.
struct Recompression {
  Recompressed blobs;
  std::vector<KeptLayer> layers;
};

/// When the newest of `bases` was made (pipeline 15).
Timestamp newest(std::span<const Target> targets, const std::vector<Base>& bases) {
  Timestamp result{};
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto created = parse_config(targets[i].base, bases[i].config).created;
    result = std::max(result, created.value_or(Timestamp{}));
  }
  return result;
}

/// What the repositories of the new images need of the bases as it is.
std::vector<NeededBlob> layers_below(std::span<const Target> targets,
                                     const std::vector<Base>& bases,
                                     const Recompressed& recompressed) {
  std::vector<NeededBlob> needed;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const auto& [architecture, base, destination] = targets[i];
    for (auto& layer : layers_of(base, bases[i].manifest)) {
      if (!recompressed.contains(layer.digest.text()))
        needed.push_back({std::move(layer), base, destination});
    }
  }
  return without_repetitions(std::move(needed));
}

}  // namespace

struct EmbeddedEngine::Impl {
  Impl(EmbeddedEngineOptions given, const Log& log)
      : options{completed(std::move(given))},
        registry{registry_options(options), log},
        cache{options.cache_directory, options.cache_bytes, log},
        source{registry, cache},
        packed{cache},
        unpacked{cache, options.cache_bytes},
        push{registry, source} {}

  /// The bases of `targets`, in their order.
  std::vector<Base> read_bases(std::span<const Target> targets, const Access& access) {
    std::vector<Base> bases(targets.size());
    in_parallel(targets.size(), options.transfers, [&](std::size_t i) {
      const auto& base = targets[i].base;
      bases[i] = {source.image_manifest(base, access), source.config(base, access)};
    });
    return bases;
  }

  KeptLayer write(const ImageContent& content, Timestamp created, const Access& access) {
    const auto file = cache.scratch_file();
    auto written = write_layer(content.files, created, file, options.threads, access.cancellation,
                               packed.finder());
    auto kept = keep(written, file);
    packed.add(written.digest, std::move(written.members));
    return kept;
  }

  /// Makes layers of the bases such that Docker's format can name them.
  Recompression recompress(std::span<const Target> targets, const std::vector<Base>& bases,
                           const Access& access) {
    Recompression result;
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const auto& base = targets[i].base;
      for (const auto& blob : layers_to_recompress(base, bases[i].manifest)) {
        if (result.blobs.contains(blob.digest.text())) continue;
        access.log.info("compressing the layer {} of {} with gzip", blob.digest.text(),
                        base.text());
        const auto held = source.layer(base, blob, access);
        const auto file = cache.scratch_file();
        const auto written =
            recompress_layer(fmt::format("a layer of {}", base.text()), held.path(), file,
                             options.threads, access.cancellation);
        result.layers.push_back(keep(written, file));
        result.blobs.emplace(blob.digest.text(), result.layers.back().layer.blob);
      }
    }
    return result;
  }

  KeptLayer keep(const WrittenLayer& written, const fs::path& file) {
    return {.layer = {.blob = {std::string{kLayerType}, written.digest, written.size},
                      .diff_id = written.diff_id},
            .file = cache.add(written.digest, file)};
  }

  /// Puts a layer of ours into each repository that gets an image.
  void upload(const KeptLayer& layer, std::span<const Target> targets, const Access& access) {
    std::vector<NeededBlob> needed;
    for (const auto& target : targets) {
      needed.push_back({layer.layer.blob, target.destination, target.destination});
    }
    for (const auto& each : without_repetitions(std::move(needed))) {
      speaking_of("the image",
                  [&] { push.upload(each.destination, each.blob, layer.file.path(), access); });
    }
  }

  PushedImage push_image(const Target& target, const Assembled& image, const Access& access) {
    const auto& destination = target.destination;
    const auto digest = speaking_of("the image", [&] {
      push.upload_bytes(destination, image.config_blob, image.config, access);
      return push.put_manifest(destination, kImageType, image.manifest, access);
    });
    access.log.info("pushed {} for {} as {}", destination.text(), target.architecture,
                    digest.text());
    source.note(destination.at(image.config_blob.digest), {{}, image.config}, access);
    source.note(destination.at(digest), {std::string{kImageType}, image.manifest}, access);
    return {target.architecture, destination.at(digest)};
  }

  EmbeddedEngineOptions options;
  RegistryClient registry;
  LayerCache cache;
  ImageSource source;
  PackedMembers packed;
  UnpackedFiles unpacked;
  ImagePush push;
};

EmbeddedEngine::EmbeddedEngine(EmbeddedEngineOptions options, Log log)
    : impl_{std::make_unique<Impl>(std::move(options), log)} {}

EmbeddedEngine::~EmbeddedEngine() = default;

void EmbeddedEngine::sweep() {
  impl_->cache.sweep();
}

Manifest EmbeddedEngine::manifest(const model::ImageReference& image, const Access& access) {
  const auto raw = impl_->source.manifest(image, access);
  auto manifest = parse_manifest(image, raw.bytes, raw.media_type);
  access.log.info("{} is {}, {}", image.text(), manifest.digest.text(), manifest.media_type);
  return manifest;
}

ImageConfig EmbeddedEngine::config(const model::ImageReference& image, const Access& access) {
  return parse_config(image, impl_->source.config(image, access));
}

void EmbeddedEngine::extract(const model::ImageReference& image, std::span<const std::string> paths,
                             const fs::path& destination, const Access& access) {
  const auto layers = layers_of(image, impl_->source.image_manifest(image, access));
  fs::create_directories(destination);
  // An index's database; more paths are folders, of bundles.
  const auto single = paths.size() == 1 ? io::path_in_image(paths.front()) : io::PathNames{};
  if (!single.empty() && impl_->unpacked.copy(layers, single, destination)) return;
  LayerSearch search{image.text(), paths};
  std::vector<LayerCache::Held> needed;  // the topmost first
  bool settled = false;
  for (auto layer = layers.rbegin(); layer != layers.rend() && !settled; ++layer) {
    needed.push_back(impl_->source.layer(image, *layer, access));
    settled = search.look(io::read_from_file(needed.back().path()), access.cancellation);
  }
  io::LayerExtractor extractor{image.text(), paths, destination, impl_->options.extract_limits};
  std::reverse(needed.begin(), needed.end());
  for (const auto& layer : needed) {
    extractor.apply(io::read_from_file(layer.path()), access.cancellation);
  }
  extractor.finish();
  if (!single.empty()) {
    impl_->unpacked.keep(layers, single, destination, access.cancellation, access.log);
  }
}

std::vector<PushedImage> EmbeddedEngine::build_and_push(const ImageContent& content,
                                                        std::span<const Target> targets,
                                                        const Access& access) {
  const auto bases = impl_->read_bases(targets, access);
  const auto created = content.created.value_or(newest(targets, bases));
  const auto recompressed = impl_->recompress(targets, bases, access);
  const auto below = layers_below(targets, bases, recompressed.blobs);
  std::optional<KeptLayer> layer;
  in_parallel(below.size() + 1, impl_->options.transfers, [&](std::size_t i) {
    if (i > 0) {
      impl_->push.provide(below[i - 1], access);
      return;
    }
    layer = impl_->write(content, created, access);
    impl_->upload(*layer, targets, access);
    for (const auto& again : recompressed.layers) impl_->upload(again, targets, access);
  });
  std::vector<std::optional<PushedImage>> pushed(targets.size());
  in_parallel(targets.size(), impl_->options.transfers, [&](std::size_t i) {
    const auto& [architecture, base, destination] = targets[i];
    const auto image = assemble(base, bases[i].manifest, bases[i].config, content, layer->layer,
                                architecture, created, recompressed.blobs);
    pushed[i] = impl_->push_image(targets[i], image, access);
  });
  std::vector<PushedImage> images;
  for (auto& image : pushed) images.push_back(*std::move(image));
  return images;
}

model::Digest EmbeddedEngine::push_list(const model::ImageReference& destination,
                                        std::span<const PushedImage> images, const Access& access) {
  std::vector<ListedImage> listed;
  std::vector<model::Digest> named;
  for (const auto& [architecture, reference] : listable(destination, images)) {
    const auto here = reference.name() == destination.name()
                          ? reference
                          : impl_->push.copy(reference, destination, access);
    const auto manifest = impl_->source.image_manifest(here, access);
    named.push_back(*here.digest());
    const auto config = impl_->source.config(here, access);
    listed.push_back({architecture, *here.digest(), manifest.size(), platform_of(here, config)});
  }
  return speaking_of("the manifest list", [&] {
    return impl_->push.put_manifest(destination, kListType, assemble_list(listed), access, named);
  });
}

}  // namespace iib::image
