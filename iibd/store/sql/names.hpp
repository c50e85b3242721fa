#pragma once

/// Names that are stored once: look up, and add.
namespace iib::store::sql {

inline constexpr auto kFindUser = R"sql(
  SELECT id FROM user WHERE username = :name
)sql";

inline constexpr auto kAddUser = R"sql(
  INSERT INTO user (username) VALUES (:name) RETURNING id
)sql";

inline constexpr auto kFindImage = R"sql(
  SELECT id FROM image WHERE pull_specification = :name
)sql";

inline constexpr auto kAddImage = R"sql(
  INSERT INTO image (pull_specification) VALUES (:name) RETURNING id
)sql";

inline constexpr auto kFindOperator = R"sql(
  SELECT id FROM operator WHERE name = :name
)sql";

inline constexpr auto kAddOperator = R"sql(
  INSERT INTO operator (name) VALUES (:name) RETURNING id
)sql";

inline constexpr auto kFindArchitecture = R"sql(
  SELECT id FROM architecture WHERE name = :name
)sql";

inline constexpr auto kAddArchitecture = R"sql(
  INSERT INTO architecture (name) VALUES (:name) RETURNING id
)sql";

inline constexpr auto kFindBuildTag = R"sql(
  SELECT id FROM build_tag WHERE name = :name
)sql";

inline constexpr auto kAddBuildTag = R"sql(
  INSERT INTO build_tag (name) VALUES (:name) RETURNING id
)sql";

inline constexpr auto kFindDeprecationSchema = R"sql(
  SELECT id FROM deprecation_schema WHERE sha256 = :sha256
)sql";

inline constexpr auto kAddDeprecationSchema = R"sql(
  INSERT INTO deprecation_schema (sha256, text) VALUES (:sha256, :text) RETURNING id
)sql";

/// A range of the text order: all that begins with a prefix.
inline constexpr auto kImagePrefixKnown = R"sql(
  SELECT 1 FROM image WHERE pull_specification >= :prefix AND pull_specification < :beyond LIMIT 1
)sql";

inline constexpr auto kAssignOperator = R"sql(
  UPDATE image SET operator_id = :operator WHERE id = :image
)sql";

}  // namespace iib::store::sql
