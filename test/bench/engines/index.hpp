#pragma once

#include "corpus.hpp"
#include "iib/image/engine.hpp"
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

/// What a base holds.
struct BaseSize {
  double plain = 0;   ///< MB of files.
  double packed = 0;  ///< MB of its layers, as they lie in the registry.
};

/// Puts a base of the usual size in place of the site's, which has some kilobytes: for each of
/// `architectures` two layers of other files of this host, its programs and libraries. Gives the
/// size of the last one's.
BaseSize push_usual_base(test::Site& site, const std::vector<std::string>& architectures);

/// Pushes an image that holds `files` alone as `repository`:v1; gives its pull specification.
[[nodiscard]] std::string push_files(test::Site& site, const std::vector<image::LayerFile>& files,
                                     const std::string& repository);

/// The configuration of a daemon with this image engine.
[[nodiscard]] std::string with_engine(std::string_view engine);

/// What one request took.
struct Took {
  double milliseconds = 0;  ///< From the first step to the end.
  double processor = 0;     ///< Of the daemon's processor time, milliseconds too.
  double registry = 0;      ///< Of the registry's.
};

/// Submits a request of that type and waits. Throws unless it ends complete.
[[nodiscard]] Took build_time(const test::Daemon& daemon, const std::string& body,
                              const std::string& type = "add");

/// What a file takes, in MB.
[[nodiscard]] double megabytes(const std::filesystem::path& file);

}  // namespace iib::bench
