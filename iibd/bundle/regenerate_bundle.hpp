#pragma once

#include "iib/base/cancellation.hpp"
#include "regenerate_answers.hpp"
#include "regenerate_document.hpp"

#include <optional>
#include <string>
#include <vector>

namespace iib::bundle {

/// A bundle while it is regenerated: the steps of either rules work on this and on nothing else.
class Bundle {
 public:
  /// Reads and checks the files. Everything given outlives the object. Throws Refusal.
  Bundle(const BundleFiles& files, const Order& order, ImageLookup& lookup,
         const Cancellation& cancellation);

  /// What was asked for.
  [[nodiscard]] const Order& order() const noexcept { return order_; }
  /// Throws when the request is cancelled or its time is over; `step` names what comes next.
  void check(std::string_view step) const { cancellation_.check(step); }

  /// The files of kind ClusterServiceVersion, in the order of their paths.
  [[nodiscard]] std::vector<Document>& csv_files() noexcept { return csv_files_; }
  /// `metadata/annotations.yaml`.
  [[nodiscard]] Document& annotations() noexcept { return annotations_; }

  /// The distinct images of `csv_files`, by first appearance (bundle-regeneration 4.3).
  [[nodiscard]] static std::vector<ImageName> images_of(const std::vector<Document*>& csv_files);
  /// Those of all CSV files.
  [[nodiscard]] std::vector<ImageName> images();

  /// The digest of each of `images`. An Unresolvable names the places in the bundle.
  [[nodiscard]] std::vector<std::string> digests(const std::vector<ImageName>& images);
  /// The labels of each.
  [[nodiscard]] std::vector<Labels> labels(const std::vector<ImageName>& images);

  /// The name of the package as it is now.
  std::string package_name;
  /// Labels for the new image.
  Labels new_labels;
  /// What related_bundles found.
  std::optional<std::vector<std::string>> related_bundles;

  /// What came out.
  [[nodiscard]] Regenerated result();

 private:
  [[nodiscard]] Unresolvable with_places(const Unresolvable& problem) const;

  const Order& order_;
  const Cancellation& cancellation_;
  std::vector<Document> csv_files_;
  Document annotations_;
  Answers answers_;
  std::vector<NamedImage> named_;
  std::vector<std::string> found_;
};

}  // namespace iib::bundle
