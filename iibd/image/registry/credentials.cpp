#include "image/registry/credentials.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/log.hpp"
#include "iib/base/sha256.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace iib::image {
namespace {

constexpr std::size_t kMostBytes = 8UL << 20U;
constexpr std::size_t kShownBytes = 300;

// Docker Hub goes by three names; docker login writes the second, with https:// and /v1/.
constexpr std::array<std::string_view, 3> kDockerHub{"docker.io", "index.docker.io",
                                                     "registry-1.docker.io"};

bool is_docker_hub(std::string_view host) {
  return std::find(kDockerHub.begin(), kDockerHub.end(), host) != kDockerHub.end();
}

/// `host` or `host/path`: a key of an auth file without the scheme, the version of the protocol and
/// the other names of Docker Hub.
std::string plain_key(std::string_view key) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (key.starts_with(scheme)) key.remove_prefix(scheme.size());
  }
  while (key.ends_with('/')) key.remove_suffix(1);
  const auto slash = std::min(key.find('/'), key.size());
  const auto host = key.substr(0, slash);
  auto path = key.substr(slash);
  if (path == "/v1" || path == "/v2") path = {};
  return fmt::format("{}{}", is_docker_hub(host) ? kDockerHub.front() : host, path);
}

[[noreturn]] void refuse(std::string_view key, std::string_view cause) {
  throw ExternalError{fmt::format("the credentials for {} cannot be used: {}; correct them in "
                                  "iib_docker_config_template, or those given with the request",
                                  one_line(key, kShownBytes), cause),
                      ExternalError::Retry::no};
}

io::JsonDocument read_auths(const std::filesystem::path& file) {
  std::string text = read_file(file, kMostBytes);
  try {
    auto document = io::parse_json(text, {.name = file.string()});
    wipe(text);
    return document;
  } catch (const UserError& error) {
    wipe(text);
    throw ExternalError{error.what(), ExternalError::Retry::no};
  }
}

/// The entry whose key is `wanted`, the exact spelling before any other.
const io::JsonValue::Member* find_entry(const io::JsonValue& auths, std::string_view wanted,
                                        const std::string& plain) {
  const io::JsonValue::Member* found = nullptr;
  for (const auto& member : auths.GetObject()) {
    const std::string_view key{member.name.GetString(), member.name.GetStringLength()};
    if (key == wanted) return &member;
    if (found == nullptr && plain_key(key) == plain) found = &member;
  }
  return found;
}

/// Reads `user:password` in base64. Old Docker clients fill the password up with zeros.
void read_pair(std::string_view encoded, Login& login) {
  auto decoded = from_base64(encoded);
  const auto colon = decoded ? decoded->find(':') : std::string::npos;
  if (colon == std::string::npos) {
    if (decoded) wipe(*decoded);
    refuse(login.key, "its auth is not base64 of user:password");
  }
  login.user = decoded->substr(0, colon);
  auto password = decoded->substr(colon + 1);
  wipe(*decoded);
  const auto end = password.find_last_not_of('\0');
  if (end == std::string::npos) {
    wipe(password);
  } else {
    login.password = Secret{password.substr(0, end + 1)};
    wipe(password);
  }
}

std::optional<Login> read_entry(std::string_view key, const io::JsonValue& entry) {
  if (!entry.IsObject()) refuse(key, "its entry is not a JSON object");
  Login login{.user = {}, .password = {}, .identity_token = {}, .key = std::string{key}};
  const auto encoded = io::text_member(entry, "auth").value_or("");
  if (!encoded.empty()) {
    read_pair(encoded, login);
  } else if (const auto user = io::text_member(entry, "username")) {
    login.user = *user;
    login.password = Secret{std::string{io::text_member(entry, "password").value_or("")}};
  }
  login.identity_token = Secret{std::string{io::text_member(entry, "identitytoken").value_or("")}};
  if (login.user.empty() && login.password.empty() && login.identity_token.empty()) {
    if (io::text_member(entry, "registrytoken")) {
      refuse(key, "it has a registrytoken only, which iibd does not use");
    }
    return std::nullopt;
  }
  return login;
}

}  // namespace

std::optional<Login> find_login(const std::filesystem::path& auth_file,
                                const model::ImageReference& image) {
  if (auth_file.empty()) return std::nullopt;
  const auto document = read_auths(auth_file);
  const auto* auths = io::find_member(document, "auths");
  if (auths == nullptr || !auths->IsObject()) return std::nullopt;
  std::string key = image.name();
  for (;;) {
    const auto* member = find_entry(*auths, key, plain_key(key));
    if (member != nullptr) {
      return read_entry({member->name.GetString(), member->name.GetStringLength()}, member->value);
    }
    const auto slash = key.rfind('/');
    if (slash == std::string::npos) return std::nullopt;
    key.resize(slash);
  }
}

std::string identity_of(const Login* login) {
  if (login == nullptr) return {};
  Sha256 hash;
  constexpr std::string_view kEnd{"\0", 1};
  for (const auto part :
       {std::string_view{login->user}, login->password.reveal(), login->identity_token.reveal()}) {
    hash.update(part);
    hash.update(kEnd);
  }
  return hash.finish_hex();
}

}  // namespace iib::image
