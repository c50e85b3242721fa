#include "option.hpp"

#include <algorithm>
#include <array>

namespace iib::config {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kSqlite = "sqlite:";

Type<std::filesystem::path> our_database() {
  return parsed<std::filesystem::path>(
      "`sqlite:` and the path of a file",
      [](const std::string& text) -> std::optional<std::filesystem::path> {
        const bool fits = text.starts_with(kSqlite) && text.size() > kSqlite.size() &&
                          !text.starts_with("sqlite://") && text != "sqlite::memory:";
        if (!fits) return std::nullopt;
        return text.substr(kSqlite.size());
      });
}

/// SQLAlchemy's form: what follows the third slash is the path, relative or not.
Type<std::optional<std::filesystem::path>> original_database() {
  return optional(parsed<std::filesystem::path>(
      "`sqlite:///` and the path of a file (iibd keeps its requests in SQLite only)",
      [](const std::string& text) -> std::optional<std::filesystem::path> {
        constexpr std::string_view kPrefix = "sqlite:///";
        const bool fits = text.starts_with(kPrefix) && text.size() > kPrefix.size() &&
                          text != "sqlite:///:memory:";
        if (!fits) return std::nullopt;
        return text.substr(kPrefix.size());
      }));
}

Type<std::string> base_url() {
  return parsed<std::string>("`http://host[:port]` or `https://host[:port]`, without a path",
                             [](const std::string& text) -> std::optional<std::string> {
                               const auto scheme = text.find("://");
                               const bool fits =
                                   text.starts_with("http://") || text.starts_with("https://");
                               if (!fits) return std::nullopt;
                               auto host = text.substr(scheme + 3);
                               if (host.ends_with('/')) host.pop_back();
                               if (host.empty() || host.find_first_of(" /?#@") != std::string::npos)
                                 return std::nullopt;
                               return text.substr(0, scheme + 3) + host;
                             });
}

Type<ListenAddress> listen_address() {
  return parsed<ListenAddress>(
      "an address and port such as `127.0.0.1:8080` or `[::1]:8080`, or `unix:` and an absolute "
      "path",
      [](const std::string& text) { return parse_listen_address(text); });
}

Type<std::string> header_name() {
  return text_that("the name of an HTTP header", [](const std::string& name) {
    return !name.empty() && std::all_of(name.begin(), name.end(), [](char letter) {
      return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
             (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
    });
  });
}

Type<TrustedProxies> trusted_proxies() {
  using Proxy = std::optional<Network>;  // nothing: Unix sockets
  const auto list = list_of(parsed<Proxy>("an address, a network such as `192.0.2.0/24`, or `unix`",
                                          [](const std::string& text) -> std::optional<Proxy> {
                                            if (text == "unix") return Proxy{};
                                            const auto network = Network::parse(text);
                                            if (!network) return std::nullopt;
                                            return Proxy{network};
                                          }));
  return {list.expected, list.shape, [list](const Value& value) {
            TrustedProxies proxies;
            for (const auto& proxy : list.read(value)) {
              if (proxy) {
                proxies.networks.push_back(*proxy);
              } else {
                proxies.unix_sockets = true;
              }
            }
            return proxies;
          }};
}

Type<QueueChoice> queue_choice() {
  const std::string expected =
      "the name of a queue, or a map from `from_index` to such names with an entry `all`";
  const auto by_index = map_of(text());
  return {expected, Shape::collection, [expected, by_index](const Value& value) -> QueueChoice {
            if (value.node().kind != io::YamlKind::mapping) return value.text(expected);
            auto queues = by_index.read(value);
            if (!queues.contains("all")) value.fail(expected, "add the entry `all`");
            return queues;
          }};
}

}  // namespace

Section service_options() {
  using enum Status;
  return {
      "The service",
      {
          option(ours, "iib_listen", &Config::listen, one_or_list_of(listen_address()),
                 "127.0.0.1:8080",
                 "Where the API is served. `unix:/run/iibd.sock` is a Unix socket; a port 0 is "
                 "chosen by the system."),
          option(ours, "iib_state_dir", &Config::state_dir, path(), "/var/lib/iibd",
                 "The folder that holds everything iibd must remember. One daemon at a time."),
          option(ours, "iib_database", &Config::database, our_database(),
                 "sqlite:<state_dir>/iibd.db", "The database of requests."),
          secret(draft_option(honoured, "sqlalchemy_database_uri", &Draft::original_database,
                              original_database(), "",
                              "The original's name for `iib_database`: only `sqlite:///path`.")),
          option(ours, "iib_secret_key_file", &Config::secret_key_file, optional(path()), "",
                 "The key that seals the secrets of waiting requests. Without it: a systemd "
                 "credential, or `<state_dir>/secret.key`, made at the first start."),
          option(ours, "iib_external_url", &Config::external_url, base_url(), "",
                 "Scheme and host of the links in answers and messages, for a service behind a "
                 "proxy. Without it: those of the request."),
          option(ours, "iib_tls_certificate", &Config::tls_certificate, optional(path()), "",
                 "A PEM file with the certificate of the service and those between it and its "
                 "authority. With it, all TCP addresses of `iib_listen` speak TLS. Read again on "
                 "SIGHUP."),
          option(ours, "iib_tls_key", &Config::tls_key, optional(path()), "",
                 "The PEM file of the certificate's key, not encrypted, for iibd's eyes only. Read "
                 "again on SIGHUP."),
          option(ours, "iib_max_body_size", &Config::max_body_size, byte_size(), "8MiB",
                 "The largest body of a request."),
          option(honoured, "iib_max_per_page", &Config::max_per_page, whole_number(1), "20",
                 "The most requests on a page of a listing."),
      }};
}

Section user_options() {
  using enum Status;
  return {
      "Users",
      {
          option(honoured, "login_disabled", &Config::login_disabled, boolean(), "false",
                 "Whether callers without a user may submit requests."),
          option(ours, "iib_remote_user_header", &Config::remote_user_header, header_name(),
                 "X-Remote-User",
                 "The header in which the front-end names the user. Believed only from "
                 "`iib_trusted_proxies`."),
          option(ours, "iib_trusted_proxies", &Config::trusted_proxies, trusted_proxies(), "[]",
                 "Front-ends that are believed when they name the user; `unix` means any peer of "
                 "a Unix socket."),
          option(
              ours, "iib_keytab", &Config::keytab, optional(path()), "",
              "A keytab with a key of `HTTP/HOST@REALM`: callers may then show a Kerberos ticket "
              "(`Authorization: Negotiate`) without a front-end."),
          option(ours, "iib_users_file", &Config::users_file, optional(path()), "",
                 "Passwords and tokens for scripts, made by `iibd user add`: callers may then send "
                 "`Authorization: Basic` or `Bearer`. Read again on SIGHUP."),
          option(honoured, "iib_worker_usernames", &Config::worker_usernames, list_of(text()), "[]",
                 "Users who may change requests (PATCH), as foreign workers do, and cancel them."),
          option(honoured, "iib_privileged_usernames", &Config::privileged_usernames,
                 list_of(text()), "[]",
                 "Users who may ask to overwrite the source index without a token."),
          option(honoured, "iib_force_overwrite_from_index", &Config::force_overwrite_from_index,
                 boolean(), "false",
                 "Whether add and rm requests of privileged users always overwrite their source "
                 "index."),
      }};
}

Section queue_options() {
  using enum Status;
  constexpr int kMostWorkers = 256;  // each is a thread with its tools beside it
  return {
      "Queues",
      {
          draft_option(ours, "iib_queues", &Draft::configured_queues,
                       map_of(whole_number(0, kMostWorkers), kDefaultQueue), "{iib: 1}",
                       "Number of workers by queue; null is the default queue `iib`. 0: the "
                       "queue's jobs wait for foreign workers. A queue named only in "
                       "`iib_user_to_queue` has 1."),
          option(honoured, "iib_user_to_queue", &Config::user_to_queue, map_of(queue_choice()),
                 "{}",
                 "The queue by user, looked up as `SERIAL:user` or `PARALLEL:user` (whether the "
                 "request overwrites an index), then as `user`. The value is a queue, or a map "
                 "from `from_index` to queues with an entry `all`. The queue of a `SERIAL:` key "
                 "has at most 1 worker."),
          option(honoured, "iib_sac_queues", &Config::sac_queues, list_of(text()), "[]",
                 "Queues whose jobs run one at a time."),
          option(ours, "iib_fair_queues", &Config::fair_queues, boolean(), "true",
                 "Whether the users of a queue take turns, so that many requests of one do not "
                 "keep another waiting; `false`: in the order of submission."),
          option(ours, "iib_max_tries", &Config::max_tries, whole_number(1), "3",
                 "How often a request is begun anew when the daemon died while it ran."),
          option(ours, "iib_request_timeout", &Config::request_timeout, duration(1s), "6h",
                 "The longest a request may take."),
      }};
}

}  // namespace iib::config
