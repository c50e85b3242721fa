#pragma once

#include "index_image.hpp"
#include "shared_data.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::test {

/// One step of a scenario: bundles added at once, and whether the reference accepted them.
struct GoldenStep {
  /// Keys of the corpus, `package/version`.
  std::vector<std::string> bundles;
  bool accepted = false;
};

/// The tables that are compared, rows sorted.
struct GoldenTables {
  /// name, default_channel.
  Rows package;
  /// package, name, head.
  Rows channel;
  /// package, channel, bundle, depth, replaced bundle, its depth.
  Rows channel_entry;
  /// name, version, replaces, skips, pull specification as the golden files know it.
  Rows operatorbundle;
};

/// A scenario: what was added, and the tables after the last step.
struct Golden {
  std::vector<GoldenStep> steps;
  GoldenTables tables;
};

/// A real bundle: where it lies, and the pull specification the golden files know it under.
struct CorpusBundle {
  std::filesystem::path directory;
  std::string image;
};

/// The scenario `replaces-one-by-one` of `package`.
[[nodiscard]] Golden read_golden(const std::filesystem::path& shared, const std::string& package);

/// The bundles of the corpus by key.
[[nodiscard]] std::map<std::string, CorpusBundle> read_corpus(const std::filesystem::path& shared);

/// The same tables of a database of ours. `golden_names`: golden name of each pull specification.
[[nodiscard]] GoldenTables read_tables(IndexDatabase& database,
                                       const std::map<std::string, std::string>& golden_names);

}  // namespace iib::test
