#pragma once

#include "iib/config/config.hpp"

namespace iib::app {

/// Runs the daemon until SIGTERM or SIGINT, then ends in good order: no new work, running jobs back
/// into their queue. Must be called before any other thread exists. Throws UserError or
/// ExternalError, naming option or file and the remedy, when it cannot start.
void serve(const config::Loaded& loaded);

}  // namespace iib::app
