#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/catalog/fbc_cache.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iib::catalog::fbc {

/// FNV-1a with 64 bits.
class Fnv {
 public:
  void add(std::string_view bytes) noexcept {
    auto state = state_;
    for (const char c : bytes) state = (state ^ static_cast<unsigned char>(c)) * kPrime;
    state_ = state;
  }
  void add_zeros(std::size_t count) noexcept {
    for (; count > 0; --count) state_ *= kPrime;
  }
  [[nodiscard]] std::uint64_t value() const noexcept { return state_; }
  /// Goes on from where another one stood.
  void go_on_from(std::uint64_t state) noexcept { state_ = state; }

 private:
  static constexpr std::uint64_t kOffset = 14695981039346656037U;
  static constexpr std::uint64_t kPrime = 1099511628211U;
  std::uint64_t state_ = kOffset;
};

enum class TarType : char { file = '0', directory = '5' };

/// What stands before an entry in the stream of catalog-fbc 1.8: a ustar header, and a PAX header
/// before it for names that do not fit into one.
[[nodiscard]] std::string tar_header(std::string_view name, TarType type, unsigned mode,
                                     std::uint64_t bytes);

/// A directory whose digest is known, and the sorted names of the files that differ in another.
struct KnownTree {
  const DigestSteps& steps;
  const std::vector<std::string>& changed;
};

/// Adds the tar stream of the directory `root` (1.8); gives the steps. To a new digest only:
/// reads just what comes after the first difference from `known` (null: all).
DigestSteps add_tree(Fnv& digest, const std::filesystem::path& root, const RootModes& modes,
                     const Cancellation& cancellation, const KnownTree* known = nullptr);

}  // namespace iib::catalog::fbc
