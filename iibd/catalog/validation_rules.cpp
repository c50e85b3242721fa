#include "catalog/validation_rules.hpp"

#include <fmt/format.h>

#include <array>
#include <string>
#include <string_view>

namespace iib::catalog {
namespace {

/// A rule whose breaches one statement finds: rows of package, channel, bundle and something else.
struct Rule {
  ProblemKind kind;
  const char* breaches;
  /// {0} package, {1} channel, {2} bundle, {3} the fourth column.
  const char* text;
};

// 1.1: every package has a default channel, which is one of its own.
constexpr Rule kDefaultMissing{ProblemKind::default_channel, R"sql(
  SELECT package.name, '', '', '' FROM package
   WHERE coalesce(package.default_channel, '') = '' ORDER BY 1
)sql",
                               "package {0} has no default channel: add a bundle whose annotations "
                               "name one, or remove the package and add it again"};

constexpr Rule kDefaultAbsent{ProblemKind::default_channel, R"sql(
  SELECT package.name, package.default_channel, '', '' FROM package
   WHERE coalesce(package.default_channel, '') <> ''
     AND NOT EXISTS (SELECT 1 FROM channel WHERE channel.package_name = package.name
                        AND channel.name = package.default_channel)
   ORDER BY 1
)sql",
                              "package {0} names the default channel {1}, which it does not have: "
                              "add a bundle whose annotations name one that is there"};

constexpr Rule kNoChannel{ProblemKind::invalid_index, R"sql(
  SELECT package.name, '', '', '' FROM package
   WHERE NOT EXISTS (SELECT 1 FROM channel WHERE channel.package_name = package.name) ORDER BY 1
)sql",
                          "package {0} has no channel: remove the package"};

constexpr Rule kNoPackage{ProblemKind::invalid_index, R"sql(
  SELECT channel.package_name, channel.name, '', '' FROM channel
   WHERE NOT EXISTS (SELECT 1 FROM package WHERE package.name = channel.package_name)
   ORDER BY 1, 2
)sql",
                          "channel {1} belongs to package {0}, which is not there: add the bundles "
                          "of that package again"};

// 5.3: a head is a real bundle and the first entry of its channel.
constexpr Rule kHeadMissing{ProblemKind::invalid_graph, R"sql(
  SELECT package_name, name, coalesce(head_operatorbundle_name, ''), '' FROM channel
   WHERE NOT EXISTS (SELECT 1 FROM operatorbundle
                      WHERE operatorbundle.name = channel.head_operatorbundle_name)
   ORDER BY 1, 2
)sql",
                            "channel {1} of package {0} has the head '{2}', which is no bundle of "
                            "the index: remove the package and add it again"};

constexpr Rule kHeadWithoutEntry{ProblemKind::invalid_graph, R"sql(
  SELECT package_name, name, head_operatorbundle_name, '' FROM channel
   WHERE head_operatorbundle_name IS NOT NULL
     AND NOT EXISTS (SELECT 1 FROM channel_entry AS entry
                      WHERE entry.package_name = channel.package_name
                        AND entry.channel_name = channel.name AND entry.depth = 0
                        AND entry.operatorbundle_name = channel.head_operatorbundle_name)
   ORDER BY 1, 2
)sql",
                                 "channel {1} of package {0} has no entry of depth 0 for its head "
                                 "{2}: remove the package and add it again"};

constexpr Rule kSecondHead{ProblemKind::invalid_graph, R"sql(
  SELECT DISTINCT entry.package_name, entry.channel_name, entry.operatorbundle_name,
         channel.head_operatorbundle_name
    FROM channel_entry AS entry
    JOIN channel ON channel.package_name = entry.package_name AND channel.name = entry.channel_name
   WHERE coalesce(entry.depth, -1) <= 0
     AND (entry.depth IS NOT 0 OR entry.operatorbundle_name IS NOT channel.head_operatorbundle_name)
   ORDER BY 1, 2, 3
)sql",
                           "bundle {2} stands at the top of channel {1} of package {0} beside the "
                           "head {3}: remove the package and add it again"};

