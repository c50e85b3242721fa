#pragma once

#include "iib/base/files.hpp"
#include "iib/catalog/embedded_engine.hpp"
#include "iib/catalog/problem.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::test {

/// Keeps the lines written to it.
class RecordingSink final : public LogSink {
 public:
  void write(LogLevel level, std::string_view module, std::string_view message) noexcept override;
  /// All lines, each ended by a line feed.
  [[nodiscard]] std::string text() const;

 private:
  mutable std::mutex mutex_;
  std::string text_;
};

/// Files of a bundle by path below its directory.
using BundleFileTexts = std::map<std::string, std::string>;

/// Files of the bundle that `notation` describes, in the notation of catalog-sqlite 0.1:
/// `v2(2.0.0, alpha, beta; replaces v1; skips s1,s2; default alpha; package pk; path x/y:1)`.
/// No channel: alpha; no package: pk; no version between the brackets: none.
BundleFileTexts files_of(std::string_view notation);

/// Runs SQL statements on the database at `path`, as somebody else's program might have.
void change_database(const std::filesystem::path& path, const std::string& sql);

/// An index under change, with its bundles in a directory of its own.
class IndexFixture {
 public:
  IndexFixture();

  /// Adds one bundle per notation, in one call. A refused call leaves the index as it was.
  void add(const std::vector<std::string>& notations, const catalog::AddOptions& options = {});
  /// Adds a bundle of given files under a pull specification.
  void add_files(const BundleFileTexts& files, const std::string& pull_spec = "reg/ns/b:1");
  /// Removes packages.
  void remove(const std::vector<std::string>& packages);
  /// The problems of a call that must be refused.
  std::vector<catalog::Problem> refusal(const std::vector<std::string>& notations,
                                        const catalog::AddOptions& options = {});

  /// A channel's rows as catalog-sqlite 0.1 draws them, ids counted from the channel's first:
  /// `1 v2 ->2 @0, 2 v1 @1`.
  [[nodiscard]] std::string entries(const std::string& channel,
                                    const std::string& package = "pk") const;
  /// The rows of a query: cells joined by `|`, rows by a line feed; NULL is `null`.
  [[nodiscard]] std::string query(const std::string& sql) const;

  /// Writes files into a new directory and names it as a bundle.
  catalog::BundleSource write(const BundleFileTexts& files, const std::string& pull_spec);
  [[nodiscard]] catalog::Work work() const;
  [[nodiscard]] const std::filesystem::path& directory() const { return directory_.path(); }
  [[nodiscard]] std::string log() const { return sink_->text(); }

  catalog::EmbeddedEngine engine;
  std::optional<catalog::Catalog> index;

 private:
  TempDir directory_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  int bundles_ = 0;
};

}  // namespace iib::test
