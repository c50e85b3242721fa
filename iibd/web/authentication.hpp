#pragma once

#include "iib/web/server.hpp"
#include "web/http.hpp"

#include <optional>
#include <string>

namespace iib::web {

/// The authenticated principal; nothing for an anonymous caller that may pass.
using User = std::optional<std::string>;

/// Finds out who calls (rest-api 1.3). Immutable.
class Authentication {
 public:
  explicit Authentication(const Options& options);

  /// Who a POST or PATCH comes from. Throws Unauthorized when that is not known but must be.
  [[nodiscard]] User identify(const HttpRequest& request) const;

 private:
  [[nodiscard]] bool trusts(const Peer& peer) const;

  std::string header_;
  config::TrustedProxies trusted_;
  bool login_disabled_;
};

/// Nobody we know: HTTP 401.
class Unauthorized : public UserError {
 public:
  using UserError::UserError;
};

}  // namespace iib::web
