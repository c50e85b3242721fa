#include "image_site.hpp"

#include "iib/base/sha256.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using Kind = OddBase::Kind;

constexpr RetryPolicy kRetries{.attempts = 2, .multiplier = 0ms, .delay = 0ms, .jitter = 0ms};

fs::path make_directory(const fs::path& path) {
  fs::create_directories(path);
  return path;
}

std::string digest_of(const std::string& content) {
  return "sha256:" + sha256_hex(content);
}

std::string media_type(Kind kind, Compression compression) {
  std::string plain = kind == Kind::oci ? "application/vnd.oci.image.layer.v1.tar"
                                        : "application/vnd.docker.image.rootfs.diff.tar";
  switch (compression) {
    case Compression::none:
      return plain;
    case Compression::gzip:
      return plain + (kind == Kind::oci ? "+gzip" : ".gzip");
    case Compression::zstd:
      return plain + (kind == Kind::oci ? "+zstd" : ".zstd");
  }
  throw std::logic_error{"unknown compression"};
}

std::string config_type(Kind kind) {
  return kind == Kind::oci ? "application/vnd.oci.image.config.v1+json"
                           : "application/vnd.docker.container.image.v1+json";
}

std::string manifest_type(Kind kind) {
  return kind == Kind::oci ? "application/vnd.oci.image.manifest.v1+json"
                           : "application/vnd.docker.distribution.manifest.v2+json";
}

std::string descriptor(const std::string& type, const std::string& content) {
  return fmt::format(R"({{"mediaType":"{}","size":{},"digest":"{}"}})", type, content.size(),
                     digest_of(content));
}

std::string text_of(const char* text) {
  return text == nullptr ? "" : text;
}

std::string content_of(archive* tar) {
  std::string content;
  std::array<char, 65536> buffer{};
  for (la_ssize_t got = 0; (got = archive_read_data(tar, buffer.data(), buffer.size())) > 0;) {
    content.append(buffer.data(), static_cast<std::size_t>(got));
  }
  return content;
}

std::vector<PushedEntry> entries_of(const std::string& layer) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> tar{archive_read_new(),
                                                                   &archive_read_free};
  archive_read_support_format_tar(tar.get());
  archive_read_support_filter_gzip(tar.get());
  REQUIRE(archive_read_open_memory(tar.get(), layer.data(), layer.size()) == ARCHIVE_OK);
  std::vector<PushedEntry> entries;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(tar.get(), &entry) == ARCHIVE_OK) {
    entries.push_back(
        {.path = archive_entry_pathname(entry),
         .mode = archive_entry_mode(entry),
         .owner = archive_entry_uid(entry),
         .group = archive_entry_gid(entry),
         .names = text_of(archive_entry_uname(entry)) + text_of(archive_entry_gname(entry)),
         .modified = archive_entry_mtime(entry),
         .content = content_of(tar.get())});
  }
  return entries;
}

}  // namespace

std::string cannot_run(EngineKind kind) {
  if (!have_programs({"docker-registry"})) return "needs docker-registry";
  if (kind == EngineKind::embedded) return {};
  if (::geteuid() != 0 || !have_programs({"skopeo", "buildah"})) {
    return "needs root, skopeo and buildah";
  }
  return {};
}

OddBase base_of(const std::vector<std::vector<LayerEntry>>& layers) {
  OddBase base{.layers = {}};
  for (const auto& entries : layers) base.layers.push_back({.entries = entries});
  return base;
}

ImageSite::ImageSite(std::optional<Login> login)
    : registry{std::move(login)}, runner{make_directory(state.path() / "programs")} {}

image::ToolsEngineOptions ImageSite::tools_options(const std::string& name) const {
  image::ToolsEngineOptions options;
  options.storage_directory = state.path() / name;
  options.retries = kRetries;
  options.insecure_registries = {registry.address()};
  return options;
}

image::EmbeddedEngineOptions ImageSite::embedded_options(const std::string& name) const {
  image::EmbeddedEngineOptions options;
  options.cache_directory = state.path() / name;
  options.retries = kRetries;
  options.insecure_registries = {registry.address()};
  return options;
}

std::unique_ptr<image::ImageEngine> ImageSite::make_engine(EngineKind kind,
                                                           const std::string& name) {
  return make_engine(kind, name, {registry.address()});
}

std::unique_ptr<image::ImageEngine> ImageSite::make_engine(
    EngineKind kind, const std::string& name, std::vector<std::string> insecure_registries) {
  const Log log{make_stderr_sink(), "image", LogLevel::warning};
  auto tools = tools_options(name);
  auto embedded = embedded_options(name);
  tools.insecure_registries = embedded.insecure_registries = std::move(insecure_registries);
  switch (kind) {
    case EngineKind::tools:
      return std::make_unique<image::ToolsEngine>(runner, std::move(tools), log);
    case EngineKind::embedded:
      return std::make_unique<image::EmbeddedEngine>(std::move(embedded), log);
  }
  throw std::logic_error{"unknown engine"};
}

image::Access ImageSite::access(const image::AuthOverlay& overlay) const {
  const auto directory = make_directory(state.path() / fmt::format("request-{}", ++requests_));
  image::write_auth_file(directory / "auth.json", {}, overlay);
  return {.auth_file = directory / "auth.json",
          .work_directory = directory,
          .log = Log{make_null_sink(), "test", LogLevel::error},
          .cancellation = {}};
}

