#include "cli/catalog_findings.hpp"

#include "cli/output.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/problem.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <vector>

namespace iib::cli {
namespace {

using catalog::fbc::Finding;
using catalog::fbc::Releases;
using catalog::fbc::Validation;

/// Texts of others may be long.
constexpr std::size_t kLongestLine = 4000;

std::string lines_of(const std::vector<Finding>& findings, Emphasis emphasis, const Style& style) {
  std::string lines;
  for (const auto& finding : findings) {
    lines += fmt::format("{}  {}\n",
                         style.paint(emphasis, fmt::format("{:<20}", to_string(finding.rule))),
                         one_line(to_text(finding), kLongestLine));
  }
  return lines;
}

std::string release(unsigned minor) {
  return fmt::format("1.{}", minor);
}

void write(model::JsonWriter& json, const Finding& finding) {
  json.begin_object();
  json.member("error_kind", catalog::to_string(to_problem(finding).kind));
  json.member("rule", to_string(finding.rule));
  json.member("file", finding.place.file);
  json.member("blob", static_cast<std::int64_t>(finding.place.number));
  json.member("line", static_cast<std::int64_t>(finding.place.line));
  json.member("bundle", finding.bundle);
  json.member("package", finding.package);
  json.member("channel", finding.channel);
  json.member("text", finding.text);
  if (!finding.refused_by.all()) {
    const auto& releases = finding.refused_by;
    json.member("refused_from", release(releases.from));
    if (releases.before != Releases::kNone) json.member("refused_before", release(releases.before));
  }
  json.end_object();
}

void write(model::JsonWriter& json, std::string_view key, const std::vector<Finding>& findings) {
  json.key(key);
  json.begin_array();
  for (const auto& finding : findings) write(json, finding);
  json.end_array();
}

}  // namespace

std::string findings_text(const std::string& name, const Validation& found,
                          const std::vector<std::string>& notes) {
  const auto style = Style::of_standard_output();
  auto text = lines_of(found.problems, Emphasis::bad, style);
  text += lines_of(found.warnings, Emphasis::changed, style);
  for (const auto& note : notes) {
    text += fmt::format("{:<20}  {}\n", "note", one_line(note, kLongestLine));
  }
  const auto warnings = found.warnings.empty()
                            ? std::string{}
                            : fmt::format(", {} for some releases of opm",
                                          count_of(found.warnings.size(), "breach", "breaches"));
  if (found.problems.empty()) {
    return text + fmt::format("{} {}{}\n", name, style.paint(Emphasis::good, "is valid"), warnings);
  }
  return text + fmt::format("{} has {}{}\n", name,
                            count_of(found.problems.size(), "breach", "breaches"), warnings);
}

std::string findings_json(const Validation& found, const std::vector<std::string>& notes) {
  model::JsonWriter json;
  json.begin_object();
  json.member("valid", found.problems.empty());
  write(json, "problems", found.problems);
  write(json, "warnings", found.warnings);
  json.member("notes", notes);
  json.member("files", static_cast<std::int64_t>(found.files));
  json.member("blobs", static_cast<std::int64_t>(found.blobs));
  json.end_object();
  return json.text() + "\n";
}

}  // namespace iib::cli
