#include "../golden_support.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc.hpp"
#include "skip.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <set>
#include <string>
#include <vector>

namespace iib::test {
namespace {

namespace fbc = catalog::fbc;
using Kinds = std::set<std::string>;

constexpr std::size_t kLimit = 64UL << 20U;
constexpr auto kReleases = {std::pair{"opm-1.26.5", 26U}, std::pair{"opm-1.40", 40U},
                            std::pair{"opm-1.47", 47U}};

/// What is wrong with a file as a whole differs between releases; the README takes these for one.
std::string merged(std::string kind) {
  return kind == "no-schema" || kind == "field-type" ? "syntax" : kind;
}

bool is_of_model(const std::string& kind) {
  static const Kinds kinds{"default-channel", "no-channels",   "channel-empty",    "no-head",
                           "multiple-heads",  "cycle",         "stranded",         "name-missing",
                           "skip-empty",      "image-missing", "version-duplicate"};
  return kinds.contains(kind);
}

/// Kinds of the findings for which `minor` refuses, in the order of the stages.
std::vector<std::string> kinds_of(const fbc::Validation& validation, unsigned minor) {
  std::vector<std::string> kinds;
  for (const auto* list : {&validation.problems, &validation.warnings}) {
    for (const auto& finding : *list) {
      if (finding.refused_by.contains(minor)) {
        kinds.push_back(merged(std::string{fbc::to_string(finding.rule)}));
      }
    }
  }
  return kinds;
}

Kinds expected_kinds(const io::JsonValue& verdict) {
  Kinds kinds;
  if (!verdict.IsArray()) return kinds;
  for (const auto& kind : verdict.GetArray()) kinds.insert(merged(kind.GetString()));
  return kinds;
}

/// The three releases have a defect there, or stay silent, where the contract says otherwise.
bool refused_in_another_way(const std::string& name) {
  static const Kinds names{// Adjacent objects read as YAML: refused, whatever the kind (1.2).
                           "json--leading-blank-4096", "json--leading-blank-5000",
                           "json--leading-blank-5000-and-newlines", "json--byte-order-mark",
                           "json--byte-order-mark-and-newlines",
                           // Missing blobs are told as such in every channel (6, O13).
                           "convert--entry-without-bundle-first-of-two-channels"};
  return names.contains(name);
}

/// Whether the finding is about a file as a whole, be it that no blob of it can be told from
/// others.
bool is_of_file(fbc::Rule rule) {
  return rule == fbc::Rule::unreadable || rule == fbc::Rule::syntax || rule == fbc::Rule::too_large;
}

/// What a reader of the findings of `validation` would miss; empty when nothing.
std::string missing_in(const fbc::Validation& validation) {
  for (const auto* list : {&validation.problems, &validation.warnings}) {
    for (const auto& finding : *list) {
      const auto rule = fbc::to_string(finding.rule);
      if (finding.place.file.empty()) return fmt::format("{}: no file", rule);
      if (finding.text.empty()) return fmt::format("{}: no text", rule);
      if (is_of_file(finding.rule)) continue;
      if (finding.place.number == 0) return fmt::format("{}: no blob: {}", rule, finding.text);
      if (finding.place.line == 0) return fmt::format("{}: no line: {}", rule, finding.text);
    }
  }
  return {};
}

/// Why `validation` is not the verdict; empty when it is.
std::string difference(const std::string& name, const fbc::Validation& validation,
                       const io::JsonValue& verdicts) {
  if (refused_in_another_way(name)) {
    return validation.problems.empty() ? "accepted, but must be refused" : "";
  }
  for (const auto& [release, minor] : kReleases) {
    auto expected = expected_kinds(*io::find_member(verdicts, release));
    // Its defect is not ours (1.2).
    if (name == "json--escaped-backslash-u003e") expected.clear();
    const auto found = kinds_of(validation, minor);
    const bool all_told = std::all_of(expected.begin(), expected.end(), is_of_model);
    const auto counted =
        all_told ? Kinds(found.begin(), found.end()) : Kinds(found.begin(), found.begin() + 1);
    if (found.empty() ? !expected.empty() : counted != expected) {
      return fmt::format("{}: expected [{}], found [{}]", release, fmt::join(expected, ", "),
                         fmt::join(found, ", "));
    }
  }
  return {};
}

}  // namespace

TEST_CASE("catalogs get the verdicts of three releases of the reference", "[fbc][golden]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  const auto files = golden_cases(*shared, "validate");
  std::size_t passed = 0;

  for (const auto& file : files) {
    CAPTURE(file.stem().string());
    const auto golden = io::parse_json(read_file(file, kLimit));
    const CatalogTree tree;
    tree.write_golden(*io::find_member(golden, "files"));

    const auto validation = fbc::validate(tree.root());

    const auto wrong =
        difference(file.stem().string(), validation, *io::find_member(golden, "verdict"));
    CHECK(wrong == "");  // NOLINT(readability-container-size-empty): shows the text
    CHECK(missing_in(validation) == "");  // NOLINT(readability-container-size-empty)
    if (wrong.empty()) ++passed;
  }

  std::cout << "golden/fbc/validate: " << passed << " of " << files.size() << '\n';
}

}  // namespace iib::test
