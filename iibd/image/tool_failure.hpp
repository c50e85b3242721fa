#pragma once

#include "iib/io/process.hpp"

#include <string>
#include <string_view>

namespace iib::image {

/// Why skopeo or buildah failed, as far as their error output tells.
enum class Cause {
  not_found,
  not_allowed,
  malformed_name,
  plain_http,
  certificate,
  disk_full,
  unreachable,
  registry_failed,
  other,
};

/// Recognises the cause in error output.
[[nodiscard]] Cause cause_of(std::string_view error_output);

/// The one sentence of error output that says what went wrong, fit for a reason: on one line,
/// bounded, without log decoration and without the queries of URLs (which may be signed).
[[nodiscard]] std::string cause_text(std::string_view error_output);

/// What failed: `{image} cannot be {action}`.
struct Step {
  /// An image, or another thing.
  std::string subject;
  /// Such as `read` or `pushed`.
  std::string action;
  /// Its registry, for remedies.
  std::string registry;
  /// Whether an absent subject is the user's mistake.
  bool named_by_user = true;
};

/// Throws what an unsuccessful `exit` of `tool` means in `step`: UserError when the user named
/// something that is not there, else ExternalError, worth retrying unless it is hopeless.
[[noreturn]] void throw_failure(std::string_view tool, const io::Exit& exit, const Step& step);

}  // namespace iib::image
