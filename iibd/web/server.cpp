#include "iib/web/server.hpp"

#include "iib/base/error.hpp"
#include "web/api.hpp"
#include "web/followers.hpp"
#include "web/listener.hpp"
#include "web/live.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <thread>

namespace iib::web {
namespace {

namespace asio = boost::asio;

/// Connections beyond the bound that are told so at the same time; those beyond that are just
/// closed.
constexpr std::size_t kRefusing = 64;

std::unique_ptr<Tls> make_tls(const Options& options) {
  if (!options.tls_certificate || !options.tls_key) return nullptr;
  return std::make_unique<Tls>(*options.tls_certificate, *options.tls_key);
}

}  // namespace

struct Server::Impl {
  Impl(Options given, store::Store& store, const io::Artifacts& artifacts, const Clock& clock,
       Hooks asked, Log voice, Log access_voice)
      : options{std::move(given)},
        hooks{std::move(asked)},
        log{std::move(voice)},
        access{std::move(access_voice)},
        authentication{options, log},
        tls{make_tls(options)},
        followers{options.limits.followers, options.limits.followers_of_one},
        api{Services{options, store, artifacts, clock, hooks, log, followers}, authentication},
        context{static_cast<int>(std::max(options.threads, 1U))} {
    for (const auto& address : options.listen) {
      listeners.push_back(std::make_shared<Listener>(
          context, address, [this](Socket socket, Peer peer) { take(std::move(socket), peer); },
          log));
    }
  }

  void take(Socket socket, Peer peer) {
    const auto open = live.count();
    if (open >= options.limits.connections + kRefusing) return;
    // A unix socket does not leave the host.
    peer.tls = tls && !peer.address.empty();
    const auto* const encryption = peer.tls ? tls.get() : nullptr;
    auto connection = std::make_shared<Connection>(std::move(socket), encryption, std::move(peer),
                                                   api, options.limits, access, live);
    live.add(connection);
    if (open < options.limits.connections) {
      connection->start();
    } else {
      connection->start_refusing();
    }
  }

  void start() {
    for (const auto& listener : listeners) listener->open();
    if (hooks.follow_states) following = hooks.follow_states([this] { live.wake_followers(); });
    for (const auto& listener : listeners) listener->start();
    for (unsigned at = 0; at < std::max(options.threads, 1U); ++at) {
      threads.emplace_back([this] { run(); });
    }
  }

  void run() {
    while (!context.stopped()) {
      try {
        context.run();
      } catch (const std::exception& error) {
        log.error("a connection ended by an unexpected failure: {}", one_line(error.what()));
      }
    }
  }

  void reload() {
    authentication.reload();
    if (!tls) return;
    try {
      tls->reload();
      log.info("the TLS certificate and its key were read anew");
    } catch (const Error& error) {
      log.error("the TLS certificate and its key stay as they were: {}", error.what());
    }
  }

  void stop() {
    if (stopped) return;
    stopped = true;
    for (const auto& listener : listeners) listener->close();
    live.drain_all();
    if (!threads.empty()) live.wait_until_empty(options.limits.stop);
    authentication.stop();
    following.reset();
    live.wait_for_callbacks();
    context.stop();
    for (auto& thread : threads) thread.join();
  }

  const Options options;
  const Hooks hooks;
  const Log log;
  const Log access;
  const Authentication authentication;
  const std::unique_ptr<Tls> tls;
  Followers followers;
  const Api api;
  LiveConnections live;
  std::shared_ptr<const void> following;
  asio::io_context context;
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::vector<std::shared_ptr<Listener>> listeners;
  std::vector<std::thread> threads;
  bool stopped = false;
};

Server::Server(Options options, store::Store& store, const io::Artifacts& artifacts,
               const Clock& clock, Hooks hooks, const Log& log, std::optional<Log> access)
    : impl_{std::make_unique<Impl>(std::move(options), store, artifacts, clock, std::move(hooks),
                                   log, access.value_or(log))} {}

Server::~Server() {
  stop();
}

void Server::start() {
  impl_->start();
}

std::vector<std::string> Server::addresses() const {
  std::vector<std::string> result;
  for (const auto& listener : impl_->listeners) result.push_back(listener->address());
  return result;
}

void Server::reload() {
  impl_->reload();
}

void Server::stop() {
  impl_->stop();
}

}  // namespace iib::web
