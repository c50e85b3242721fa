#pragma once

#include "iib/base/secret.hpp"

#include <string>

namespace iib::cli {

/// A new password for `name`: from a terminal, asked twice and not shown; else the first line of
/// standard input. Throws UserError when it is empty, too short or too long, or typed differently.
[[nodiscard]] Secret read_new_password(const std::string& name);

}  // namespace iib::cli
