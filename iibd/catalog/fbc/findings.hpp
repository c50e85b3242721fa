#pragma once

#include "iib/catalog/fbc.hpp"

#include <cstddef>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {

/// When the reference looks at a rule (catalog-fbc 3). Up to `deprecations` it stops at the first
/// problem; of the model it tells all.
enum class Stage {
  load,
  packages,
  channels,
  bundles,
  bundle_properties,
  bundles_in_channels,
  entries,
  deprecations,
  model,
};

/// Gathers what is found, as much as someone reads.
class Findings {
 public:
  static constexpr std::size_t kMost = 1000;

  void add(Stage stage, Finding finding);
  void add_all(Findings other);
  /// Whether some blob could not be read, so that what it declares seems not to be there.
  [[nodiscard]] bool has_load_problem() const;
  /// Moves all into `validation`, in order; the last one says when the bound was reached.
  void take(Validation& validation);

 private:
  using Staged = std::vector<std::pair<Stage, Finding>>;
  Staged problems_;
  Staged warnings_;
  bool cut_ = false;
};

}  // namespace iib::catalog::fbc
