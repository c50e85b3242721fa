#pragma once

namespace iib::cli {

/// Reads the command line and runs what it asks for; gives the exit status: 0 done, 1 failed (the
/// reason is on standard error), 2 the command line is wrong.
[[nodiscard]] int run(int argc, const char* const* argv);

}  // namespace iib::cli
