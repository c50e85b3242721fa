#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/io/http_client.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace iib::image {

/// Connections to servers, kept for the next call, with a bound on how many are in use at once.
/// Safe to use from any thread.
class Connections {
 public:
  /// `most` in use at once to one server, so that one that does not answer holds up nobody else;
  /// `timeouts` give how each is made.
  Connections(std::size_t most, io::HttpSettings timeouts);
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;
  ~Connections() = default;

  /// Which connection may serve.
  enum class Use { any, new_one };

  /// Sends `request` to `server` over a kept or a new connection, once a turn is free. `trust`
  /// names what `tls` gives, which is asked for a new one: connections are shared by server and
  /// trust. Throws as HttpClient::send() does.
  [[nodiscard]] io::HttpAnswer send(const io::HttpOrigin& server, const std::string& trust,
                                    const std::function<io::TlsSettings()>& tls,
                                    const io::HttpRequest& request,
                                    const Cancellation& cancellation, Use use = Use::any);

 private:
  struct Kept {
    std::string key;
    std::chrono::steady_clock::time_point since;
    std::unique_ptr<io::HttpClient> client;
  };
  class Turn;

  [[nodiscard]] std::unique_ptr<io::HttpClient> take(const std::string& key);
  void keep(const std::string& key, std::unique_ptr<io::HttpClient> client);

  const std::size_t most_;
  const std::chrono::milliseconds connect_timeout_;
  const std::chrono::milliseconds idle_timeout_;
  std::mutex mutex_;
  std::condition_variable_any freed_;
  std::map<std::string, std::size_t> in_use_;  ///< By server.
  std::list<Kept> kept_;                       ///< The last used at the front.
};

}  // namespace iib::image
