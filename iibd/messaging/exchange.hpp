#pragma once

#include "messaging/connection.hpp"

#include <proton/container.hpp>
#include <proton/work_queue.hpp>

#include <chrono>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace iib::messaging {

/// The messages under way and the connection they take: which URL is tried, what waits for credit,
/// what waits for its settlement, and how long. Everything here happens on the container's thread.
class Exchange final : public ConnectionEvents {
 public:
  Exchange(SenderOptions options, Sender::OnSettled on_settled, Log log,
           proton::container& container, proton::work_queue& queue);

  void take(std::vector<Message> messages);
  /// Closes the connection; nothing is told any more.
  void close();

  void opened() override;
  void woken() override;
  void ended(const std::string& reason) override;
  void may_send(const std::string& destination) override;
  void settled(std::int64_t number, Outcome outcome, const std::string& reason) override;
  void link_ended(const std::string& destination, const std::string& reason) override;

 private:
  using Moment = std::chrono::steady_clock::time_point;
  enum class State { idle, connecting, open, closed };
  struct Waiting {
    Message message;
    Moment since;
  };
  struct Sent {
    std::string destination;
    Moment since;
  };

  void connect(std::size_t url);
  void connecting_failed(const std::string& reason);
  void lose(const std::string& reason);
  void leave_connection();
  void pump_all();
  void pump(const std::string& destination);
  void fail_destination(const std::string& destination, const std::string& reason);
  void fail_all(const std::string& reason);
  void tell(std::int64_t number, Outcome outcome, const std::string& reason);
  void keep_time();
  void tick();
  void check_connecting(Moment now);
  void check_links(Moment now);
  [[nodiscard]] std::string late_destination(Moment now) const;
  [[nodiscard]] bool busy() const { return !waiting_.empty() || !sent_.empty(); }

  const SenderOptions options_;
  const Sender::OnSettled on_settled_;
  const Log log_;
  proton::container& container_;
  proton::work_queue& queue_;
  std::vector<BrokerUrl> urls_;
  State state_ = State::idle;
  std::size_t url_ = 0;  // tried now
  std::string reasons_;  // why those before it did not do
  Moment connecting_since_;
  std::shared_ptr<Connection> connection_;
  std::vector<std::shared_ptr<Connection>> left_;       // until Proton has done with them
  std::map<std::string, std::deque<Waiting>> waiting_;  // by destination, for credit
  std::unordered_map<std::int64_t, Sent> sent_;         // for settlement
  bool ticking_ = false;
};

}  // namespace iib::messaging
