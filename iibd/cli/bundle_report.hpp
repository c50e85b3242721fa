#pragma once

#include "iib/bundle/inspection.hpp"
#include "iib/bundle/regenerate.hpp"

#include <string>

namespace iib::cli {

/// What a bundle is, for scripts: `package`, `channels`, `default_channel`, `versions`, `images`,
/// `problems`.
[[nodiscard]] std::string json_of(const bundle::Inspection& inspection);
/// The same for people.
[[nodiscard]] std::string text_of(const bundle::Inspection& inspection);

/// What became of a bundle, for scripts: `named`, `found`, `looked_up`, `labels`, `changes` (by
/// file), `related_bundles`.
[[nodiscard]] std::string json_of(const bundle::Regenerated& regenerated);

/// The difference between the old files and the new ones, and why.
[[nodiscard]] std::string difference_of(const bundle::Regenerated& regenerated);

}  // namespace iib::cli
