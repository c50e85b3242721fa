#include "daemon.hpp"
#include "iib/base/files.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string>

namespace iib::test {
namespace {

/// The socket on which systemd hears its services (sd_notify(3)).
class NotifySocket {
 public:
  explicit NotifySocket(const std::string& path)
      : socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)} {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
    if (::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error{"no socket at " + path};
    }
  }
  NotifySocket(const NotifySocket&) = delete;
  NotifySocket& operator=(const NotifySocket&) = delete;
  ~NotifySocket() { ::close(socket_); }

  /// The next message, or nothing that is like one after `limit`.
  [[nodiscard]] std::string receive(std::chrono::milliseconds limit) const {
    pollfd event{.fd = socket_, .events = POLLIN, .revents = 0};
    if (::poll(&event, 1, static_cast<int>(limit.count())) <= 0) return "silence";
    std::array<char, 256> text{};
    const auto bytes = ::recv(socket_, text.data(), text.size(), 0);
    return bytes < 0 ? "an error" : std::string{text.data(), static_cast<std::size_t>(bytes)};
  }

 private:
  int socket_;
};

}  // namespace

TEST_CASE("systemd is told when the daemon serves and when it stops", "[serve]") {
  if (!IIBD_TELLS_SYSTEMD) IIBD_SKIP("iibd was built without libsystemd");
  using namespace std::chrono_literals;
  const TempDir directory{std::filesystem::temp_directory_path(), "notify-"};
  const auto path = (directory.path() / "notify").string();
  const NotifySocket systemd{path};
  Daemon daemon{directory.path() / "state",
                "login_disabled: true\niib_registry: registry.example.com\n",
                {{"NOTIFY_SOCKET", path}}};

  daemon.start();
  CHECK(systemd.receive(60s) == "READY=1");
  CHECK(daemon.get("/api/v1/healthcheck").status == 200);
  CHECK(systemd.receive(0s) == "silence");

  CHECK(daemon.stop() == 0);
  CHECK(systemd.receive(0s) == "STOPPING=1");
}

}  // namespace iib::test
