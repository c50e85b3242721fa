#pragma once

#include "iib/base/error.hpp"
#include "prepare.hpp"

#include <optional>

namespace iib::task {

/// The index that a build began from is no longer the one under its tag.
class IndexChanged : public UserError {
 public:
  using UserError::UserError;
};

/// Throws IndexChanged when from_index is not what it was when the build began.
void require_unchanged(const Context& context, const Preparation& preparation);

/// Puts the result over from_index, if the request asks for it (pipeline 8): everything but the tag
/// first, and the tag in one request, right after from_index was found unchanged. Notes in
/// `learned` where the result is now. Throws IndexChanged with nothing overwritten.
void overwrite_from_index(Context& context, const Preparation& preparation,
                          model::Learned& learned);

/// The end of a job that died after it had overwritten from_index (pipeline 15); nothing when it
/// had not.
[[nodiscard]] std::optional<Outcome> finish_overwriting(Context& context);

}  // namespace iib::task
