#include "catalog/fbc/blob_checks.hpp"

#include "catalog/fields.hpp"
#include "catalog/shown_name.hpp"
#include "iib/base/error.hpp"
#include "iib/base/paths.hpp"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <set>
#include <system_error>
#include <utility>

namespace iib::catalog::fbc {
namespace {

namespace fs = std::filesystem;

/// References to files are read before this release (catalog-fbc 2.5).
constexpr unsigned kLastWithReferences = 30;
/// From here on blobs are parsed more loosely, and `olm.csv.metadata` strictly.
constexpr unsigned kFirstWithMetadata = 28;

constexpr Releases kAll{};
constexpr Releases kWithReferences{.from = Releases::kFirst, .before = kLastWithReferences};
constexpr Releases kBeforeMetadata{.from = Releases::kFirst, .before = kFirstWithMetadata};
constexpr Releases kSinceMetadata{.from = kFirstWithMetadata, .before = Releases::kNone};

constexpr std::array<bool, 256> letters() {
  std::array<bool, 256> set{};
  for (const char c :
       std::string_view{"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"}) {
    set[static_cast<unsigned char>(c)] = true;
  }
  return set;
}
constexpr auto kLetters = letters();

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string about_reference(const std::string& reference, std::string_view reason) {
  return fmt::format("the ref {} of its olm.bundle.object {}", shown(reference), reason);
}

void check_object(const Fields& value, const ObjectPlace& place, const Report& report) {
  const auto reference = value.text("ref");
  const auto* data = value.find("data");
  const auto text = data == nullptr ? std::nullopt : io::as_text(*data);
  if (data != nullptr && !text) static_cast<void>(value.text("data"));
  if (text && !is_base64(*text)) {
    report(Rule::property, "the data of its olm.bundle.object is no base64", kAll);
  }
  if (reference.empty()) return;
  if (text && !text->empty()) {
    return report(Rule::property, about_reference(reference, "excludes data: remove one of them"),
                  kWithReferences);
  }
  try {
    static_cast<void>(referenced_file(reference, place));
  } catch (const UserError& error) {
    report(Rule::property, error.what(), kWithReferences);
  }
}

/// Fields of `olm.csv.metadata` (catalog-fbc 2.5).
void check_metadata(const Fields& value) {
  for (const auto* key : {"description", "displayName", "maturity", "minKubeVersion"}) {
    static_cast<void>(value.text(key));
  }
  for (const auto* key : {"annotations", "labels"}) value.object(key).require_texts();
  static_cast<void>(value.texts("keywords"));
  for (const auto* key : {"installModes", "links", "maintainers", "nativeAPIs"}) {
    static_cast<void>(value.objects(key));
  }
  for (const auto* key : {"apiServiceDefinitions", "crdDescriptions"}) {
    const auto definitions = value.object(key);
    for (const auto* list : {"owned", "required"}) static_cast<void>(definitions.objects(list));
  }
  value.object("provider").require_texts();
}

void check_priority(const Fields& value) {
  static_cast<void>(value.text("channelName"));
  const auto* priority = value.find("priority");
  if (priority == nullptr || priority->IsInt64()) return;
  throw UserError{fmt::format("{}.priority must be an integer", value.place())};
}

class PropertyCheck {
 public:
  PropertyCheck(const ObjectPlace& place, const Report& report) : place_{place}, report_{report} {}

  void check(const Fields& property) {
    const auto type = property.text("type");
    const auto* value = property.find("value");
    try {
      check_value(type,
                  {value, fmt::format("the value of its property {}", type), Names::any_case});
    } catch (const UserError& error) {
      const bool metadata = type == kMetadataProperty;
      report_(Rule::property, error.what(), metadata ? kSinceMetadata : kAll);
    }
  }

  PropertyFacts facts;

 private:
  /// Of types that are not parsed the value may be anything, so that Fields must not see it.
  struct Value {
    const io::JsonValue* value;
    std::string place;
    Names names;
    [[nodiscard]] Fields fields() const { return Fields{value, place, names}; }
  };

