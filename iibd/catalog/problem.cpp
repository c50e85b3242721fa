#include "iib/catalog/problem.hpp"

#include <fmt/format.h>

#include <set>

namespace iib::catalog {
namespace {

/// More would not fit into a reason; the count tells that there are others.
constexpr std::size_t kMostProblemsShown = 20;

std::string describe(const std::vector<Problem>& problems) {
  std::vector<std::string_view> texts;
  std::set<std::string_view> seen;
  for (const auto& problem : problems) {
    if (seen.insert(problem.text).second) texts.push_back(problem.text);
  }
  if (texts.size() == 1) return std::string{texts.front()};
  std::string result = fmt::format("{} problems: ", texts.size());
  for (std::size_t i = 0; i < texts.size() && i < kMostProblemsShown; ++i) {
    result += fmt::format("{}({}) {}", i == 0 ? "" : "; ", i + 1, texts[i]);
  }
  if (texts.size() > kMostProblemsShown) result += "; and more";
  return result;
}

}  // namespace

std::string_view to_string(ProblemKind kind) {
  switch (kind) {
    case ProblemKind::invalid_bundle:
      return "invalid-bundle";
    case ProblemKind::exists:
      return "exists";
    case ProblemKind::other_package:
      return "other-package";
    case ProblemKind::replaces_missing:
      return "replaces-missing";
    case ProblemKind::cycle:
      return "cycle";
    case ProblemKind::prunes:
      return "prunes";
    case ProblemKind::default_channel:
      return "default-channel";
    case ProblemKind::invalid_graph:
      return "invalid-graph";
    case ProblemKind::not_found:
      return "not-found";
    case ProblemKind::invalid_index:
      return "invalid-index";
    case ProblemKind::unsupported:
      return "unsupported";
  }
  return "unknown";
}

Refused::Refused(std::vector<Problem> problems)
    : UserError{describe(problems)}, problems_{std::move(problems)} {}

}  // namespace iib::catalog
