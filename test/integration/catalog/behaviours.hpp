#pragma once

#include "engine_site.hpp"

#include <string>
#include <vector>

namespace iib::test {

/// One thing that every CatalogEngine does.
struct Behaviour {
  std::string name;
  void (*check)(EngineSite& site, catalog::CatalogEngine& engine);
};

/// All that is promised of an engine.
[[nodiscard]] const std::vector<Behaviour>& behaviours();

}  // namespace iib::test
