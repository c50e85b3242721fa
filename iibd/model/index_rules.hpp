#pragma once

#include "iib/model/request.hpp"
#include "iib/model/submission.hpp"
#include "model/parameters.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::model {

/// Who submits, and under which settings.
struct Caller {
  const std::optional<std::string>& user;
  const SubmissionRules& rules;

  /// Known, and listed in `IIB_PRIVILEGED_USERNAMES`.
  [[nodiscard]] bool privileged() const;
};

/// The names a type has beyond those that every index-image request has.
struct IndexNames {
  std::vector<std::string_view> required;
  std::vector<std::string_view> optional;
};

/// Steps C1 to C16 (rest-api 3.2) in their order, for the types whose result is an index image.
/// Lists of images that the type read before are in `request.facts` already.
void apply_index_rules(Parameters& body, const IndexNames& names, const Caller& caller,
                       NewRequest& request);
/// Steps C1 to C4 of them, for a type with a check of its own behind.
void check_index_names(Parameters& body, const IndexNames& names);
/// Steps C5 to C16.
void read_index_parameters(Parameters& body, const Caller& caller, NewRequest& request);

// The steps that merge-index-image, which has an order of its own (rest-api 3.7), shares.

/// C7b: what is given by digest cannot be overwritten. `option` asks for it, `parameter` names the
/// index.
void refuse_overwriting_digest(std::string_view option, std::string_view parameter,
                               std::string_view index);
/// C8.
[[nodiscard]] std::optional<std::string> read_scope(const Parameters& body);
/// C12 and C13.
[[nodiscard]] std::optional<std::string> read_binary_image(const Parameters& body,
                                                           const SubmissionRules& rules);
/// Equal for texts that name the same index: jobs that overwrite it must wait for each other.
[[nodiscard]] std::string ordering_key_of(const std::string& index);

/// `graph_update_mode` is one of the options, and `index` is listed for its use (rest-api 3.4).
void check_graph_mode(std::string_view mode, const std::optional<std::string>& index,
                      const SubmissionRules& rules);

/// Step C8: lower-cased, and one of the scopes there are.
[[nodiscard]] std::string normalised_scope(std::string_view text);

/// Refuses what is no pull specification; `name` is the parameter it came from.
void check_pull_specification(std::string_view name, std::string_view image);
/// The same for each of `images`.
void check_pull_specifications(std::string_view name, const std::vector<std::string>& images);

}  // namespace iib::model
