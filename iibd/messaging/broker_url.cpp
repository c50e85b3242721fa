#include "messaging/broker_url.hpp"

#include "iib/base/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace iib::messaging {
namespace {

[[noreturn]] void refuse(std::string_view problem) {
  throw UserError{fmt::format(
      "a URL of iib_messaging_urls {}; it must be amqps://host or amqp://host, perhaps with "
      "user:password@ before the host and :port behind it",
      problem)};
}

bool cut_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string decoded(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    if (text.front() != '%') {
      result += text.front();
      text.remove_prefix(1);
      continue;
    }
    unsigned char byte = 0;
    const auto digits = text.substr(1, 2);
    const auto end = digits.data() + digits.size();
    if (digits.size() != 2 || std::from_chars(digits.data(), end, byte, 16).ptr != end) {
      refuse("has a % in its user or password without two hex digits behind it");
    }
    result += static_cast<char>(byte);
    text.remove_prefix(3);
  }
  return result;
}

bool is_port(std::string_view text) {
  unsigned short number = 0;
  const auto* const end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number);
  return read.ec == std::errc{} && read.ptr == end && number > 0;
}

void read_credentials(BrokerUrl& url, std::string_view text) {
  const auto colon = text.find(':');
  url.user = decoded(text.substr(0, colon));
  if (colon != std::string_view::npos) url.password = decoded(text.substr(colon + 1));
}

void read_host(BrokerUrl& url, std::string_view text) {
  const auto bracket = text.starts_with('[') ? text.find(']') : std::string_view::npos;
  const auto colon = text.find(':', bracket == std::string_view::npos ? 0 : bracket);
  auto host = text.substr(0, colon);
  if (bracket != std::string_view::npos) host = text.substr(1, bracket - 1);
  if (host.empty()) refuse("has no host");
  url.host = host;
  if (colon == std::string_view::npos) return;
  url.port = text.substr(colon + 1);
  if (!is_port(url.port)) refuse("has a port that is not a number from 1 to 65535");
}

}  // namespace

std::string BrokerUrl::address() const {
  const bool numeric6 = host.find(':') != std::string::npos;
  return fmt::format("{}://{}{}{}:{}", tls ? "amqps" : "amqp", numeric6 ? "[" : "", host,
                     numeric6 ? "]" : "", port);
}

BrokerUrl parse_broker_url(std::string_view text) {
  BrokerUrl url;
  if (cut_prefix(text, "amqp://")) {
    url.tls = false;
  } else if (!cut_prefix(text, "amqps://")) {
    refuse("begins with neither amqps:// nor amqp://");
  }
  url.port = url.tls ? "5671" : "5672";  // as IANA gave them
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    read_credentials(url, text.substr(0, at));
    text.remove_prefix(at + 1);
  }
  if (text.ends_with('/')) text.remove_suffix(1);
  if (text.find_first_of("/?#") != std::string_view::npos) refuse("has a path");
  read_host(url, text);
  return url;
}

}  // namespace iib::messaging
