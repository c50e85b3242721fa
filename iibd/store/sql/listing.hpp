#pragma once

/// Pages of requests. Where a filter may be absent its parameter is null.
namespace iib::store::sql {

/// Filters looked up in the rows that an index found.
#define IIBD_STORE_OTHER_FILTERS                                                 \
  " AND (:state IS NULL OR state = :state)"                                      \
  " AND (:type IS NULL OR type = :type)"                                         \
  " AND (:user IS NULL OR user_id = :user)"                                      \
  " AND (:from_index IS NULL OR from_index_id = :from_index)"                    \
  " AND (:index_image IS NULL OR index_image_id = :index_image)"                 \
  " AND (:prefix IS NULL"                                                        \
  "      OR from_index_id IN (SELECT id FROM image WHERE used_as_from_index = 1" \
  "                              AND pull_specification >= :prefix"              \
  "                              AND pull_specification < :beyond))"

#define IIBD_STORE_PAGE " ORDER BY id DESC LIMIT :limit OFFSET :offset"

/// How many match, bucket by bucket; -1 stands for any user or index.
inline constexpr auto kTally = R"sql(
  SELECT bucket, sum(requests) AS requests
    FROM request_tally
   WHERE user_id = :user AND from_index_id = :from_index
     AND (:type IS NULL OR type = :type)
     AND (:state IS NULL OR state = :state)
   GROUP BY bucket
   ORDER BY bucket DESC
)sql";

inline constexpr auto kTallyOfPrefix = R"sql(
  SELECT bucket, sum(requests) AS requests
    FROM request_tally
   WHERE user_id = :user
     AND from_index_id IN (SELECT id
                             FROM image
                            WHERE used_as_from_index = 1
                              AND pull_specification >= :prefix AND pull_specification < :beyond)
     AND (:type IS NULL OR type = :type)
     AND (:state IS NULL OR state = :state)
   GROUP BY bucket
   ORDER BY bucket DESC
)sql";

/// A part of a page: within one bucket, found by the sharpest filter.
inline constexpr auto kWholeBucket =
    "SELECT id FROM request WHERE id BETWEEN :first AND :last" IIBD_STORE_PAGE;

inline constexpr auto kBucket =
    "SELECT id FROM request WHERE id BETWEEN :first AND :last" IIBD_STORE_OTHER_FILTERS
        IIBD_STORE_PAGE;

inline constexpr auto kBucketByState =
    "SELECT id FROM request INDEXED BY request_by_state "
    "WHERE state = :state AND id BETWEEN :first AND :last" IIBD_STORE_OTHER_FILTERS IIBD_STORE_PAGE;

inline constexpr auto kBucketByUser =
    "SELECT id FROM request INDEXED BY request_by_user "
    "WHERE user_id = :user AND id BETWEEN :first AND :last" IIBD_STORE_OTHER_FILTERS
        IIBD_STORE_PAGE;

inline constexpr auto kBucketByFromIndex =
    "SELECT id FROM request INDEXED BY request_by_from_index "
    "WHERE from_index_id = :from_index AND id BETWEEN :first AND :last" IIBD_STORE_OTHER_FILTERS
        IIBD_STORE_PAGE;

/// A batch is counted by triggers, and its pages are skipped in the index alone.
inline constexpr auto kBatchSize = R"sql(
  SELECT requests AS found FROM batch WHERE id = :batch
)sql";

inline constexpr auto kBatchPage = "SELECT id FROM request WHERE batch_id = :batch" IIBD_STORE_PAGE;

inline constexpr auto kBatchCount =
    "SELECT count(*) AS found FROM request WHERE batch_id = :batch" IIBD_STORE_OTHER_FILTERS;

inline constexpr auto kBatchFilteredPage =
    "SELECT id FROM request INDEXED BY request_by_batch "
    "WHERE batch_id = :batch" IIBD_STORE_OTHER_FILTERS IIBD_STORE_PAGE;

inline constexpr auto kIndexImageCount =
    "SELECT count(*) AS found FROM request INDEXED BY request_by_index_image "
    "WHERE index_image_id = :index_image" IIBD_STORE_OTHER_FILTERS;

inline constexpr auto kIndexImagePage =
    "SELECT id FROM request INDEXED BY request_by_index_image "
    "WHERE index_image_id = :index_image" IIBD_STORE_OTHER_FILTERS IIBD_STORE_PAGE;

#undef IIBD_STORE_OTHER_FILTERS
#undef IIBD_STORE_PAGE

}  // namespace iib::store::sql
