#pragma once

#include "corpus.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/embedded_engine.hpp"

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

namespace iib::bench {

/// What an operation needs, quiet and below `directory`.
[[nodiscard]] catalog::Work work_in(const std::filesystem::path& directory);

/// Adds without measuring; gives the database.
[[nodiscard]] std::filesystem::path add(const std::optional<std::filesystem::path>& from,
                                        std::span<const catalog::BundleSource> bundles,
                                        catalog::UpdateMode mode,
                                        const std::filesystem::path& directory);

/// A golden order without the last bundle of its longest package, which is apart: the one to add.
struct OneLeft {
  std::vector<Step> before;
  Step last;
};
[[nodiscard]] OneLeft leave_one(const Corpus& corpus);

}  // namespace iib::bench
