#include "iib/image/tools_engine.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "image/container_storage.hpp"
#include "image/image_build.hpp"
#include "image/layer/layer_output.hpp"
#include "image/layer/layer_tar.hpp"
#include "image/manifest.hpp"
#include "image/manifest_list.hpp"
#include "image/pushed.hpp"
#include "image/tool_runner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <map>
#include <utility>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kManifestBytes = 16UL << 20U;
constexpr std::size_t kCached = 2000;

Step reading(const model::ImageReference& image) {
  return {.subject = image.text(),
          .action = "read",
          .registry = image.registry(),
          .named_by_user = true};
}

/// A file that skopeo has to have left in `copy`.
fs::path copied(const fs::path& copy, std::string_view name, const Step& step) {
  auto file = copy / name;
  std::error_code ignored;  // then it is not there
  if (fs::exists(file, ignored)) return file;
  throw ExternalError{
      fmt::format("{} cannot be {}: skopeo ended well but copied no {}; check the skopeo on the "
                  "PATH of iibd",
                  step.subject, step.action, name),
      ExternalError::Retry::no};
}

/// The files of `content` as buildah takes them: for all images at once, with modes and owners.
fs::path write_archive(const ImageContent& content, Timestamp modified, const fs::path& directory,
                       const Access& access) {
  auto file = directory / "layer.tar";
  LayerOutput output{file};
  write_layer_tar(content, modified, [&](std::string_view bytes) {
    access.cancellation.check("making a layer");
    output.write(bytes);
  });
  output.keep();
  return file;
}

}  // namespace

void check_tools() {
  std::string missing;
  for (const auto* tool : {"skopeo", "buildah"}) {
    if (io::find_program(tool).empty())
      missing += fmt::format("{}{}", missing.empty() ? "" : " and ", tool);
  }
  if (missing.empty()) return;
  throw ExternalError{
      fmt::format("iib_image_engine is tools, but {} cannot be found on PATH; install what is "
                  "missing (Debian: apt-get install skopeo buildah)",
                  missing),
      ExternalError::Retry::no};
}

struct ToolsEngine::Impl {
  Impl(io::ProgramRunner& runner, ToolsEngineOptions given, const Log& log)
      : options{std::move(given)}, tools{runner, options}, storage{tools, options, log} {}

  [[nodiscard]] std::string inspect(const model::ImageReference& image, const Arguments& what,
                                    const Access& access) const {
    return tools.skopeo(join({{"inspect", "--raw"},
                              what,
                              tools.registry_access(image.registry(), access),
                              {docker_reference(image)}}),
                        reading(image), access);
  }

  /// Reads back what was pushed, for buildah does not tell its size. A registry that does not show
  /// it yet is no failure.
  void tell(const PushedImage& image, const Access& access) const {
    try {
      tell_pushed(access.log, image, inspect(image.reference, {"--no-tags"}, access));
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      access.log.warning("pushed {} for {}; its size is not known: {}", image.reference.text(),
                         image.architecture, error.what());
    }
  }

  /// When the base of a begun build was made; a base's date never changes.
  Timestamp base_created(const ImageBuild& build,
                         const std::optional<model::ImageReference>& base) {
    if (!base) return {};
    const auto key = base->ordering_key();
    const auto known = base_dates.with([&](const auto& dates) {
      const auto found = dates.find(key);
      return found == dates.end() ? std::nullopt : std::optional{found->second};
    });
    if (known) return *known;
    const auto created = build.base_created().value_or(Timestamp{});
    base_dates.with([&](auto& dates) {
      if (dates.size() >= kCached) dates.clear();
      dates.emplace(key, created);
    });
    return created;
  }

  void copy(const model::ImageReference& source, const model::ImageReference& destination,
            const Access& access, Tries tries) const {
    const auto step =
        making(fmt::format("the image {}", destination.text()), "pushed", destination);
    (void)tools.skopeo(
        join({{"copy", "--quiet", "--all", "--preserve-digests", "--remove-signatures"},
              tools.source_access(source.registry(), access),
              tools.destination_access(destination.registry(), access),
              {docker_reference(source), docker_reference(destination)}}),
        step, access, tries);
    access.log.info("copied {} to {}", source.text(), destination.text());
  }

