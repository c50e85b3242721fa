#pragma once

#include "index_image.hpp"
#include "site.hpp"

#include <map>
#include <string>
#include <vector>

namespace iib::test {

/// The label of a bundle that names versions of OpenShift.
inline constexpr auto kOcpLabel = "com.redhat.openshift.versions";
/// Packages of test/data.
inline constexpr auto kOtter = "otter-operator";
inline constexpr auto kHeron = "heron-operator";

/// A site with indexes to merge, and a daemon that merges them.
class MergeSite {
 public:
  /// `more`: lines of the configuration.
  explicit MergeSite(const std::string& image_engine, const std::string& more = {});

  [[nodiscard]] Site& site() { return site_; }
  [[nodiscard]] Daemon& daemon() { return daemon_; }

  /// Pushes the bundle `package`/`version` of test/data for the versions `ocp` (empty: without
  /// label), as `package`:`version`; gives its pull specification.
  std::string push_bundle(const std::string& package, const std::string& version,
                          const std::string& ocp);
  /// An index of `bundles`, made by the daemon.
  std::string make_index(const std::vector<std::string>& bundles);
  /// Pushes the index `from` as `repository`:latest for OpenShift `version` (empty: without label),
  /// its database changed by `sql`, with `labels` in place of those it has; gives its pull
  /// specification.
  std::string push_index(const std::string& from, const std::string& repository,
                         const std::string& version, const std::string& sql = {},
                         const std::map<std::string, std::string>& labels = {});

  /// The final document of a merge of `source` into `target` (empty: none); `more` begins with a
  /// comma.
  [[nodiscard]] io::JsonDocument merge(const std::string& source, const std::string& target,
                                       const std::string& more = {});
  /// The names of the deprecated bundles of an index.
  [[nodiscard]] std::vector<std::string> deprecated_of(const std::string& pull_spec);
  /// The labels of the first image of an index.
  [[nodiscard]] std::map<std::string, std::string> labels_of(const std::string& pull_spec);

 private:
  Site site_{{"amd64", "arm64"}};
  Daemon daemon_;
};

}  // namespace iib::test
