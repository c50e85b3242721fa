#pragma once

#include "iib/io/artifacts.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace iib::io {

/// Reads the log of a request as it grows: each line once and in order, also when the middle of the
/// log goes meanwhile. Lines that went before they were read are replaced by the line of the log
/// that tells how many are left out.
class LogFollower {
 public:
  /// Reads from `offset` of `log` on, or all of it when null: it may begin later. `artifacts` must
  /// outlive it.
  LogFollower(const Artifacts& artifacts, RequestId request,
              std::shared_ptr<const OpenArtifact> log, std::uintmax_t offset);

  /// What comes next, about `bytes` at most; empty: nothing by now.
  [[nodiscard]] std::string read(std::size_t bytes);

 private:
  /// Goes on in `next`, which took the place of the log, where that ends.
  void go_on_in(std::shared_ptr<const OpenArtifact> next);

  const Artifacts& artifacts_;
  RequestId request_;
  std::shared_ptr<const OpenArtifact> log_;
  std::uintmax_t offset_;
};

}  // namespace iib::io
