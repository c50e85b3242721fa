#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/base/hmac.hpp"
#include "iib/notify/webhook.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

namespace iib::notify {
namespace {

/// Less could be guessed from one signature; more is a mistake.
constexpr std::size_t kLeastBytes = 16;
constexpr std::size_t kMostBytes = 4096;

void require_private(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) {
    throw UserError{
        fmt::format("{}, the secret_file of a webhook (iib_webhooks), is not there; `openssl rand "
                    "-hex 32 > {}` makes one",
                    file.string(), file.string())};
  }
  if ((status.st_mode & 077U) != 0) {
    throw UserError{
        fmt::format("{}, the secret_file of a webhook (iib_webhooks), is open to others: chmod 600 "
                    "{}",
                    file.string(), file.string())};
  }
}

}  // namespace

Secret load_webhook_secret(const std::filesystem::path& file) {
  require_private(file);
  auto text = read_file(file, 2 * kMostBytes);
  while (text.ends_with('\n') || text.ends_with('\r')) text.pop_back();
  Secret secret{std::move(text)};
  if (secret.reveal().size() < kLeastBytes || secret.reveal().size() > kMostBytes) {
    throw UserError{
        fmt::format("{}, the secret_file of a webhook (iib_webhooks), must hold a line of {} to {} "
                    "bytes; `openssl rand -hex 32` makes one",
                    file.string(), kLeastBytes, kMostBytes)};
  }
  return secret;
}

std::string webhook_signature(const Secret& secret, std::string_view body) {
  return "sha256=" + hmac_sha256_hex(secret.reveal(), body);
}

}  // namespace iib::notify
