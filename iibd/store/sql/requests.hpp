#pragma once

/// Writing and reading requests.
namespace iib::store::sql {

inline constexpr auto kAddBatch = R"sql(
  INSERT INTO batch (annotations, base_url) VALUES (:annotations, :base_url) RETURNING id
)sql";

inline constexpr auto kAddRequest = R"sql(
  INSERT INTO request (type, user_id, batch_id, from_index_id, index_image_id, organization,
                       distribution_scope, graph_update_mode, operator_id, check_related_images,
                       ignore_bundle_ocp_version, omps_operator_version, bundle_replacements,
                       labels, deprecation_schema_id, single_fragment_form)
  VALUES (:type, :user, :batch, :from_index, :index_image, :organization, :distribution_scope,
          :graph_update_mode, :operator, :check_related_images, :ignore_bundle_ocp_version,
          :omps_operator_version, :bundle_replacements, :labels, :deprecation_schema,
          :single_fragment_form)
  RETURNING id
)sql";

/// What is null keeps what is stored.
inline constexpr auto kLearnColumns = R"sql(
  UPDATE request
     SET from_index_id = ifnull(:from_index, from_index_id),
         index_image_id = ifnull(:index_image, index_image_id),
         organization = ifnull(:organization, organization),
         distribution_scope = ifnull(:distribution_scope, distribution_scope),
         graph_update_mode = ifnull(:graph_update_mode, graph_update_mode),
         operator_id = ifnull(:operator, operator_id),
         check_related_images = ifnull(:check_related_images, check_related_images),
         ignore_bundle_ocp_version = ifnull(:ignore_bundle_ocp_version, ignore_bundle_ocp_version),
         omps_operator_version = ifnull(:omps_operator_version, omps_operator_version),
         bundle_replacements = ifnull(:bundle_replacements, bundle_replacements),
         labels = ifnull(:labels, labels),
         deprecation_schema_id = ifnull(:deprecation_schema, deprecation_schema_id),
         single_fragment_form = max(:single_fragment_form, single_fragment_form)
   WHERE id = :request
)sql";

inline constexpr auto kSetImage = R"sql(
  INSERT INTO request_image (request_id, role, position, image_id)
  VALUES (:request, :role, :position, :image)
  ON CONFLICT (request_id, role, position) DO UPDATE SET image_id = excluded.image_id
)sql";

/// What a list that became shorter leaves behind its end.
inline constexpr auto kCutImages = R"sql(
  DELETE FROM request_image WHERE request_id = :request AND role = :role AND position >= :position
)sql";

inline constexpr auto kSetOperator = R"sql(
  INSERT INTO request_operator (request_id, position, operator_id)
  VALUES (:request, :position, :operator)
  ON CONFLICT (request_id, position) DO UPDATE SET operator_id = excluded.operator_id
)sql";

inline constexpr auto kCutOperators = R"sql(
  DELETE FROM request_operator WHERE request_id = :request AND position >= :position
)sql";

inline constexpr auto kAddBuildTagTo = R"sql(
  INSERT INTO request_build_tag (request_id, build_tag_id) VALUES (:request, :build_tag)
  ON CONFLICT DO NOTHING
)sql";

inline constexpr auto kAddArchitectureTo = R"sql(
  INSERT INTO request_architecture (request_id, architecture_id) VALUES (:request, :architecture)
  ON CONFLICT DO NOTHING
)sql";

inline constexpr auto kAddState = R"sql(
  INSERT INTO request_state (request_id, state, reason, updated)
  VALUES (:request, :state, :reason, :updated)
  RETURNING id
)sql";

inline constexpr auto kRequest = R"sql(
  SELECT request.id, request.type, request.batch_id, batch.annotations, batch.base_url,
         user.username, from_index.pull_specification AS from_index,
         index_image.pull_specification AS index_image, request.organization,
         request.distribution_scope, request.graph_update_mode, operator.name AS operator,
         request.check_related_images, request.ignore_bundle_ocp_version,
         request.omps_operator_version, request.bundle_replacements, request.labels,
         deprecation_schema.text AS deprecation_schema, request.single_fragment_form
    FROM request
    JOIN batch ON batch.id = request.batch_id
    LEFT JOIN user ON user.id = request.user_id
    LEFT JOIN image AS from_index ON from_index.id = request.from_index_id
    LEFT JOIN image AS index_image ON index_image.id = request.index_image_id
    LEFT JOIN operator ON operator.id = request.operator_id
    LEFT JOIN deprecation_schema ON deprecation_schema.id = request.deprecation_schema_id
   WHERE request.id = :request
)sql";

inline constexpr auto kRequestImages = R"sql(
  SELECT request_image.role, image.pull_specification, operator.name AS operator
    FROM request_image
    JOIN image ON image.id = request_image.image_id
    LEFT JOIN operator ON operator.id = image.operator_id
   WHERE request_image.request_id = :request
   ORDER BY request_image.role, request_image.position
)sql";

inline constexpr auto kRequestOperators = R"sql(
  SELECT operator.name
    FROM request_operator
    JOIN operator ON operator.id = request_operator.operator_id
   WHERE request_operator.request_id = :request
   ORDER BY request_operator.position
)sql";

/// Texts sort by byte value.
inline constexpr auto kRequestArchitectures = R"sql(
  SELECT architecture.name
    FROM request_architecture
    JOIN architecture ON architecture.id = request_architecture.architecture_id
   WHERE request_architecture.request_id = :request
   ORDER BY architecture.name
)sql";

inline constexpr auto kRequestBuildTags = R"sql(
  SELECT build_tag.name
    FROM request_build_tag
    JOIN build_tag ON build_tag.id = request_build_tag.build_tag_id
   WHERE request_build_tag.request_id = :request
   ORDER BY build_tag.name
)sql";

/// The newest `:limit` entries; -1: all.
inline constexpr auto kRequestStates = R"sql(
  SELECT id, state, reason, updated, claim
    FROM request_state
   WHERE request_id = :request
   ORDER BY id DESC
   LIMIT :limit
)sql";

}  // namespace iib::store::sql
