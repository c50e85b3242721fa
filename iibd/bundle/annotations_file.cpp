#include "annotations_file.hpp"

#include "iib/bundle/refusal.hpp"
#include "place.hpp"

#include <fmt/format.h>

#include <utility>

namespace iib::bundle {
namespace {

constexpr auto kPath = "metadata/annotations.yaml";

[[noreturn]] void refuse(RefusalCode code, const std::string& problem) {
  throw Refusal{code, fmt::format("{} {}", kPath, problem), kPath};
}

[[noreturn]] void refuse_syntax(const std::string& problem) {
  throw Refusal{RefusalCode::annotations_invalid_yaml,
                fmt::format("{}; the file must be one valid YAML document", problem), kPath};
}

io::YamlDocument parse(const std::string& text) {
  const io::YamlOptions options{
      .name = kPath, .duplicates = io::DuplicateKeys::refuse, .max_documents = 2};
  try {
    auto documents = io::parse_yaml_stream(text, options);
    if (documents.size() > 1) refuse_syntax(fmt::format("{} has more than one document", kPath));
    return documents.empty() ? io::parse_yaml({}) : std::move(documents.front());
  } catch (const Refusal&) {
    throw;
  } catch (const UserError& error) {
    refuse_syntax(error.what());
  }
}

/// Whether `written` is nothing that a name could be made of: an empty text or collection.
bool is_empty(const io::YamlNode& written) {
  const io::YamlNode& node = written.resolved();
  return node.value.empty() && node.items.empty() && node.pairs.empty();
}

}  // namespace

Document read_annotations(const std::optional<std::string>& text) {
  if (!text) {
    refuse(RefusalCode::annotations_yaml_missing,
           fmt::format("is missing; it must be there and name the package in the annotation {}",
                       kPackageLabel));
  }
  Manifest file{"annotations.yaml", *text, parse(*text), false};
  const io::YamlNode& root = file.document.root();
  if (!root.is_mapping()) {
    refuse(RefusalCode::annotations_not_mapping,
           "is no map; it must be a map with the key `annotations`");
  }
  const auto* annotations = member(root, "annotations");
  if (annotations != nullptr && !annotations->is_mapping()) {
    refuse(RefusalCode::annotations_not_mapping,
           fmt::format("has under `annotations` (line {}) no map; it must be a map from names to "
                       "texts",
                       annotations->line));
  }
  return {kPath, std::move(file)};
}

std::string package_name_of(const Manifest& file) {
  const auto* annotations = member(file.document.root(), "annotations");
  const auto* name = annotations == nullptr ? nullptr : member(*annotations, kPackageLabel);
  if (name == nullptr || is_empty(*name)) {
    refuse(RefusalCode::package_name_missing,
           fmt::format("does not name the package; set the annotation {}", kPackageLabel));
  }
  const auto* text = as_string(name);
  if (text == nullptr) {
    refuse(RefusalCode::package_name_not_string,
           fmt::format("has under {} (line {}) something other than a text; put the package's name "
                       "in quotes",
                       kPackageLabel, name->line));
  }
  return std::string{text->value};
}

}  // namespace iib::bundle
