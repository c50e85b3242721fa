#include "store/requests.hpp"

#include "store/facts.hpp"
#include "store/sql/requests.hpp"

namespace iib::store {
namespace {

constexpr int kAllEntries = -1;

std::optional<bool> maybe_flag(const Use& row, const char* column) {
  const auto value = row.maybe_integer(column);
  if (!value) return std::nullopt;
  return *value != 0;
}

model::RequestFacts read_columns(const Use& row) {
  model::RequestFacts facts;
  facts.from_index = row.maybe_text("from_index");
  facts.index_image = row.maybe_text("index_image");
  facts.organization = row.maybe_text("organization");
  facts.distribution_scope = row.maybe_text("distribution_scope");
  facts.graph_update_mode = row.maybe_text("graph_update_mode");
  facts.operator_package = row.maybe_text("operator");
  facts.check_related_images = maybe_flag(row, "check_related_images");
  facts.ignore_bundle_ocp_version = maybe_flag(row, "ignore_bundle_ocp_version");
  facts.omps_operator_version = row.maybe_text("omps_operator_version");
  facts.bundle_replacements = row.maybe_text("bundle_replacements");
  facts.labels = row.maybe_text("labels");
  facts.deprecation_schema = row.maybe_text("deprecation_schema");
  facts.single_fragment_form = row.integer("single_fragment_form") != 0;
  return facts;
}

std::optional<model::Request> read_row(Connection& connection, RequestId id) {
  auto row = connection.use(sql::kRequest);
  row.bind(":request", id.value());
  if (!row.step()) return std::nullopt;
  model::Request request;
  request.id = id;
  request.type = static_cast<model::RequestType>(row.integer("type"));
  request.batch = BatchId{row.integer("batch_id")};
  request.batch_annotations = row.maybe_text("annotations");
  request.base_url = row.text("base_url");
  request.user = row.maybe_text("username");
  request.facts = read_columns(row);
  return request;
}

std::vector<std::string> read_architectures(Connection& connection, RequestId id) {
  auto rows = connection.use(sql::kRequestArchitectures);
  rows.bind(":request", id.value());
  std::vector<std::string> arches;
  while (rows.step()) arches.push_back(rows.text("name"));
  return arches;
}

std::vector<model::StateEntry> read_states(Connection& connection, RequestId id, Detail detail) {
  auto rows = connection.use(sql::kRequestStates);
  rows.bind(":request", id.value())
      .bind(":limit", detail == Detail::latest_state ? 1 : kAllEntries);
  std::vector<model::StateEntry> history;
  while (rows.step()) {
    history.push_back({.id = EventId{rows.integer("id")},
                       .state = static_cast<model::RequestState>(rows.integer("state")),
                       .reason = rows.text("reason"),
                       .updated = Timestamp{std::chrono::microseconds{rows.integer("updated")}},
                       .claim = rows.maybe_integer("claim")});
  }
  return history;
}

}  // namespace

std::optional<model::Request> load_request(Connection& connection, RequestId id, Detail detail) {
  auto request = read_row(connection, id);
  if (!request) return std::nullopt;
  load_links(connection, id, request->facts);
  request->arches = read_architectures(connection, id);
  request->history = read_states(connection, id, detail);
  return request;
}

std::optional<model::StateEntry> latest_state(Connection& connection, RequestId id) {
  auto states = read_states(connection, id, Detail::latest_state);
  if (states.empty()) return std::nullopt;
  return std::move(states.front());
}

EventId add_state(Connection& connection, RequestId request, model::RequestState state,
                  std::string_view reason, Timestamp now) {
  auto add = connection.use(sql::kAddState);
  add.bind(":request", request.value())
      .bind(":state", static_cast<int>(state))
      .bind(":reason", reason)
      .bind(":updated", now.time_since_epoch().count());
  if (!add.step()) throw Error{"internal error: an inserted state has no id"};
  const EventId event{add.integer("id")};
  add.run();
  return event;
}

void store_learned(Connection& connection, RequestId request, const model::Learned& learned) {
  learn_columns(connection, request, learned.facts);
  store_links(connection, request, learned.facts);
  add_architectures(connection, request, learned.arches);
}

}  // namespace iib::store
