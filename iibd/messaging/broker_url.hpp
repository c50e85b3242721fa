#pragma once

#include <string>
#include <string_view>

namespace iib::messaging {

/// A broker, as `iib_messaging_urls` names it.
struct BrokerUrl {
  bool tls = true;
  std::string host;
  std::string port;
  std::string user;  ///< Empty: nobody in particular.
  std::string password;

  /// `amqps://host:port`: without credentials, for logs and for connecting.
  [[nodiscard]] std::string address() const;
};

/// Reads `amqp[s]://[user[:password]@]host[:port][/]`; user and password are percent-decoded.
/// Throws UserError, which does not repeat the URL.
[[nodiscard]] BrokerUrl parse_broker_url(std::string_view text);

}  // namespace iib::messaging
