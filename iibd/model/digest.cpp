#include "iib/model/digest.hpp"

#include "iib/base/error.hpp"
#include "iib/base/sha256.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace iib::model {
namespace {

constexpr std::string_view kPrefix = "sha256:";
constexpr std::size_t kHexLength = 64;
constexpr std::size_t kShownLength = 100;

bool is_lower_hex(char character) {
  return (character >= '0' && character <= '9') || (character >= 'a' && character <= 'f');
}

}  // namespace

Digest Digest::parse(std::string_view text) {
  const bool prefixed = text.starts_with(kPrefix);
  const auto hex = prefixed ? text.substr(kPrefix.size()) : std::string_view{};
  if (!prefixed || hex.size() != kHexLength || !std::all_of(hex.begin(), hex.end(), is_lower_hex)) {
    throw UserError{fmt::format(
        "'{}' is no digest: it must be 'sha256:' followed by 64 lower-case hexadecimal digits",
        text.substr(0, kShownLength))};
  }
  return Digest{std::string{hex}};
}

Digest Digest::of(std::string_view bytes) {
  return Digest{sha256_hex(bytes)};
}

}  // namespace iib::model
