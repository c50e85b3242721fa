#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace iib::test {

/// What of docs/reliability.md does not hold in the database below `state`; empty when all does.
/// Looks at a copy, so that the recovery is left to the next start.
[[nodiscard]] std::vector<std::string> broken_invariants(const std::filesystem::path& state);

/// The first number that `sql` gives in the database below `state`, looked at as above.
[[nodiscard]] long long number_in(const std::filesystem::path& state, const std::string& sql);

/// What lies below `state` that a daemon which has ended in order does not leave; empty when
/// nothing does.
[[nodiscard]] std::vector<std::string> leftovers(const std::filesystem::path& state);

}  // namespace iib::test
