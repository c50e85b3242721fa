#include "../golden_support.hpp"
#include "../index_fixture.hpp"
#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/database_packages.hpp"
#include "catalog/json_text.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc_changes.hpp"
#include "iib/catalog/file_based_engine.hpp"
#include "skip.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <array>
#include <iostream>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

constexpr std::size_t kLimit = 64UL << 20U;
/// What a tree holds: of files with blobs those as canonical JSON, else the text.
using Tree = std::map<std::string, std::vector<std::string>>;

/// Removes what migrating a database adds to the blobs of the golden trees, or takes from them:
/// no database has descriptions, and all have manifests.
void reduce(io::JsonDocument& blob) {
  for (const auto* key : {"description", "relatedImages"}) blob.RemoveMember(key);
  if (!blob.HasMember("properties")) return;
  auto& properties = blob["properties"];
  for (auto* each = properties.Begin(); each != properties.End();) {
    const bool object = io::text_member(*each, "type") == "olm.bundle.object";
    each = object ? properties.Erase(each) : each + 1;
  }
}

enum class Form { whole, reduced };

std::string comparable(const std::string& json, Form form) {
  auto blob = io::parse_json(json);
  if (form == Form::reduced) reduce(blob);
  return catalog::canonical_json(blob);
}

std::vector<std::string> expected_content(const io::JsonValue& content, Form form) {
  if (const auto text = io::text_member(content, "text")) return {std::string{*text}};
  std::vector<std::string> blobs;
  for (const auto& blob : io::find_member(content, "blobs")->GetArray()) {
    blobs.push_back(comparable(io::to_json(blob), form));
  }
  return blobs;
}

std::vector<std::string> found_content(const fs::path& path, bool as_text, Form form) {
  if (as_text) return {read_file(path, kLimit)};
  std::vector<std::string> blobs;
  fbc::BlobReader reader{path};
  while (const auto raw = reader.next()) {
    blobs.push_back(comparable(fbc::parse_blob(*raw, fbc::Values::keep).text, form));
  }
  return blobs;
}

/// One golden case: its input as real directories and a real database.
class Case {
 public:
  explicit Case(const io::JsonValue& golden)
      : input_{*io::find_member(golden, "input")},
        operation_{*io::find_member(golden, "operation")},
        expect_{*io::find_member(golden, "expect")} {
    for (const auto& [key, tree] : input_.GetObject()) {
      const std::string name = key.GetString();
      if (tree.IsNull()) continue;
      if (name == "database") {
        make_database(tree);
      } else {
        trees_[name].write_golden(tree);
      }
    }
  }

  /// Why the outcome is not the golden one; empty when it is.
  std::string run() {
    std::vector<std::string> kinds;
    try {
      perform();
    } catch (const UserError& error) {
      kinds = kinds_of(error);
    }
    const auto* error = io::find_member(expect_, "error");
    if (error != nullptr) {
      std::vector<std::string> expected;
      for (const auto& kind : error->GetArray()) expected.emplace_back(kind.GetString());
      // The reference stops at the first problem of a catalog; we tell all.
      if (kinds.size() > expected.size()) kinds.resize(expected.size());
      if (kinds == expected) return {};
      return fmt::format("refused for [{}] instead of [{}]", fmt::join(kinds, ", "),
                         fmt::join(expected, ", "));
    }
    if (!kinds.empty()) return fmt::format("refused: {}", fmt::join(kinds, ", "));
    return compare();
  }

 private:
  void make_database(const io::JsonValue& tree) {
    fixture_.index = fixture_.engine.add(std::nullopt, {}, {}, fixture_.work());
    for (const auto& [path, content] : tree.GetObject()) {
      std::map<std::string, std::string> facts;
      for (const auto& blob : io::find_member(content, "blobs")->GetArray()) {
        for (const auto* key : {"defaultChannel", "image"}) {
          if (const auto text = io::text_member(blob, key)) facts[key] = *text;
        }
        if (io::text_member(blob, "schema") != "olm.bundle") continue;
        facts["bundle"] = *io::text_member(blob, "name");
        facts["package"] = *io::text_member(blob, "package");
      }
      fixture_.add({fmt::format("{}(1.0.0, {}; default {}; package {}; path {})", facts["bundle"],
                                facts["defaultChannel"], facts["defaultChannel"], facts["package"],
                                facts["image"])});
    }
  }

  [[nodiscard]] std::string parameter(const char* key) const {
    return std::string{io::text_member(operation_, key).value()};
  }

  [[nodiscard]] std::vector<std::string> list(const char* key) const {
    std::vector<std::string> texts;
    for (const auto& each : io::find_member(operation_, key)->GetArray()) {
      texts.emplace_back(each.GetString());
    }
    return texts;
  }

  [[nodiscard]] fs::path directory(const std::string& name) const {
    const auto found = trees_.find(name);
    return found == trees_.end() ? fixture_.directory() / "missing" / name : found->second.root();
  }

