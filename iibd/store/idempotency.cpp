#include "store/idempotency.hpp"

#include "iib/base/hmac.hpp"
#include "iib/io/json.hpp"
#include "iib/model/json_writer.hpp"
#include "store/sql/idempotency.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

namespace iib::store {
namespace {

/// How long a repetition is known as one.
constexpr std::chrono::hours kLifetime{24};
/// More than one submission adds, so that the table cannot grow without bound.
constexpr int kDroppedAtOnce = 16;
/// Sets this use of the store's key apart from sealing.
constexpr std::string_view kPurpose = "iibd idempotency key, body hash, 1";

using Mapping = std::map<std::string, std::vector<std::string>>;

/// JSON text of the mappings, or nothing when all are empty: bundles that no build has seen yet.
std::optional<std::string> mappings_of(const std::vector<model::Request>& requests) {
  const bool none = std::all_of(requests.begin(), requests.end(), [](const auto& request) {
    return request.facts.bundle_mapping.empty();
  });
  if (none) return std::nullopt;
  model::JsonWriter json;
  json.begin_array();
  for (const auto& request : requests) {
    json.begin_object();
    for (const auto& [package, bundles] : request.facts.bundle_mapping) {
      json.member(package, bundles);
    }
    json.end_object();
  }
  json.end_array();
  return json.text();
}

Mapping mapping_from(const io::JsonValue& object) {
  Mapping mapping;
  for (const auto& member : object.GetObject()) {
    auto& bundles = mapping[std::string{*io::as_text(member.name)}];
    for (const auto& bundle : member.value.GetArray()) bundles.emplace_back(*io::as_text(bundle));
  }
  return mapping;
}

model::Request read_as_created(const Use& row, BatchId batch) {
  model::Request request;
  request.id = RequestId{row.integer("id")};
  request.type = static_cast<model::RequestType>(row.integer("type"));
  request.batch = batch;
  request.base_url = row.text("base_url");
  request.history = {{.id = EventId{row.integer("event")},
                      .state = static_cast<model::RequestState>(row.integer("state")),
                      .reason = row.text("reason"),
                      .updated = Timestamp{std::chrono::microseconds{row.integer("updated")}}}};
  return request;
}

void bind_key(Use& use, const std::optional<std::string>& user, const model::IdempotencyKey& key) {
  use.bind(":username", user.value_or("")).bind(":path", key.path).bind(":key", key.key);
}

}  // namespace

std::string body_hash(const Secret& key, std::string_view body) {
  return hmac_sha256_hex(hmac_sha256(key.reveal(), kPurpose), body);
}

std::optional<KnownSubmission> find_submission(Connection& connection,
                                               const std::optional<std::string>& user,
                                               const model::IdempotencyKey& key, Timestamp now) {
  auto row = connection.use(sql::kFindKey);
  bind_key(row, user, key);
  row.bind(":now", now.time_since_epoch().count());
  if (!row.step()) return std::nullopt;
  KnownSubmission known{.batch = BatchId{row.integer("batch_id")},
                        .bundle_mappings = row.maybe_text("bundle_mappings")};
  if (row.text("body_hash") == key.body_hash) return known;
  throw KeyReused{fmt::format(
      "the Idempotency-Key '{}' was given to another body less than 24 hours ago (batch {}); "
      "choose a new key for a new submission",
      key.key, known.batch.value())};
}

std::vector<model::Request> as_created(Connection& connection, const KnownSubmission& known,
                                       const model::NewBatch& repeated) {
  std::vector<model::Request> requests;
  auto rows = connection.use(sql::kBatchAsCreated);
  rows.bind(":batch", known.batch.value());
  while (rows.step()) requests.push_back(read_as_created(rows, known.batch));
  if (requests.size() != repeated.requests.size()) {
    throw Error{"internal error: a repeated submission has another size"};
  }
  io::JsonDocument mappings;
  if (known.bundle_mappings) mappings = io::parse_json(*known.bundle_mappings);
  for (std::size_t at = 0; at < requests.size(); ++at) {
    auto& request = requests[at];
    request.user = repeated.user;
    request.batch_annotations = repeated.annotations;
    request.facts = repeated.requests[at].facts;
    if (mappings.IsArray()) {
      request.facts.bundle_mapping = mapping_from(mappings[static_cast<rapidjson::SizeType>(at)]);
    }
  }
  return requests;
}

void remember_submission(Connection& connection, const model::NewBatch& batch,
                         const std::vector<model::Request>& stored, Timestamp now) {
  if (!batch.idempotency) return;
  auto add = connection.use(sql::kAddKey);
  bind_key(add, batch.user, *batch.idempotency);
  add.bind(":body_hash", batch.idempotency->body_hash)
      .bind(":batch", stored.at(0).batch.value())
      .bind(":bundle_mappings", mappings_of(stored))
      .bind(":expires", (now + kLifetime).time_since_epoch().count())
      .run();
}

void drop_expired_keys(Connection& connection, Timestamp now) {
  connection.use(sql::kDropExpiredKeys)
      .bind(":now", now.time_since_epoch().count())
      .bind(":most", kDroppedAtOnce)
      .run();
}

}  // namespace iib::store
