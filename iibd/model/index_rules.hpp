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

/// `graph_update_mode` is one of the options, and `index` is listed for its use (rest-api 3.4).
void check_graph_mode(std::string_view mode, const std::optional<std::string>& index,
                      const SubmissionRules& rules);

/// Refuses what is no pull specification; `name` is the parameter it came from.
void check_pull_specification(std::string_view name, std::string_view image);

}  // namespace iib::model
