#include "web/auth/password.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/hmac.hpp"
#include "iib/base/secret.hpp"
#include "web/auth/random.hpp"

#include <fmt/format.h>

namespace iib::web {
namespace {

/// Two scrypts at once take 64 MiB, and leave the other processors to the requests.
constexpr unsigned kThreads = 2;
/// About ten seconds' worth; what comes beyond is answered 503.
constexpr std::size_t kMostWaiting = 100;
constexpr std::chrono::minutes kMemory{5};
constexpr std::size_t kMostRemembered = 1000;
constexpr std::size_t kKeyBytes = 32;

}  // namespace

struct Password::Claim {
  std::string name;
  Secret password;

  static std::shared_ptr<const Claim> read(std::string_view encoded) {
    auto decoded = from_base64(encoded);
    if (!decoded) return nullptr;
    const Secret both{*std::move(decoded)};
    const auto colon = both.reveal().find(':');
    if (colon == std::string_view::npos) return nullptr;
    return std::make_shared<const Claim>(
        Claim{.name = std::string{both.reveal().substr(0, colon)},
              .password = Secret{std::string{both.reveal().substr(colon + 1)}}});
  }
};

RememberedPasswords::RememberedPasswords() : key_{random_bytes(kKeyBytes)} {}

std::string RememberedPasswords::mark_of(const PasswordHash& kept,
                                         std::string_view password) const {
  // The salt makes it the password of one user, the hash that of one time: a new password does not
  // meet the old mark. Both have fixed lengths for one entry.
  const Secret text{fmt::format("{}{}{}", kept.salt, kept.hash, password)};
  return hmac_sha256(key_, text.reveal());
}

bool RememberedPasswords::knows(const PasswordHash& kept, std::string_view password) const {
  const auto mark = mark_of(kept, password);
  const auto now = std::chrono::steady_clock::now();
  return until_.with([&](const auto& until) {
    const auto found = until.find(mark);
    return found != until.end() && now < found->second;
  });
}

void RememberedPasswords::remember(const PasswordHash& kept, std::string_view password) {
  const auto mark = mark_of(kept, password);
  const auto now = std::chrono::steady_clock::now();
  until_.with([&](auto& until) {
    if (until.size() >= kMostRemembered) {
      std::erase_if(until, [&](const auto& entry) { return entry.second <= now; });
    }
    if (until.size() >= kMostRemembered) until.clear();
    until[mark] = now + kMemory;
  });
}

Password::Password(std::shared_ptr<Users> users)
    : users_{std::move(users)},
      nobody_{hash_password(random_bytes(kKeyBytes))},
      workers_{kThreads, kMostWaiting} {}

Judgement Password::judge(const HttpRequest& head) {
  const auto credentials = credentials_of(head, "Basic");
  if (!credentials) return NotMine{};
  const auto claim = Claim::read(credentials->value);
  if (!claim) return Rejected{"the credentials are not base64 of NAME:PASSWORD"};
  const auto known = users_->password_of(claim->name);
  if (known && remembered_.knows(*known, claim->password.reveal())) {
    return Identity{.user = claim->name, .proof = {}};
  }
  return judge_later(workers_, [this, claim, known] { return compare(*claim, known); });
}

Verdict Password::compare(const Claim& claim, const std::optional<PasswordHash>& known) {
  const auto password = claim.password.reveal();
  // Of many requests that come at once with one password only the first ones pay.
  const bool remembered = known && remembered_.knows(*known, password);
  const bool right = remembered || matches(known.value_or(nobody_), password);
  if (!known || !right) return Rejected{"the user's name or the password is wrong"};
  if (!remembered) remembered_.remember(*known, password);
  return Identity{.user = claim.name, .proof = {}};
}

std::string Password::challenge() const {
  return "Basic realm=\"iibd\", charset=\"UTF-8\"";
}

void Password::stop() {
  workers_.stop();
}

}  // namespace iib::web
