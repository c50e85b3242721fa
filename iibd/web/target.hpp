#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::web {

/// A request's target, decoded.
struct Target {
  std::string path;
  /// In order of appearance.
  std::vector<std::pair<std::string, std::string>> query;

  /// The first value of a parameter (rest-api 6.1); nothing when it is absent.
  [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
};

/// Takes a target apart, in origin or absolute form. A bad percent escape stands for itself in the
/// query; in the path it makes the target unreadable, as does a zero byte.
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

/// A target in absolute form (RFC 9112, 3.2.2) without its scheme and authority; any other as it
/// is.
[[nodiscard]] std::string_view without_authority(std::string_view text);

/// `text` as a part of a query.
[[nodiscard]] std::string percent_encode(std::string_view text);

}  // namespace iib::web