  void check_value(const std::string& type, const Value& value) {
    if (type == kPackageProperty) {
      const auto fields = value.fields();
      facts.packages.push_back(
          {.package = fields.text("packageName"), .version = fields.text("version")});
    } else if (type == "olm.package.required") {
      require(value.fields(), {"packageName", "versionRange"});
    } else if (type == "olm.gvk" || type == "olm.gvk.required") {
      require(value.fields(), {"group", "kind", "version"});
    } else if (type == "olm.channel") {
      check_priority(value.fields());
    } else if (type == kObjectProperty) {
      facts.has_objects = true;
      check_object(value.fields(), place_, report_);
    } else if (type == kMetadataProperty) {
      check_metadata(value.fields());
    }
  }

  static void require(const Fields& value, std::initializer_list<const char*> keys) {
    for (const auto* key : keys) static_cast<void>(value.text(key));
  }

  const ObjectPlace& place_;
  const Report& report_;
};

}  // namespace

fs::path referenced_file(const std::string& reference, const ObjectPlace& place) {
  const auto refuse = [&](std::string_view reason) {
    throw UserError{about_reference(reference, reason)};
  };
  constexpr std::string_view kOut = "leads out of the catalog: put the file below its root";
  const fs::path path{reference};
  if (path.is_absolute()) refuse("is absolute: name the file relative to the catalog's file");
  const auto inside = (fs::path{place.directory} / path).lexically_normal();
  if (inside.begin() != inside.end() && *inside.begin() == "..") refuse(kOut);
  std::error_code error;
  auto real = fs::canonical(place.root / inside, error);
  if (error) refuse("is not there: add the file, or put the object itself into data");
  const auto root = fs::canonical(place.root, error);
  if (error || !is_within(real, root)) refuse(kOut);
  if (!fs::is_regular_file(real, error)) refuse("is no file: name a regular one");
  return real;
}

PropertyFacts check_properties(const io::JsonValue& root, const ObjectPlace& place,
                               const Report& report) {
  PropertyCheck check{place, report};
  const Fields blob{&root, "the blob", Names::any_case};
  for (const auto& property : blob.objects("properties")) check.check(property);
  return std::move(check.facts);
}

PropertyFacts property_facts(const std::vector<Property>& properties) {
  PropertyFacts facts;
  for (const auto& property : properties) {
    if (property.type == kObjectProperty) facts.has_objects = true;
    if (property.type != kPackageProperty) continue;
    const auto value = io::parse_json(property.value);
    const Fields fields{&value, "the value of its property olm.package", Names::any_case};
    facts.packages.push_back(
        {.package = fields.text("packageName"), .version = fields.text("version")});
  }
  return facts;
}

void check_keys(const io::JsonValue& root, const Report& report) {
  if (!root.IsObject()) return;
  std::set<std::string> seen;
  for (const auto& member : root.GetObject()) {
    const std::string_view key{member.name.GetString(), member.name.GetStringLength()};
    if (seen.insert(lower(key)).second) continue;
    report(Rule::syntax, fmt::format("its key {} is there in several spellings: keep one", key),
           kSinceMetadata);
  }
}

void check_meta(const io::JsonValue& root, const Report& report) {
  const Fields blob{&root, "the blob", Names::any_case};
  try {
    static_cast<void>(blob.text("name"));
  } catch (const UserError& error) {
    report(Rule::field_type, error.what(), kSinceMetadata);
  }
  try {
    for (const auto& property : blob.objects("properties"))
      static_cast<void>(property.text("type"));
  } catch (const UserError& error) {
    report(Rule::field_type, error.what(), kBeforeMetadata);
  }
}

bool is_base64(std::string_view text) {
  std::size_t count = 0;
  std::size_t padding = 0;
  for (const char c : text) {
    if (c == '\n' || c == '\r') continue;
    ++count;
    if (c == '=') {
      ++padding;
    } else if (padding > 0 || !kLetters[static_cast<unsigned char>(c)]) {
      return false;
    }
  }
  return padding <= 2 && count % 4 == 0;
}

}  // namespace iib::catalog::fbc
