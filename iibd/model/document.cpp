#include "iib/model/document.hpp"

#include "iib/model/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace iib::model {
namespace {

void write_fact(JsonWriter& json, const FactKey& key, const std::optional<std::string>& value) {
  switch (key.form) {
    case FactForm::object:
      return json.raw(value.value_or("{}"));
    case FactForm::object_or_null:
      return json.raw(value.value_or("null"));
    case FactForm::plain:
    case FactForm::sorted:
      return json.value(value);
  }
}

void write_fact(JsonWriter& json, const FactKey& key, const std::vector<std::string>& value) {
  if (key.form != FactForm::sorted) return json.value(value);
  auto sorted = value;
  std::sort(sorted.begin(), sorted.end());
  json.value(sorted);
}

void write_fact(JsonWriter& json, const FactKey&, const std::optional<bool>& value) {
  json.value(value);
}

void write_fact(JsonWriter& json, const FactKey&,
                const std::map<std::string, std::vector<std::string>>& value) {
  json.begin_object();
  for (const auto& [name, bundles] : value) {
    json.key(name);
    json.value(bundles);
  }
  json.end_object();
}

void write_state(JsonWriter& json, const StateEntry& entry) {
  json.member("state", to_string(entry.state));
  json.member("state_reason", entry.reason);
  json.member("updated", to_iso8601(entry.updated));
}

/// Writes one document; holds what its parts share.
class DocumentWriter {
 public:
  DocumentWriter(JsonWriter& json, const Request& request, const DocumentOptions& options)
      : json_{json}, request_{request}, options_{options} {}

  void write(DocumentDetail detail) {
    json_.begin_object();
    write_common();
    if (detail == DocumentDetail::verbose) write_verbose();
    for (const auto& key : fact_keys()) {
      if (!key.types.has(request_.type)) continue;
      json_.key(key.name);
      std::visit([&](const auto member) { write_fact(json_, key, request_.facts.*member); },
                 key.member);
    }
    write_type_specials();
    json_.end_object();
  }

 private:
  void write_common() {
    json_.member("id", request_.id.value());
    json_.member("request_type", to_string(request_.type));
    json_.member("batch", request_.batch.value());
    json_.member("user", request_.user);
    json_.member("arches", request_.arches);
    write_state(json_, request_.history.front());
  }

  void write_verbose() {
    json_.key("batch_annotations");
    json_.raw(request_.batch_annotations.value_or("null"));
    json_.key("state_history");
    json_.begin_array();
    for (const auto& entry : request_.history) {
      json_.begin_object();
      write_state(json_, entry);
      json_.end_object();
    }
    json_.end_array();
    if (options_.logs_configured) write_artifact("logs", "logs");
  }

  void write_type_specials() {
    if (request_.type == RequestType::regenerate_bundle && options_.related_bundles_configured) {
      write_artifact("related_bundles", "related_bundles");
    }
    if (request_.type == RequestType::recursive_related_bundles) {
      write_artifact("nested_bundles", "nested-bundles");
    }
    if (request_.type == RequestType::fbc_operations) write_fragments();
    if (request_.type == RequestType::add_deprecations) {
      json_.member("deprecation_schema_url", url("deprecation-schema"));
    }
  }

  /// Two forms (rest-api 4.2): what was submitted as one image is shown as one image.
  void write_fragments() {
    const auto& facts = request_.facts;
    const std::vector<std::string> none;
    const bool single = facts.single_fragment_form;
    const auto first_of = [](const std::vector<std::string>& list) {
      return list.empty() ? std::optional<std::string>{} : std::optional{list.front()};
    };
    std::optional<std::string> fragment;
    std::optional<std::string> resolved;
    if (single) {
      fragment = facts.fbc_fragment ? facts.fbc_fragment : first_of(facts.fbc_fragments);
      resolved = facts.fbc_fragment_resolved ? facts.fbc_fragment_resolved
                                             : first_of(facts.fbc_fragments_resolved);
    }
    json_.member("fbc_fragment", fragment);
    json_.member("fbc_fragment_resolved", resolved);
    json_.member("fbc_fragments", single ? none : facts.fbc_fragments);
    json_.member("fbc_fragments_resolved", single ? none : facts.fbc_fragments_resolved);
  }

  void write_artifact(std::string_view key, std::string_view path) {
    json_.key(key);
    json_.begin_object();
    json_.member("url", url(path));
    json_.member("expiration", to_iso8601(expiration(request_, options_.data_lifetime)));
    json_.end_object();
  }

  [[nodiscard]] std::string url(std::string_view path) const {
    return fmt::format("{}/api/v1/builds/{}/{}", options_.base_url, request_.id.value(), path);
  }

  JsonWriter& json_;
  const Request& request_;
  const DocumentOptions& options_;
};

}  // namespace

Timestamp expiration(const Request& request, std::chrono::days data_lifetime) {
  return request.history.front().updated + data_lifetime;
}

std::string document(const Request& request, const DocumentOptions& options,
                     DocumentDetail detail) {
  JsonWriter json;
  DocumentWriter{json, request, options}.write(detail);
  return json.text();
}

std::string documents(std::span<const Request> requests, const DocumentOptions& options,
                      DocumentDetail detail) {
  JsonWriter json;
  json.begin_array();
  for (const auto& request : requests) DocumentWriter{json, request, options}.write(detail);
  json.end_array();
  return json.text();
}

RequestState batch_state(std::span<const RequestState> states) {
  const auto any = [&](RequestState state) {
    return std::find(states.begin(), states.end(), state) != states.end();
  };
  if (any(RequestState::in_progress)) return RequestState::in_progress;
  return any(RequestState::failed) ? RequestState::failed : RequestState::complete;
}

std::string batch_message(const BatchReport& report) {
  JsonWriter json;
  json.begin_object();
  json.member("batch", report.batch.value());
  json.key("annotations");
  json.raw(report.annotations.value_or("null"));
  json.member("state", to_string(report.state));
  json.member("user", report.user);
  json.key("requests");
  json.begin_array();
  for (const auto& request : report.requests) {
    json.begin_object();
    json.member("id", request.id.value());
    json.member("organization", request.organization);
    json.member("request_type", to_string(request.type));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return json.text();
}

}  // namespace iib::model