model::ImageReference ImageSite::reference(const std::string& name) const {
  return model::ImageReference::parse(registry.address() + "/" + name);
}

model::ImageReference ImageSite::push(const std::string& repository, OddBase base) {
  if (base.layers.empty()) base.layers = {{.entries = {{"etc/os-release", "NAME=base\n"}}}};
  if (base.config.empty()) {
    base.config = R"("architecture":"amd64","os":"linux","created":"2024-01-01T00:00:00Z")";
  }
  std::string diff_ids;
  std::string layers;
  for (const auto& [entries, compression] : base.layers) {
    const auto layer = make_layer(entries, compression);
    registry.put_blob(repository, layer);
    const auto* const comma = layers.empty() ? "" : ",";
    diff_ids += fmt::format(R"({}"{}")", comma, digest_of(make_layer(entries, Compression::none)));
    layers += comma + descriptor(media_type(base.kind, compression), layer);
  }
  const auto config =
      fmt::format(R"({{{},"rootfs":{{"type":"layers","diff_ids":[{}]}}}})", base.config, diff_ids);
  registry.put_blob(repository, config);
  const auto type = manifest_type(base.kind);
  const auto digest = registry.put_manifest(
      repository, "1", type,
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})", type,
                  descriptor(config_type(base.kind), config), layers));
  return reference(repository).at(model::Digest::parse(digest));
}

std::string ImageSite::read_database(image::ImageEngine& engine, const OddBase& base,
                                     const std::string& path) {
  constexpr std::size_t kMostBytes = 100;
  const auto image = push("index", base);
  const auto own = access();
  const std::vector<std::string> paths{path};
  engine.extract(image, paths, own.work_directory / "out", own);
  const auto file = own.work_directory / "out/database/index.db";
  return std::filesystem::exists(file) ? read_file(file, kMostBytes) : "absent";
}

io::JsonDocument ImageSite::manifest_of(const model::ImageReference& image) const {
  return io::parse_json(registry.manifest(image.repository(), image.digest()->text()));
}

io::JsonDocument ImageSite::config_of(const model::ImageReference& image) const {
  const auto manifest = manifest_of(image);
  return io::parse_json(
      registry.blob(image.repository(), manifest["config"]["digest"].GetString()));
}

std::vector<PushedEntry> ImageSite::new_layer_of(const model::ImageReference& image) const {
  const auto manifest = manifest_of(image);
  const auto& layers = manifest["layers"];
  const auto& newest = layers[layers.Size() - 1];
  const auto layer = registry.blob(image.repository(), newest["digest"].GetString());
  CHECK(layer.size() == newest["size"].GetUint64());
  return entries_of(layer);
}

Index ImageSite::build_index(image::ImageEngine& engine, const std::string& output,
                             const std::string& database) {
  const auto own = access();
  const auto manifest = engine.manifest(reference("base:1"), own);
  auto images = engine.build_and_push(index_content(own.work_directory, database),
                                      targets_of(manifest, "base:1", output), own);
  auto list = engine.push_list(reference(output), images, own);
  return {std::move(images), std::move(list)};
}

image::PushedImage ImageSite::build_one(image::ImageEngine& engine,
                                        const image::ImageContent& content,
                                        const model::ImageReference& base) {
  const std::vector<image::Target> targets{
      {.architecture = "amd64", .base = base, .destination = reference("out:1-amd64")}};
  return engine.build_and_push(content, targets, access()).at(0);
}

std::vector<image::Target> ImageSite::targets_of(const image::Manifest& base,
                                                 const std::string& base_name,
                                                 const std::string& output) const {
  std::vector<image::Target> targets;
  for (const auto& entry : base.entries) {
    targets.push_back({.architecture = entry.architecture,
                       .base = reference(base_name).at(entry.digest),
                       .destination = reference(output + "-" + entry.architecture)});
  }
  return targets;
}

image::ImageContent index_content(const fs::path& directory, const std::string& database) {
  write_file_atomically(directory / "index.db", database, 0600);
  return {.files = {{.source = directory / "index.db", .target = "/database/index.db"}},
          .labels = {{"operators.operatorframework.io.index.database.v1", "/database/index.db"},
                     {"odd", R"(a=b, "c" 'd')"}},
          .entrypoint = {"/bin/opm"},
          .command = {"registry", "serve", "--database", "/database/it's here.db"},
          .exposed_ports = {"50051/tcp"}};
}

std::string plain_of(const std::string& layer) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> raw{archive_read_new(),
                                                                   &archive_read_free};
  archive_read_support_format_raw(raw.get());
  archive_read_support_filter_gzip(raw.get());
  REQUIRE(archive_read_open_memory(raw.get(), layer.data(), layer.size()) == ARCHIVE_OK);
  archive_entry* entry = nullptr;
  REQUIRE(archive_read_next_header(raw.get(), &entry) == ARCHIVE_OK);
  return content_of(raw.get());
}

std::string output_of(io::ProgramRunner& runner, const std::string& name,
                      std::vector<std::string> arguments) {
  const auto exit = runner.run({.name = name, .arguments = std::move(arguments)}, {});
  CAPTURE(name, exit.error_output);
  REQUIRE(exit.status == 0);
  return exit.output;
}

}  // namespace iib::test
