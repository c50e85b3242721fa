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

/// Throws IndexChanged when the base index, which there is, is not what it was when the build
/// began.
void require_unchanged(const Context& context, const Preparation& preparation);

/// Puts the result over the base index, if the request asks for it (pipeline 8): everything but the
/// tag first, and the tag in one request, right after that index was found unchanged. Notes in
/// `learned` where the result is now. Throws IndexChanged with nothing overwritten.
void overwrite_base_index(Context& context, const Preparation& preparation,
                          model::Learned& learned);

/// The end of a job that died after it had overwritten the base index (pipeline 15); nothing when
/// it had not.
[[nodiscard]] std::optional<Outcome> finish_overwriting(Context& context);

}  // namespace iib::task
