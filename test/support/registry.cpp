#include "registry.hpp"

#include "eventually.hpp"
#include "free_port.hpp"
#include "iib/base/sha256.hpp"
#include "iib/io/json.hpp"
#include "iib/io/process.hpp"
#include "test_layer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <httplib.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <memory>
#include <stdexcept>

extern char** environ;  // NOLINT(readability-identifier-naming): the name POSIX gives it

namespace iib::test {
namespace {

using namespace std::chrono_literals;

/// Longer than anything takes on a machine with much else to do.
constexpr auto kPatience = 60s;
constexpr auto kManifest = "application/vnd.docker.distribution.manifest.v2+json";
constexpr auto kList = "application/vnd.docker.distribution.manifest.list.v2+json";
constexpr auto kConfig = "application/vnd.docker.container.image.v1+json";
constexpr auto kLayer = "application/vnd.docker.image.rootfs.diff.tar.gzip";

pid_t spawn(std::vector<std::string> arguments, const std::filesystem::path& output) {
  std::vector<char*> argv;
  for (auto& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions{};
  posix_spawn_file_actions_init(&actions);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO}) {
    posix_spawn_file_actions_addopen(&actions, stream, output.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
  }
  pid_t pid = -1;
  const int failure = posix_spawnp(&pid, argv.front(), &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failure != 0) throw std::runtime_error{"cannot start " + arguments.front()};
  return pid;
}

/// The line htpasswd -Bbn prints: docker-registry accepts bcrypt only.
std::string htpasswd_line(const Login& login, const std::filesystem::path& scratch) {
  const auto output = scratch / "htpasswd";
  const pid_t pid = spawn({"htpasswd", "-Bbn", login.user, login.password}, output);
  ::waitpid(pid, nullptr, 0);
  return output.string();
}

httplib::Client client(int port, const std::optional<Login>& login) {
  httplib::Client http{"127.0.0.1", port};
  http.set_read_timeout(kPatience);
  if (login) http.set_basic_auth(login->user, login->password);
  return http;
}

std::string digest_of(const std::string& content) {
  return "sha256:" + sha256_hex(content);
}

std::string descriptor(std::string_view media_type, const std::string& content) {
  return fmt::format(R"({{"mediaType":"{}","size":{},"digest":"{}"}})", media_type, content.size(),
                     digest_of(content));
}

std::string config_of(const TestImage& image, const std::vector<std::string>& diff_ids) {
  io::JsonDocument labels{rapidjson::kObjectType};
  for (const auto& [name, value] : image.labels) {
    io::add_member(labels, name, io::json_text(value, labels.GetAllocator()),
                   labels.GetAllocator());
  }
  std::string ids;
  for (const auto& id : diff_ids) ids += fmt::format(R"({}"{}")", ids.empty() ? "" : ",", id);
  return fmt::format(
      R"({{"architecture":"{}","os":"linux","config":{{"Labels":{}}},)"
      R"("created":"2024-01-01T00:00:00Z","rootfs":{{"type":"layers","diff_ids":[{}]}}}})",
      image.architecture, io::to_json(labels), ids);
}

}  // namespace

bool have_programs(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (io::find_program(name).empty()) return false;
  }
  return true;
}

Registry::Registry(std::optional<Login> login)
    : directory_{std::filesystem::temp_directory_path(), "registry-"},
      login_{std::move(login)},
      port_{free_port()} {
  const auto config = directory_.path() / "config.yml";
  std::string text = fmt::format(
      "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {}}}\n"
      "http: {{addr: '127.0.0.1:{}'}}\n",
      (directory_.path() / "storage").string(), port_);
  if (login_) {
    text += fmt::format("auth: {{htpasswd: {{realm: test, path: {}}}}}\n",
                        htpasswd_line(*login_, directory_.path()));
  }
  std::ofstream{config} << text;
  pid_ = spawn({"docker-registry", "serve", config.string()}, directory_.path() / "log");
  const bool answers = eventually(kPatience, [&] {
    const auto result = client(port_, login_).Get("/v2/");
    return result && result->status == 200;
  });
  if (!answers) {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    throw std::runtime_error{"docker-registry does not answer: " +
                             read_file(directory_.path() / "log", 1U << 20U)};
  }
}