// 1.1: entries belong to channels and lead to entries of the same one.
constexpr Rule kEntryWithoutChannel{ProblemKind::invalid_index, R"sql(
  SELECT DISTINCT entry.package_name, entry.channel_name, entry.operatorbundle_name, ''
    FROM channel_entry AS entry
   WHERE NOT EXISTS (SELECT 1 FROM channel WHERE channel.package_name = entry.package_name
                        AND channel.name = entry.channel_name)
   ORDER BY 1, 2, 3
)sql",
                                    "bundle {2} has an entry in channel {1} of package {0}, which "
                                    "is not there: remove the package and add it again"};

constexpr Rule kLooseEdge{ProblemKind::invalid_graph, R"sql(
  SELECT DISTINCT entry.package_name, entry.channel_name, entry.operatorbundle_name, ''
    FROM channel_entry AS entry
    LEFT JOIN channel_entry AS target ON target.entry_id = entry.replaces
   WHERE entry.replaces IS NOT NULL
     AND (target.entry_id IS NULL OR target.package_name IS NOT entry.package_name
          OR target.channel_name IS NOT entry.channel_name)
   ORDER BY 1, 2, 3
)sql",
                          "an entry of bundle {2} in channel {1} of package {0} leads to none of "
                          "that channel: remove the package and add it again"};

// 5.4: what is replaced is real; only what is skipped need not be.
constexpr Rule kReplacesMissing{ProblemKind::replaces_missing, R"sql(
  SELECT DISTINCT entry.package_name, entry.channel_name, bundle.name, target.operatorbundle_name
    FROM channel_entry AS entry
    JOIN channel_entry AS target ON target.entry_id = entry.replaces
    JOIN operatorbundle AS bundle ON bundle.name = entry.operatorbundle_name
   WHERE bundle.replaces = target.operatorbundle_name
     AND instr(',' || coalesce(bundle.skips, '') || ',',
               ',' || target.operatorbundle_name || ',') = 0
     AND NOT EXISTS (SELECT 1 FROM operatorbundle AS other
                      WHERE other.name = target.operatorbundle_name)
   ORDER BY 1, 2, 3
)sql",
                                "bundle {2} replaces {3} in channel {1} of package {0}, which is "
                                "not in the index: add it, or remove the package and add it again"};

// 6.1: a name belongs to one package.
constexpr Rule kTwoPackages{ProblemKind::other_package, R"sql(
  SELECT min(package_name), '', operatorbundle_name, max(package_name) FROM channel_entry
   GROUP BY operatorbundle_name HAVING count(DISTINCT package_name) > 1 ORDER BY 3
)sql",
                            "bundle {2} has entries in packages {0} and {3}, but must belong to "
                            "one: remove the package that should not have it"};

// 1.3 and 8.4: what is marked as deprecated is there, and readers can tell by a property.
constexpr Rule kDeprecatedMissing{ProblemKind::invalid_index, R"sql(
  SELECT '', '', operatorbundle_name, '' FROM deprecated
   WHERE operatorbundle_name NOT IN (SELECT name FROM operatorbundle) ORDER BY 3
)sql",
                                  "{2} is marked as deprecated and is no bundle of the index: "
                                  "pruning stranded bundles removes the mark"};

constexpr Rule kDeprecatedUntold{ProblemKind::invalid_index, R"sql(
  SELECT '', '', operatorbundle_name, '' FROM deprecated
   WHERE operatorbundle_name IN (SELECT name FROM operatorbundle)
     AND NOT EXISTS (SELECT 1 FROM properties
                      WHERE properties.operatorbundle_name = deprecated.operatorbundle_name
                        AND properties.type = 'olm.deprecated')
   ORDER BY 3
)sql",
                                 "bundle {2} is marked as deprecated but has no property "
                                 "olm.deprecated, so clusters cannot tell: deprecate it again"};

// 7: payloads are cleared only where the image can give them again.
constexpr Rule kNoContents{ProblemKind::invalid_bundle, R"sql(
  SELECT '', '', name, '' FROM operatorbundle
   WHERE (csv IS NULL OR length(csv) = 0) AND coalesce(bundlepath, '') = '' ORDER BY 3
)sql",
                           "bundle {2} has neither contents nor a pull specification: remove its "
                           "package and add it again"};

// 4.2 and 4.3: values are JSON.
constexpr Rule kPropertyUnreadable{ProblemKind::invalid_bundle, R"sql(
  SELECT DISTINCT '', '', operatorbundle_name, type FROM properties
   WHERE value IS NULL OR NOT json_valid(CAST(value AS TEXT)) ORDER BY 3, 4
)sql",
                                   "bundle {2} has a property {3} whose value is no JSON: correct "
                                   "its metadata and add it again"};

