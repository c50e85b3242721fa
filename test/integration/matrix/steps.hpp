#pragma once

#include "gate.hpp"
#include "matrix_site.hpp"

#include <string>
#include <vector>

namespace iib::test {

enum class Need { more, last, none };

/// A step of a request, by the first request that it makes to the registry.
struct Step {
  std::string name;
  Mark mark;
  /// What a complete request needs of the registry: this step and more, this one as the last, or
  /// neither this one nor more. An index is overwritten by the last one.
  Need need = Need::more;
};

/// The steps of a request of `type` on `place` that differ from those of the types before it: add,
/// rm, regenerate-bundle.
[[nodiscard]] std::vector<Step> steps_of(const std::string& type, MatrixSite& site,
                                         const Place& place);

}  // namespace iib::test