Registry::~Registry() {
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

std::string Registry::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

std::string Registry::put_blob(const std::string& repository, const std::string& content) {
  auto http = client(port_, login_);
  const auto opened = http.Post(fmt::format("/v2/{}/blobs/uploads/", repository));
  if (!opened || opened->status != 202) throw std::runtime_error{"registry opens no upload"};
  auto location = opened->get_header_value("Location");
  const auto path = location.find("/v2/");
  auto digest = digest_of(content);
  location = location.substr(path) + (location.find('?') == std::string::npos ? "?" : "&") +
             "digest=" + digest;
  const auto stored = http.Put(location, content, "application/octet-stream");
  if (!stored || stored->status != 201) throw std::runtime_error{"registry stores no blob"};
  return digest;
}

std::string Registry::put_manifest(const std::string& repository, const std::string& reference,
                                   const std::string& media_type, const std::string& body) {
  const auto stored =
      client(port_, login_)
          .Put(fmt::format("/v2/{}/manifests/{}", repository, reference), body, media_type);
  if (!stored || stored->status != 201) {
    throw std::runtime_error{"registry stores no manifest: " + (stored ? stored->body : "")};
  }
  return digest_of(body);
}

std::string Registry::push(const std::string& repository, const std::string& tag,
                           const TestImage& image) {
  std::vector<std::string> diff_ids;
  std::string layers;
  for (const auto& entries : image.layers) {
    const auto layer = make_layer(entries);
    put_blob(repository, layer.compressed);
    diff_ids.push_back(digest_of(layer.tar));
    layers += (layers.empty() ? "" : ",") + descriptor(kLayer, layer.compressed);
  }
  const auto config = config_of(image, diff_ids);
  put_blob(repository, config);
  return put_manifest(
      repository, tag, kManifest,
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","config":{},"layers":[{}]}})", kManifest,
                  descriptor(kConfig, config), layers));
}

std::string Registry::push_list(const std::string& repository, const std::string& tag,
                                const std::vector<std::pair<std::string, std::string>>& images) {
  std::string entries;
  for (const auto& [architecture, digest] : images) {
    entries += fmt::format(
        R"({}{{"mediaType":"{}","size":{},"digest":"{}","platform":{{"architecture":"{}","os":"linux"}}}})",
        entries.empty() ? "" : ",", kManifest, manifest(repository, digest).size(), digest,
        architecture);
  }
  return put_manifest(
      repository, tag, kList,
      fmt::format(R"({{"schemaVersion":2,"mediaType":"{}","manifests":[{}]}})", kList, entries));
}

std::string Registry::push_base(const std::string& repository, const std::string& tag,
                                const std::vector<std::string>& architectures) {
  std::vector<std::pair<std::string, std::string>> images;
  for (const auto& architecture : architectures) {
    const TestImage image{.layers = {{{.path = "etc/os-release", .content = "NAME=base\n"}}},
                          .labels = {{"base", "yes"}},
                          .architecture = architecture};
    images.emplace_back(architecture,
                        push(repository, fmt::format("{}-{}", tag, architecture), image));
  }
  return push_list(repository, tag, images);
}

std::string Registry::manifest(const std::string& repository, const std::string& reference) const {
  const httplib::Headers accept{{"Accept", kManifest}, {"Accept", kList}};
  const auto result =
      client(port_, login_).Get(fmt::format("/v2/{}/manifests/{}", repository, reference), accept);
  return result && result->status == 200 ? result->body : std::string{};
}

std::string Registry::blob(const std::string& repository, const std::string& digest) const {
  // docker-registry 2.8 writes a blob's link anew at every push of it, not at once: while somebody
  // pushes an equal one, this one may be missing for a moment.
  std::string bytes;
  const bool found = eventually(10s, [&] {
    auto result = client(port_, login_).Get(fmt::format("/v2/{}/blobs/{}", repository, digest));
    if (!result || result->status != 200) return false;
    bytes = std::move(result->body);
    return true;
  });
  if (!found) throw std::runtime_error{"registry has no blob " + digest};
  return bytes;
}

}  // namespace iib::test
