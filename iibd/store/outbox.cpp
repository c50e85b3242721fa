#include "store/outbox.hpp"

#include "iib/model/document.hpp"
#include "iib/store/outbox.hpp"
#include "store/requests.hpp"
#include "store/sql/outbox.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>

namespace iib::store {
namespace {

/// A random UUID (RFC 4122, version 4).
std::string random_uuid() {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) {
    throw Error{"OpenSSL could not give random bytes"};
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0FU) | 0x40U);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3FU) | 0x80U);
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string uuid;
  for (std::size_t at = 0; at < bytes.size(); ++at) {
    if (at == 4 || at == 6 || at == 8 || at == 10) uuid += '-';
    uuid += kDigits[bytes[at] >> 4U];
    uuid += kDigits[bytes[at] & 0x0FU];
  }
  return uuid;
}

/// The application properties of a message (rest-api 10.2).
std::string properties(const model::Request& request, model::RequestState state,
                       std::optional<RequestId> id) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> json{buffer};
  const auto text = [&](std::string_view value) {
    json.String(value.data(), static_cast<rapidjson::SizeType>(value.size()));
  };
  json.StartObject();
  json.Key("batch");
  json.Int64(request.batch.value());
  if (id) {
    json.Key("id");
    json.Int64(id->value());
  }
  json.Key("state");
  text(to_string(state));
  json.Key("user");
  if (request.user) {
    text(*request.user);
  } else {
    json.Null();
  }
  json.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

constexpr std::string_view kBuildState = "build-state";
constexpr std::string_view kBatchState = "batch-state";

bool takes(const Receiver& receiver, std::string_view kind) {
  return std::find(receiver.kinds.begin(), receiver.kinds.end(), kind) != receiver.kinds.end();
}

/// The AMQP destination for one kind of messages, and the others.
std::vector<Receiver> receivers_of(const Options& options) {
  std::vector<Receiver> receivers;
  const auto add = [&](const std::optional<std::string>& destination, std::string_view kind) {
    if (!destination) return;
    receivers.push_back({.channel = std::string{kAmqpChannel},
                         .destination = *destination,
                         .kinds = {std::string{kind}}});
  };
  add(options.destinations.build_state, kBuildState);
  add(options.destinations.batch_state, kBatchState);
  receivers.insert(receivers.end(), options.receivers.begin(), options.receivers.end());
  return receivers;
}

std::vector<model::BatchMember> batch_members(Connection& connection, BatchId batch) {
  auto rows = connection.use(sql::kBatchMembers);
  rows.bind(":batch", batch.value());
  std::vector<model::BatchMember> members;
  while (rows.step()) {
    members.push_back({.id = RequestId{rows.integer("id")},
                       .type = static_cast<model::RequestType>(rows.integer("type")),
                       .organization = rows.maybe_text("organization")});
  }
  return members;
}

}  // namespace

model::RequestState batch_state(Connection& connection, BatchId batch) {
  auto row = connection.use(sql::kBatchState);
  if (!row.bind(":batch", batch.value()).step() || row.integer("in_progress") > 0) {
    return model::RequestState::in_progress;
  }
  return row.integer("failed") > 0 ? model::RequestState::failed : model::RequestState::complete;
}

struct Outbox::Message {
  std::string_view kind;
  BatchId batch;
  std::string subject;
  std::string properties;
  std::string body;
};

Outbox::Outbox(const Options& options) : options_{options}, receivers_{receivers_of(options)} {}

bool Outbox::is_wanted(std::string_view kind) const {
  return std::any_of(receivers_.begin(), receivers_.end(),
                     [&](const Receiver& receiver) { return takes(receiver, kind); });
}

/// For every receiver of its kind.
void Outbox::add_message(Connection& connection, EventId event, const Message& message) const {
  for (const auto& receiver : receivers_) {
    if (!takes(receiver, message.kind)) continue;
    connection.use(sql::kAddMessage)
        .bind(":event", event.value())
        .bind(":batch", message.batch.value())
        .bind(":channel", receiver.channel)
        .bind(":kind", message.kind)
        .bind(":destination", receiver.destination)
        .bind(":subject", message.subject)
        .bind(":message_id", random_uuid())
        .bind(":properties", message.properties)
        .bind(":body", message.body)
        .run();
  }
}

void Outbox::add_build_state(Connection& connection, const model::Request& request,
                             EventId event) const {
  if (!is_wanted(kBuildState)) return;
  const model::DocumentOptions document_options{
      .base_url = options_.external_url.empty() ? request.base_url : options_.external_url,
      .data_lifetime = options_.data_lifetime,
      .related_bundles_configured = options_.related_bundles_configured};
  add_message(connection, event,
              {.kind = kBuildState,
               .batch = request.batch,
               .subject = fmt::format("request {}", request.id.value()),
               .properties = properties(request, request.history.front().state, request.id),
               .body = model::document(request, document_options, model::DocumentDetail::listed)});
}

void Outbox::add_batch_state(Connection& connection, const model::Request& member, EventId event,
                             model::RequestState state) const {
  if (!is_wanted(kBatchState)) return;
  const model::BatchReport report{.batch = member.batch,
                                  .annotations = member.batch_annotations,
                                  .state = state,
                                  .user = member.user,
                                  .requests = batch_members(connection, member.batch)};
  add_message(connection, event,
              {.kind = kBatchState,
               .batch = member.batch,
               .subject = fmt::format("batch {}", member.batch.value()),
               .properties = properties(member, state, std::nullopt),
               .body = model::batch_message(report)});
}

void Outbox::state_appended(Connection& connection, RequestId id, EventId event) const {
  if (receivers_.empty()) return;
  const auto request = load_request(connection, id, Detail::latest_state);
  if (!request) throw Error{"internal error: a request with a new state is not there"};
  add_build_state(connection, *request, event);
  const auto state = batch_state(connection, request->batch);
  if (is_final(state)) add_batch_state(connection, *request, event, state);
}

void Outbox::submitted(Connection& connection, const std::vector<model::Request>& requests) const {
  for (const auto& request : requests) {
    add_build_state(connection, request, request.history.front().id);
  }
  add_batch_state(connection, requests.back(), requests.back().history.front().id,
                  model::RequestState::in_progress);
}

}  // namespace iib::store
