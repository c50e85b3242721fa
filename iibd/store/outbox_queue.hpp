#pragma once

#include "iib/store/outbox.hpp"
#include "store/connection.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace iib::store {

// What leaves the outbox: see the functions of Store.

[[nodiscard]] std::vector<std::string> destinations_waiting(Connection& connection,
                                                            std::string_view channel);

/// Which messages are wanted.
struct Wanted {
  std::string_view channel;
  std::string_view destination;
  Timestamp now;
  std::size_t most = 0;
};
[[nodiscard]] std::vector<OutboxMessage> next_messages(Connection& connection,
                                                       const Wanted& wanted);

int drop_sent(Connection& connection, const std::vector<OutboxId>& ids);
int put_back(Connection& connection, const std::vector<Refusal>& refusals, int most_tries);
[[nodiscard]] OutboxCounts count_outbox(Connection& connection);

/// What `subject` held back for one that was set aside waits again.
void release_subject(Connection& connection, std::string_view channel, std::string_view subject);

}  // namespace iib::store
