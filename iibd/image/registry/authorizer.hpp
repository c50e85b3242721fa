#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/secret.hpp"
#include "iib/io/http_url.hpp"
#include "iib/model/image_reference.hpp"

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace iib::image {

/// A request to a token server. Redirects are not followed: credentials must not wander.
struct TokenRequest {
  enum class Method { get, post };
  Method method = Method::get;
  /// Its origin decides about TLS: token_server_tls_settings().
  io::HttpUrl url;
  /// The registry that named this server, `host` or `host:port`.
  std::string registry;
  /// The value of `Authorization`; empty: without.
  Secret authorization;
  /// Body of a post, `application/x-www-form-urlencoded`.
  Secret form;
  /// What errors of sending begin with, such as `quay.io/ns/op:v1 cannot be read`.
  std::string purpose;
};

/// What the token server answered.
struct TokenAnswer {
  int status = 0;
  std::string body;  ///< At most kMostTokenAnswer bytes.
};

/// The longest answer of a token server that is read.
constexpr std::size_t kMostTokenAnswer = 1UL << 20U;

/// Sends a token request and waits for the answer. Throws ExternalError worth retrying for what may
/// pass (not reached, cut, 429, 5xx), where the waiting that a server asks for is known, and
/// whatever else fails below HTTP; other statuses are returned.
using SendTokenRequest = std::function<TokenAnswer(const TokenRequest&, const Cancellation&)>;

/// What a request is going to do, in which name.
struct Wanted {
  enum class Action { pull, push };
  /// Its registry and repository count.
  model::ImageReference image;
  Action action = Action::pull;
  /// The repository of the same registry that a blob is mounted from.
  std::optional<std::string> mount_from{};
  /// The auth file of the request (Access::auth_file); may be empty.
  std::filesystem::path auth_file{};
  /// What errors begin with, such as `quay.io/ns/op:v1 cannot be read`.
  std::string purpose{};
};

/// Knows what to put into `Authorization` for requests to registries: nothing, the login (basic),
/// or a token of the token server that the registry names (Docker's token authentication; bearer).
/// What a registry asks for is learned from its 401 and remembered, tokens are kept until shortly
/// before they expire; one login's token never serves another. Sends nothing to registries itself.
/// Safe from any thread; while one thread fetches a token, others that need the same wait for it.
///
///     auto value = authorizer.authorization(wanted, cancellation);
///     auto answer = send(request, value);
///     for (int round = 0; answer.status == 401 && round < 2; ++round) {
///       value = authorizer.after_refusal(wanted, answer.www_authenticate, value, cancellation);
///       answer = send(request, value);
///     }
class Authorizer {
 public:
  /// Where "now" comes from, for tests.
  using Now = std::function<std::chrono::steady_clock::time_point()>;

  Authorizer(SendTokenRequest send, std::vector<std::string> insecure_registries,
             Now now = std::chrono::steady_clock::now);
  Authorizer(const Authorizer&) = delete;
  Authorizer& operator=(const Authorizer&) = delete;
  ~Authorizer();

  /// The value to begin with; empty when the registry is unknown as yet or wants none. Throws like
  /// after_refusal(), because it may fetch a token.
  [[nodiscard]] Secret authorization(const Wanted& wanted, const Cancellation& cancellation);

  /// The value to try again with after a 401 with this `WWW-Authenticate` (several joined by `, `)
  /// to a request that had `refused` (maybe empty). Throws ExternalError, not worth retrying, with
  /// the cause and a remedy, when there is nothing else to offer: no login, or one that is not
  /// accepted. What the token server's sending throws passes.
  [[nodiscard]] Secret after_refusal(const Wanted& wanted, std::string_view www_authenticate,
                                     const Secret& refused, const Cancellation& cancellation);

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace iib::image
