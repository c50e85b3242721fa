#pragma once

#include "catalog/bundle.hpp"
#include "iib/catalog/problem.hpp"

#include <string>
#include <utility>

namespace iib::catalog {

/// A problem that a bundle to be added has in `channel` (empty: no channel is concerned).
inline Problem problem(const Bundle& bundle, const std::string& channel, ProblemKind kind,
                       std::string text) {
  return Problem{.kind = kind,
                 .bundle = bundle.name,
                 .pull_spec = bundle.pull_spec,
                 .package = bundle.package,
                 .channel = channel,
                 .text = std::move(text)};
}

}  // namespace iib::catalog
