#pragma once

#include "index_image.hpp"
#include "site.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace iib::test {

/// Where the sample bundles keep their files.
inline constexpr auto kHeronCsv = "manifests/heron.clusterserviceversion.yaml";
inline constexpr auto kAnnotationsFile = "metadata/annotations.yaml";

/// A CSV with a container for each of `images`, named c1, c2 and so on, written as people do: with
/// comments, quotes and a long line.
[[nodiscard]] std::string heron_csv(const std::vector<std::string>& images);

/// The bundle of that CSV, whose metadata is that of the package `heron`, for `architecture`.
[[nodiscard]] TestImage heron_bundle(const std::string& csv,
                                     const std::string& architecture = "amd64");

/// The entry `path` of the bundle's only layer; made if absent.
[[nodiscard]] TarEntry& entry_of(TestImage& bundle, const std::string& path);

/// Pushes an image that a bundle may name, different for each `repository`; gives its digest.
std::string push_operand(Site& site, const std::string& repository,
                         const std::map<std::string, std::string>& labels = {});

/// The body of a regenerate-bundle request; `more` begins with a comma.
[[nodiscard]] std::string regenerate_body(const std::string& from_bundle_image,
                                          const std::string& more = {});

/// An image as a container of it would see it.
struct ImageContents {
  std::map<std::string, std::string> files;  ///< By path without a leading slash.
  std::map<std::string, std::string> labels;
};

/// The contents of one image of a result.
[[nodiscard]] ImageContents contents_of(const Registry& registry, const Index& result,
                                        const IndexImage& image);
/// The contents of the first image of the result `pull_spec`.
[[nodiscard]] ImageContents contents_of(const Registry& registry, const std::string& pull_spec);

/// Pushes `count` bundles with the image `image`, each a little different, and gives for each the
/// body of a request. Were they the same, docker-registry would now and then miss a blob that
/// another request pushes at this moment.
[[nodiscard]] std::vector<std::string> push_similar(Site& site, const std::string& image,
                                                    int count);

/// Whether anything was pushed as the result of `request`.
[[nodiscard]] bool has_result(const Registry& registry, std::int64_t request);

}  // namespace iib::test
