#pragma once

#include "iib/base/clock.hpp"
#include "iib/base/id.hpp"
#include "iib/base/secret.hpp"

#include <cstdint>
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
  EventId id;                                      ///< The one rising number of all events.
  RequestState state = RequestState::in_progress;  ///< The state entered.
  std::string reason;                              ///< Never empty.
  Timestamp updated;                               ///< When it was entered.
  /// The claim of the job that told it: another run of the same job has a higher one. Unset: told
  /// from outside.
  std::optional<std::int64_t> claim = {};
};

/// Everything a request's document tells beyond the common keys: the union over all types. Which
/// of these a type has, under which key, is the table in model/document.hpp (rest-api 4.2).
/// Unset means null, or the empty list or object where the table says so.
struct RequestFacts {
  std::optional<std::string> binary_image;                        ///< As submitted.
  std::optional<std::string> binary_image_resolved;               ///< By digest.
  std::optional<std::string> from_index;                          ///< As submitted.
  std::optional<std::string> from_index_resolved;                 ///< By digest.
  std::optional<std::string> index_image;                         ///< The result.
  std::optional<std::string> index_image_resolved;                ///< The result by digest.
  std::optional<std::string> internal_index_image_copy;           ///< The result as pushed.
  std::optional<std::string> internal_index_image_copy_resolved;  ///< The same by digest.
  std::optional<std::string> bundle_image;                        ///< The regenerated bundle.
  std::optional<std::string> from_bundle_image;                   ///< As submitted.
  std::optional<std::string> from_bundle_image_resolved;          ///< By digest.
  std::optional<std::string> source_from_index;                   ///< As submitted.
  std::optional<std::string> source_from_index_resolved;          ///< By digest.
  std::optional<std::string> target_index;                        ///< As submitted.
  std::optional<std::string> target_index_resolved;               ///< By digest.
  std::optional<std::string> parent_bundle_image;                 ///< As submitted.
  std::optional<std::string> parent_bundle_image_resolved;        ///< By digest.
  std::optional<std::string> fbc_fragment;                        ///< As submitted, if one was.
  std::optional<std::string> fbc_fragment_resolved;               ///< By digest.
  std::vector<std::string> bundles;                               ///< In the order of the request.
  std::vector<std::string> deprecation_list;                      ///< Bundles to deprecate.
  std::vector<std::string> fbc_fragments;                         ///< As submitted, if several.
  std::vector<std::string> fbc_fragments_resolved;                ///< By digest, same order.
  /// Package -> those of `bundles` known to belong to it. Stored per image, for all requests
  /// (rest-api 5.5); in a change it may name any bundle.
  std::map<std::string, std::vector<std::string>> bundle_mapping;
  std::vector<std::string> removed_operators;     ///< Package names.
  std::vector<std::string> build_tags;            ///< Sorted.
  std::optional<std::string> organization;        ///< Whose customizations apply.
  std::optional<std::string> distribution_scope;  ///< `prod`, `stage` or `dev`.
  std::optional<std::string> graph_update_mode;   ///< Unset: `replaces`.
  std::optional<std::string> operator_package;    ///< The package to deprecate in.
  std::optional<bool> check_related_images;       ///< Unset: not given.
  std::optional<bool> ignore_bundle_ocp_version;  ///< Unset: not given.
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
  RequestId id;                             ///< Unique, increasing over all types.
  RequestType type = RequestType::generic;  ///< Decides which keys its document has.
  BatchId batch;                            ///< The batch that it was submitted in.
  /// JSON text of an object, or nothing.
  std::optional<std::string> batch_annotations;
  /// Nothing for an anonymous caller.
  std::optional<std::string> user;
  /// Sorted ascending by byte value.
  std::vector<std::string> arches;
  RequestFacts facts;  ///< What was given and what was learned.
  /// Newest first; never empty. Listings that are not verbose carry only the newest.
  std::vector<StateEntry> history;
  /// Scheme and host of the submitting request (rest-api 1.9).
  std::string base_url;
};

/// What a job needs and no document shows (rest-api 3.1). Not secret.
struct JobArguments {
  std::vector<std::string> add_arches;  ///< Beside those of the source index.
  bool overwrite_from_index = false;    ///< Push the result over the source index.
  bool overwrite_target_index = false;  ///< Push the result over the target index.
  bool force_backport = false;          ///< For the legacy app registry.
  std::optional<bool> output_fbc;       ///< Unset: not given.
};

/// The secrets of a job: stored sealed, erased when the job ends. Never shown.
struct JobSecrets {
  std::optional<Secret> cnr_token;        ///< For the legacy app registry.
  std::optional<Secret> overwrite_token;  ///< `user:password` for the index to overwrite.
  /// JSON text with the single key `auths`.
  std::optional<Secret> registry_auths;
  /// Whether there is nothing to seal.
  [[nodiscard]] bool empty() const { return !cnr_token && !overwrite_token && !registry_auths; }
};

/// One validated submission, not stored yet.
struct NewRequest {
  RequestType type = RequestType::generic;  ///< What is to be done.
  RequestFacts facts;                       ///< As submitted.
  JobArguments arguments;                   ///< For the job only; shown nowhere.
  JobSecrets secrets;                       ///< Sealed in the store, erased at the end.
  /// Name of the queue (rest-api 9).
  std::string queue;
  /// Jobs with the same key never run together and keep their order; empty: no such rule.
  std::string ordering_key;
};

/// Makes a submission repeatable (header `Idempotency-Key`): per user, one with the same path and
/// key is the same submission, provided that its body is the same.
struct IdempotencyKey {
  std::string path;       ///< Of the endpoint.
  std::string key;        ///< As the client chose it.
  std::string body_hash;  ///< Stands for the body: see store::Store::body_hash.
};

/// What one POST submits: all or nothing.
struct NewBatch {
  std::optional<std::string> user;  ///< Unset: anonymous.
  /// JSON text of an object, or nothing.
  std::optional<std::string> annotations;
  std::vector<NewRequest> requests;  ///< In the order of submission.
  /// Scheme and host under which the client reached us.
  std::string base_url;
  /// Unset: each submission is a new one.
  std::optional<IdempotencyKey> idempotency = {};
};

/// What a job learned about its request, stored together with a state. Members that are set (lists:
/// not empty) replace what is stored; `arches` are added to it.
struct Learned {
  std::vector<std::string> arches;  ///< Empty: nothing new.
  RequestFacts facts;               ///< Only what is set replaces.
};

}  // namespace iib::model
