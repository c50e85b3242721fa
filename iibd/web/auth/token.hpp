#pragma once

#include "web/auth/method.hpp"
#include "web/auth/users.hpp"

#include <memory>

namespace iib::web {

/// `Authorization: Bearer` with a token of the users file (RFC 6750).
class Token final : public Method {
 public:
  explicit Token(std::shared_ptr<Users> users);
  [[nodiscard]] Judgement judge(const HttpRequest& head) override;
  [[nodiscard]] std::string challenge() const override;

 private:
  std::shared_ptr<Users> users_;
};

}  // namespace iib::web
