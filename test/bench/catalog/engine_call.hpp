#pragma once

#include "corpus.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/embedded_engine.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace iib::bench {

using catalog::SourceUse;

/// Adds without measuring; gives the database.
[[nodiscard]] std::filesystem::path add(const std::optional<std::filesystem::path>& from,
                                        std::span<const catalog::BundleSource> bundles,
                                        catalog::UpdateMode mode,
                                        const std::filesystem::path& directory,
                                        SourceUse use = SourceUse::copy);

/// Adds step after step, each a call, beginning with no database.
[[nodiscard]] std::filesystem::path add_one_by_one(std::span<const Step> steps,
                                                   const std::filesystem::path& directory);

/// A golden order without the last bundle of its longest package, which is apart: the one to add.
struct OneLeft {
  std::vector<Step> before;
  Step last;
};
[[nodiscard]] OneLeft leave_one(const Corpus& corpus);

}  // namespace iib::bench
