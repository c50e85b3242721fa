#pragma once

#include "iib/base/guarded.hpp"
#include "iib/web/users_file.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::web {

/// The users of `iib_users_file` as last read. Safe to use from any thread.
class Users {
 public:
  /// Reads the file; throws as read_users() does.
  explicit Users(std::filesystem::path path);

  /// The password of `name`, if there is one.
  [[nodiscard]] std::optional<PasswordHash> password_of(std::string_view name) const;
  /// Whose token this is. Takes as long for any token.
  [[nodiscard]] std::optional<std::string> owner_of(const TokenHash& token) const;
  /// Reads the file anew; gives the number of entries. When it throws, the old ones stay.
  std::size_t reload();

 private:
  using Entries = std::shared_ptr<const std::vector<UserEntry>>;
  [[nodiscard]] Entries entries() const;

  std::filesystem::path path_;
  mutable Guarded<Entries> entries_;
};

}  // namespace iib::web
