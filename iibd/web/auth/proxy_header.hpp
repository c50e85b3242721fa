#pragma once

#include "iib/config/network.hpp"
#include "web/auth/method.hpp"

namespace iib::web {

/// The header in which a trusted front-end names the user (rest-api 1.3).
class ProxyHeader final : public Method {
 public:
  ProxyHeader(std::string header, config::TrustedProxies trusted);
  [[nodiscard]] Judgement judge(const HttpRequest& head) override;

 private:
  std::string header_;
  config::TrustedProxies trusted_;
};

}  // namespace iib::web
