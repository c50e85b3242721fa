#pragma once

#include "iib/model/request.hpp"
#include "iib/store/store.hpp"
#include "store/connection.hpp"

namespace iib::store {

/// Writes messages, with their bodies as of now (rest-api 10). Used inside the transaction of the
/// change that they tell.
class Outbox {
 public:
  /// `options` outlive it.
  explicit Outbox(const Options& options);

  /// After a state was appended: the build-state message, and the batch-state message when the
  /// batch has ended.
  void state_appended(Connection& connection, RequestId request, EventId event) const;
  /// After a submission: a build-state message each, then one batch-state message.
  void submitted(Connection& connection, const std::vector<model::Request>& requests) const;

 private:
  struct Message;

  [[nodiscard]] bool is_wanted(std::string_view kind) const;
  void add_message(Connection& connection, EventId event, const Message& message) const;
  void add_build_state(Connection& connection, const model::Request& request, EventId event) const;
  void add_batch_state(Connection& connection, const model::Request& member, EventId event,
                       model::RequestState state) const;

  const Options& options_;
  std::vector<Receiver> receivers_;
};

/// The batch's state, derived from its requests (rest-api 8).
[[nodiscard]] model::RequestState batch_state(Connection& connection, BatchId batch);

}  // namespace iib::store
