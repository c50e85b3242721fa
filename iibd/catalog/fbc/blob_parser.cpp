#include "catalog/fbc/blob_parser.hpp"

#include "catalog/fbc/json_form.hpp"
#include "catalog/fields.hpp"
#include "catalog/json_text.hpp"
#include "catalog/raw_json.hpp"
#include "catalog/yaml_conversion.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace iib::catalog::fbc {
namespace {

/// Far beyond honest blobs, the largest of which have some 60,000 nodes.
constexpr std::size_t kMaxNodes = 1'000'000;
/// Bytes that are no UTF-8 take three when they are replaced.
constexpr std::size_t kMaxTextBytes = 3 * BlobReader::kMaxBlobBytes;
const std::string kName = "the blob";

/// The number of the escape `\uXXXX` at `text[at]`, or nothing.
std::optional<unsigned> unicode_escape(std::string_view text, std::size_t at) {
  if (at + 6 > text.size() || text[at] != '\\' || text[at + 1] != 'u') return std::nullopt;
  unsigned code = 0;
  for (const char c : text.substr(at + 2, 4)) {
    const bool digit = c >= '0' && c <= '9';
    const char lower = static_cast<char>(c | 0x20);
    if (!digit && (lower < 'a' || lower > 'f')) return std::nullopt;
    code = code * 16 + static_cast<unsigned>(digit ? c - '0' : lower - 'a' + 10);
  }
  return code;
}

bool is_high(unsigned code) {
  return code >= 0xd800 && code < 0xdc00;
}
bool is_low(unsigned code) {
  return code >= 0xdc00 && code < 0xe000;
}

/// `text` with U+FFFD for halves of surrogate pairs, which RapidJSON refuses.
std::string replace_lone_surrogates(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    if (text[at] != '\\') {
      out += text[at++];
      continue;
    }
    const auto code = unicode_escape(text, at);
    if (!code) {
      out += text.substr(at, 2);
      at += 2;
      continue;
    }
    const auto low = is_high(*code) ? unicode_escape(text, at + 6) : std::nullopt;
    const bool pair = low && is_low(*low);
    const std::size_t length = pair ? 12 : 6;
    const bool lone = !pair && (is_high(*code) || is_low(*code));
    out += lone ? std::string_view{"\\ufffd"} : text.substr(at, length);
    at += length;
  }
  return out;
}

bool may_have_surrogates(std::string_view text) {
  return text.find("\\ud") != std::string_view::npos || text.find("\\uD") != std::string_view::npos;
}

io::JsonDocument parse_text(std::string_view text) {
  return io::parse_json(text, {.name = kName, .max_bytes = kMaxTextBytes, .max_values = kMaxNodes});
}

ParsedBlob parse_json_blob(std::string_view text, Values values) {
  ParsedBlob parsed;
  std::string repaired;
  if (may_have_surrogates(text)) {
    repaired = replace_lone_surrogates(text);
    text = repaired;
  }
  try {
    parsed.root = parse_text(text);
  } catch (const UserError&) {
    auto valid = replace_invalid_utf8(text);
    if (valid == text) throw;
    repaired = std::move(valid);
    text = repaired;
    parsed.root = parse_text(text);
  }
  if (values == Values::keep) parsed.text = text;
  return parsed;
}

ParsedBlob parse_yaml_blob(std::string_view text, Values values, io::DuplicateKeys duplicates) {
  const auto documents = io::parse_yaml_stream(text, {.name = {},
                                                      .duplicates = duplicates,
                                                      .max_bytes = kMaxTextBytes,
                                                      .max_nodes = kMaxNodes,
                                                      .max_documents = 2});
  if (documents.empty())
    throw BlobError{Rule::no_schema,
                    "it is blank, or holds comments only: remove it with its separator ---, "
                    "or name the file in .indexignore"};
  if (documents.size() > 1) {
    throw BlobError{Rule::syntax,
                    "more follows it without a separator ---, which opm leaves out unseen: put "
                    "--- between them"};
  }
  ParsedBlob parsed;
  parsed.root = yaml_to_json(documents.front().root(), text, {});
  if (values == Values::keep) parsed.text = without_html_escapes(canonical_json(parsed.root));
  return parsed;
}

/// Of several spellings the last; the key is ASCII.
std::string_view raw_value(const std::vector<RawMember>& members, std::string_view key) {
  std::string_view found;
  for (const auto& member : members) {
    const bool same = std::equal(
        member.key.begin(), member.key.end(), key.begin(), key.end(), [](char a, char b) {
          return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
        });
    if (same) found = member.value;
  }
  return found;
}

/// The texts of the values in the list `properties`, by position.
std::vector<std::string> raw_property_values(std::string_view blob) {
  std::vector<std::string> values;
  const auto list = raw_value(raw_members(blob), "properties");
  if (!list.starts_with('[')) return values;
  for (const auto element : raw_elements(list)) {
    values.emplace_back(without_html_escapes(
        element.starts_with('{') ? raw_value(raw_members(element), "value") : std::string_view{}));
  }
  return values;
}

