#pragma once

#include "iib/model/submission.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>

namespace iib::model::test {

inline const std::optional<std::string> kAnonymous;
inline const std::optional<std::string> kUser{"user@REALM"};
inline const std::optional<std::string> kPrivileged{"boss@REALM"};

/// Settings with a privileged user and indexes for graph_update_mode.
inline SubmissionRules rules() {
  SubmissionRules result;
  result.privileged_users = {"boss@REALM"};
  result.graph_mode_indexes = {"r:5000/ns/index", "r/exact:v1"};
  return result;
}

/// How a row of a table of rules ends.
enum class Refused { bad, forbidden };

/// Checks that `parse` refuses so, and that the message has both texts.
template <class Parse>
void check_refused_as(Refused expected, Parse parse, const std::string& first,
                      const std::string& second = "") {
  try {
    static_cast<void>(parse());
    FAIL_CHECK("was accepted");
  } catch (const Forbidden& error) {
    CHECK(expected == Refused::forbidden);
    CHECK_THAT(error.what(), Catch::Contains(first) && Catch::Contains(second));
  } catch (const UserError& error) {
    CHECK(expected == Refused::bad);
    CHECK_THAT(error.what(), Catch::Contains(first) && Catch::Contains(second));
  }
}

/// `good`, a JSON object, with `more` members behind its own.
inline std::string with(std::string good, const std::string& more) {
  if (more.empty()) return good;
  good.pop_back();
  return good + ", " + more + "}";
}

}  // namespace iib::model::test
