#include "image/registry/challenge.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>

namespace iib::image {
namespace {

// Registries send one or two challenges of some 300 bytes.
constexpr std::size_t kMostBytes = 16UL << 10U;
constexpr std::size_t kMostChallenges = 16;
constexpr std::size_t kMostParameters = 32;

constexpr std::string_view kBlanks = " \t";

// Not those of <cctype>: names in a header do not depend on the locale.
char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

std::string lower(std::string_view text) {
  std::string result{text};
  std::transform(result.begin(), result.end(), result.begin(),
                 [](char character) { return lower(character); });
  return result;
}

/// `tchar` of RFC 9110 5.6.2.
bool is_token(char character) {
  return (character >= '0' && character <= '9') ||
         (lower(character) >= 'a' && lower(character) <= 'z') ||
         std::string_view{"!#$%&'*+-.^_`|~"}.find(character) != std::string_view::npos;
}

/// Reads a header from left to right. Every take_ function consumes what it gives.
class Reader {
 public:
  explicit Reader(std::string_view text) : rest_{text} {}

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  /// Skips blanks; gives whether there were any.
  bool take_blanks() {
    const auto count = std::min(rest_.find_first_not_of(kBlanks), rest_.size());
    rest_.remove_prefix(count);
    return count > 0;
  }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  /// Empty when there is none.
  std::string_view take_token() {
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), is_token);
    const auto token = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(token.size());
    return token;
  }

  /// The value behind `=`: a token or a quoted string. Nothing when it is neither or has no end.
  std::optional<std::string> take_value() {
    if (take('"')) return take_quoted();
    const auto token = take_token();
    if (token.empty()) return std::nullopt;
    return std::string{token};
  }

  /// `name = value`, or nothing and nothing consumed when it is something else.
  std::optional<std::pair<std::string, std::string>> take_parameter() {
    const auto before = rest_;
    const auto name = take_token();
    take_blanks();
    if (!name.empty() && take('=')) {
      take_blanks();
      if (auto value = take_value()) return std::pair{lower(name), *std::move(value)};
    }
    rest_ = before;
    return std::nullopt;
  }

  /// The `token68` of some schemes (RFC 9110 11.2), up to the next comma.
  void skip_token68() {
    const auto* const end = std::find_if_not(rest_.begin(), rest_.end(), [](char character) {
      return is_token(character) || character == '/' || character == '=';
    });
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
  }

 private:
  std::optional<std::string> take_quoted() {
    std::string value;
    while (!rest_.empty()) {
      char character = rest_.front();
      rest_.remove_prefix(1);
      if (character == '"') return value;
      if (character == '\\' && !rest_.empty()) {
        character = rest_.front();
        rest_.remove_prefix(1);
      }
      value.push_back(character);
    }
    return std::nullopt;
  }

  std::string_view rest_;
};

Challenge::Scheme scheme_of(std::string_view name) {
  const auto small = lower(name);
  if (small == "basic") return Challenge::Scheme::basic;
  if (small == "bearer") return Challenge::Scheme::bearer;
  return Challenge::Scheme::other;
}

/// Skips blanks and the commas between the elements of a list, which may be empty (RFC 9110
/// 5.6.1.2).
bool take_separator(Reader& reader) {
  reader.take_blanks();
  if (!reader.take(',')) return false;
  do {
    reader.take_blanks();
  } while (reader.take(','));
  return true;
}

/// The parameters after a scheme, up to the next scheme or what makes no sense.
void read_parameters(Reader& reader, Challenge& challenge) {
  do {
    auto parameter = reader.take_parameter();
    if (!parameter) return;
    challenge.parameters.insert(*std::move(parameter));
    if (challenge.parameters.size() >= kMostParameters) return;
  } while (take_separator(reader));
}

}  // namespace

std::vector<Challenge> parse_challenges(std::string_view header) {
  std::vector<Challenge> challenges;
  if (header.size() > kMostBytes) return challenges;
  Reader reader{header};
  take_separator(reader);
  while (!reader.at_end() && challenges.size() < kMostChallenges) {
    const auto name = reader.take_token();
    if (name.empty()) break;
    Challenge challenge{.scheme = scheme_of(name)};
    const bool more = reader.take_blanks();
    if (!more && !reader.at_end() && !take_separator(reader)) break;
    if (more) {
      read_parameters(reader, challenge);
      if (challenge.parameters.empty()) reader.skip_token68();
    }
    challenges.push_back(std::move(challenge));
    take_separator(reader);
  }
  return challenges;
}

}  // namespace iib::image
