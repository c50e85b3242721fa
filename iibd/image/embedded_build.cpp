#include "image/embedded_build.hpp"

#include "iib/base/parallel.hpp"
#include "image/manifest.hpp"
#include "image/pushed.hpp"

#include <algorithm>
#include <map>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLayerType = "application/vnd.docker.image.rootfs.diff.tar.gzip";
constexpr std::string_view kImageType = "application/vnd.docker.distribution.manifest.v2+json";

}  // namespace

EmbeddedBuild::EmbeddedBuild(const Workshop& workshop, const ImageContent& content,
                             std::span<const Target> targets, const Access& access)
    : workshop_{workshop},
      content_{content},
      targets_{targets},
      access_{access},
      bases_(targets.size()) {}

std::vector<PushedImage> EmbeddedBuild::run() {
  read_bases();
  created_ = content_.created.value_or(newest_base());
  recompress();
  provide_blobs();
  std::vector<std::optional<PushedImage>> pushed(targets_.size());
  in_parallel(targets_.size(), workshop_.transfers,
              [&](std::size_t target) { pushed[target] = push_image(target); });
  std::vector<PushedImage> images;
  for (auto& image : pushed) images.push_back(*std::move(image));
  return images;
}

void EmbeddedBuild::read_bases() {
  in_parallel(targets_.size(), workshop_.transfers, [&](std::size_t target) {
    const auto& base = targets_[target].base;
    if (!base) return;
    auto& [text, lower] = bases_[target];
    text = read_image(*base);
    const auto& stacked = targets_[target].stacked;
    if (!stacked) return;
    lower = layers_of(*base, text.manifest);
    text = stack(*base, text, *stacked, read_image(stacked->image));
  });
}

ImageText EmbeddedBuild::read_image(const model::ImageReference& image) const {
  return {workshop_.source.image_manifest(image, access_), workshop_.source.config(image, access_)};
}

/// Where a layer below the new one lies already.
const model::ImageReference& EmbeddedBuild::origin_of(std::size_t target, const Blob& layer) const {
  const auto& [architecture, base, destination, stacked] = targets_[target];
  if (!stacked) return base.value();
  const auto& lower = bases_[target].lower;
  const bool is_of_base = std::ranges::find(lower, layer.digest, &Blob::digest) != lower.end();
  return is_of_base ? *base : stacked->image;
}

/// When the newest base was made (pipeline 15).
Timestamp EmbeddedBuild::newest_base() const {
  Timestamp newest{};
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    const auto& base = targets_[target].base;
    if (!base) continue;
    const auto created = parse_config(*base, bases_[target].text.config).created;
    newest = std::max(newest, created.value_or(Timestamp{}));
  }
  return newest;
}

/// Makes layers of the bases such that Docker's format can name them.
void EmbeddedBuild::recompress() {
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    const auto& base = targets_[target].base;
    if (!base) continue;
    for (const auto& blob : layers_to_recompress(*base, bases_[target].text.manifest)) {
      if (recompressed_.contains(blob.digest.text())) continue;
      const auto& origin = origin_of(target, blob);
      access_.log.info("compressing the layer {} of {} with gzip", blob.digest.text(),
                       origin.text());
      const auto held = workshop_.source.layer(origin, blob, access_);
      const auto file = workshop_.cache.scratch_file();
      const auto written =
          recompress_layer(fmt::format("a layer of {}", origin.text()), held.path(), file,
                           workshop_.threads, access_.cancellation);
      recompressed_layers_.push_back(keep(written, file));
      recompressed_.emplace(blob.digest.text(), recompressed_layers_.back().layer.blob);
    }
  }
}

EmbeddedBuild::KeptLayer EmbeddedBuild::keep(const WrittenLayer& written, const fs::path& file) {
  return {.layer = {.blob = {std::string{kLayerType}, written.digest, written.size},
                    .diff_id = written.diff_id},
          .file = workshop_.cache.add(written.digest, file)};
}

/// What the repository of a new image needs of its base as it is.
std::vector<NeededBlob> EmbeddedBuild::layers_below(std::size_t target) const {
  const auto& each = targets_[target];
  std::vector<NeededBlob> needed;
  if (!each.base) return needed;
  for (auto& layer : layers_of(*each.base, bases_[target].text.manifest)) {
    if (recompressed_.contains(layer.digest.text())) continue;
    const auto& origin = origin_of(target, layer);
    needed.push_back({std::move(layer), origin, each.destination});
  }
  return needed;
}

