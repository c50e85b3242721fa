#pragma once

#include "context.hpp"

#include <string>
#include <vector>

namespace iib::task {

/// Keeps `pull_specs`, a JSON array, as the request's artifact `kind` (pipeline 11.2).
void keep_bundle_list(const Context& context, io::ArtifactKind kind,
                      const std::vector<std::string>& pull_specs);

}  // namespace iib::task
