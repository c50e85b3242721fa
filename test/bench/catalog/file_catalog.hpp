#pragma once

#include "corpus.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace iib::bench {

/// The package `name`, as migrating writes it, under another name.
[[nodiscard]] std::string renamed_package(std::string text, const std::string& name,
                                          const std::string& other);

/// The corpus as a file-based catalog, and copies of its packages under other names until there
/// are `bytes`; made below `directory`.
[[nodiscard]] std::filesystem::path make_catalog(const Corpus& corpus, std::uintmax_t bytes,
                                                 const std::filesystem::path& directory);

}  // namespace iib::bench
