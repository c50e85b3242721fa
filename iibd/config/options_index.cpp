#include "option.hpp"

#include <algorithm>

namespace iib::config {
namespace {

Type<std::map<std::string, std::map<std::string, std::string>>> binary_images() {
  const auto by_scope = map_of(map_of(text()));
  const std::string expected =
      "a map with the keys `prod`, `stage`, `dev`, each value a map from OCP version to image";
  return {expected, Shape::collection, [by_scope, expected](const Value& value) {
            auto images = by_scope.read(value);
            for (const auto& [scope, versions] : images) {
              if (scope == "prod" || scope == "stage" || scope == "dev") continue;
              value.fail(expected, "the key '" + scope + "' is none of them");
            }
            return images;
          }};
}

/// Without its last slash.
Type<std::filesystem::path> place_in_image() {
  return parsed<std::filesystem::path>(
      "an absolute path below `/`, without `..`",
      [](const std::string& text) -> std::optional<std::filesystem::path> {
        const std::filesystem::path path{text};
        const bool leads_up = std::find(path.begin(), path.end(), "..") != path.end();
        if (!path.is_absolute() || leads_up) return std::nullopt;
        auto normal = (path / "").lexically_normal().parent_path();
        if (normal == normal.root_path()) return std::nullopt;
        return normal;
      });
}

Type<std::string> directory_name() {
  return text_that("the name of a directory, without `/`", [](const std::string& name) {
    return !name.empty() && name != "." && name != ".." && name.find('/') == std::string::npos;
  });
}

Type<std::string> graph_mode() {
  return text_that("one of `replaces`, `semver`, `semver-skippatch`", [](const std::string& mode) {
    return mode == "replaces" || mode == "semver" || mode == "semver-skippatch";
  });
}

/// Two port numbers, the second one above the range.
Type<std::vector<int>> port_range() {
  constexpr int kLastPort = 65535;
  const auto ports = list_of(whole_number(1, kLastPort));
  const std::string expected = "a list of two ports, the smaller one first";
  return {expected, Shape::collection, [ports, expected](const Value& value) {
            auto range = ports.read(value);
            if (range.size() != 2 || range[0] > range[1]) value.fail(expected);
            return range;
          }};
}

constexpr auto kNoServer = "iibd never runs a server of opm.";

}  // namespace

Section index_options() {
  using enum Status;
  return {
      "Index contents",
      {
          option(ours, "iib_index_engine", &Config::index_engine,
                 one_of<IndexEngineKind>(
                     {{"embedded", IndexEngineKind::embedded}, {"opm", IndexEngineKind::opm}}),
                 "embedded",
                 "What changes the contents of an index: `embedded` is iibd itself, `opm` the "
                 "program, which must be of a release that knows SQLite indexes."),
          option(honoured, "iib_binary_image_config", &Config::binary_image_config, binary_images(),
                 "{}",
                 "The binary image of requests that name none, by distribution scope and OCP "
                 "version. `scratch` stands for none: such an index has one image, for amd64, that "
                 "holds the index alone and starts nothing."),
          option(honoured, "iib_graph_mode_options", &Config::graph_mode_options,
                 list_of(graph_mode()), "[replaces, semver, semver-skippatch]",
                 "The values that `graph_update_mode` may have."),
          option(honoured, "iib_graph_mode_index_allow_list", &Config::graph_mode_index_allow_list,
                 list_of(text()), "[]",
                 "Indexes, with or without tag, whose requests may choose a `graph_update_mode`."),
          option(honoured, "hidden_index_db_path", &Config::hidden_index_db_path, place_in_image(),
                 "/var/lib/iib/_hidden/do.not.edit.db",
                 "Where the database lies in an index image with a file-based catalog."),
          option(honoured, "fbc_fragment_catalog_path", &Config::fbc_fragment_catalog_path,
                 place_in_image(), "/configs",
                 "Where the catalog lies in the image of a fragment."),
          option(honoured, "operator_deprecations_dir", &Config::operator_deprecations_dir,
                 directory_name(), "_operator-deprecations-content",
                 "The directory of deprecations at the top of a file-based catalog."),
          option(
              honoured, "iib_default_opm", &Config::default_opm, text(), "opm",
              "For the engine `opm`: the program, a name on PATH or a path. With either engine its "
              "release, where the name tells one (`opm-v1.46.0`), decides whether bundles in "
              "file-based catalogs have `olm.csv.metadata` or `olm.bundle.object`."),
          option(honoured, "iib_ocp_opm_mapping", &Config::ocp_opm_mapping, map_of(text()), "{}",
                 "For the engine `opm`: the program by OCP version of the index, such as `{v4.16: "
                 "opm-v1.26}`; for other versions it is `iib_default_opm`. The names decide the "
                 "form of "
                 "bundles likewise."),
          option(honoured, "iib_deprecate_bundles_limit", &Config::deprecate_bundles_limit,
                 whole_number(1), "200",
                 "For the engine `opm`: the most bundles that one run deprecates. Those of one "
                 "package stay together."),
          option(ours, "iib_max_ocp_version_property", &Config::max_ocp_version_property, boolean(),
                 "false",
                 "Whether an added bundle with objects of APIs that OpenShift 4.9 (Kubernetes "
                 "1.22) removed gets the property `olm.maxOpenShiftVersion` 4.8, unless it has "
                 "that property: clusters with it are not upgraded further."),
          unused_option(ignored, "iib_opm_port_ranges", map_of(port_range()),
                        "{opm_port: [50051, 50150], opm_pprof_port: [50151, 50250]}", kNoServer),
          unused_option(ignored, "iib_opm_pprof_lock_required_min_version", text(), "'1.29.0'",
                        kNoServer),
          unused_option(ignored, "iib_opm_new_migrate_version", text(), "v1.46.0",
                        "Known: catalogs have `olm.csv.metadata` where the configured opm is newer "
                        "than 1.46.0."),
          unused_option(ignored, "iib_grpc_init_wait_time", whole_number(1), "100", kNoServer),
          unused_option(ignored, "iib_grpc_max_tries", whole_number(1), "5", kNoServer),
          unused_option(not_yet, "iib_index_to_gitlab_push_map", map_of(url({"https", "http"})),
                        "{}",
                        "The Git repository that the catalogs of an index are pushed to. This "
                        "release pushes to none."),
          secret(unused_option(not_yet, "iib_index_configs_gitlab_tokens_map",
                               map_of(text_that("`name:value`",
                                                [](const std::string& token) {
                                                  const auto colon = token.find(':');
                                                  return colon != 0 && colon < token.size() - 1;
                                                })),
                               "", "The token, as `name:value`, for each of these repositories.")),
      }};
}

}  // namespace iib::config
