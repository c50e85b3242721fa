#pragma once

#include "iib/base/descriptor.hpp"
#include "loopback.hpp"

#include <climits>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace iib::test {

/// One way in which a registry lets its clients down.
struct Fault {
  enum class Kind {
    answer,  ///< An answer with `status` instead of the registry's.
    /// Half of the answer to a GET, or `bytes` of its body, then the end of the connection. What
    /// brings a body is reset at once, or after `bytes` of that body.
    cut,
    slow,     ///< What the registry answers, `bytes` a second.
    reset,    ///< No answer: the connection is reset.
    silence,  ///< No answer: the connection stays open until the client gives up.
    lost,     ///< The registry does what it is asked for; then the connection is reset.
    kept,     ///< The registry does what it is asked for; then as with silence.
  };
  Kind kind = Kind::answer;
  int status = 0;
  /// Header lines of the answer, each ended by CR LF.
  std::string headers{};
  std::size_t bytes = 0;  ///< Of a cut and of slowness.
};

/// Which requests meet a fault, and how many of them.
struct FaultRule {
  std::string method{};  ///< Any when empty.
  std::string path{};    ///< A part of the request's path; a blank stands for its end.
  Fault fault{};
  int times = INT_MAX;
};

/// A plain HTTP proxy between the tools and a registry that fails as it is told to. What meets no
/// fault passes unchanged, one request a connection.
class FaultProxy {
 public:
  /// Takes a port of loopback, where connections are refused until listen(). Prints its seed:
  /// IIBD_TEST_SEED, or a random one.
  explicit FaultProxy(int registry_port);
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;
  ~FaultProxy();

  /// Begins to accept connections.
  void listen();
  /// `127.0.0.1:port`.
  [[nodiscard]] std::string address() const;
  /// The first rule that fits a request and is not used up decides.
  void add(FaultRule rule);
  /// Each request that no rule fits meets, with this probability, one of `faults`.
  void fail_at_random(double probability, std::vector<Fault> faults);
  /// Decides about a request; what it says goes before all rules. May take its time.
  using Judge = std::function<std::optional<Fault>(std::string_view method, std::string_view path)>;
  /// Asks `judge`, from several threads at once, about each request that comes from now on.
  void judge_by(Judge judge);
  /// How many requests came with this method (any when empty) and this part of the path.
  [[nodiscard]] int seen(std::string_view method, std::string_view path) const;
  /// How many requests met a fault.
  [[nodiscard]] int faults() const;
  /// How many answers the registry gave that were kept back.
  [[nodiscard]] int kept() const;

 private:
  struct Seen {
    std::string method;
    std::string path;
  };
  void serve();
  void converse(Descriptor client);
  [[nodiscard]] std::optional<Fault> choose(const Seen& request);
  [[nodiscard]] bool readable(int socket) const;
  [[nodiscard]] std::string read_head(int client) const;
  void await_end(int client) const;
  void pass(int client, const std::string& head) const;
  void ask_registry(int client, const std::string& head) const;
  void pass_part(int client, const std::string& head, std::size_t bytes) const;
  void pass_slowly(int client, const std::string& head, std::size_t bytes_per_second) const;
  void cut_request(int client, const std::string& head, std::size_t bytes) const;
  [[nodiscard]] bool ends_within(std::chrono::milliseconds pause) const;
  [[nodiscard]] Descriptor connect_registry(const std::string& head) const;

  int registry_port_;
  OwnPort port_;
  Descriptor stop_;
  mutable std::mutex mutex_;
  std::vector<FaultRule> rules_;
  double probability_ = 0;
  std::vector<Fault> random_faults_;
  Judge judge_;
  std::vector<Seen> seen_;
  int faults_ = 0;
  int kept_ = 0;
  std::mt19937 random_;
  std::vector<std::jthread> conversations_;  // used by acceptor_ alone, until it has ended
  std::jthread acceptor_;
};

}  // namespace iib::test
