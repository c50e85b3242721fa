#include "catalog/missing_packages.hpp"

#include "catalog/similar_names.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace iib::catalog {

Problem missing_package(const std::string& name, std::span<const std::string> known) {
  Problem problem;
  problem.kind = ProblemKind::not_found;
  problem.package = name;
  problem.text = fmt::format("package {} is not in the catalog", name);
  if (const auto similar = similar_names(name, known); !similar.empty()) {
    problem.text += fmt::format(" (did you mean {}?)", fmt::join(similar, ", "));
  } else {
    problem.text += fmt::format(", which has {} packages, none with a similar name", known.size());
  }
  return problem;
}

}  // namespace iib::catalog
