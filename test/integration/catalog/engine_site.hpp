#pragma once

#include "iib/base/files.hpp"
#include "iib/catalog/engine.hpp"
#include "iib/catalog/opm_engine.hpp"
#include "iib/catalog/problem.hpp"
#include "iib/io/process.hpp"
#include "index_fixture.hpp"
#include "registry.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace iib::test {

/// The implementations of CatalogEngine.
enum class EngineKind { embedded, opm };

/// A real registry with bundles in it, and a directory to work in. Every bundle lies in the
/// registry and, unpacked, in a directory, so that any engine can add it.
class EngineSite {
 public:
  explicit EngineSite(std::optional<Login> login = std::nullopt);

  [[nodiscard]] std::unique_ptr<catalog::CatalogEngine> make_engine(EngineKind kind);
  /// An opm engine that tries once, changed by what the test needs.
  [[nodiscard]] std::unique_ptr<catalog::CatalogEngine> make_opm(
      catalog::OpmEngineOptions options = {});
  /// A bundle in the notation of IndexFixture, pushed.
  [[nodiscard]] catalog::BundleSource bundle(const std::string& notation);
  /// The bundle in `directory`, pushed.
  [[nodiscard]] catalog::BundleSource bundle_of(const std::filesystem::path& directory);

  /// Pushes any image; gives its digest.
  std::string push(const std::string& repository, const TestImage& image);

  [[nodiscard]] catalog::Work work(const Cancellation& cancellation = {}) const;
  /// Names in the directory of work(), sorted.
  [[nodiscard]] std::vector<std::string> results() const;
  [[nodiscard]] const Registry& registry() const { return registry_; }
  [[nodiscard]] std::filesystem::path path(const std::string& name) const;
  [[nodiscard]] std::string log() const { return sink_->text(); }
  [[nodiscard]] const std::vector<std::string>& insecure() const { return insecure_; }

 private:
  TempDir directory_;
  Registry registry_;
  io::ProgramRunner programs_;
  std::vector<std::string> insecure_{registry_.address()};
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  int bundles_ = 0;
};

/// The rows of a channel: `v2 ->v1 @0, v1 @1`, by depth and name.
[[nodiscard]] std::string channel_of(const catalog::Catalog& index, const std::string& channel,
                                     const std::string& package = "pk");

/// The first column of a query, joined by blanks.
[[nodiscard]] std::string query(const catalog::Catalog& index, const std::string& sql);

}  // namespace iib::test
