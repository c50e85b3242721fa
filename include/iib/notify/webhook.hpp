#pragma once

#include "iib/base/log.hpp"
#include "iib/base/secret.hpp"
#include "iib/notify/carrier.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::notify {

/// A receiver of messages by HTTP.
struct WebhookOptions {
  std::string url;  ///< As configured; its query may be secret.
  /// Signs what is sent; unset: nothing does.
  std::optional<std::filesystem::path> secret_file;
  /// Trusted besides the host's authorities (`iib_ca_file`); may be empty.
  std::vector<std::filesystem::path> authorities;
  std::chrono::milliseconds timeout{30'000};  ///< Of one POST.
};

/// What carries messages to one webhook, one after the other, over one connection. A message has
/// arrived when the answer is 2xx. An answer of 408, 429, 502, 503 or 504, and none, mean that the
/// receiver is away; any other, redirects among them, refuses the message. Throws UserError when
/// the secret cannot be used.
[[nodiscard]] MakeCarrier webhook_carrier(const WebhookOptions& options, const Log& log);

/// Reads the secret of a webhook: the file's text without its final newline. Throws UserError
/// naming the file when it is open to others, or the secret shorter than 16 bytes or longer than
/// 4096.
[[nodiscard]] Secret load_webhook_secret(const std::filesystem::path& file);

/// The value of `X-Iibd-Signature-256`: `sha256=` and the HMAC-SHA256 of `body` in hexadecimal.
[[nodiscard]] std::string webhook_signature(const Secret& secret, std::string_view body);

}  // namespace iib::notify
