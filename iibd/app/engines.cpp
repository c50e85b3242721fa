#include "engines.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/embedded_engine.hpp"
#include "iib/catalog/opm_engine.hpp"
#include "iib/image/tools_engine.hpp"

#include <utility>

namespace iib::app {

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
                                    .insecure_registries = config.insecure_registries},
          std::move(log));
      auto sweep = [tools = engine.get()](const Cancellation& cancellation) {
        tools->sweep(cancellation);
      };
      return {.engine = std::move(engine), .sweep = std::move(sweep)};
    }
    case config::ImageEngineKind::embedded:
      break;
  }
  throw UserError{"iib_image_engine: this release has only the engine 'tools'; set it to that"};
}

std::unique_ptr<catalog::CatalogEngine> make_catalog_engine(const config::Config& config,
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

}  // namespace iib::app
