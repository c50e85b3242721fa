#include "catalog/fbc/file_names.hpp"

#include "catalog/fbc/blob_reader.hpp"
#include "catalog/raw_json.hpp"
#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <algorithm>
#include <string_view>

namespace iib::catalog::fbc {
namespace {

bool is_key(std::string_view key, std::string_view wanted) {
  return std::equal(key.begin(), key.end(), wanted.begin(), wanted.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b;
  });
}

/// The three texts that place a blob. A name given twice, in whatever spelling, counts as the last.
struct Head {
  std::string schema;
  std::string name;
  std::string package;
};

std::optional<std::string> text_of(std::string_view json) {
  const auto value = io::parse_json(json);
  const auto text = io::as_text(value);
  return text ? std::optional{std::string{*text}} : std::nullopt;
}

std::optional<Head> head_of(std::string_view blob) {
  Head head;
  for (const auto& member : raw_members(blob)) {
    for (const auto& [key, field] :
         {std::pair{"schema", &head.schema}, std::pair{"name", &head.name},
          std::pair{"package", &head.package}}) {
      if (!is_key(member.key, key)) continue;
      auto text = text_of(member.value);
      if (!text) return std::nullopt;
      *field = std::move(*text);
    }
  }
  if (head.schema.empty()) return std::nullopt;
  return head;
}

void add(FileNames& names, const Head& head) {
  if (head.schema == kPackageSchema) {
    names.packages.insert(head.name);
  } else if (head.schema == kChannelSchema || head.schema == kBundleSchema) {
    names.packages.insert(head.package);
  } else if (head.schema == kDeprecationsSchema) {
    names.deprecated.insert(head.package);
  }
}

}  // namespace

FileNames names_of(const Facts& facts) {
  FileNames names;
  for (const auto& each : facts.packages) names.packages.insert(each.name);
  for (const auto& each : facts.channels) names.packages.insert(each.channel.package);
  for (const auto& each : facts.bundles) names.packages.insert(each.package);
  for (const auto& each : facts.deprecations) names.deprecated.insert(each.deprecations.package);
  return names;
}

std::optional<FileNames> find_names(const std::filesystem::path& root, const CatalogFile& file,
                                    const Cancellation& cancellation) {
  FileNames names;
  try {
    BlobReader reader{root / file.name};
    while (const auto raw = reader.next()) {
      cancellation.check("reading the catalog");
      if (raw->notation != Notation::json) return std::nullopt;
      const auto head = head_of(raw->text);
      if (!head) return std::nullopt;
      add(names, *head);
    }
  } catch (const UserError&) {
    return std::nullopt;  // whoever reads the file says what is wrong with it
  }
  return names;
}

}  // namespace iib::catalog::fbc
