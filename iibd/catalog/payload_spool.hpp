#pragma once

#include "catalog/bundle.hpp"

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <mutex>

namespace iib::catalog {

/// Where the payloads of a call's bundles wait until their rows are written: in memory as far as
/// there is room, else in a scratch file without a name, which nothing leaves behind. A call may
/// have a thousand bundles, so memory must not grow with them.
class PayloadSpool {
 public:
  /// The scratch file is made below `directory` once it is needed.
  explicit PayloadSpool(std::filesystem::path directory) : directory_{std::move(directory)} {}
  PayloadSpool(const PayloadSpool&) = delete;
  PayloadSpool& operator=(const PayloadSpool&) = delete;
  ~PayloadSpool();

  /// Takes the payloads out of `bundle` when memory is scarce. Safe to call from several threads.
  void put(Bundle& bundle);
  /// Gives `bundle` its payloads back.
  void fetch(Bundle& bundle) const;
  /// Forgets the payloads of `bundle`, which are not needed again.
  static void drop(Bundle& bundle);

 private:
  int file();

  std::filesystem::path directory_;
  std::atomic<std::size_t> kept_bytes_{0};
  std::atomic<std::int64_t> end_{0};
  std::once_flag opened_;
  int file_ = -1;
};

}  // namespace iib::catalog
