#include "iib/io/http_proxy.hpp"

#include "iib/base/error.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <string_view>

namespace iib::io {
namespace {

std::string with_case(std::string_view name, int (*change)(int)) {
  std::string result{name};
  std::transform(result.begin(), result.end(), result.begin(), [change](unsigned char character) {
    return static_cast<char>(change(character));
  });
  return result;
}

struct Variable {
  std::string name;
  std::string value;
};

/// The first of the names, lower case before upper, whose value is not empty.
std::optional<Variable> first_set(const Environment& environment,
                                  std::initializer_list<std::string_view> names) {
  for (const auto lower : names) {
    for (const auto& name : {std::string{lower}, with_case(lower, std::toupper)}) {
      auto value = environment(name.c_str());
      if (value && !value->empty()) return Variable{name, std::move(*value)};
    }
  }
  return std::nullopt;
}

/// The bytes of a numeric address: 4, 16, or none when it is a name.
std::string address_bytes(const std::string& host) {
  std::array<char, 16> bytes{};
  if (::inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return {bytes.data(), 4};
  if (::inet_pton(AF_INET6, host.c_str(), bytes.data()) == 1) return {bytes.data(), 16};
  return {};
}

bool is_loopback(const std::string& host) {
  const auto bytes = address_bytes(host);
  if (bytes.size() == 4) return bytes.front() == 127;
  if (bytes.size() == 16) return bytes == std::string(15, '\0') + '\1';
  return host == "localhost" || host.ends_with(".localhost");
}

/// Whether the first `bits` of two addresses of one family are the same.
bool same_network(const std::string& address, const std::string& network, unsigned bits) {
  if (address.empty() || address.size() != network.size() || bits > address.size() * 8)
    return false;
  const auto whole = bits / 8;
  if (std::memcmp(address.data(), network.data(), whole) != 0) return false;
  if (bits % 8 == 0) return true;
  const auto mask = static_cast<unsigned char>(0xFFU << (8 - bits % 8));
  return ((static_cast<unsigned char>(address[whole]) ^
           static_cast<unsigned char>(network[whole])) &
          mask) == 0;
}

bool in_network(const std::string& host, std::string_view entry) {
  const auto slash = entry.find('/');
  if (slash == std::string_view::npos) return false;
  unsigned bits = 0;
  const auto length = entry.substr(slash + 1);
  const auto [end, failure] = std::from_chars(length.data(), length.data() + length.size(), bits);
  if (failure != std::errc{} || end != length.data() + length.size()) return false;
  return same_network(address_bytes(host), address_bytes(std::string{entry.substr(0, slash)}),
                      bits);
}

/// Whether one entry of NO_PROXY excludes the server. `example.com` is for its sub-domains, too;
/// `.example.com` and `*.example.com` are for these alone.
bool excludes(std::string entry, const HttpOrigin& server) {
  if (entry.empty()) return false;
  if (entry == "*" || in_network(server.host, entry)) return true;
  const auto colon = entry.rfind(':');
  const bool has_port = colon != std::string::npos &&
                        (entry.find(':') == colon || entry[colon - (colon > 0 ? 1 : 0)] == ']');
  if (has_port) {
    if (entry.substr(colon + 1) != std::to_string(server.port)) return false;
    entry.erase(colon);
  }
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  if (entry.starts_with("*.")) entry.erase(0, 1);
  const auto address = address_bytes(entry);
  if (!address.empty()) return address == address_bytes(server.host);
  if (entry.starts_with('.')) return server.host.ends_with(entry);
  return server.host == entry || server.host.ends_with("." + entry);
}

bool excluded(const Environment& environment, const HttpOrigin& server) {
  const auto variable = first_set(environment, {"no_proxy"});
  if (!variable) return false;
  const auto list = with_case(variable->value, std::tolower);
  constexpr std::string_view kSeparators = ", \t";
  for (std::size_t at = 0; at < list.size();) {
    const auto end = std::min(list.find_first_of(kSeparators, at), list.size());
    if (excludes(list.substr(at, end - at), server)) return true;
    at = end + 1;
  }
  return false;
}

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t at = 0; at < text.size(); ++at) {
    unsigned value = 0;
    const auto digits = text.substr(at, 3);
    if (digits.size() == 3 && digits.front() == '%' &&
        std::from_chars(digits.data() + 1, digits.data() + 3, value, 16).ptr == digits.data() + 3) {
      result.push_back(static_cast<char>(value));
      at += 2;
    } else {
      result.push_back(text[at]);
    }
  }
  return result;
}

/// The value may hold a password, which no error repeats.
HttpProxy parse_proxy(const Variable& variable) {
  std::string_view rest = variable.value;
  constexpr std::string_view kHttp = "http://";
  if (with_case(rest.substr(0, kHttp.size()), std::tolower) == kHttp) {
    rest.remove_prefix(kHttp.size());
  } else if (rest.find("://") != std::string_view::npos) {
    throw ExternalError{fmt::format("the environment variable {} names a proxy that is not spoken "
                                    "to with plain HTTP; give it "
                                    "as http://host:port",
                                    variable.name),
                        ExternalError::Retry::no};
  }
  rest = rest.substr(0, rest.find('/'));
  HttpProxy proxy;
  if (const auto at = rest.rfind('@'); at != std::string_view::npos) {
    const auto user = rest.substr(0, at);
    const auto colon = std::min(user.find(':'), user.size());
    proxy.user = percent_decoded(user.substr(0, colon));
    if (colon < user.size()) proxy.password = Secret{percent_decoded(user.substr(colon + 1))};
    rest.remove_prefix(at + 1);
  }
  try {
    proxy.origin = origin_of(HttpScheme::http, rest);
  } catch (const UserError& error) {
    throw ExternalError{fmt::format("the environment variable {} names no proxy: {}; give it as "
                                    "http://host:port",
                                    variable.name, error.what()),
                        ExternalError::Retry::no};
  }
  return proxy;
}

}  // namespace

std::optional<HttpProxy> find_proxy(const HttpOrigin& server, const Environment& environment) {
  const auto variable =
      first_set(environment,
                {server.scheme == HttpScheme::https ? "https_proxy" : "http_proxy", "all_proxy"});
  if (!variable || is_loopback(server.host) || excluded(environment, server)) return std::nullopt;
  return parse_proxy(*variable);
}

std::optional<HttpProxy> find_proxy(const HttpOrigin& server) {
  return find_proxy(server, [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);  // nothing here changes the environment
    if (value == nullptr) return std::nullopt;
    return value;
  });
}

}  // namespace iib::io