void EmbeddedBuild::write_layer_of_content() {
  const auto file = workshop_.cache.scratch_file();
  auto written = write_layer(content_, created_, file, workshop_.threads, access_.cancellation,
                             workshop_.packed.finder());
  layer_ = keep(written, file);
  workshop_.packed.add(written.digest, std::move(written.members));
}

/// Provides the bases' layers while the new one is packed and sent.
void EmbeddedBuild::provide_blobs() {
  std::vector<NeededBlob> below;
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    auto needed = layers_below(target);
    std::move(needed.begin(), needed.end(), std::back_inserter(below));
  }
  below = without_repetitions(std::move(below));
  in_parallel(below.size() + 1, workshop_.transfers, [&](std::size_t i) {
    if (i > 0) {
      workshop_.push.provide(below[i - 1], access_);
      return;
    }
    write_layer_of_content();
    assemble_images();
    upload_blobs();
  });
}

void EmbeddedBuild::assemble_images() {
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    const auto& each = targets_[target];
    images_.push_back(assemble(each.base, bases_[target].text.manifest, bases_[target].text.config,
                               content_, layer_->layer, each.architecture, created_,
                               recompressed_));
  }
}

/// Sends the new layer, and beside it the configs, which need its digests only.
void EmbeddedBuild::upload_blobs() {
  std::map<std::string, Expected> configs;  // in the repositories of the targets
  std::vector<std::function<void()>> uploads;
  for (std::size_t target = 0; target < targets_.size(); ++target) {
    const auto& destination = targets_[target].destination;
    const auto [expected, first] = configs.try_emplace(destination.name(), Expected::perhaps_there);
    if (first) {
      // A config names the layer, so that where this is not, no image can need a config.
      if (!has_layer(destination)) expected->second = Expected::absent;
      uploads.emplace_back([&, layer = expected->second] { upload_layers(destination, layer); });
    }
    uploads.emplace_back([&, target, config = expected->second] { upload_config(target, config); });
  }
  // All at once they would hold up the layer, which takes longest.
  in_parallel(uploads.size(), (workshop_.transfers + 1) / 2, [&](std::size_t i) { uploads[i](); });
}

bool EmbeddedBuild::has_layer(const model::ImageReference& destination) {
  return speaking_of("the image", [&] {
    return workshop_.push.has(destination, layer_->layer.blob.digest, access_);
  });
}

void EmbeddedBuild::upload_layers(const model::ImageReference& destination, Expected expected) {
  speaking_of("the image", [&] {
    auto& push = workshop_.push;
    push.upload(destination, layer_->layer.blob, layer_->file.path(), access_, expected);
    for (const auto& again : recompressed_layers_) {
      push.upload(destination, again.layer.blob, again.file.path(), access_,
                  Expected::perhaps_there);
    }
  });
}

void EmbeddedBuild::upload_config(std::size_t target, Expected expected) {
  const auto& image = images_[target];
  speaking_of("the image", [&] {
    workshop_.push.upload_bytes(targets_[target].destination, image.config_blob, image.config,
                                access_, expected);
  });
}

PushedImage EmbeddedBuild::push_image(std::size_t target) {
  const auto& architecture = targets_[target].architecture;
  const auto& destination = targets_[target].destination;
  const auto& image = images_[target];
  const auto provide_again = [&] {
    for (const auto& needed : layers_below(target)) workshop_.push.provide(needed, access_);
    upload_layers(destination, Expected::perhaps_there);
    upload_config(target, Expected::perhaps_there);
  };
  auto blobs = image.base_layers;
  blobs.insert(blobs.end(), {layer_->layer.blob, image.config_blob});
  const auto digest = speaking_of("the image", [&] {
    return workshop_.push.put_image(destination, kImageType, image.manifest, blobs, provide_again,
                                    access_);
  });
  tell_pushed(access_.log, {architecture, destination.at(digest)}, image.manifest);
  workshop_.source.note(destination.at(image.config_blob.digest), {{}, image.config}, access_);
  workshop_.source.note(destination.at(digest), {std::string{kImageType}, image.manifest}, access_);
  return {architecture, destination.at(digest)};
}

}  // namespace iib::image
