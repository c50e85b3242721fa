#include "web/idempotency.hpp"

#include <algorithm>

namespace iib::web {
namespace {

constexpr auto kHeader = "Idempotency-Key";
/// A UUID has 36; more than this is no key but something else.
constexpr std::size_t kLongestKey = 255;

bool is_key(std::string_view text) {
  return !text.empty() && text.size() <= kLongestKey &&
         std::all_of(text.begin(), text.end(),
                     [](char character) { return character >= ' ' && character <= '~'; });
}

}  // namespace

std::optional<model::IdempotencyKey> read_idempotency_key(const Services& services,
                                                          const Call& call) {
  const auto given = call.request.header(kHeader);
  if (given.empty()) return std::nullopt;
  if (given.size() > 1 || !is_key(given.front())) {
    throw Refusal{400,
                  "the header Idempotency-Key must come once, with 1 to 255 printable ASCII "
                  "characters; a random UUID is a good key"};
  }
  model::IdempotencyKey key{.path = call.target.path,
                            .key = std::string{given.front()},
                            .body_hash = services.store.body_hash(call.request.body)};
  // Before the body is looked at: whatever is wrong with it, the key is not its own.
  services.store.check_key(call.user, key);
  return key;
}

}  // namespace iib::web