  ToolsEngineOptions options;
  ToolRunner tools;
  ContainerStorage storage;
  /// Configs by auth file (so that one request's rights are not another's) and digest.
  Guarded<std::map<std::pair<std::string, std::string>, ImageConfig>> configs;
  /// By base, in its ordering form.
  Guarded<std::map<std::string, Timestamp>> base_dates;
};

ToolsEngine::ToolsEngine(io::ProgramRunner& runner, ToolsEngineOptions options, Log log) {
  check_tools();
  fs::create_directories(options.storage_directory);
  impl_ = std::make_unique<Impl>(runner, std::move(options), log);
}

ToolsEngine::~ToolsEngine() = default;

void ToolsEngine::sweep(const Cancellation& cancellation) {
  impl_->storage.prepare(cancellation);
}

Manifest ToolsEngine::manifest(const model::ImageReference& image, const Access& access) {
  auto manifest = parse_manifest(image, impl_->inspect(image, {"--no-tags"}, access));
  access.log.info("{} is {}, {}", image.text(), manifest.digest.text(), manifest.media_type);
  return manifest;
}

ImageConfig ToolsEngine::config(const model::ImageReference& image, const Access& access) {
  const auto key = std::pair{access.auth_file.string(), image.ordering_key()};
  if (image.digest()) {
    const auto known = impl_->configs.with([&](const auto& configs) {
      const auto found = configs.find(key);
      return found == configs.end() ? std::nullopt : std::optional{found->second};
    });
    if (known) return *known;
  }
  auto config = parse_config(image, impl_->inspect(image, {"--config", "--no-tags"}, access));
  if (image.digest()) {
    impl_->configs.with([&](auto& configs) {
      if (configs.size() >= kCached) configs.clear();
      configs.emplace(key, config);
    });
  }
  return config;
}

void ToolsEngine::extract(const model::ImageReference& image, std::span<const std::string> paths,
                          const fs::path& destination, const Access& access) {
  const TempDir copy{access.work_directory, "copy-"};
  const Step step = reading(image);
  (void)impl_->tools.skopeo(join({{"copy", "--quiet", "--remove-signatures"},
                                  impl_->tools.source_access(image.registry(), access),
                                  {docker_reference(image), "dir:" + copy.path().string()}}),
                            step, access);
  fs::create_directories(destination);
  io::LayerExtractor extractor{image.text(), paths, destination, impl_->options.extract_limits};
  const auto manifest = read_file(copied(copy.path(), "manifest.json", step), kManifestBytes);
  for (const auto& layer : layers_of(image, manifest)) {
    const auto file = copied(copy.path(), layer.digest.hex(), step);
    extractor.apply(io::read_from_file(file), access.cancellation);
  }
  extractor.finish();
}

std::vector<PushedImage> ToolsEngine::build_and_push(const ImageContent& content,
                                                     std::span<const Target> targets,
                                                     const Access& access) {
  impl_->storage.prepare(access.cancellation);
  const TempDir staging{access.work_directory, "stage-"};
  std::vector<PushedImage> pushed;
  {
    std::deque<ImageBuild> builds;
    Timestamp newest{};
    for (const auto& target : targets) {
      auto& build = builds.emplace_back(impl_->tools, impl_->storage, target, access);
      build.begin();
      newest = std::max(newest, impl_->base_created(build, target.base));
    }
    const auto created = content.created.value_or(newest);
    const auto layer = write_archive(content, created, staging.path(), access);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      builds[i].fill(content, layer, created);
      const auto digest = builds[i].push();
      pushed.push_back({targets[i].architecture, targets[i].destination.at(digest)});
      impl_->tell(pushed.back(), access);
    }
  }
  impl_->storage.tidy(access);
  return pushed;
}

model::Digest ToolsEngine::push_list(const model::ImageReference& destination,
                                     std::span<const PushedImage> images, const Access& access) {
  impl_->storage.prepare(access.cancellation);
  return push_manifest_list(impl_->tools, impl_->storage, destination, images, access);
}

void ToolsEngine::copy(const model::ImageReference& source,
                       const model::ImageReference& destination, const Access& access) {
  impl_->copy(source, destination, access, Tries::as_configured);
}

/// skopeo finds all else there, and writes the tag last.
void ToolsEngine::put_tag(const model::ImageReference& source,
                          const model::ImageReference& destination, const Access& access) {
  impl_->copy(source, destination, access, Tries::one);
}

}  // namespace iib::image
