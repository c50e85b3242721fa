#pragma once

#include "iib/catalog/problem.hpp"

#include <string>
#include <utility>
#include <vector>

namespace iib::catalog {

/// Where a breach was found. What does not apply is empty.
struct Place {
  std::string package;
  std::string channel;
  std::string bundle;
};

/// Collects what a validation finds, up to a bound: nobody reads more, and a damaged database could
/// hold millions.
class Breaches {
 public:
  static constexpr std::size_t kMost = 1000;

  void add(ProblemKind kind, Place place, std::string text) {
    if (is_full()) return;
    problems_.push_back({.kind = kind,
                         .bundle = std::move(place.bundle),
                         .pull_spec = {},
                         .package = std::move(place.package),
                         .channel = std::move(place.channel),
                         .text = std::move(text)});
  }

  [[nodiscard]] bool is_full() const { return problems_.size() >= kMost; }

  /// What was found; the last one says when the bound was reached.
  [[nodiscard]] std::vector<Problem> take() {
    if (!is_full()) return std::move(problems_);
    Problem rest;
    rest.kind = ProblemKind::invalid_index;
    rest.text = "there may be more breaches: put these right and validate again";
    problems_.push_back(std::move(rest));
    return std::move(problems_);
  }

 private:
  std::vector<Problem> problems_;
};

}  // namespace iib::catalog
