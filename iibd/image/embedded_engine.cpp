#include "iib/image/embedded_engine.hpp"

#include "iib/base/error.hpp"
#include "iib/base/parallel.hpp"
#include "image/assembly.hpp"
#include "image/embedded_build.hpp"
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
          .transfers = options.connections,
          .layer_bytes = options.extract_limits.layer_bytes};
}

/// `access` for work that may take `limit`.
Access limited(const Access& access, std::chrono::seconds limit) {
  auto own = access;
  own.cancellation = access.cancellation.within(limit);
  return own;
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

  /// What a build works with.
  [[nodiscard]] Workshop workshop() {
    return {.cache = cache,
            .packed = packed,
            .source = source,
            .push = push,
            .transfers = options.transfers,
            .threads = options.threads};
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
  const auto limit = impl_->options.build_limit;
  const auto own = limited(access, limit);
  try {
    return EmbeddedBuild{impl_->workshop(), content, targets, own}.run();
  } catch (const ExternalError& error) {
    const auto now = std::chrono::steady_clock::now();
    // A deadline of the whole request speaks for itself.
    if (now < own.cancellation.deadline() || now >= access.cancellation.deadline()) throw;
    throw ExternalError{
        fmt::format("the images were not made and pushed within {} s: {}; look at the load of the "
                    "host and of the registries, or raise iib_build_timeout",
                    limit.count(), error.what()),
        ExternalError::Retry::no};
  }
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

void EmbeddedEngine::copy(const model::ImageReference& source,
                          const model::ImageReference& destination, const Access& access) {
  const auto raw = impl_->source.manifest(source, access);
  const auto parsed = parse_manifest(source, raw.bytes, raw.media_type);
  std::vector<model::Digest> named;
  for (const auto& entry : parsed.entries) {
    (void)impl_->push.copy(source.at(entry.digest), destination, access);
    named.push_back(entry.digest);
  }
  if (parsed.kind == ManifestKind::image) (void)impl_->push.copy(source, destination, access);
  speaking_of("the image", [&] {
    return impl_->push.put_manifest(destination, parsed.media_type, raw.bytes, access, named);
  });
  access.log.info("copied {} to {}", source.text(), destination.text());
}

void EmbeddedEngine::put_tag(const model::ImageReference& source,
                             const model::ImageReference& destination, const Access& access) {
  const auto raw = impl_->source.manifest(source, access);
  const auto parsed = parse_manifest(source, raw.bytes, raw.media_type);
  std::vector<model::Digest> named;
  for (const auto& entry : parsed.entries) named.push_back(entry.digest);
  speaking_of("the image", [&] {
    return impl_->push.put_manifest(destination, parsed.media_type, raw.bytes, access, named,
                                    Tries::one);
  });
  access.log.info("copied {} to {}", source.text(), destination.text());
}

}  // namespace iib::image
