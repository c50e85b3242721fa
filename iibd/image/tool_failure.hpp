#pragma once

#include "iib/io/process.hpp"
#include "iib/model/image_reference.hpp"

#include <string>
#include <string_view>

namespace iib::image {

/// Why an image could not be read or pushed.
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

/// A step that makes something at `destination`, which nobody but us has named.
[[nodiscard]] Step making(std::string subject, std::string action,
                          const model::ImageReference& destination);

/// Throws what `cause` means in `step`, with the remedy: UserError when the user named something
/// that is not there, else ExternalError, worth retrying unless it is hopeless. `text` says what
/// happened.
[[noreturn]] void throw_cause(Cause cause, std::string_view text, const Step& step);

/// Throws what an unsuccessful `exit` of `tool` means in `step`, as throw_cause() does.
[[noreturn]] void throw_failure(std::string_view tool, const io::Exit& exit, const Step& step);

}  // namespace iib::image
