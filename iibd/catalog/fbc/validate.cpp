#include "catalog/fbc/facts.hpp"
#include "catalog/fbc/files.hpp"
#include "catalog/fbc/model.hpp"
#include "iib/base/parallel.hpp"
#include "iib/catalog/fbc.hpp"

#include <algorithm>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

namespace iib::catalog::fbc {
namespace {

/// Indices of `files`, largest first: the longest piece of work must not begin last.
std::vector<std::size_t> by_size(const std::vector<CatalogFile>& files) {
  std::vector<std::size_t> order(files.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return files[a].bytes > files[b].bytes; });
  return order;
}

template <class T>
void append(std::vector<T>& to, std::vector<T>& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

void append(Facts& to, Facts& from) {
  append(to.packages, from.packages);
  append(to.channels, from.channels);
  append(to.bundles, from.bundles);
  append(to.deprecations, from.deprecations);
  to.blobs += from.blobs;
}

}  // namespace

Validation validate(const std::filesystem::path& root, const ValidateOptions& options) {
  auto listing = find_files(root);
  const auto order = by_size(listing.files);
  std::vector<FileFacts> read(listing.files.size());
  in_parallel(order.size(), options.threads, [&](std::size_t turn) {
    const auto index = order[turn];
    read[index] = read_facts(root, listing.files[index], index, options.cancellation);
  });

  Facts facts;
  Findings findings;
  for (auto& finding : listing.findings) findings.add(Stage::load, std::move(finding));
  for (auto& file : read) {
    append(facts, file.facts);
    findings.add_all(std::move(file.findings));
  }
  const auto completeness =
      findings.has_load_problem() ? Completeness::partial : Completeness::complete;
  const Reporter report{listing.files, findings};
  const auto model = build_model(facts, completeness, report);
  check_deprecations(facts, model, completeness, report);
  check_model(model, completeness, report);

  Validation validation{
      .problems = {}, .warnings = {}, .files = listing.files.size(), .blobs = facts.blobs};
  findings.take(validation);
  return validation;
}

}  // namespace iib::catalog::fbc
