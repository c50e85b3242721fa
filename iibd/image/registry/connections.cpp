#include "image/registry/connections.hpp"

#include "iib/io/http_proxy.hpp"

#include <algorithm>
#include <utility>

namespace iib::image {

using std::chrono::steady_clock;

namespace {

/// Registries and what stands before them close idle connections after about a minute.
constexpr std::chrono::seconds kKeptFor{30};

}  // namespace

/// The right to send, while it lives.
class Connections::Turn {
 public:
  Turn(Connections& connections, std::string server, const Cancellation& cancellation)
      : connections_{connections}, server_{std::move(server)} {
    std::unique_lock lock{connections_.mutex_};
    const bool free = connections_.freed_.wait_until(
        lock, cancellation.stop(), cancellation.deadline(),
        [this] { return connections_.in_use_[server_] < connections_.most_; });
    if (!free) cancellation.check("the wait for a connection to a registry");
    ++connections_.in_use_[server_];
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;
  ~Turn() {
    {
      const std::scoped_lock lock{connections_.mutex_};
      const auto own = connections_.in_use_.find(server_);
      if (--own->second == 0) connections_.in_use_.erase(own);
    }
    connections_.freed_.notify_all();  // they wait for different servers
  }

 private:
  Connections& connections_;
  std::string server_;
};

Connections::Connections(std::size_t most, io::HttpSettings timeouts)
    : most_{std::max<std::size_t>(most, 1)},
      connect_timeout_{timeouts.connect_timeout},
      idle_timeout_{timeouts.idle_timeout} {}

io::HttpAnswer Connections::send(const io::HttpOrigin& server, const std::string& trust,
                                 const std::function<io::TlsSettings()>& tls,
                                 const io::HttpRequest& request, const Cancellation& cancellation,
                                 Use use) {
  const Turn turn{*this, server.text(), cancellation};
  const auto key = server.text() + " " + trust;
  auto client = use == Use::any ? take(key) : nullptr;
  if (client == nullptr) {
    client = std::make_unique<io::HttpClient>(
        server,
        io::HttpSettings{.tls = server.scheme == io::HttpScheme::https ? tls() : io::TlsSettings{},
                         .proxy = io::find_proxy(server),
                         .connect_timeout = connect_timeout_,
                         .idle_timeout = idle_timeout_});
  }
  auto answer = client->send(request, cancellation);
  keep(key, std::move(client));
  return answer;
}

std::unique_ptr<io::HttpClient> Connections::take(const std::string& key) {
  std::list<Kept> old;  // closed without the lock
  const std::scoped_lock lock{mutex_};
  const auto oldest = steady_clock::now() - kKeptFor;
  const auto first_old = std::find_if(kept_.begin(), kept_.end(),
                                      [&](const Kept& each) { return each.since < oldest; });
  old.splice(old.begin(), kept_, first_old, kept_.end());
  const auto found =
      std::find_if(kept_.begin(), kept_.end(), [&](const Kept& each) { return each.key == key; });
  if (found == kept_.end()) return nullptr;
  auto client = std::move(found->client);
  kept_.erase(found);
  return client;
}

void Connections::keep(const std::string& key, std::unique_ptr<io::HttpClient> client) {
  std::list<Kept> old;
  const std::scoped_lock lock{mutex_};
  kept_.push_front({key, steady_clock::now(), std::move(client)});
  if (kept_.size() > most_) old.splice(old.begin(), kept_, std::prev(kept_.end()));
}

}  // namespace iib::image
