#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/id.hpp"
#include "iib/base/secret.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::model {

/// The kinds of request; the numbers are stored (rest-api 12).
enum class RequestType {
  generic = 0,
  add = 1,
  rm = 2,
  regenerate_bundle = 3,
  merge_index_image = 4,
  create_empty_index = 5,
  recursive_related_bundles = 6,
  fbc_operations = 7,
  add_deprecations = 8,
};

/// The hyphenated name used in documents, such as `regenerate-bundle`.
[[nodiscard]] std::string_view to_string(RequestType type);
/// The type of that hyphenated name, or nothing.
[[nodiscard]] std::optional<RequestType> request_type_from(std::string_view name);

/// Where a request stands; the numbers are stored (rest-api 12). `complete` and `failed` are final.
enum class RequestState { in_progress = 1, complete = 2, failed = 3 };

/// The name used in documents, such as `in_progress`.
[[nodiscard]] std::string_view to_string(RequestState state);
/// The state of that name, or nothing.
[[nodiscard]] std::optional<RequestState> request_state_from(std::string_view name);
/// Whether nothing can follow but a corrected reason.
[[nodiscard]] constexpr bool is_final(RequestState state) {
  return state != RequestState::in_progress;
}

/// One line of a request's history.
struct StateEntry {
  EventId id;
  RequestState state = RequestState::in_progress;
  std::string reason;
  Timestamp updated;
};

/// Everything a request's document tells beyond the common keys: the union over all types. Which
/// of these a type has, under which key, is the table in model/document.hpp (rest-api 4.2).
/// Unset means null, or the empty list or object where the table says so.
struct RequestFacts {
  std::optional<std::string> binary_image;
  std::optional<std::string> binary_image_resolved;
  std::optional<std::string> from_index;
  std::optional<std::string> from_index_resolved;
  std::optional<std::string> index_image;
  std::optional<std::string> index_image_resolved;
  std::optional<std::string> internal_index_image_copy;
  std::optional<std::string> internal_index_image_copy_resolved;
  std::optional<std::string> bundle_image;
  std::optional<std::string> from_bundle_image;
  std::optional<std::string> from_bundle_image_resolved;
  std::optional<std::string> source_from_index;
  std::optional<std::string> source_from_index_resolved;
  std::optional<std::string> target_index;
  std::optional<std::string> target_index_resolved;
  std::optional<std::string> parent_bundle_image;
  std::optional<std::string> parent_bundle_image_resolved;
  std::optional<std::string> fbc_fragment;
  std::optional<std::string> fbc_fragment_resolved;
  std::vector<std::string> bundles;
  std::vector<std::string> deprecation_list;
  std::vector<std::string> fbc_fragments;
  std::vector<std::string> fbc_fragments_resolved;
  /// Package -> those of `bundles` known to belong to it. Stored per image, for all requests
  /// (rest-api 5.5); in a change it may name any bundle.
  std::map<std::string, std::vector<std::string>> bundle_mapping;
  std::vector<std::string> removed_operators;
  std::vector<std::string> build_tags;
  std::optional<std::string> organization;
  std::optional<std::string> distribution_scope;
  std::optional<std::string> graph_update_mode;
  std::optional<std::string> operator_package;
  std::optional<bool> check_related_images;
  std::optional<bool> ignore_bundle_ocp_version;
  /// JSON text of an object.
  std::optional<std::string> omps_operator_version;
  /// JSON text of an object of strings.
  std::optional<std::string> bundle_replacements;
  /// JSON text of an object of strings.
  std::optional<std::string> labels;
  /// The submitted text, byte for byte.
  std::optional<std::string> deprecation_schema;
  /// Created with the single `fbc_fragment` (rest-api 4.2, "two forms").
  bool single_fragment_form = false;
};

/// A request as stored: enough for every document.
struct Request {
  RequestId id;
  RequestType type = RequestType::generic;
  BatchId batch;
  /// JSON text of an object, or nothing.
  std::optional<std::string> batch_annotations;
  /// Nothing for an anonymous caller.
  std::optional<std::string> user;
  /// Sorted ascending by byte value.
  std::vector<std::string> arches;
  RequestFacts facts;
  /// Newest first; never empty. Listings that are not verbose carry only the newest.
  std::vector<StateEntry> history;
  /// Scheme and host of the submitting request (rest-api 1.9).
  std::string base_url;
};

/// What a job needs and no document shows (rest-api 3.1). Not secret.
struct JobArguments {
  std::vector<std::string> add_arches;
  bool overwrite_from_index = false;
  bool overwrite_target_index = false;
  bool force_backport = false;
  std::optional<bool> output_fbc;
};

/// The secrets of a job: stored sealed, erased when the job ends. Never shown.
struct JobSecrets {
  std::optional<Secret> cnr_token;
  std::optional<Secret> overwrite_token;
  /// JSON text with the single key `auths`.
  std::optional<Secret> registry_auths;
  /// Whether there is nothing to seal.
  [[nodiscard]] bool empty() const { return !cnr_token && !overwrite_token && !registry_auths; }
};

/// One validated submission, not stored yet.
struct NewRequest {
  RequestType type = RequestType::generic;
  RequestFacts facts;
  JobArguments arguments;
  JobSecrets secrets;
  /// Name of the queue (rest-api 9).
  std::string queue;
  /// Jobs with the same key never run together and keep their order; empty: no such rule.
  std::string ordering_key;
};

/// What one POST submits: all or nothing.
struct NewBatch {
  std::optional<std::string> user;
  /// JSON text of an object, or nothing.
  std::optional<std::string> annotations;
  std::vector<NewRequest> requests;
  /// Scheme and host under which the client reached us.
  std::string base_url;
};

/// What a job learned about its request, stored together with a state. Members that are set (lists:
/// not empty) replace what is stored; `arches` are added to it.
struct Learned {
  std::vector<std::string> arches;
  RequestFacts facts;
};

}  // namespace iib::model
