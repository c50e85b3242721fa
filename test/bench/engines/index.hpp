#pragma once

#include "corpus.hpp"
#include "site.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iib::bench {

/// Whether bundles below the heads still have their payloads, as mode replaces leaves them.
enum class Payloads { kept, cleared };

/// An index database of the corpus, multiplied to `bundles`, compacted; made below `directory`.
[[nodiscard]] std::filesystem::path make_database(const Corpus& corpus, int bundles,
                                                  Payloads payloads,
                                                  const std::filesystem::path& directory);

/// Pushes an index image of `database` for `architectures` as `repository`:1; gives its pull
/// specification.
[[nodiscard]] std::string push_index(test::Site& site, const std::filesystem::path& database,
                                     const std::vector<std::string>& architectures,
                                     const std::string& repository);

/// The configuration of a daemon with this image engine.
[[nodiscard]] std::string with_engine(std::string_view engine);

/// Submits and waits; gives the milliseconds from the first step to the end. Throws unless it ends
/// complete.
[[nodiscard]] double build_time(const test::Daemon& daemon, const std::string& body);

/// What a file takes, in MB.
[[nodiscard]] double megabytes(const std::filesystem::path& file);

}  // namespace iib::bench
