#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iib::web {

/// What scrypt (RFC 7914) made of a password, and how.
struct PasswordHash {
  unsigned log_cost = 0;    ///< The cost N is two to the power of this.
  unsigned block_size = 0;  ///< r.
  unsigned lanes = 0;       ///< p.
  std::string salt;         ///< Bytes.
  std::string hash;         ///< Bytes.

  /// Member by member.
  friend bool operator==(const PasswordHash&, const PasswordHash&) = default;
};

/// A fresh hash of `password`. Slow and large on purpose: about 0.2 s and 32 MiB.
[[nodiscard]] PasswordHash hash_password(std::string_view password);

/// Whether `password` is the one; as slow as hashing it, and for any two passwords alike.
[[nodiscard]] bool matches(const PasswordHash& kept, std::string_view password);

/// A token that was given out. It is random enough for a plain digest to hide it.
struct TokenHash {
  std::string sha256;  ///< 64 lower-case hex digits.

  /// What people call it by.
  [[nodiscard]] std::string id() const { return sha256.substr(0, 8); }
  /// Member by member.
  friend bool operator==(const TokenHash&, const TokenHash&) = default;
};

/// A token of 256 random bits as its user gets it, once.
[[nodiscard]] std::string new_token();

/// What is kept of `token`.
[[nodiscard]] TokenHash hash_token(std::string_view token);

/// One line of the file: a user and a way to prove to be them.
struct UserEntry {
  std::string name;   ///< As requests show it.
  std::string added;  ///< The day, `YYYY-MM-DD`.
  /// What is compared with.
  std::variant<PasswordHash, TokenHash> credential;

  /// Member by member.
  friend bool operator==(const UserEntry&, const UserEntry&) = default;
};

/// The most entries of a file: each token is compared with all of them.
inline constexpr std::size_t kMostUserEntries = 10'000;

/// Throws UserError unless `name` is 1 to 255 printable ASCII characters without blank and colon:
/// HTTP Basic ends a name at the colon.
void check_user_name(std::string_view name);

/// Reads the content of a users file. Throws UserError naming `path` and the line.
[[nodiscard]] std::vector<UserEntry> parse_users(std::string_view content,
                                                 const std::filesystem::path& path);

/// The content that parse_users() reads.
[[nodiscard]] std::string to_text(const std::vector<UserEntry>& entries);

/// Reads `iib_users_file`. Throws UserError when it is missing, bad, or open to others, and
/// ExternalError when it cannot be read.
[[nodiscard]] std::vector<UserEntry> read_users(const std::filesystem::path& path);

/// Lets `change` work on the entries of `path` (none when it does not exist yet), and replaces the
/// file whole, mode 0600, with the owner it had or that of its folder. One writer at a time:
/// another one waits for a while.
void change_users(const std::filesystem::path& path,
                  const std::function<void(std::vector<UserEntry>&)>& change);

}  // namespace iib::web
