#include "web/auth/users.hpp"

#include "web/auth/random.hpp"

#include <utility>

namespace iib::web {
namespace {

std::shared_ptr<const std::vector<UserEntry>> read(const std::filesystem::path& path) {
  return std::make_shared<const std::vector<UserEntry>>(read_users(path));
}

}  // namespace

Users::Users(std::filesystem::path path) : path_{std::move(path)}, entries_{read(path_)} {}

Users::Entries Users::entries() const {
  return entries_.with([](const Entries& current) { return current; });
}

std::optional<PasswordHash> Users::password_of(std::string_view name) const {
  const auto known = entries();
  for (const auto& entry : *known) {
    const auto* const password = std::get_if<PasswordHash>(&entry.credential);
    if (password != nullptr && entry.name == name) return *password;
  }
  return std::nullopt;
}

std::optional<std::string> Users::owner_of(const TokenHash& token) const {
  const auto known = entries();
  std::optional<std::string> owner;
  for (const auto& entry : *known) {
    const auto* const other = std::get_if<TokenHash>(&entry.credential);
    if (other == nullptr || !equal_in_constant_time(other->sha256, token.sha256)) continue;
    owner = entry.name;
  }
  return owner;
}

std::size_t Users::reload() {
  auto fresh = read(path_);
  const auto count = fresh->size();
  entries_.with([&](Entries& current) { current = std::move(fresh); });
  return count;
}

}  // namespace iib::web
