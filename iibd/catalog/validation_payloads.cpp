#include "catalog/validation_rules.hpp"
#include "catalog/version.hpp"
#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace iib::catalog {
namespace {

/// As large as a payload of an SQLite database is let to be by default.
constexpr std::size_t kMostBytes = 1'000'000'000;

constexpr auto kPayloads = R"sql(
  SELECT name, coalesce(version, ''), csv, bundle FROM operatorbundle
   WHERE csv IS NOT NULL OR bundle IS NOT NULL ORDER BY name
)sql";

constexpr auto kVersions = R"sql(
  SELECT DISTINCT entry.package_name, bundle.name, bundle.version
    FROM channel_entry AS entry JOIN operatorbundle AS bundle
      ON bundle.name = entry.operatorbundle_name
   WHERE coalesce(bundle.version, '') <> '' ORDER BY 1, 2
)sql";

std::string_view bytes_of(const SQLite::Column& column) {
  return {static_cast<const char*>(column.getBlob()), static_cast<std::size_t>(column.getBytes())};
}

std::string_view member_text(const io::JsonValue& document, std::string_view object,
                             std::string_view key) {
  const auto* const found = io::find_member(document, object);
  if (found == nullptr) return {};
  return io::text_member(*found, key).value_or(std::string_view{});
}

io::JsonDocument parse(std::string_view text) {
  return io::parse_json(text, {.max_bytes = kMostBytes});
}

/// The checks of one bundle's payload.
class Payload {
 public:
  Payload(std::string name, Breaches& breaches) : name_{std::move(name)}, breaches_{breaches} {}

  void check_csv(std::string_view csv, const std::string& version) {
    if (csv.empty()) return;  // cleared, or never there: another rule tells
    try {
      const auto document = parse(csv);
      if (const auto named = member_text(document, "metadata", "name"); named != name_) {
        add(fmt::format("bundle {} holds the ClusterServiceVersion of '{}'", name_, named));
      }
      if (const auto told = member_text(document, "spec", "version"); told != version) {
        add(
            fmt::format("bundle {} is version '{}' in the index and '{}' in its "
                        "ClusterServiceVersion",
                        name_, version, told));
      }
    } catch (const UserError& error) {
      add(fmt::format("the ClusterServiceVersion of bundle {} cannot be read ({})", name_,
                      error.what()));
    }
  }

  /// One object a line (3.7).
  void check_objects(std::string_view objects) {
    for (std::size_t line = 1; !objects.empty(); ++line) {
      const auto end = objects.find('\n');
      const auto object = objects.substr(0, end);
      objects.remove_prefix(end == std::string_view::npos ? objects.size() : end + 1);
      if (object.find_first_not_of(" \t\r") == std::string_view::npos) continue;
      try {
        if (parse(object).IsObject()) continue;
        add(fmt::format("manifest {} of bundle {} is no object", line, name_));
      } catch (const UserError& error) {
        add(fmt::format("manifest {} of bundle {} cannot be read ({})", line, name_, error.what()));
      }
      return;  // the others are hardly better
    }
  }

 private:
  void add(const std::string& what) {
    breaches_.add(ProblemKind::invalid_bundle, {.package = {}, .channel = {}, .bundle = name_},
                  fmt::format("{}: remove its package and add it again", what));
  }

  std::string name_;
  Breaches& breaches_;
};

void check_versions(IndexDatabase& database, Breaches& breaches) {
  auto read = database.use(kVersions);
  while (!breaches.is_full() && read->executeStep()) {
    const auto version = read->getColumn(2).getString();
    if (Version::parse(version)) continue;
    Place place{.package = read->getColumn(0).getString(),
                .channel = {},
                .bundle = read->getColumn(1).getString()};
    auto text = fmt::format(
        "bundle {} of package {} has the version '{}', which is no semantic version: no bundle can "
        "be added to the package until it is removed",
        place.bundle, place.package, version);
    breaches.add(ProblemKind::invalid_bundle, std::move(place), std::move(text));
  }
}

}  // namespace

void check_payloads(IndexDatabase& database, Breaches& breaches, const Cancellation& cancellation) {
  check_versions(database, breaches);
  auto read = database.use(kPayloads);
  while (!breaches.is_full() && read->executeStep()) {
    cancellation.check("validating the index");
    Payload payload{read->getColumn(0).getString(), breaches};
    payload.check_csv(bytes_of(read->getColumn(2)), read->getColumn(1).getString());
    payload.check_objects(bytes_of(read->getColumn(3)));
  }
}

}  // namespace iib::catalog
