#pragma once

#include "iib/model/digest.hpp"
#include "image/tool_failure.hpp"

#include <filesystem>
#include <optional>

namespace iib::image {

/// The digest that a buildah that ended well wrote into `file` (--digestfile); nothing when it
/// wrote none. Throws ExternalError naming `step` for what is no digest.
[[nodiscard]] std::optional<model::Digest> read_digest_file(const std::filesystem::path& file,
                                                            const Step& step);

/// A buildah that says it has pushed but not what.
[[noreturn]] void throw_without_digest(const Step& step);

}  // namespace iib::image
