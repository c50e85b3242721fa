#include "option.hpp"

namespace iib::config {
namespace {

using namespace std::chrono_literals;

/// Any value at all, for options whose type nobody needs to know.
Type<bool> anything() {
  return {"anything", Shape::collection, [](const Value&) { return true; }};
}

template <class T>
Option unneeded(std::string name, Type<T> type, std::string default_text, std::string why) {
  return unused_option(Status::ignored, std::move(name), std::move(type), std::move(default_text),
                       std::move(why));
}

constexpr auto kNoBroker = "iibd needs no broker: see `iib_queues`.";
constexpr auto kNoCatalogCache = "iibd needs no cache of other services' answers.";
constexpr auto kNoKonflux = "iibd builds by itself.";

}  // namespace

Section unneeded_options() {
  return {
      "Options of the original that iibd does not need",
      {
          unneeded("iib_api_url", text(), "", "The API and the workers are one program."),
          unneeded("iib_api_timeout", duration(1s), "120s",
                   "The API and the workers are one program."),
          unneeded("iib_request_logs_format", text(), "", "A request's log has its own format."),
          secret(unneeded("broker_url", text(), "", kNoBroker)),
          unneeded("broker_transport_options", map_of(anything()), "{max_retries: 10}", kNoBroker),
          unneeded("broker_connection_max_retries", whole_number(0), "10", kNoBroker),
          unneeded("include", list_of(text()), "[]", "The tasks are part of the program."),
          unneeded("task_acks_late", boolean(), "true", kNoBroker),
          unneeded("task_default_queue", text(), "iib", "The default queue is always `iib`."),
          unneeded("task_default_routing_key", text(), "iib", kNoBroker),
          unneeded("task_reject_on_worker_lost", boolean(), "true",
                   "Jobs outlive the daemon: see `iib_max_tries`."),
          unneeded("task_send_sent_event", boolean(), "true", kNoBroker),
          unneeded("worker_concurrency", whole_number(0), "1", "See `iib_queues`."),
          unneeded("worker_prefetch_multiplier", whole_number(0), "1", kNoBroker),
          unneeded("worker_deduplicate_successful_tasks", boolean(), "true",
                   "A job runs once: its claims are in the database."),
          unneeded("worker_send_task_events", boolean(), "true", kNoBroker),
          secret(unneeded("result_backend", text(), "rpc://", kNoBroker)),
          unneeded("result_persistent", boolean(), "false", kNoBroker),
          unneeded("iib_dogpile_backend", text(), "dogpile.cache.null", kNoCatalogCache),
          unneeded("iib_dogpile_expiration_time", duration(0s), "600", kNoCatalogCache),
          unneeded("iib_dogpile_arguments", map_of(anything()), "{url: [127.0.0.1]}",
                   kNoCatalogCache),
          unneeded("temp_index_db_path", text(), "database/index.db",
                   "Temporary files have places of their own."),
          unneeded("temp_fbc_fragment_path", text(), "fbc-fragment",
                   "Temporary files have places of their own."),
          unneeded("iib_konflux_cluster_url", url({"https"}), "", kNoKonflux),
          secret(unneeded("iib_konflux_cluster_token", text(), "", kNoKonflux)),
          unneeded("iib_konflux_cluster_ca_cert", text(), "", kNoKonflux),
          unneeded("iib_konflux_namespace", text(), "", kNoKonflux),
          unneeded("iib_konflux_pipeline_timeout", duration(1s), "1800", kNoKonflux),
      }};
}

}  // namespace iib::config
