#pragma once

#include "iib/base/error.hpp"
#include "iib/model/request.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::model {

/// A mistake that is one of standing, not of form: HTTP 403 (rest-api 1.2).
class Forbidden : public UserError {
 public:
  using UserError::UserError;
};

/// The settings that validation depends on.
struct SubmissionRules {
  /// Users who may overwrite without a token (`IIB_PRIVILEGED_USERNAMES`).
  std::vector<std::string> privileged_users;
  /// Whether add and rm of privileged users always overwrite (`IIB_FORCE_OVERWRITE_FROM_INDEX`).
  bool force_overwrite = false;
  /// Whether a binary image may be left out (`IIB_BINARY_IMAGE_CONFIG` is not empty).
  bool has_default_binary_image = false;
  /// The allowed values of `graph_update_mode` (`IIB_GRAPH_MODE_OPTIONS`).
  std::vector<std::string> graph_modes{"replaces", "semver", "semver-skippatch"};
  /// The indexes it may be used with (`IIB_GRAPH_MODE_INDEX_ALLOW_LIST`).
  std::vector<std::string> graph_mode_indexes;
};

/// Builds the request that the body of a single POST describes, by the rules of its type
/// (rest-api 3), in their order. `user` is nothing for an anonymous caller that was let in. Throws
/// UserError naming the parameter and what is allowed, or Forbidden. The queue is left empty.
[[nodiscard]] NewRequest parse_submission(RequestType type, std::string_view body,
                                          const std::optional<std::string>& user,
                                          const SubmissionRules& rules);

/// The endpoints that take several requests at once (rest-api 8).
enum class BatchKind { regenerate_bundle, add_rm };

/// Builds the batch that the body of such a POST describes; its elements go by the rules of their
/// type, in order. Throws like parse_submission, the message telling the element's index from zero.
/// Queues and base URL are left empty.
[[nodiscard]] NewBatch parse_batch_submission(BatchKind kind, std::string_view body,
                                              const std::optional<std::string>& user,
                                              const SubmissionRules& rules);

}  // namespace iib::model
