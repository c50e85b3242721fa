#include "iib/store/key.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "store/seal.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cstdlib>
#include <system_error>
#include <utility>

namespace iib::store {
namespace {

constexpr std::size_t kHexDigits = 2 * kKeyBytes;
constexpr std::size_t kFileLimit = 1024;
constexpr unsigned kOwnerOnly = 0600;

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

/// The bytes that `text` spells in hex, or an empty secret.
Secret from_hex(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.remove_suffix(1);
  if (text.size() != kHexDigits) return {};
  std::string bytes(kKeyBytes, '\0');
  for (std::size_t at = 0; at < kKeyBytes; ++at) {
    const int high = hex_value(text[2 * at]);
    const int low = hex_value(text[2 * at + 1]);
    if (high < 0 || low < 0) {
      wipe(bytes);
      return {};
    }
    bytes[at] = static_cast<char>(high * 16 + low);
  }
  return Secret{std::move(bytes)};
}

Secret read_key(const std::filesystem::path& path) {
  std::string content = read_file(path, kFileLimit);
  if (content.size() == kKeyBytes) return Secret{std::move(content)};
  Secret key = from_hex(content);
  wipe(content);
  if (key.empty()) {
    throw UserError{fmt::format(
        "{} holds no key: it must be {} bytes, or {} hex digits (head -c {} /dev/urandom makes "
        "one)",
        path.string(), kKeyBytes, kHexDigits, kKeyBytes)};
  }
  return key;
}

void require_private(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0 && (status.st_mode & 077U) != 0) {
    throw UserError{
        fmt::format("{} holds the key of all secrets and is open to others: chmod 600 "
                    "{}",
                    path.string(), path.string())};
  }
}

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Secret own_key(const std::filesystem::path& path) {
  if (!is_there(path)) {
    const Secret key = make_key();
    write_file_atomically(path, key.reveal(), kOwnerOnly);
  }
  require_private(path);
  return read_key(path);
}

}  // namespace

KeyPlaces key_places(std::optional<std::filesystem::path> file, std::filesystem::path state_dir) {
  KeyPlaces places{.credentials = {}, .file = std::move(file), .state_dir = std::move(state_dir)};
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  if (directory != nullptr && *directory != '\0') places.credentials = directory;
  return places;
}

Secret load_key(const KeyPlaces& places) {
  if (places.credentials) {
    // systemd guards its folder itself, with modes of its own.
    const auto credential = *places.credentials / "iibd-secret-key";
    if (is_there(credential)) return read_key(credential);
  }
  if (places.file) {
    if (!is_there(*places.file)) {
      throw UserError{
          fmt::format("{} (iib_secret_key_file) is not there; head -c {} /dev/urandom "
                      "makes a key",
                      places.file->string(), kKeyBytes)};
    }
    require_private(*places.file);
    return read_key(*places.file);
  }
  return own_key(places.state_dir / "secret.key");
}

}  // namespace iib::store
