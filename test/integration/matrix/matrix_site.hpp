#pragma once

#include "faulty_site.hpp"

#include <string>
#include <vector>

namespace iib::test {

/// What one cell of the matrix has for itself, so that no other has prepared anything for it.
struct Place {
  std::string index;    ///< The repository of an index of one bundle; its tag is `v1`.
  std::string results;  ///< The repository of results; that of request 1 has the tag `1`.
};

/// A registry behind a proxy, with the images that requests of all types begin from.
class MatrixSite : public FaultySite {
 public:
  /// The bundle that is added, and the one that is regenerated, with the image that it names.
  static constexpr auto kAdded = "otter-operator";
  static constexpr auto kRegenerated = "bundles/heron";
  static constexpr auto kOperand = "wetland/heron";

  explicit MatrixSite(const std::string& engine);

  /// A new place, with an index in it.
  Place make_place();
  /// The configuration of a daemon for `place`.
  [[nodiscard]] std::string configuration_for(const Place& place) const;
  /// The body of a request of `type` on `place`.
  [[nodiscard]] std::string body(const std::string& type, const Place& place) const;
  /// The pull specification of the index of `place`, by way of the proxy.
  [[nodiscard]] std::string index_of(const Place& place) const;

  /// The digest of the topmost layer of the image `repository`:latest.
  [[nodiscard]] std::string layer_of(const std::string& repository);
  /// The same of the index that places have.
  [[nodiscard]] const std::string& index_layer() const { return index_layer_; }

 private:
  void copy_image(const std::string& digest, const std::string& repository);

  int places_ = 0;
  std::string list_;  ///< Of the index that places have.
  std::string index_layer_;
};

}  // namespace iib::test
