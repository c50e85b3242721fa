#include "store/facts.hpp"

#include "store/names.hpp"
#include "store/sql/names.hpp"
#include "store/sql/requests.hpp"

#include <array>

namespace iib::store {
namespace {

using model::RequestFacts;

/// The roles of images as data/schema.sql numbers them.
struct SingleImage {
  int role;
  std::optional<std::string> RequestFacts::*member;
};
constexpr std::array kSingleImages{
    SingleImage{1, &RequestFacts::binary_image},
    SingleImage{2, &RequestFacts::binary_image_resolved},
    SingleImage{3, &RequestFacts::from_index_resolved},
    SingleImage{4, &RequestFacts::index_image_resolved},
    SingleImage{5, &RequestFacts::internal_index_image_copy},
    SingleImage{6, &RequestFacts::internal_index_image_copy_resolved},
    SingleImage{7, &RequestFacts::bundle_image},
    SingleImage{8, &RequestFacts::from_bundle_image},
    SingleImage{9, &RequestFacts::from_bundle_image_resolved},
    SingleImage{10, &RequestFacts::source_from_index},
    SingleImage{11, &RequestFacts::source_from_index_resolved},
    SingleImage{12, &RequestFacts::target_index},
    SingleImage{13, &RequestFacts::target_index_resolved},
    SingleImage{14, &RequestFacts::parent_bundle_image},
    SingleImage{15, &RequestFacts::parent_bundle_image_resolved},
    SingleImage{16, &RequestFacts::fbc_fragment},
    SingleImage{17, &RequestFacts::fbc_fragment_resolved},
};

struct ImageList {
  int role;
  std::vector<std::string> RequestFacts::*member;
};
constexpr int kBundles = 21;
constexpr int kResolvedFragments = 24;
constexpr std::array kImageLists{
    ImageList{kBundles, &RequestFacts::bundles},
    ImageList{22, &RequestFacts::deprecation_list},
    ImageList{23, &RequestFacts::fbc_fragments},
    ImageList{kResolvedFragments, &RequestFacts::fbc_fragments_resolved},
};

void bind_columns(Connection& connection, Use& use, const RequestFacts& facts) {
  use.bind(":from_index", maybe_name_id(connection, NameKind::image, facts.from_index))
      .bind(":index_image", maybe_name_id(connection, NameKind::image, facts.index_image))
      .bind(":organization", facts.organization)
      .bind(":distribution_scope", facts.distribution_scope)
      .bind(":graph_update_mode", facts.graph_update_mode)
      .bind(":operator",
            maybe_name_id(connection, NameKind::bundle_operator, facts.operator_package))
      .bind(":check_related_images", facts.check_related_images)
      .bind(":ignore_bundle_ocp_version", facts.ignore_bundle_ocp_version)
      .bind(":omps_operator_version", facts.omps_operator_version)
      .bind(":bundle_replacements", facts.bundle_replacements)
      .bind(":labels", facts.labels)
      .bind(":deprecation_schema", deprecation_schema_id(connection, facts.deprecation_schema))
      .bind(":single_fragment_form", facts.single_fragment_form);
}

void set_image(Connection& connection, RequestId request, int role, std::size_t position,
               std::string_view pull_spec) {
  const auto image = name_id(connection, NameKind::image, pull_spec);
  connection.use(sql::kSetImage)
      .bind(":request", request.value())
      .bind(":role", role)
      .bind(":position", position)
      .bind(":image", image)
      .run();
}

void set_image_list(Connection& connection, RequestId request, int role,
                    const std::vector<std::string>& pull_specs) {
  for (std::size_t position = 0; position < pull_specs.size(); ++position) {
    set_image(connection, request, role, position, pull_specs[position]);
  }
  connection.use(sql::kCutImages)
      .bind(":request", request.value())
      .bind(":role", role)
      .bind(":position", pull_specs.size())
      .run();
}

void set_operators(Connection& connection, RequestId request,
                   const std::vector<std::string>& operators) {
  for (std::size_t position = 0; position < operators.size(); ++position) {
    const auto id = name_id(connection, NameKind::bundle_operator, operators[position]);
    connection.use(sql::kSetOperator)
        .bind(":request", request.value())
        .bind(":position", position)
        .bind(":operator", id)
        .run();
  }
  connection.use(sql::kCutOperators)
      .bind(":request", request.value())
      .bind(":position", operators.size())
      .run();
}

void add_build_tags(Connection& connection, RequestId request,
                    const std::vector<std::string>& tags) {
  for (const auto& tag : tags) {
    const auto id = name_id(connection, NameKind::build_tag, tag);
    connection.use(sql::kAddBuildTagTo)
        .bind(":request", request.value())
        .bind(":build_tag", id)
        .run();
  }
}

void store_mapping(Connection& connection,
                   const std::map<std::string, std::vector<std::string>>& mapping) {
  for (const auto& [package, bundles] : mapping) {
    if (bundles.empty()) continue;
    const auto operator_id = name_id(connection, NameKind::bundle_operator, package);
    for (const auto& bundle : bundles) {
      const auto image = name_id(connection, NameKind::image, bundle);
      connection.use(sql::kAssignOperator)
          .bind(":operator", operator_id)
          .bind(":image", image)
          .run();
    }
  }
}

void take_image(RequestFacts& facts, int role, std::string pull_spec) {
  for (const auto& single : kSingleImages) {
    if (single.role != role) continue;
    facts.*single.member = std::move(pull_spec);
    return;
  }
  for (const auto& list : kImageLists) {
    if (list.role != role) continue;
    (facts.*list.member).push_back(std::move(pull_spec));
    return;
  }
}

void load_images(Connection& connection, RequestId request, RequestFacts& facts) {
  auto images = connection.use(sql::kRequestImages);
  images.bind(":request", request.value());
  while (images.step()) {
    const auto role = static_cast<int>(images.integer("role"));
    auto pull_spec = images.text("pull_specification");
    if (role == kBundles) {
      if (auto package = images.maybe_text("operator")) {
        facts.bundle_mapping[*package].push_back(pull_spec);
      }
    }
    take_image(facts, role, std::move(pull_spec));
  }
}

std::vector<std::string> load_names(Connection& connection, const char* sql, RequestId request) {
  auto names = connection.use(sql);
  names.bind(":request", request.value());
  std::vector<std::string> found;
  while (names.step()) found.push_back(names.text("name"));
  return found;
}

}  // namespace

RequestId add_request_row(Connection& connection, model::RequestType type,
                          std::optional<std::int64_t> user, BatchId batch,
                          const RequestFacts& facts) {
  auto add = connection.use(sql::kAddRequest);
  bind_columns(connection, add, facts);
  add.bind(":type", static_cast<int>(type)).bind(":user", user).bind(":batch", batch.value());
  if (!add.step()) throw Error{"internal error: an inserted request has no id"};
  const RequestId id{add.integer("id")};
  add.run();
  return id;
}

void learn_columns(Connection& connection, RequestId request, const RequestFacts& facts) {
  auto learn = connection.use(sql::kLearnColumns);
  bind_columns(connection, learn, facts);
  learn.bind(":request", request.value()).run();
}

void store_links(Connection& connection, RequestId request, const RequestFacts& facts) {
  for (const auto& [role, member] : kSingleImages) {
    const auto& pull_spec = facts.*member;
    if (pull_spec) set_image(connection, request, role, 0, *pull_spec);
  }
  for (const auto& [role, member] : kImageLists) {
    const auto& list = facts.*member;
    if (!list.empty()) set_image_list(connection, request, role, list);
  }
  if (!facts.removed_operators.empty()) {
    set_operators(connection, request, facts.removed_operators);
  }
  add_build_tags(connection, request, facts.build_tags);
  store_mapping(connection, facts.bundle_mapping);
}

void replace_resolved_fragments(Connection& connection, RequestId request,
                                const std::vector<std::string>& pull_specs) {
  set_image_list(connection, request, kResolvedFragments, pull_specs);
}

void add_architectures(Connection& connection, RequestId request,
                       const std::vector<std::string>& arches) {
  for (const auto& arch : arches) {
    const auto id = name_id(connection, NameKind::architecture, arch);
    connection.use(sql::kAddArchitectureTo)
        .bind(":request", request.value())
        .bind(":architecture", id)
        .run();
  }
}

void load_links(Connection& connection, RequestId request, RequestFacts& facts) {
  load_images(connection, request, facts);
  facts.removed_operators = load_names(connection, sql::kRequestOperators, request);
  facts.build_tags = load_names(connection, sql::kRequestBuildTags, request);
}

}  // namespace iib::store
