#pragma once

#include <compare>
#include <optional>
#include <string_view>
#include <vector>

namespace iib::task {

/// The label of a bundle that tells which versions of OpenShift it is meant for.
inline constexpr auto kOcpVersionsLabel = "com.redhat.openshift.versions";

/// A version of OpenShift, such as `v4.16`. Compared number by number, so that 4.10 comes
/// after 4.9.
class OcpVersion {
 public:
  /// Reads `text`, with or without a `v`, with or without spaces around; nothing when it is none.
  [[nodiscard]] static std::optional<OcpVersion> parse(std::string_view text);

  friend std::strong_ordering operator<=>(const OcpVersion& left,
                                          const OcpVersion& right) = default;

 private:
  /// Without zeros at the end: 4.0 is 4.
  std::vector<unsigned> numbers_;
};

/// Whether the label `versions` speaks of (pipeline 7.4).
enum class OcpFit {
  yes,
  no,
  unreadable,  ///< The label is none that can be understood; the bundle counts as not meant.
};

/// Whether a bundle whose label is `label` (not empty) is meant for indexes of `version`.
[[nodiscard]] OcpFit fits(std::string_view label, const OcpVersion& version);

}  // namespace iib::task
