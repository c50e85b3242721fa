#include "option.hpp"

namespace iib::config {
namespace {

using namespace std::chrono_literals;

Type<std::string> registry() {
  return text_that("a registry such as `registry.example.com:5000`, without scheme", is_registry);
}

/// Whether all that stands in braces is `{registry}` or `{request_id}`, and the latter does.
bool is_push_template(const std::string& text) {
  bool has_id = false;
  std::size_t position = 0;
  while ((position = text.find_first_of("{}", position)) != std::string::npos) {
    const auto rest = std::string_view{text}.substr(position);
    const bool is_id = rest.starts_with("{request_id}");
    if (!is_id && !rest.starts_with("{registry}")) return false;
    has_id = has_id || is_id;
    position = text.find('}', position) + 1;
  }
  return has_id;
}

}  // namespace

Section image_options() {
  using enum Status;
  return {
      "Images and registries",
      {
          option(honoured, "iib_registry", &Config::registry, registry(), "",
                 "The registry that results are pushed to. Must be set."),
          option(honoured, "iib_image_push_template", &Config::image_push_template,
                 text_that("a pull specification with `{request_id}` and, at will, `{registry}`, "
                           "and no other braces",
                           is_push_template),
                 "'{registry}/iib-build:{request_id}'",
                 "The name of a result; `{registry}` is `iib_registry`."),
          option(
              honoured, "iib_index_image_output_registry", &Config::index_image_output_registry,
              text_that("a registry, without scheme",
                        [](const std::string& text) { return text.empty() || is_registry(text); }),
              "", "What answers name in place of `iib_registry`."),
          option(ours, "iib_image_engine", &Config::image_engine,
                 one_of<ImageEngineKind>(
                     {{"tools", ImageEngineKind::tools}, {"embedded", ImageEngineKind::embedded}}),
                 "tools",
                 "What handles images: `tools` runs skopeo and buildah; `embedded` is iibd itself, "
                 "which speaks to the registries and needs neither programs nor root."),
          option(honoured, "iib_docker_config_template", &Config::docker_config_template, path(),
                 "~/.docker/config.json.template",
                 "Credentials for registries, in the format of Docker's `config.json`; read, never "
                 "written. If there is no such file: `$REGISTRY_AUTH_FILE`, else "
                 "`~/.docker/config.json`."),
          option(ours, "iib_insecure_registries", &Config::insecure_registries,
                 list_of(registry_host()), "[]",
                 "Registries spoken to by plain HTTP or with a certificate that is not verified."),
          option(
              ours, "iib_certs_dir", &Config::certs_dir, path(), "/etc/containers/certs.d",
              "A folder for each registry (`host:port`) that needs one: `*.crt` are the CAs that "
              "its certificate is verified against, `NAME.cert` and `NAME.key` what iibd shows."),
          option(ours, "iib_layer_cache_size", &Config::layer_cache_size, byte_size(), "10GiB",
                 "For the engine `embedded`: how much of images' layers is kept below the state "
                 "directory, so that an index is not fetched again; the least used go first. With "
                 "either engine up to a quarter as much is taken beside that by the unpacked "
                 "catalogs of the file-based indexes that were built last, until the daemon ends."),
          option(honoured, "iib_supported_archs", &Config::supported_archs, map_of(text()),
                 "{amd64: x86_64, arm64: aarch64, ppc64le: ppc64le, s390x: s390x}",
                 "Architectures, and what the label `architecture` of an image for each says, if "
                 "it has "
                 "one. A request whose images would say something else fails, and pushes nothing."),
          option(ours, "iib_verify_from_index", &Config::verify_from_index,
                 one_of<VerifyFromIndex>({{"always", VerifyFromIndex::always},
                                          {"overwrite", VerifyFromIndex::overwrite}}),
                 "always",
                 "When a request fails because its `from_index` changed meanwhile: `always`, or "
                 "only if it would `overwrite` that index."),
          option(ours, "iib_rebase_attempts", &Config::rebase_attempts, whole_number(0, 100), "3",
                 "How often a request that overwrites its `from_index` begins again by itself "
                 "when that index changed during the build; 0: it fails at once."),
      }};
}

Section limit_options() {
  using enum Status;
  return {
      "Time limits and retries",
      {
          option(honoured, "iib_skopeo_timeout", &Config::skopeo_timeout, duration(1s), "300s",
                 "The longest a call of a registry may take; with the engine `embedded` 1 s more "
                 "for each 32 KiB that it moves."),
          option(ours, "iib_build_timeout", &Config::build_timeout, duration(1s), "30m",
                 "The longest that making and pushing images may take: with the engine `embedded` "
                 "all architectures together, with `tools` each call of buildah."),
          option(ours, "iib_opm_timeout", &Config::opm_timeout, duration(1s), "60m",
                 "For the engine `opm`: the longest one run may take."),
          option(ours, "iib_http_timeout", &Config::http_timeout, duration(1s), "30s",
                 "The longest a call of another service than OMPS may take."),
          option(ours, "iib_omps_timeout", &Config::omps_timeout, duration(1s), "60s",
                 "The longest the upload of a package to OMPS may take."),
          option(
              ours, "iib_ca_file", &Config::ca_file, optional(path()), "",
              "Authorities (PEM) that other services (Greenwave, OMPS, webhooks) are trusted by, "
              "besides those of the host."),
          option(honoured, "iib_total_attempts", &Config::total_attempts, whole_number(1, 1000),
                 "5", "How often something outside is tried in all before it counts as failed."),
          option(honoured, "iib_retry_multiplier", &Config::retry_multiplier, duration(0s), "5",
                 "The wait after the n-th try is this times 2^(n-1), but at most 60 s."),
          option(honoured, "iib_retry_delay", &Config::retry_delay, duration(0s), "10",
                 "The shortest wait."),
          option(honoured, "iib_retry_jitter", &Config::retry_jitter, duration(0s), "10",
                 "The most that is added to a wait at random."),
      }};
}

}  // namespace iib::config
