#include "iib/store/store.hpp"

#include "store/changes.hpp"
#include "store/connection.hpp"
#include "store/idempotency.hpp"
#include "store/jobs.hpp"
#include "store/listing.hpp"
#include "store/names.hpp"
#include "store/outbox_queue.hpp"
#include "store/readers.hpp"
#include "store/requests.hpp"
#include "store/schema.hpp"
#include "store/sql/names.hpp"
#include "store/state_changes.hpp"
#include "store/submissions.hpp"
#include "store/writer.hpp"

namespace iib::store {
namespace {

constexpr auto kPing = "SELECT count(*) FROM user WHERE id = 0";

}  // namespace

struct Store::Impl {
  Impl(Options given, const Clock& used_clock, const Log& log)
      : options{std::move(given)},
        clock{used_clock},
        outbox{options},
        upgrade{prepare_database(options.database, {}, clock, log)},
        readers{options.database, options.readers},
        writer{options.database, log, announcer()} {}

  /// Tells of new states, whichever operations of a commit brought them.
  [[nodiscard]] std::function<void(Connection&)> announcer() {
    if (!options.on_new_states) return {};
    auto told = readers.with([](Connection& connection) { return newest_event(connection); });
    return [this, told](Connection& connection) mutable {
      const auto newest = newest_event(connection);
      if (std::exchange(told, newest) != newest) options.on_new_states();
    };
  }

