#include "engines.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/embedded_engine.hpp"
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

std::unique_ptr<catalog::CatalogEngine> make_catalog_engine(const config::Config& config) {
  switch (config.index_engine) {
    case config::IndexEngineKind::embedded:
      return std::make_unique<catalog::EmbeddedEngine>();
    case config::IndexEngineKind::opm:
      break;
  }
  throw UserError{"iib_index_engine: this release has only the engine 'embedded'; set it to that"};
}

}  // namespace iib::app
