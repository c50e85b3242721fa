#include "engines.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/embedded_engine.hpp"
#include "iib/catalog/opm_engine.hpp"
#include "iib/image/embedded_engine.hpp"
#include "iib/image/tools_engine.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace iib::app {
namespace {

/// So many that no worker waits for another's calls of a far registry, up to what a registry is
/// asked at once by one service.
std::size_t connections(const config::Config& config) {
  constexpr std::size_t kOfWorker = 8;
  constexpr std::size_t kMost = 64;
  std::size_t workers = 0;
  for (const auto& [queue, count] : config.queues) workers += static_cast<std::size_t>(count);
  return std::clamp(workers * kOfWorker, kOfWorker, kMost);
}

std::unique_ptr<catalog::CatalogEngine> make_database_engine(const config::Config& config,
                                                             io::ProgramRunner& programs) {
  switch (config.index_engine) {
    case config::IndexEngineKind::embedded:
      return std::make_unique<catalog::EmbeddedEngine>();
    case config::IndexEngineKind::opm:
      break;
  }
  return std::make_unique<catalog::OpmEngine>(
      programs, catalog::OpmEngineOptions{
                    .program = config.default_opm,
                    .programs = config.ocp_opm_mapping,
                    .limit = config.opm_timeout,
                    .deprecated_at_once = static_cast<std::size_t>(config.deprecate_bundles_limit),
                    .retries = config.retry_policy()});
}

}  // namespace

Images make_images(const config::Config& config, const StateDirectory& state,
                   io::ProgramRunner& programs, Log log) {
  switch (config.image_engine) {
    case config::ImageEngineKind::tools: {
      auto engine = std::make_unique<image::ToolsEngine>(
          programs,
          image::ToolsEngineOptions{.storage_directory = state.containers(),
                                    .skopeo_timeout = config.skopeo_timeout,
                                    .build_timeout = config.build_timeout,
                                    .retries = config.retry_policy(),
                                    .insecure_registries = config.insecure_registries,
                                    .certs_directory = config.certs_dir},
          std::move(log));
      auto sweep = [tools = engine.get()](const Cancellation& cancellation) {
        tools->sweep(cancellation);
      };
      return {.engine = std::move(engine), .sweep = std::move(sweep)};
    }
    case config::ImageEngineKind::embedded:
      break;
  }
  auto engine = std::make_unique<image::EmbeddedEngine>(
      image::EmbeddedEngineOptions{.cache_directory = state.layers(),
                                   .cache_bytes = config.layer_cache_size,
                                   .certs_directory = config.certs_dir,
                                   .insecure_registries = config.insecure_registries,
                                   .retries = config.retry_policy(),
                                   .call_limit = config.skopeo_timeout,
                                   .build_limit = config.build_timeout,
                                   .connections = connections(config)},
      std::move(log));
  engine->sweep();  // some files at most, and nothing is running yet
  return {.engine = std::move(engine), .sweep = [](const Cancellation&) {}};
}

catalog::FileBasedOptions file_based_options(const config::Config& config) {
  // As the original does it: by the release of opm that is configured for the OCP version.
  const auto level = [mapping = config.ocp_opm_mapping,
                      fallback = config.default_opm](std::string_view ocp_version) {
    const auto found = mapping.find(std::string{ocp_version});
    return catalog::fbc::migrate_level_of(found == mapping.end() ? fallback : found->second);
  };
  return {.level = level, .deprecations_directory = config.operator_deprecations_dir};
}

Catalogs make_catalog_engine(const config::Config& config, io::ProgramRunner& programs) {
  auto databases = make_database_engine(config, programs);
  auto engine = std::make_unique<catalog::FileBasedEngine>(*databases, file_based_options(config));
  return {.databases = std::move(databases), .engine = std::move(engine)};
}

}  // namespace iib::app