/// Reads the fields of one blob.
class Reader {
 public:
  Reader(const ParsedBlob& parsed, Values values)
      : parsed_{parsed}, values_{values}, root_{&parsed.root, "the blob", Names::any_case} {}

  Blob read() {
    const auto schema = schema_of(parsed_.root);
    if (schema == kPackageSchema) return package();
    if (schema == kChannelSchema) return channel();
    if (schema == kBundleSchema) return bundle();
    if (schema == kDeprecationsSchema) return deprecations();
    return meta(schema);
  }

 private:
  Package package() {
    Package package;
    package.name = root_.text("name");
    package.default_channel = root_.text("defaultChannel");
    package.description = root_.text("description");
    if (root_.has("icon")) {
      const auto icon = root_.object("icon");
      package.icon =
          Icon{.base64data = icon.text("base64data"), .mediatype = icon.text("mediatype")};
    }
    package.properties = properties();
    return package;
  }

  Channel channel() {
    Channel channel;
    channel.name = root_.text("name");
    channel.package = root_.text("package");
    for (const auto& entry : root_.objects("entries")) {
      channel.entries.push_back({.name = entry.text("name"),
                                 .replaces = entry.text("replaces"),
                                 .skips = entry.texts("skips"),
                                 .skip_range = entry.text("skipRange")});
    }
    channel.properties = properties();
    return channel;
  }

  BundleBlob bundle() {
    BundleBlob bundle;
    bundle.name = root_.text("name");
    bundle.package = root_.text("package");
    bundle.image = root_.text("image");
    for (const auto& image : root_.objects("relatedImages")) {
      bundle.related_images.push_back({.name = image.text("name"), .image = image.text("image")});
    }
    bundle.properties = properties();
    return bundle;
  }

  Deprecations deprecations() {
    Deprecations deprecations;
    deprecations.package = root_.text("package");
    for (const auto& entry : root_.objects("entries")) {
      const auto reference = entry.object("reference");
      deprecations.entries.push_back({.schema = reference.text("schema"),
                                      .name = reference.text("name"),
                                      .message = entry.text("message")});
    }
    return deprecations;
  }

  Meta meta(const std::string& schema) {
    Meta meta{.schema = schema, .package = root_.text("package"), .text = {}};
    if (values_ == Values::keep) meta.text = without_html_escapes(parsed_.text);
    return meta;
  }

  std::vector<Property> properties() {
    std::vector<Property> properties;
    std::vector<std::string> values;
    if (values_ == Values::keep) values = raw_property_values(parsed_.text);
    for (const auto& entry : root_.objects("properties")) {
      Property property{.type = entry.text("type"), .value = {}};
      if (entry.find_present("value") == nullptr) {
        throw BlobError{Rule::property, fmt::format("its property {} of type \"{}\" has no value",
                                                    properties.size() + 1, property.type)};
      }
      if (properties.size() < values.size()) property.value = std::move(values[properties.size()]);
      properties.push_back(std::move(property));
    }
    return properties;
  }

  const ParsedBlob& parsed_;
  Values values_;
  Fields root_;
};

}  // namespace

ParsedBlob parse_blob(const RawBlob& raw, Values values, io::DuplicateKeys duplicates) {
  try {
    return raw.notation == Notation::json ? parse_json_blob(raw.text, values)
                                          : parse_yaml_blob(raw.text, values, duplicates);
  } catch (const BlobError&) {
    throw;
  } catch (const io::YamlTooLarge& error) {
    throw BlobError{Rule::too_large,
                    fmt::format("{}: make the blob smaller, with fewer aliases", error.what())};
  } catch (const UserError& error) {
    throw BlobError{Rule::syntax, error.what()};
  }
}

std::string schema_of(const io::JsonValue& root) {
  if (root.IsNull()) throw BlobError{Rule::no_schema, "it is blank, or null: remove it"};
  if (!root.IsObject()) {
    throw BlobError{Rule::syntax, fmt::format("it must be an object, not a value of type {}",
                                              io::json_type_name(root))};
  }
  try {
    auto schema = Fields{&root, "the blob", Names::any_case}.text("schema");
    if (!schema.empty()) return schema;
  } catch (const UserError& error) {
    throw BlobError{Rule::field_type, error.what()};
  }
  throw BlobError{Rule::no_schema,
                  "it has no schema: give it one, or name the file in .indexignore if it does not "
                  "belong to the catalog"};
}

Blob read_blob(const ParsedBlob& parsed, Values values) {
  try {
    return Reader{parsed, values}.read();
  } catch (const BlobError&) {
    throw;
  } catch (const UserError& error) {
    throw BlobError{Rule::field_type, error.what()};
  }
}

}  // namespace iib::catalog::fbc