constexpr Rule kDependencyUnreadable{ProblemKind::invalid_bundle, R"sql(
  SELECT DISTINCT '', '', operatorbundle_name, type FROM dependencies
   WHERE value IS NOT NULL AND NOT json_valid(CAST(value AS TEXT)) ORDER BY 3, 4
)sql",
                                     "bundle {2} has a dependency {3} whose value is no JSON: "
                                     "correct its metadata and add it again"};

// 4.3: the package and version that clusters read are those of the rows. A bundle of an old
// database may have no such property at all (1.3).
constexpr Rule kPropertyDisagrees{ProblemKind::invalid_bundle, R"sql(
  WITH told AS (SELECT operatorbundle_name AS name,
                       json_extract(CAST(value AS TEXT), '$.packageName') AS package,
                       coalesce(json_extract(CAST(value AS TEXT), '$.version'), '') AS version
                  FROM properties
                 WHERE type = 'olm.package'
                   AND CASE json_valid(CAST(value AS TEXT))
                         WHEN 1 THEN json_type(CAST(value AS TEXT)) = 'object' ELSE 0 END)
  SELECT entry.package_name, '', bundle.name, coalesce(bundle.version, '')
    FROM (SELECT DISTINCT package_name, operatorbundle_name FROM channel_entry) AS entry
    JOIN operatorbundle AS bundle ON bundle.name = entry.operatorbundle_name
   WHERE bundle.name IN (SELECT name FROM told)
     AND bundle.name NOT IN (SELECT told.name FROM told
                              WHERE told.name = bundle.name AND told.package = entry.package_name
                                AND told.version = coalesce(bundle.version, ''))
   ORDER BY 1, 3
)sql",
                                  "bundle {2} is version '{3}' of package {0}, but no property "
                                  "olm.package of it says so: remove the package and add it again"};

constexpr std::array kRules{
    kDefaultMissing,   kDefaultAbsent,    kNoChannel,          kNoPackage,
    kHeadMissing,      kHeadWithoutEntry, kSecondHead,         kEntryWithoutChannel,
    kLooseEdge,        kReplacesMissing,  kTwoPackages,        kDeprecatedMissing,
    kDeprecatedUntold, kNoContents,       kPropertyUnreadable, kDependencyUnreadable,
    kPropertyDisagrees};

void check_rule(IndexDatabase& database, const Rule& rule, Breaches& breaches) {
  auto find = database.use(rule.breaches);
  while (!breaches.is_full() && find->executeStep()) {
    Place place{.package = find->getColumn(0).getString(),
                .channel = find->getColumn(1).getString(),
                .bundle = find->getColumn(2).getString()};
    auto text = fmt::format(fmt::runtime(rule.text), place.package, place.channel, place.bundle,
                            find->getColumn(3).getString());
    breaches.add(rule.kind, std::move(place), std::move(text));
  }
}

/// Rows that hang in the air. Those of versionless bundles have a NULL in their key, so that their
/// wart (1.2) is none here.
void check_keys(IndexDatabase& database, Breaches& breaches) {
  for (const std::string_view table :
       {"related_image", "api_provider", "api_requirer", "dependencies", "properties"}) {
    auto find = database.use(fmt::format(R"sql(
      SELECT DISTINCT row.operatorbundle_name, breach.parent
        FROM pragma_foreign_key_check('{0}') AS breach JOIN {0} AS row ON row.rowid = breach.rowid
       ORDER BY 1, 2
    )sql",
                                         table));
    while (!breaches.is_full() && find->executeStep()) {
      auto bundle = find->getColumn(0).getString();
      auto text = fmt::format(
          "table {} has rows of bundle {} that refer to no row of table {}: remove its package and "
          "add it again",
          table, bundle, find->getColumn(1).getString());
      breaches.add(ProblemKind::invalid_index,
                   {.package = {}, .channel = {}, .bundle = std::move(bundle)}, std::move(text));
    }
  }
}

}  // namespace

void check_rows(IndexDatabase& database, Breaches& breaches, const Cancellation& cancellation) {
  for (const auto& rule : kRules) {
    cancellation.check("validating the index");
    check_rule(database, rule, breaches);
  }
  check_keys(database, breaches);
}

}  // namespace iib::catalog
