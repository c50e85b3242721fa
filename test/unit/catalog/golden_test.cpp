#include "golden_support.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/embedded_engine.hpp"
#include "iib/catalog/problem.hpp"
#include "iib/catalog/validation.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <iostream>
#include <map>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using catalog::ProblemKind;

constexpr std::size_t kLimit = 64UL << 20U;

/// What became of a scenario.
enum class Verdict { holds, differs, not_yet };

struct Result {
  Verdict verdict = Verdict::holds;
  std::string why;
};

/// Runs golden scenarios over the corpus.
class Runner {
 public:
  explicit Runner(fs::path shared) : shared_{std::move(shared)} {
    const auto bundles = io::parse_json(read_file(shared_ / "corpus" / "bundles.json", kLimit));
    for (const auto& bundle : bundles.GetArray()) {
      const auto text = [&](std::string_view key) {
        return std::string{io::text_member(bundle, key).value()};
      };
      catalog::BundleSource source;
      source.pull_spec = text("image");
      source.directory = shared_ / "corpus" / text("directory");
      sources_.emplace(text("key"), std::move(source));
    }
  }

  Result run(const fs::path& file) {
    const TempDir directory{fs::temp_directory_path(), "iibd-golden-"};
    const catalog::Work work{.directory = directory.path(),
                             .log = Log{make_null_sink(), "test", LogLevel::error},
                             .cancellation = {}};
    const auto scenario = io::parse_json(read_file(file, kLimit));
    std::optional<catalog::Catalog> index;
    for (const auto& step : io::find_member(scenario, "steps")->GetArray()) {
      auto result = run_step(step, index, work);
      if (result.verdict != Verdict::holds) return result;
    }
    const bool depths_vary = file.filename().string().find("skippatch") != std::string::npos;
    const auto depths = depths_vary ? Depths::ignore : Depths::compare;
    const auto expected = golden_tables(scenario, depths);
    const auto actual = index ? index_tables(index->path, depths) : Tables{};
    const auto unequal = expected.empty() && !index ? "" : difference(expected, actual);
    if (!unequal.empty()) return {Verdict::differs, unequal};
    // What the rules lead to breaks none of them.
    for (const auto& problem : index ? validate(*index, work) : std::vector<catalog::Problem>{}) {
      return {Verdict::differs, "not valid: " + problem.text};
    }
    return {};
  }

 private:
  Result run_step(const io::JsonValue& step, std::optional<catalog::Catalog>& index,
                  const catalog::Work& work) {
    const bool expected = io::find_member(step, "ok")->GetBool();
    const auto expected_kind = io::text_member(step, "error_kind").value_or("");
    const auto& op = *io::find_member(step, "op");
    try {
      auto next = apply(op, index, work);
      if (!expected) return {Verdict::differs, fmt::format("accepted, not {}", expected_kind)};
      index = std::move(next);
      return {};
    } catch (const catalog::Refused& refused) {
      const auto kind = refused.problems().front().kind;
      if (kind == ProblemKind::unsupported) return {Verdict::not_yet, refused.what()};
      if (!expected && to_string(kind) == expected_kind) return {};
      return {Verdict::differs, fmt::format("refused as {} instead of {}: {}", to_string(kind),
                                            expected ? "accepted" : expected_kind, refused.what())};
    }
  }

  std::optional<catalog::Catalog> apply(const io::JsonValue& op,
                                        const std::optional<catalog::Catalog>& index,
                                        const catalog::Work& work) {
    catalog::EmbeddedEngine engine;
    const auto name = io::text_member(op, "op").value();
    if (name == "add") return engine.add(index, bundles_of(op), options_of(op), work);
    if (name == "rm") {
      // Removing from nothing fails in the reference, as it does from an empty index.
      const auto from = index ? *index : engine.add({}, {}, {}, work);
      return engine.remove(from, texts(op, "packages"), work);
    }
    if (name == "deprecate") {
      std::vector<std::string> pull_specs;
      for (const auto& bundle : bundles_of(op)) pull_specs.push_back(bundle.pull_spec);
      const auto from = index ? *index : engine.add({}, {}, {}, work);
      return engine.deprecate(from, pull_specs, {.allow_package_removal = true}, work);
    }
    throw catalog::Refused{{{.kind = ProblemKind::unsupported,
                             .bundle = {},
                             .pull_spec = {},
                             .package = {},
                             .channel = {},
                             .text = "no such operation yet"}}};
  }

  static std::vector<std::string> texts(const io::JsonValue& op, std::string_view key) {
    std::vector<std::string> result;
    for (const auto& element : io::find_member(op, key)->GetArray()) {
      result.emplace_back(io::as_text(element).value());
    }
    return result;
  }

  std::vector<catalog::BundleSource> bundles_of(const io::JsonValue& op) const {
    std::vector<catalog::BundleSource> result;
    for (const auto& key : texts(op, "bundles")) result.push_back(sources_.at(key));
    return result;
  }

  static catalog::AddOptions options_of(const io::JsonValue& op) {
    const auto mode = io::text_member(op, "mode").value_or("replaces");
    const auto* overwrite = io::find_member(op, "overwrite_latest");
    catalog::AddOptions options;
    options.overwrite_latest = overwrite != nullptr && overwrite->IsTrue();
    if (mode == "semver") options.mode = catalog::UpdateMode::semver;
    if (mode == "semver-skippatch") options.mode = catalog::UpdateMode::semver_skippatch;
    return options;
  }

  fs::path shared_;
  std::map<std::string, catalog::BundleSource> sources_;
};

std::string kind_of(const fs::path& file) {
  const auto stem = file.stem().string();
  return stem.substr(stem.find("--") + 2);
}

}  // namespace

TEST_CASE("every golden scenario gives the tables that the reference tool gave",
          "[catalog][golden]") {
  const auto shared = shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  Runner runner{*shared};
  const char* only = std::getenv("IIBD_GOLDEN_ONLY");  // a part of a scenario's name
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator{*shared / "golden" / "catalog"}) {
    if (entry.path().extension() != ".json") continue;
    if (only != nullptr && entry.path().stem().string().find(only) == std::string::npos) continue;
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());

  std::map<std::string, std::map<Verdict, int>> counts;
  for (const auto& file : files) {
    const auto result = runner.run(file);
    ++counts[kind_of(file)][result.verdict];
    INFO(file.stem().string() << ": " << result.why.substr(0, 4000));
    CHECK(result.verdict != Verdict::differs);
  }

  int held = 0;
  int not_yet = 0;
  for (auto& [kind, verdicts] : counts) {
    std::cout << fmt::format("golden {}: {} hold, {} differ, {} not yet\n", kind,
                             verdicts[Verdict::holds], verdicts[Verdict::differs],
                             verdicts[Verdict::not_yet]);
    held += verdicts[Verdict::holds];
    not_yet += verdicts[Verdict::not_yet];
  }
  std::cout << fmt::format("golden: {} of {} scenarios hold, {} not yet\n", held, files.size(),
                           not_yet);
}

}  // namespace iib::test