  void perform() {
    const auto op = parameter("op");
    const auto work = fixture_.work();
    if (op == "merge-directories") {
      result_.path =
          fbc::merge_directories(directory("source"), directory("destination"), {}, work);
      return;
    }
    catalog::FileBasedEngine engine{fixture_.engine};
    catalog::Catalog from{.kind = catalog::CatalogKind::file_based,
                          .path = directory("root"),
                          .ocp_version = "v4.14",
                          .database = fixture_.index ? fixture_.index->path : fs::path{}};
    if (op == "rm") {
      result_ = engine.remove(from, list("operators"), work);
    } else if (op == "fbc-operations") {
      std::vector<fbc::Fragment> fragments;
      for (const auto& name : list("fragments")) fragments.push_back({name, directory(name)});
      result_ = fbc::take_fragments(from, fragments, engine, {}, work);
    } else if (op == "add-deprecations") {
      result_ = fbc::add_deprecations(from, parameter("operator_package"),
                                      parameter("deprecation_schema"), {}, work);
    } else if (op == "create-empty-index") {
      result_ = fbc::make_empty(from, engine, work);
    } else {
      FAIL("unknown operation " << op);
    }
  }

  /// The kinds of the golden data, which tell more kinds of refusals apart than we do.
  static std::vector<std::string> kinds_of(const UserError& error) {
    static constexpr std::array<std::pair<const char*, const char*>, 9> kTexts{{
        {"and so would", "yaml-conflict"},
        {"is blank", "yaml-empty"},
        {"is no directory", "directory-missing"},
        {"has no packages", "fragment-empty"},
        {"has a file", "fragment-file"},
        {"is not in the hidden database", "not-in-database"},
        {"the deprecation schema", "deprecation-schema"},
        {"line ", "yaml-syntax"},
        {"would lose", "lost"},
    }};
    const std::string what = error.what();
    const auto* refused = dynamic_cast<const fbc::RefusedCatalog*>(&error);
    if (refused != nullptr && refused->findings().front().rule != fbc::Rule::syntax &&
        what.find("is blank") == std::string::npos) {
      std::vector<std::string> kinds;
      for (const auto& finding : refused->findings()) kinds.emplace_back(to_string(finding.rule));
      return kinds;
    }
    for (const auto& [text, kind] : kTexts) {
      if (what.find(text) != std::string::npos) return {kind};
    }
    return {what};
  }

  std::string compare() {
    Tree expected;
    Tree found;
    for (const auto& [key, content] : io::find_member(expect_, "tree")->GetObject()) {
      const std::string name = key.GetString();
      const auto form = is_of_database(name, content) ? Form::reduced : Form::whole;
      expected[name] = expected_content(content, form);
      if (!fs::exists(result_.path / name)) continue;
      found[name] = found_content(result_.path / name, content.HasMember("text"), form);
    }
    for (const auto& entry : fs::recursive_directory_iterator{result_.path}) {
      if (!entry.is_directory()) {
        found.try_emplace(entry.path().lexically_relative(result_.path).generic_string());
      }
    }
    CHECK(found == expected);
    return found == expected ? compare_database() : "another tree";
  }

  [[nodiscard]] bool is_of_database(const std::string& name, const io::JsonValue& content) const {
    const auto* database = io::find_member(input_, "database");
    if (database == nullptr || database->IsNull()) return false;
    const auto* file = io::find_member(*database, name);
    return file != nullptr && *file == content;
  }

  std::string compare_database() {
    const auto* names = io::find_member(expect_, "database_packages");
    if (names == nullptr) return {};
    std::vector<std::string> expected;
    for (const auto& name : names->GetArray()) expected.emplace_back(name.GetString());
    const catalog::Catalog database{.kind = catalog::CatalogKind::sqlite, .path = result_.database};
    const auto found = fbc::database_package_names(database, {});
    CHECK(found == expected);
    return found == expected ? "" : "another database";
  }

  const io::JsonValue& input_;
  const io::JsonValue& operation_;
  const io::JsonValue& expect_;
  IndexFixture fixture_;
  std::map<std::string, CatalogTree> trees_;
  catalog::Catalog result_;
};

}  // namespace

TEST_CASE("catalogs change as the service must change them", "[fbc][golden]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  const auto files = golden_cases(*shared, "merge");
  std::size_t passed = 0;

  for (const auto& file : files) {
    CAPTURE(file.stem().string());
    const auto golden = io::parse_json(read_file(file, kLimit));

    const auto wrong = Case{golden}.run();

    CHECK(wrong == "");  // NOLINT(readability-container-size-empty): shows the text
    if (wrong.empty()) ++passed;
  }

  std::cout << "golden/fbc/merge: " << passed << " of " << files.size() << '\n';
}

}  // namespace iib::test
