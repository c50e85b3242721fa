#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/log.hpp"
#include "iib/base/retry.hpp"
#include "iib/io/http_client.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iib::io {

/// Where a service is and how patiently it is asked.
struct HttpServiceOptions {
  std::string name;  ///< What errors and the log call it, such as `Greenwave`.
  std::string url;   ///< Its base; with or without final slashes.
  /// Trusted besides the host's authorities (`iib_ca_file`); may be empty.
  std::vector<std::filesystem::path> authorities{};
  std::string authorities_option{};             ///< Named when a certificate is not accepted.
  std::chrono::milliseconds call_limit{30000};  ///< Of one try.
  std::string limit_option{};                   ///< Named when a try took longer.
  std::size_t answer_limit = 1UL << 20U;        ///< Bytes of an answer's body.
  RetryPolicy retries{};                        ///< For lost connections and answers of 5xx.
};

/// A service that is asked over HTTP. A lost connection and an answer of 5xx are tried again,
/// redirects are not followed. Safe for use by several threads: each call has a connection of its
/// own.
class HttpService {
 public:
  /// Throws UserError when the URL is none.
  explicit HttpService(HttpServiceOptions options);

  /// Sends `request`, whose target is relative to the base (`decision`), and gives the answer
  /// whatever its status; of 5xx, the last one. Throws HttpFailure when none came, naming the
  /// option that may help; Cancelled.
  [[nodiscard]] HttpAnswer send(HttpRequest request, const Cancellation& cancellation,
                                const Log& log) const;

  /// What errors call it.
  [[nodiscard]] const std::string& name() const noexcept { return options_.name; }

 private:
  [[nodiscard]] HttpAnswer try_once(const HttpRequest& request,
                                    const Cancellation& cancellation) const;

  HttpServiceOptions options_;
  HttpUrl base_;
};

/// What a service says about a request that it refused: the text under the key `message` of a JSON
/// object, else the body itself, as one printable line of at most 500 bytes. Empty for an empty
/// body.
[[nodiscard]] std::string told_by(const HttpAnswer& answer);

}  // namespace iib::io
