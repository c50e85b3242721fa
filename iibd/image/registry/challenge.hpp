#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace iib::image {

/// One way of authentication that a server offers.
struct Challenge {
  enum class Scheme { basic, bearer, other };
  Scheme scheme = Scheme::other;
  /// By lower-case name; of a name given twice the first value.
  std::map<std::string, std::string> parameters{};
};

/// The challenges of a `WWW-Authenticate` header, several such headers joined by commas (RFC 9110
/// 11.6.1). Never throws for what a server sends: reading ends where the header makes no sense any
/// more or exceeds the bounds, and what was complete before that is given.
[[nodiscard]] std::vector<Challenge> parse_challenges(std::string_view header);

}  // namespace iib::image
