#pragma once

#include "iib/catalog/problem.hpp"
#include "iib/io/process.hpp"

#include <string>
#include <string_view>

namespace iib::catalog {

/// What opm says went wrong: the text after the last `Error: `, or of its last fatal log line; on
/// one line and bounded. Empty when it says nothing.
[[nodiscard]] std::string opm_error_text(std::string_view error_output);

/// The rule that a refused change breaks, as far as opm's `text` tells; `otherwise` if it does not.
[[nodiscard]] ProblemKind opm_problem_kind(std::string_view text, ProblemKind otherwise);

/// Whether opm met a registry without TLS where it expected one with.
[[nodiscard]] bool met_plain_http(const io::Exit& exit);

/// Throws what an unsuccessful `exit` of opm means: Refused for a broken rule (`otherwise` when it
/// is not clear which one), ExternalError for registries, disk and opm itself.
[[noreturn]] void throw_opm_failure(const std::string& program, const io::Exit& exit,
                                    ProblemKind otherwise);

}  // namespace iib::catalog
