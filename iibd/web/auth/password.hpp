#pragma once

#include "iib/base/guarded.hpp"
#include "web/auth/method.hpp"
#include "web/auth/users.hpp"
#include "web/auth/workers.hpp"

#include <chrono>
#include <memory>
#include <unordered_map>

namespace iib::web {

/// Remembers which passwords were right, for a while and under a key that dies with the process:
/// a script that makes many requests pays for scrypt once. Safe to use from any thread.
class RememberedPasswords {
 public:
  RememberedPasswords();
  /// Whether `password` was right for `kept` lately.
  [[nodiscard]] bool knows(const PasswordHash& kept, std::string_view password) const;
  /// Notes that it is right.
  void remember(const PasswordHash& kept, std::string_view password);

 private:
  using Moment = std::chrono::steady_clock::time_point;
  [[nodiscard]] std::string mark_of(const PasswordHash& kept, std::string_view password) const;

  std::string key_;
  mutable Guarded<std::unordered_map<std::string, Moment>> until_;
};

/// `Authorization: Basic` with a password of the users file (RFC 7617).
class Password final : public Method {
 public:
  explicit Password(std::shared_ptr<Users> users);
  [[nodiscard]] Judgement judge(const HttpRequest& head) override;
  [[nodiscard]] std::string challenge() const override;
  void stop() override;

 private:
  /// What a client claims.
  struct Claim;
  [[nodiscard]] Verdict compare(const Claim& claim, const std::optional<PasswordHash>& known);

  std::shared_ptr<Users> users_;
  /// Compared with when there is no such user, so that the time does not tell.
  PasswordHash nobody_;
  RememberedPasswords remembered_;
  Workers workers_;  // last: ends first
};

}  // namespace iib::web