  const Options options;
  const Clock& clock;
  const Outbox outbox;
  const Upgrade upgrade;  // comes before the connections, which expect the schema
  Readers readers;
  Writer writer;
};

Store::Store(Options options, const Clock& clock, Log log) {
  configure_sqlite();
  const auto database = options.database;
  impl_ = translating_errors(
      database, [&] { return std::make_unique<Impl>(std::move(options), clock, log); });
}

Store::~Store() = default;

void Store::submit(model::NewBatch batch, std::function<void(SubmitResult)> done) {
  impl_->writer.post(
      [impl = impl_.get(), batch = std::move(batch)](Connection& connection) {
        return submit_batch(connection, batch, impl->options.key, impl->clock.now(), impl->outbox);
      },
      std::move(done));
}

std::vector<model::Request> Store::submit(model::NewBatch batch) {
  return impl_->writer.run([impl = impl_.get(), &batch](Connection& connection) {
    return submit_batch(connection, batch, impl->options.key, impl->clock.now(), impl->outbox);
  });
}

std::string Store::body_hash(std::string_view body) const {
  return ::iib::store::body_hash(impl_->options.key, body);
}

void Store::check_key(const std::optional<std::string>& user,
                      const model::IdempotencyKey& key) const {
  impl_->readers.with([&](Connection& connection) {
    static_cast<void>(find_submission(connection, user, key, impl_->clock.now()));
  });
}

std::optional<model::Request> Store::find(RequestId id) const {
  return impl_->readers.with(
      [&](Connection& connection) { return load_request(connection, id, Detail::whole_history); });
}

Page Store::list(const Filter& filter, std::int64_t number, std::int64_t size,
                 Detail detail) const {
  return impl_->readers.with([&](Connection& connection) {
    return list_requests(connection, filter, number, size, detail);
  });
}

bool Store::image_known(std::string_view pull_spec) const {
  return impl_->readers.with([&](Connection& connection) {
    return find_name(connection, NameKind::image, pull_spec).has_value();
  });
}

bool Store::image_prefix_known(std::string_view prefix) const {
  return impl_->readers.with([&](Connection& connection) {
    auto known = connection.use(sql::kImagePrefixKnown);
    bind_prefix(known, prefix);
    return known.step();
  });
}

std::vector<StateChange> Store::changes_after(EventId last, std::size_t most,
                                              std::optional<RequestId> of) const {
  return impl_->readers.with([&](Connection& connection) {
    return ::iib::store::changes_after(connection, last, most, of);
  });
}

EventId Store::latest_event() const {
  return impl_->readers.with([](Connection& connection) { return newest_event(connection); });
}

void Store::ping() const {
  impl_->readers.with([](Connection& connection) { return connection.use(kPing).step(); });
}

void Store::patch(RequestId id, model::Patch patch, std::function<void(ChangeResult)> done) {
  impl_->writer.post(
      [impl = impl_.get(), id, patch = std::move(patch)](Connection& connection) {
        return patch_request(connection, id, patch, impl->clock.now(), impl->outbox);
      },
      std::move(done));
}

Changed Store::patch(RequestId id, const model::Patch& patch) {
  return impl_->writer.run([&](Connection& connection) {
    return patch_request(connection, id, patch, impl_->clock.now(), impl_->outbox);
  });
}

void Store::cancel(RequestId id, std::string reason, std::function<void(ChangeResult)> done) {
  impl_->writer.post(
      [impl = impl_.get(), id, reason = std::move(reason)](Connection& connection) {
        return cancel_request(connection, id, reason, impl->clock.now(), impl->outbox);
      },
      std::move(done));
}

Changed Store::cancel(RequestId id, const std::string& reason) {
  return impl_->writer.run([&](Connection& connection) {
    return cancel_request(connection, id, reason, impl_->clock.now(), impl_->outbox);
  });
}

std::optional<std::int64_t> Store::running_claim(RequestId request) const {
  return impl_->readers.with(
      [&](Connection& connection) { return ::iib::store::running_claim(connection, request); });
}

std::optional<ClaimedJob> Store::claim(std::string_view queue, std::string_view owner,
                                       std::chrono::seconds lease) {
  return impl_->writer.run([&](Connection& connection) {
    return claim_job(connection,
                     {.queue = queue,
                      .owner = owner,
                      .lease_until = impl_->clock.now() + lease,
                      .order = impl_->options.order},
                     impl_->options.key);
  });
}

void Store::renew(std::string_view owner, std::chrono::seconds lease) {
  impl_->writer.run([&](Connection& connection) {
    return renew_leases(connection, owner, impl_->clock.now() + lease);
  });
}

bool Store::holds(const Claim& claim) const {
  return impl_->readers.with(
      [&](Connection& connection) { return holds_claim(connection, claim); });
}

Written Store::progress(const Claim& claim, std::string reason, model::Learned learned) {
  return impl_->writer.run([&](Connection& connection) {
    return report_state(
        connection, claim,
        {.state = model::RequestState::in_progress, .reason = reason, .now = impl_->clock.now()},
        learned, impl_->outbox);
  });
}

Written Store::learn(const Claim& claim, model::Learned learned) {
  return impl_->writer.run([&](Connection& connection) {
    if (!holds_claim(connection, claim)) return Written::claim_lost;
    store_learned(connection, claim.request, learned);
    return Written::done;
  });
}

Written Store::finish(const Claim& claim, model::RequestState state, std::string reason,
                      model::Learned learned) {
  if (!is_final(state)) throw Error{"internal error: a request cannot finish as in_progress"};
  return impl_->writer.run([&](Connection& connection) {
    return report_state(connection, claim,
                        {.state = state, .reason = reason, .now = impl_->clock.now()}, learned,
                        impl_->outbox);
  });
}

Written Store::requeue(const Claim& claim) {
  return impl_->writer.run([&](Connection& connection) { return requeue_job(connection, claim); });
}

Recovered Store::recover(std::string_view owner, int max_tries) {
  return impl_->writer.run([&](Connection& connection) {
    return recover_jobs(connection, owner, max_tries, impl_->clock.now(), impl_->outbox);
  });
}

std::vector<std::string> Store::queues_with_work() const {
  return impl_->readers.with(
      [](Connection& connection) { return ::iib::store::queues_with_work(connection); });
}

std::vector<std::string> Store::destinations_waiting(std::string_view channel) const {
  return impl_->readers.with([&](Connection& connection) {
    return ::iib::store::destinations_waiting(connection, channel);
  });
}

std::vector<OutboxMessage> Store::next_messages(std::string_view channel,
                                                std::string_view destination,
                                                std::size_t most) const {
  return impl_->readers.with([&](Connection& connection) {
    return ::iib::store::next_messages(
        connection,
        {.channel = channel, .destination = destination, .now = impl_->clock.now(), .most = most});
  });
}

void Store::settled(const std::vector<OutboxId>& ids) {
  impl_->writer.run([&](Connection& connection) { return drop_sent(connection, ids); });
}

int Store::refused(const std::vector<Refusal>& refusals, int most_tries) {
  return impl_->writer.run(
      [&](Connection& connection) { return put_back(connection, refusals, most_tries); });
}

OutboxCounts Store::outbox_counts() const {
  return impl_->readers.with([](Connection& connection) { return count_outbox(connection); });
}

}  // namespace iib::store
