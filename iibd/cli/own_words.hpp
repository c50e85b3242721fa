#pragma once

#include <string>

namespace iib::cli {

/// `text`, in which engines name options of the daemon as remedies, with the options of the command
/// line in their place.
[[nodiscard]] std::string in_own_words(std::string text);

}  // namespace iib::cli
