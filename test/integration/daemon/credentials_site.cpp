#include "credentials_site.hpp"

#include "auth_certificates.hpp"
#include "eventually.hpp"
#include "free_port.hpp"
#include "iib/base/base64.hpp"
#include "loopback.hpp"
#include "processes.hpp"

#include <fmt/format.h>

#include <fstream>
#include <set>
#include <stdexcept>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::size_t kLargestFile = 64UL << 20U;

std::string credentials(const Login& login) {
  return login.user + ":" + login.password;
}

bool is_auth_file(const fs::path& file) {
  return file.extension() == ".json" && file.filename().string().ends_with("auth.json");
}

/// All files below `folder` but those of the tools' storage; what goes away meanwhile is left out.
std::vector<fs::path> files_below(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code ignored;
  fs::recursive_directory_iterator entry{folder, ignored};
  for (; entry != fs::recursive_directory_iterator{}; entry.increment(ignored)) {
    if (entry->path().filename() == "containers") entry.disable_recursion_pending();
    if (entry->is_regular_file(ignored)) files.push_back(entry->path());
  }
  return files;
}

void look_at_processes(const std::string& life, const std::vector<Login>& logins,
                       std::set<std::string>& seen, Sightings& sightings) {
  for (const auto& process : processes_with(kLife, life)) {
    seen.insert(process.command_line);
    for (const auto& login : logins) {
      if (shows(process.command_line + process.environment, login)) {
        sightings.showing.push_back(process.command_line);
      }
    }
  }
}

void look_at_auth_files(const Daemon& daemon, std::set<fs::path>& seen, Sightings& sightings) {
  for (const auto& file : files_below(daemon.state() / "work")) {
    if (!is_auth_file(file)) continue;
    std::error_code gone;
    const auto mode = fs::status(file, gone).permissions();
    if (gone || mode == fs::perms::unknown || mode == fs::perms::none) continue;
    seen.insert(file);
    if (mode != (fs::perms::owner_read | fs::perms::owner_write)) {
      sightings.loose.push_back(file.string());
    }
  }
}

}  // namespace

PasswordRegistry::PasswordRegistry(const fs::path& folder, const std::vector<Login>& logins)
    : folder_{folder}, port_{free_port()} {
  fs::create_directories(certs_directory() / address());
  const Authority authority{folder_, "authority"};
  authority.issue("server");
  fs::copy_file(authority.certificate(), certs_directory() / address() / "authority.crt");
  std::ofstream users{folder_ / "users"};
  for (const auto& login : logins) {
    users << must_run({"htpasswd", "-Bbn", login.user, login.password});
  }
  users.close();
  std::ofstream{folder_ / "registry.yml"} << fmt::format(
      "version: 0.1\nlog: {{level: error}}\nstorage:\n  filesystem: {{rootdirectory: {0}/blobs}}\n"
      "http:\n  addr: '{1}'\n  tls:\n    certificate: {0}/server.pem\n    key: {0}/server.key\n"
      "auth: {{htpasswd: {{realm: test, path: {0}/users}}}}\n",
      folder_.string(), address());
  registry_ = std::make_unique<Background>(
      std::vector<std::string>{"docker-registry", "serve", (folder_ / "registry.yml").string()},
      Variables{}, folder_ / "registry.log");
  if (!eventually(60s, [&] { return accepts(port_); })) {
    throw std::runtime_error{"docker-registry does not listen: " +
                             read_file(folder_ / "registry.log", kLargestFile)};
  }
}

std::string PasswordRegistry::address() const {
  return fmt::format("127.0.0.1:{}", port_);
}

std::string SecuredRegistry::pull_spec(const std::string& image) const {
  return address + "/" + image;
}

void SecuredRegistry::fill(const std::string& from, const std::string& image,
                           const Login& login) const {
  must_run({"skopeo", "copy", "--all", "--preserve-digests", "--src-tls-verify=false",
            "--dest-cert-dir", (certs_directory / address).string(), "--dest-creds",
            credentials(login), "docker://" + from, "docker://" + pull_spec(image)});
}

void SecuredRegistry::copy(const std::string& from, const Login& reader, const std::string& to,
                           const Login& writer) const {
  const auto certs = (certs_directory / address).string();
  must_run({"skopeo", "copy", "--all", "--preserve-digests", "--src-cert-dir", certs, "--src-creds",
            credentials(reader), "--dest-cert-dir", certs, "--dest-creds", credentials(writer),
            "docker://" + pull_spec(from), "docker://" + pull_spec(to)});
}

std::string SecuredRegistry::manifest(const std::string& image, const Login& login) const {
  return must_run({"skopeo", "inspect", "--raw", "--cert-dir", (certs_directory / address).string(),
                   "--creds", credentials(login), "docker://" + pull_spec(image)});
}

bool shows(const std::string& text, const Login& login) {
  return text.find(login.password) != std::string::npos ||
         text.find(to_base64(credentials(login))) != std::string::npos;
}

std::string auths_of(const std::vector<std::pair<std::string, Login>>& entries) {
  std::string text;
  for (const auto& [key, login] : entries) {
    text += fmt::format(R"({}"{}":{{"auth":"{}"}})", text.empty() ? "" : ",", key,
                        to_base64(credentials(login)));
  }
  return fmt::format(R"({{"auths":{{{}}}}})", text);
}

Sightings watch(const Daemon& daemon, const std::string& life, std::int64_t request,
                const std::vector<Login>& logins) {
  Sightings sightings;
  std::set<std::string> processes;
  std::set<fs::path> files;
  const auto path = fmt::format("/api/v1/builds/{}", request);
  eventually(120s, [&] {
    // Twice, for looking at all processes takes a while, and a request that is refused does not.
    look_at_auth_files(daemon, files, sightings);
    look_at_processes(life, logins, processes, sightings);
    look_at_auth_files(daemon, files, sightings);
    return text_of(daemon.get(path).json, "state") != "in_progress";
  });
  sightings.processes = processes.size();
  sightings.auth_files = files.size();
  return sightings;
}

std::vector<std::string> left_behind(const Daemon& daemon, const std::vector<Login>& logins) {
  auto files = files_below(daemon.state());
  files.emplace_back(daemon.state().string() + ".log");
  std::vector<std::string> found;
  for (const auto& file : files) {
    const auto content = read_file(file, kLargestFile);
    bool showing = is_auth_file(file);
    for (const auto& login : logins) showing = showing || shows(content, login);
    if (showing) found.push_back(file.string());
  }
  return found;
}

}  // namespace iib::test
