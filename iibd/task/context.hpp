#pragma once

#include "iib/base/files.hpp"
#include "iib/task/task.hpp"

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace iib::task {

/// What every step of one run shares: the job, the engines, and a directory that goes with the run.
class Context {
 public:
  /// Makes the request's directory and its auth file. Throws ExternalError when the disk is nearly
  /// full, naming it.
  Context(const Job& job, const Environment& environment, Progress& progress,
          const Cancellation& cancellation);

  [[nodiscard]] const Job& job() const { return job_; }
  [[nodiscard]] const model::RequestFacts& facts() const { return job_.request.facts; }
  [[nodiscard]] const Settings& settings() const { return environment_.settings; }
  [[nodiscard]] image::ImageEngine& images() const { return environment_.images; }
  [[nodiscard]] catalog::CatalogEngine& catalogs() const { return environment_.catalogs; }
  [[nodiscard]] const Log& log() const { return progress_.log(); }
  [[nodiscard]] const Cancellation& cancellation() const { return cancellation_; }
  [[nodiscard]] SharedLookups& lookups() const { return environment_.lookups; }
  [[nodiscard]] io::Artifacts& artifacts() const { return environment_.artifacts; }
  [[nodiscard]] KeptCatalogs& kept_catalogs() const { return environment_.kept_catalogs; }
  [[nodiscard]] const image::Access& access() const { return access_; }
  /// The same without the credentials that came with the request (pipeline 4).
  [[nodiscard]] image::Access own_access() const;
  [[nodiscard]] const std::filesystem::path& auth_file() const { return access_.auth_file; }
  [[nodiscard]] Progress& progress() const { return progress_; }

  /// The index that the result may be put over: from_index, or target_index of a merge.
  [[nodiscard]] const std::optional<std::string>& base_index() const;
  /// The parameter that names it.
  [[nodiscard]] std::string_view base_index_parameter() const;
  /// Whether the result is to be put over it.
  [[nodiscard]] bool overwrites() const;
  /// Versions of the packages that this run has pushed to the legacy app registry; they outlive
  /// begin().
  [[nodiscard]] std::map<std::string, std::string>& pushed_packages() { return pushed_packages_; }

  /// Begins anew with an empty directory. Throws as the constructor does.
  void begin();
  /// A new directory `name` in the request's own.
  [[nodiscard]] std::filesystem::path make_directory(std::string_view name) const;
  /// Whether `path` lies in the request's own directory, so that nobody else uses it.
  [[nodiscard]] bool owns(const std::filesystem::path& path) const;
  /// What the catalog engine needs, working in a new directory `name`.
  [[nodiscard]] catalog::Work catalog_work(std::string_view name) const;
  /// Tells the state `reason` with what was learned.
  void enter_state(std::string reason, model::Learned learned = {});

 private:
  Job job_;
  Environment environment_;
  Progress& progress_;
  Cancellation cancellation_;
  std::unique_ptr<TempDir> directory_;
  std::filesystem::path own_auth_file_;
  image::Access access_;
  std::map<std::string, std::string> pushed_packages_;
};

}  // namespace iib::task
