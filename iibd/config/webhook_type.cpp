#include "webhook_type.hpp"

#include "iib/base/error.hpp"
#include "iib/io/http_url.hpp"

#include <algorithm>
#include <set>

namespace iib::config {
namespace {

constexpr auto kExpected = "a map with the key `url`, and perhaps `events` and `secret_file`";
/// Each has a thread and a connection of its own.
constexpr std::size_t kMostWebhooks = 20;

/// With a path and a query as they are; no credentials, which would be shown.
std::string webhook_url(const Value& value) {
  constexpr auto kUrl = "a URL that begins with `https://` or `http://`, without a user";
  auto text = value.text(kUrl);
  try {
    static_cast<void>(io::parse_url(text));
  } catch (const UserError&) {
    value.fail(kUrl);
  }
  return text;
}

std::vector<std::string> events(const Value& value) {
  static const auto type = list_of(
      one_of<std::string>({{"build-state", "build-state"}, {"batch-state", "batch-state"}}));
  auto found = type.read(value);
  if (found.empty()) value.fail(type.expected, "leave it out for both");
  return found;
}

Webhook webhook(const Value& value) {
  if (value.node().kind != io::YamlKind::mapping) value.fail(kExpected);
  Webhook found;
  for (const auto& pair : value.node().pairs) {
    const auto key = key_text(value, *pair.key);
    const auto entry = value.within(*pair.value, fmt::format("{}.{}", value.key(), key));
    if (key == "url") {
      found.url = webhook_url(entry);
    } else if (key == "events") {
      found.events = events(entry);
    } else if (key == "secret_file") {
      found.secret_file = path().read(entry);
    } else {
      value.fail(kExpected, fmt::format("it has the key '{}'", key));
    }
  }
  if (found.url.empty()) value.fail(kExpected, "it has no `url`");
  return found;
}

}  // namespace

std::string Webhook::shown_url() const {
  return url.substr(0, url.find('?'));
}

Type<std::vector<Webhook>> webhooks() {
  const auto list = list_of(Type<Webhook>{kExpected, Shape::collection, webhook});
  return {list.expected, Shape::collection, [list](const Value& value) {
            auto found = list.read(value);
            const auto expected = fmt::format("at most {} webhooks", kMostWebhooks);
            if (found.size() > kMostWebhooks) value.fail(expected);
            std::set<std::string> known;
            for (const auto& each : found) {
              if (known.insert(each.shown_url()).second) continue;
              value.fail("a list of webhooks whose URLs differ before any `?`",
                         fmt::format("'{}' is there twice", each.shown_url()));
            }
            return found;
          }};
}

}  // namespace iib::config
