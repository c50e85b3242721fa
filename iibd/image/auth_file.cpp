#include "iib/image/auth_file.hpp"

#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/json.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace iib::image {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostBytes = 4UL << 20U;

bool is_present(const fs::path& path) {
  std::error_code ignored;  // a path that cannot be looked at does not exist for us
  return !path.empty() && fs::is_regular_file(path, ignored);
}

fs::path from_environment(const char* variable) {
  const char* value = std::getenv(variable);
  return value == nullptr ? fs::path{} : fs::path{value};
}

/// Puts every member of `from` into `into`, in place of one with the same name.
void overlay_members(io::JsonDocument& into, const io::JsonValue& from) {
  for (const auto& [name, value] : from.GetObject()) {
    const std::string key{name.GetString(), name.GetStringLength()};
    into.RemoveMember(key);
    io::JsonValue copy;
    copy.CopyFrom(value, into.GetAllocator());
    io::add_member(into, key, std::move(copy), into.GetAllocator());
  }
}

[[noreturn]] void refuse_base(const fs::path& base, std::string_view cause) {
  throw ExternalError{fmt::format("the credentials in {} cannot be used: {}", base.string(), cause),
                      ExternalError::Retry::no};
}

void refuse_helpers(const fs::path& base, const io::JsonValue& config) {
  const auto* helpers = io::find_member(config, "credHelpers");
  const bool has_helpers = helpers != nullptr && helpers->IsObject() && !helpers->ObjectEmpty();
  const auto store = io::text_member(config, "credsStore").value_or("");
  if (has_helpers || !store.empty()) {
    refuse_base(base,
                "it names a helper program (credHelpers or credsStore), which iibd does not "
                "run; write the credentials into its auths, or set "
                "iib_docker_config_template to a file that has them");
  }
}

void overlay_base(io::JsonDocument& auths, const fs::path& base) {
  std::string text = read_file(base, kMostBytes);
  io::JsonDocument config;
  try {
    config = io::parse_json(text, {.name = base.string()});
  } catch (const UserError& error) {
    wipe(text);
    refuse_base(base, error.what());
  }
  wipe(text);
  if (!config.IsObject()) refuse_base(base, "it is not a JSON object");
  refuse_helpers(base, config);
  const auto* entries = io::find_member(config, "auths");
  if (entries == nullptr || entries->IsNull()) return;
  if (!entries->IsObject()) refuse_base(base, "its auths is not a JSON object");
  overlay_members(auths, *entries);
}

void overlay_request(io::JsonDocument& auths, const Secret& registry_auths) {
  const auto document = io::parse_json(registry_auths.reveal(), {.name = "registry_auths"});
  const auto* entries = io::find_member(document, "auths");
  if (entries == nullptr || !entries->IsObject()) {
    throw UserError{"registry_auths must be an object with the key auths, an object"};
  }
  overlay_members(auths, *entries);
}

void overlay_token(io::JsonDocument& auths, const Secret& token,
                   const model::ImageReference& image) {
  const bool has_namespace = image.repository().find('/') != std::string::npos;
  const std::string key = has_namespace ? image.name() : image.registry();
  std::string encoded = to_base64(token.reveal());
  io::JsonDocument entry{rapidjson::kObjectType};
  auto& allocator = entry.GetAllocator();
  io::JsonValue login{rapidjson::kObjectType};
  io::add_member(login, "auth", io::json_text(encoded, allocator), allocator);
  io::add_member(entry, key, std::move(login), allocator);
  overlay_members(auths, entry);
  wipe(encoded);
}

}  // namespace

fs::path find_base_auth_file(const fs::path& template_file) {
  if (is_present(template_file)) return template_file;
  if (auto named = from_environment("REGISTRY_AUTH_FILE"); is_present(named)) return named;
  const auto home = from_environment("HOME");
  const auto own = home.empty() ? fs::path{} : home / ".docker" / "config.json";
  return is_present(own) ? own : fs::path{};
}

void write_auth_file(const fs::path& file, const fs::path& base, const AuthOverlay& overlay) {
  io::JsonDocument auths{rapidjson::kObjectType};
  if (!base.empty()) overlay_base(auths, base);
  if (overlay.registry_auths != nullptr) overlay_request(auths, *overlay.registry_auths);
  if (overlay.token != nullptr && overlay.token_image) {
    overlay_token(auths, *overlay.token, *overlay.token_image);
  }
  std::string text = fmt::format(R"({{"auths":{}}})", io::to_json(auths));
  write_file_atomically(file, text, 0600);
  wipe(text);
}

}  // namespace iib::image
