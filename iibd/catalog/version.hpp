#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iib::catalog {

/// A semantic version 2.0.0, read strictly (catalog-sqlite 5.1). Immutable.
class Version {
 public:
  /// Reads `text`; nothing when it is no semantic version.
  [[nodiscard]] static std::optional<Version> parse(std::string_view text);
  /// What replaces mode takes a missing version for: lower than every release.
  [[nodiscard]] static Version lowest();

  [[nodiscard]] std::uint64_t major() const noexcept { return core_[0]; }
  [[nodiscard]] std::uint64_t minor() const noexcept { return core_[1]; }

  /// The order of the standard; build metadata does not count.
  [[nodiscard]] std::strong_ordering precedence(const Version& other) const;
  /// precedence(), then build metadata: none before some, then like prerelease parts. Throws
  /// UserError when that comparison meets a numeric part with a leading zero.
  [[nodiscard]] std::strong_ordering full_order(const Version& other) const;

 private:
  /// Numbers sort below words, which the order of the alternatives gives for free.
  using Part = std::variant<std::uint64_t, std::string>;

  Version() = default;
  [[nodiscard]] static std::optional<Part> parse_part(std::string_view text);
  [[nodiscard]] static std::optional<std::vector<Part>> parse_parts(std::string_view text);
  [[nodiscard]] std::vector<Part> build_parts() const;

  std::array<std::uint64_t, 3> core_{};
  std::vector<Part> prerelease_;
  std::string build_;
};

}  // namespace iib::catalog
