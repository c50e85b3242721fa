#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/engine.hpp"
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

/// The index engine that the configuration names. `programs` must outlive it.
[[nodiscard]] std::unique_ptr<catalog::CatalogEngine> make_catalog_engine(
    const config::Config& config, io::ProgramRunner& programs);

}  // namespace iib::app
