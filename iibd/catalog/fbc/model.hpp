#pragma once

#include "catalog/fbc/facts.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace iib::catalog::fbc {

/// A package with what belongs to it. Refers to the facts that it was made of.
struct PackageModel {
  const PackageFacts* facts = nullptr;
  /// Bytewise by name; of several of one name the first.
  std::map<std::string_view, const ChannelFacts*> channels;
  std::unordered_map<std::string_view, const BundleFacts*> bundles;
};

/// The packages of a catalog by name.
using Model = std::map<std::string_view, PackageModel>;

/// Whether all blobs of the catalog could be read: what some blob that could not be read may
/// declare is not missed.
enum class Completeness { complete, partial };

/// Tells a finding at a place.
class Reporter {
 public:
  Reporter(const std::vector<CatalogFile>& files, Findings& findings)
      : files_{files}, findings_{findings} {}

  /// What a finding is about; what does not apply is empty.
  struct Subject {
    std::string_view package;
    std::string_view channel;
    std::string_view bundle;
  };

  void operator()(Stage stage, Rule rule, const Where& where, const Subject& subject,
                  std::string text, Releases refused_by = {}) const;
  /// `FILE, blob N`, for texts that name a second place.
  [[nodiscard]] std::string place(const Where& where) const;

 private:
  const std::vector<CatalogFile>& files_;
  Findings& findings_;
};

/// Puts the blobs together (catalog-fbc 3, stages 2 to 7).
[[nodiscard]] Model build_model(const Facts& facts, Completeness completeness,
                                const Reporter& report);

/// Checks the blobs `olm.deprecations` (stage 8).
void check_deprecations(const Facts& facts, const Model& model, Completeness completeness,
                        const Reporter& report);

/// Checks the update graphs and what is in them (stages 9 to 14).
void check_model(const Model& model, Completeness completeness, const Reporter& report);

}  // namespace iib::catalog::fbc
