#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/catalog/file_based_engine.hpp"
#include "iib/config/config.hpp"
#include "iib/image/engine.hpp"
#include "iib/io/process.hpp"
#include "state_directory.hpp"

#include <functional>
#include <memory>

namespace iib::app {

/// An image engine, and what it does once after the start: removing what a dead daemon left.
struct Images {
  std::unique_ptr<image::ImageEngine> engine;
  std::function<void(const Cancellation&)> sweep;
};

/// The image engine that the configuration names. Throws ExternalError when its tools are not on
/// PATH, or its directory cannot be made.
[[nodiscard]] Images make_images(const config::Config& config, const StateDirectory& state,
                                 io::ProgramRunner& programs, Log log);

/// The index engine for both kinds of index, and the one for databases that it is built over.
struct Catalogs {
  std::unique_ptr<catalog::CatalogEngine> databases;
  std::unique_ptr<catalog::CatalogEngine> engine;
};

/// How catalogs of files are changed.
[[nodiscard]] catalog::FileBasedOptions file_based_options(const config::Config& config);

/// The index engine, on the one for databases that the configuration names. `programs` must outlive
/// it.
[[nodiscard]] Catalogs make_catalog_engine(const config::Config& config,
                                           io::ProgramRunner& programs);

}  // namespace iib::app
