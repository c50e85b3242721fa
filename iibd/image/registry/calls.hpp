#pragma once

#include "iib/base/guarded.hpp"
#include "iib/image/engine.hpp"
#include "iib/io/http_client.hpp"
#include "image/registry/authorizer.hpp"
#include "image/registry/client.hpp"
#include "image/registry/connections.hpp"
#include "image/tool_failure.hpp"
#include "image/tries.hpp"

#include <functional>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace iib::image {

/// What is to be done, in whose name, and what errors call it.
struct Errand {
  Wanted wanted;
  Step step;
  const Access& access;
  Tries tries = Tries::as_configured;
};

/// An errand of reading `image`, or of pushing it, from its repository's point of view.
[[nodiscard]] Errand reading(const model::ImageReference& image, const Access& access);
[[nodiscard]] Errand pushing(const model::ImageReference& image, const Access& access);

/// `/v2/REPOSITORY/`: what the paths of an errand begin with.
[[nodiscard]] std::string repository_path(const Errand& errand);

/// An answer and where it came from, after redirects.
struct Reply {
  io::HttpAnswer answer;
  io::HttpUrl url;

  /// Method and URL, without its query, for errors.
  [[nodiscard]] std::string what(std::string_view method) const;
};

/// Single calls of registries: finds the scheme, authenticates, follows redirects. Safe from any
/// thread.
class RegistryCalls {
 public:
  /// Whether redirects are followed; credentials never follow to another server.
  enum class Redirects { followed, returned };

  RegistryCalls(RegistryOptions options, Log log);

  /// A request with the path behind repository_path(), to be sent once.
  [[nodiscard]] io::HttpRequest request(const Errand& errand, std::string_view method,
                                        std::string_view path) const;
  /// Sends `request` to the registry of the errand. Throws UserError or ExternalError as
  /// RegistryClient does when there is no answer; any status is returned, except 401.
  [[nodiscard]] Reply send(const Errand& errand, io::HttpRequest request,
                           Redirects redirects = Redirects::returned);
  /// The same to a URL that the registry named (`Location` of an upload); the request's own target
  /// does not count.
  [[nodiscard]] Reply send_to(const Errand& errand, const io::HttpUrl& url,
                              io::HttpRequest request);
  /// Where the `Location` of a reply leads. The registry's own name always means the origin that we
  /// speak to: one behind a front-end for TLS may believe that it is spoken to by plain HTTP.
  /// Throws ExternalError when it is no URL.
  [[nodiscard]] io::HttpUrl location(const Errand& errand, const Reply& reply) const;

  /// Runs `operation(moved_on)` until it succeeds, as iib::retry does; waits as long as the
  /// registry asks for, up to the policy's cap. One that sets `moved_on` before it fails has its
  /// tries counted anew.
  template <class Operation>
  auto retried(const Errand& errand, Operation&& operation) {
    for (int attempt = 1;; ++attempt) {
      errand.access.cancellation.check(name_of(errand));
      bool moved_on = false;
      try {
        return std::invoke(operation, moved_on);
      } catch (const ExternalError& error) {
        if (moved_on) attempt = 1;
        const int most = errand.tries == Tries::one ? 1 : options_.retries.attempts;
        if (!error.worth_retrying() || attempt >= most) throw;
        wait(errand, attempt, error);
      }
    }
  }

  /// How long a call may take that moves `bytes`.
  [[nodiscard]] std::chrono::milliseconds limit_for(std::uint64_t bytes) const;
  /// What the client was made with.
  [[nodiscard]] const RegistryOptions& options() const noexcept { return options_; }

 private:
  /// What logs call it.
  [[nodiscard]] static std::string name_of(const Errand& errand);
  [[nodiscard]] bool is_registry(const Errand& errand, const io::HttpOrigin& server) const;
  [[nodiscard]] Reply authorized(const Errand& errand, io::HttpRequest& request);
  [[nodiscard]] Reply to_registry(const Errand& errand, const io::HttpRequest& request);
  [[nodiscard]] io::HttpAnswer to_origin(const Errand& errand, const io::HttpOrigin& server,
                                         const io::HttpRequest& request);
  [[nodiscard]] Reply elsewhere(const Errand& errand, const io::HttpUrl& url,
                                io::HttpRequest& request);
  [[nodiscard]] TokenAnswer ask_for_token(const TokenRequest& wanted,
                                          const Cancellation& cancellation);
  void wait(const Errand& errand, int attempt, const ExternalError& cause) const;

  RegistryOptions options_;
  Log log_;
  Connections connections_;
  Authorizer authorizer_;
  /// How insecure registries turned out to be spoken to.
  Guarded<std::map<std::string, io::HttpScheme>> schemes_;
};

/// Throws what a status other than `expected` means.
void expect(const Reply& reply, std::string_view method, std::initializer_list<int> expected,
            const Step& step);

}  // namespace iib::image
