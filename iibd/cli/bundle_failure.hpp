#pragma once

#include "cli/output.hpp"

#include <functional>

namespace iib::cli {

/// Runs `work`, which gives the exit status. The reason of its failure is printed on standard
/// error, and for Format::json as `{"error": {"code", "reason", "file"}}` on standard output, too;
/// then gives kFailed. The code is that of the refusal, or else `invalid_input` (what was named on
/// the command line is wrong), `external_failure` (a registry or the disk), `interrupted` or
/// `internal_error`; `file` is null when no file of the bundle is at fault.
[[nodiscard]] int run_bundle_command(Format format, const std::function<int()>& work);

}  // namespace iib::cli
