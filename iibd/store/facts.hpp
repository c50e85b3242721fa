#pragma once

#include "iib/model/request.hpp"
#include "store/connection.hpp"

namespace iib::store {

/// Adds the request's row with the columns of `facts`; its images and lists are not stored yet.
[[nodiscard]] RequestId add_request_row(Connection& connection, model::RequestType type,
                                        std::optional<std::int64_t> user, BatchId batch,
                                        const model::RequestFacts& facts);

/// Stores the columns of `facts` that are set.
void learn_columns(Connection& connection, RequestId request, const model::RequestFacts& facts);

/// Stores the images and lists of `facts` that are set; a list replaces the one before. The bundle
/// mapping is stored per image, for all requests.
void store_links(Connection& connection, RequestId request, const model::RequestFacts& facts);

/// Replaces fbc_fragments_resolved, also by an empty list.
void replace_resolved_fragments(Connection& connection, RequestId request,
                                const std::vector<std::string>& pull_specs);

/// Adds architectures to those stored.
void add_architectures(Connection& connection, RequestId request,
                       const std::vector<std::string>& arches);

/// Reads images and lists into `facts`, and computes the bundle mapping.
void load_links(Connection& connection, RequestId request, model::RequestFacts& facts);

}  // namespace iib::store
