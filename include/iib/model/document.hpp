#pragma once

#include "iib/model/request.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace iib::model {

/// A set of request types, as one bit per type.
class TypeSet {
 public:
  constexpr TypeSet() = default;
  /// The set of `types`.
  template <class... Types>
  constexpr explicit TypeSet(RequestType first, Types... types)
      : bits_{bit(first) | (0U | ... | bit(types))} {}
  /// Whether `type` belongs to the set.
  [[nodiscard]] constexpr bool has(RequestType type) const noexcept {
    return (bits_ & bit(type)) != 0;
  }

 private:
  static constexpr unsigned bit(RequestType type) { return 1U << static_cast<unsigned>(type); }
  unsigned bits_ = 0;
};

/// A text or null.
using TextFact = std::optional<std::string> RequestFacts::*;
/// An array of texts.
using ListFact = std::vector<std::string> RequestFacts::*;
/// A boolean, or null when it was not given.
using FlagFact = std::optional<bool> RequestFacts::*;
/// An object of arrays of texts.
using MappingFact = std::map<std::string, std::vector<std::string>> RequestFacts::*;
/// Where a document's value comes from.
using FactMember = std::variant<TextFact, ListFact, FlagFact, MappingFact>;

/// How a member becomes a JSON value.
enum class FactForm {
  /// As its C++ type says; unset texts and flags are null.
  plain,
  /// A list, sorted ascending by byte value.
  sorted,
  /// JSON text shown as the object it holds, `{}` when unset.
  object,
  /// JSON text shown as the object it holds, null when unset.
  object_or_null,
};

/// One row of the table of keys per type (rest-api 4.2).
struct FactKey {
  std::string_view name;            ///< The key in the JSON document.
  TypeSet types;                    ///< The types whose documents have it.
  FactMember member;                ///< Where the value is kept.
  FactForm form = FactForm::plain;  ///< How the value is written.
};

/// The table of keys per type. Keys that are URLs are not in it, nor is `deprecation_schema`.
[[nodiscard]] std::span<const FactKey> fact_keys();

/// Verbose documents also have `batch_annotations`, `state_history` and `logs`.
enum class DocumentDetail { listed, verbose };

/// What a document tells beyond what is stored.
struct DocumentOptions {
  /// Scheme and host put before the paths of URLs, such as `https://iib.example.com`.
  std::string base_url;
  /// `IIB_REQUEST_DATA_DAYS_TO_LIVE`: from the latest state to the expiration of artifacts.
  std::chrono::days data_lifetime{3};
  /// Whether verbose documents have a `logs` key.
  bool logs_configured = true;
  /// Whether documents of regenerate-bundle have a `related_bundles` key.
  bool related_bundles_configured = true;
};

/// When the artifacts of `request` expire.
[[nodiscard]] Timestamp expiration(const Request& request, std::chrono::days data_lifetime);

/// The JSON text of a request's document (rest-api 4).
[[nodiscard]] std::string document(const Request& request, const DocumentOptions& options,
                                   DocumentDetail detail);

/// The JSON text of an array of documents, as a batch is answered.
[[nodiscard]] std::string documents(std::span<const Request> requests,
                                    const DocumentOptions& options, DocumentDetail detail);

/// One request in the message about its batch.
struct BatchMember {
  RequestId id;                             ///< The member's own id.
  RequestType type = RequestType::generic;  ///< What the member does.
  std::optional<std::string> organization;  ///< As submitted, for the types that have it.
};

/// What the message about a batch tells (rest-api 10.2).
struct BatchReport {
  BatchId batch;  ///< The batch reported on.
  /// JSON text of an object, or nothing.
  std::optional<std::string> annotations;
  RequestState state = RequestState::in_progress;  ///< Of the batch as a whole.
  std::optional<std::string> user;                 ///< Unset: anonymous.
  /// In the order of their ids.
  std::vector<BatchMember> requests;
};

/// The state of a batch whose members have `states`: any in progress, else any failed, else
/// complete (rest-api 8).
[[nodiscard]] RequestState batch_state(std::span<const RequestState> states);

/// The JSON text of the message about a batch.
[[nodiscard]] std::string batch_message(const BatchReport& report);

/// JSON text of `arguments`, for the store.
[[nodiscard]] std::string to_json(const JobArguments& arguments);
/// Reads what to_json wrote. Throws UserError when the text is something else.
[[nodiscard]] JobArguments job_arguments_from_json(std::string_view text);

/// All secrets of a job as one text, to be sealed.
[[nodiscard]] Secret to_sealed_text(const JobSecrets& secrets);
/// Reads what to_sealed_text wrote. Throws UserError when the text is something else; the message
/// shows nothing of it.
[[nodiscard]] JobSecrets job_secrets_from(const Secret& sealed_text);

}  // namespace iib::model
