#include "catalog/fbc/yaml_files.hpp"

#include "catalog/fbc/blob_parser.hpp"
#include "catalog/fbc/blob_reader.hpp"
#include "catalog/fbc/files.hpp"
#include "catalog/fbc/json_form.hpp"
#include "catalog/fbc/tree.hpp"
#include "iib/catalog/fbc_changes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <utility>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIndent = 4;

Finding finding_about(const std::string& file, std::string text) {
  Finding finding;
  finding.rule = Rule::syntax;
  finding.place.file = file;
  finding.text = std::move(text);
  return finding;
}

/// Writes the blobs of `file` as JSON; returns how many there were.
std::size_t write_as_json(const fs::path& file, std::ostream& out, BlobPlace& place,
                          const Cancellation& cancellation) {
  BlobReader reader{file};
  std::size_t count = 0;
  while (const auto raw = reader.next()) {
    cancellation.check("converting YAML");
    place.number = raw->number;
    place.line = raw->line;
    const auto parsed = parse_blob(*raw, Values::keep, io::DuplicateKeys::refuse);
    static_cast<void>(schema_of(parsed.root));
    out << indent_json(parsed.text, kIndent) << '\n';
    ++count;
  }
  return count;
}

class Conversion {
 public:
  Conversion(const fs::path& root, const Cancellation& cancellation)
      : root_{root}, cancellation_{cancellation} {}

  std::vector<Finding> run() {
    std::map<std::string, std::vector<std::string>> sources;
    for (const auto& file : find_files(root_).files) {
      if (auto target = json_name(file.name); !target.empty()) {
        sources[std::move(target)].push_back(file.name);
      }
    }
    for (const auto& [target, names] : sources) convert(target, names);
    if (!refusals_.empty()) throw RefusedCatalog{std::move(refusals_)};
    return std::move(conflicts_);
  }

 private:
  void convert(const std::string& target, const std::vector<std::string>& names) {
    if (names.size() > 1) {
      refusals_.push_back(finding_about(
          names.front(), fmt::format("it would become {}, and so would {}: keep one of them",
                                     target, names.back())));
      return;
    }
    const auto& name = names.front();
    if (fs::exists(fs::symlink_status(root_ / target))) {
      conflicts_.push_back(finding_about(
          name, fmt::format("it would become {}, which is there too: keep one of them", target)));
      return;
    }
    convert(target, name);
  }

  void convert(const std::string& target, const std::string& name) {
    BlobPlace place{.file = name, .number = 0, .line = 0};
    std::size_t blobs = 0;
    try {
      replace_file(root_ / target, [&](std::ostream& out) {
        blobs = write_as_json(root_ / name, out, place, cancellation_);
      });
    } catch (const SplitError& error) {
      return refuse(Rule::syntax, {.file = name, .number = 0, .line = error.line()}, error.what());
    } catch (const BlobError& error) {
      return refuse(error.rule(), place, error.what());
    }
    if (blobs == 0) return refuse(Rule::syntax, place, "it is blank: remove it");
    remove_tree(root_ / name);
  }

  void refuse(Rule rule, BlobPlace place, std::string text) {
    refusals_.push_back({.rule = rule,
                         .place = std::move(place),
                         .package = {},
                         .channel = {},
                         .bundle = {},
                         .text = std::move(text),
                         .refused_by = {}});
  }

  const fs::path& root_;
  const Cancellation& cancellation_;
  std::vector<Finding> refusals_;
  std::vector<Finding> conflicts_;
};

}  // namespace

std::string json_name(const std::string& name) {
  const auto dot = name.rfind('.');
  if (dot == std::string::npos) return {};
  auto extension = name.substr(dot + 1);
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (extension != "yaml" && extension != "yml") return {};
  return name.substr(0, dot) + ".json";
}

std::vector<Finding> convert_yaml_files(const fs::path& root, const Cancellation& cancellation) {
  return Conversion{root, cancellation}.run();
}

}  // namespace iib::catalog::fbc
