#pragma once

#include "iib/base/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog {

/// Which rule a refused change breaks; scripts tell problems apart by it.
enum class ProblemKind {
  /// A bundle's files do not follow the rules (catalog-sqlite 3 and 4).
  invalid_bundle,
  /// The bundle or its version is in the index already.
  exists,
  /// A name belongs to another package.
  other_package,
  /// A bundle replaces one that is not in the index.
  replaces_missing,
  /// Following `replaces` leads back to a bundle already passed.
  cycle,
  /// A new bundle would not be reachable from the head of its channel.
  prunes,
  /// No channel of the package can be its default one.
  default_channel,
  /// The update graph has no single head, or breaks apart.
  invalid_graph,
  /// A package or bundle that the call names is not in the index.
  not_found,
  /// The index database itself cannot be used.
  invalid_index,
  /// This release cannot do what was asked for.
  unsupported,
};

/// The kind as scripts see it: `exists`, `replaces-missing`, ...
[[nodiscard]] std::string_view to_string(ProblemKind kind);

/// One reason why a change is refused. What does not apply is empty.
struct Problem {
  ProblemKind kind = ProblemKind::invalid_bundle;  ///< What is wrong.
  /// Name of the bundle (of its ClusterServiceVersion).
  std::string bundle;
  /// Pull specification of the bundle.
  std::string pull_spec;
  std::string package;  ///< Empty when no package is concerned.
  std::string channel;  ///< Empty when no channel is concerned.
  /// A full sentence: subject, rule, remedy.
  std::string text;
};

/// A refused change, with all its problems. what() names each.
class Refused : public UserError {
 public:
  /// `problems` must not be empty; equal texts count once.
  explicit Refused(std::vector<Problem> problems);
  /// The problems in the order found.
  [[nodiscard]] const std::vector<Problem>& problems() const noexcept { return problems_; }

 private:
  std::vector<Problem> problems_;
};

}  // namespace iib::catalog
