#include "web/auth/token.hpp"

namespace iib::web {

Token::Token(std::shared_ptr<Users> users) : users_{std::move(users)} {}

Judgement Token::judge(const HttpRequest& head) {
  const auto credentials = credentials_of(head, "Bearer");
  if (!credentials) return NotMine{};
  // 256 random bits need no slow hash.
  auto owner = users_->owner_of(hash_token(credentials->value));
  if (!owner) return Rejected{"the token is not known"};
  return Identity{.user = *std::move(owner), .proof = {}};
}

std::string Token::challenge() const {
  return "Bearer realm=\"iibd\"";
}

}  // namespace iib::web
