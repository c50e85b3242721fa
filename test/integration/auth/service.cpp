#include "service.hpp"

#include "eventually.hpp"

#include <fmt/format.h>

#include <charconv>
#include <csignal>
#include <stdexcept>
#include <utility>

namespace iib::test {
namespace {

using namespace std::chrono_literals;

constexpr auto kGoodAdd =
    R"({"bundles": ["r/b:1"], "binary_image": "r/o:1", "from_index": "r/i:1"})";

std::string filled_in(std::string configuration, const std::filesystem::path& folder) {
  constexpr std::string_view kPlace = "FOLDER";
  for (auto at = configuration.find(kPlace); at != std::string::npos;
       at = configuration.find(kPlace)) {
    configuration.replace(at, kPlace.size(), folder.string());
  }
  return configuration + "iib_registry: r.example\niib_queues: {iib: 0}\n";
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t found = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

}  // namespace

Service::Service(const std::string& configuration, Variables variables)
    : daemon{directory_.path() / "state", filled_in(configuration, directory_.path()),
             std::move(variables)} {}

std::string Service::url(const std::string& scheme) const {
  return fmt::format("{}://localhost:{}", scheme, daemon.port());
}

Ended Service::user(const std::vector<std::string>& arguments, const std::string& input) const {
  std::vector<std::string> command{IIBD_BINARY, "user"};
  command.insert(command.end(), arguments.begin(), arguments.end());
  command.emplace_back("--config");
  command.push_back((directory_.path() / "state.yaml").string());
  return run(command, {}, input);
}

void Service::reload(const std::string& expected) const {
  const auto before = count(daemon.log(), expected);
  ::kill(daemon.pid(), SIGHUP);
  if (eventually(60s, [&] { return count(daemon.log(), expected) > before; })) return;
  throw std::runtime_error{"the daemon does not reload; its log:\n" + daemon.log()};
}

Fetched submit(const std::string& url, const std::vector<std::string>& options,
               const Variables& variables) {
  std::vector<std::string> command{"curl",       "-s",    "-S", "-i",
                                   "--max-time", "60",    "-H", "Content-Type: application/json",
                                   "-d",         kGoodAdd};
  command.insert(command.end(), options.begin(), options.end());
  command.push_back(url + "/api/v1/builds/add");
  Fetched fetched{.status = 0, .text = run(command, variables).output};
  constexpr std::string_view kBeginning = "HTTP/1.1 ";
  const auto at = fetched.text.rfind(kBeginning);
  if (at == std::string::npos) return fetched;
  const char* const digits = fetched.text.data() + at + kBeginning.size();
  std::from_chars(digits, fetched.text.data() + fetched.text.size(), fetched.status);
  return fetched;
}

void make_certificate(const std::filesystem::path& folder, const std::string& name) {
  must_run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
            "-nodes", "-days", "2", "-subj", "/CN=" + name, "-addext",
            "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
            (folder / (name + ".key")).string(), "-out", (folder / (name + ".pem")).string()});
}

}  // namespace iib::test
