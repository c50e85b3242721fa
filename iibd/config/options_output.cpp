#include "iib/base/error.hpp"
#include "option.hpp"
#include "webhook_type.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>

namespace iib::config {
namespace {

using namespace std::chrono_literals;

/// Who writes log lines: the modules of the program, and `http`, the line of each HTTP request.
constexpr std::array<std::string_view, 18> kModules{
    "app", "base",   "bundle",    "catalog", "cli",    "config",    "gate",  "http", "image",
    "io",  "legacy", "messaging", "model",   "notify", "scheduler", "store", "task", "web"};

Type<std::map<std::string, LogLevel>> levels_by_module() {
  const auto levels = map_of(log_level());
  const auto expected = fmt::format("a map from module ({}) to level", fmt::join(kModules, ", "));
  return {expected, Shape::collection, [levels, expected](const Value& value) {
            auto found = levels.read(value);
            for (const auto& [module, level] : found) {
              if (std::find(kModules.begin(), kModules.end(), module) == kModules.end()) {
                value.fail(expected, fmt::format("there is no module '{}'", module));
              }
            }
            return found;
          }};
}

Type<LogFormat> log_format() {
  const auto expected = "a text with the placeholders " + LogFormat::known();
  return {expected, Shape::plain, [expected](const Value& value) {
            const auto text = value.text(expected);
            try {
              return LogFormat::parse(text);
            } catch (const UserError& problem) {
              value.fail(expected, problem.what());
            }
          }};
}

/// A folder, or an empty text to switch its feature off.
Type<std::optional<std::filesystem::path>> folder_or_off() {
  return parsed<std::optional<std::filesystem::path>>(
      "a path, or `''` for: off", [](const std::string& text) {
        using Folder = std::optional<std::filesystem::path>;
        return std::optional<Folder>{text.empty() ? Folder{} : Folder{text}};
      });
}

Type<std::chrono::days> days() {
  constexpr int kMost = 36500;  // a century
  const auto expected = fmt::format("a number of days from 1 to {}", kMost);
  return {expected, Shape::plain, [expected](const Value& value) {
            const auto scalar = value.scalar(expected);
            const auto* number = std::get_if<std::int64_t>(&scalar);
            if (number == nullptr || *number < 1 || *number > kMost) value.fail(expected);
            return std::chrono::days{static_cast<int>(*number)};
          }};
}

Type<std::vector<std::string>> broker_urls() {
  return list_of(url({"amqps", "amqp"}));
}

}  // namespace

Section log_options() {
  using enum Status;
  return {
      "Logs and artifacts",
      {
          option(honoured, "iib_log_level", &Config::log_level, log_level(), "INFO",
                 "How much the daemon's log tells."),
          option(ours, "iib_log_levels", &Config::log_levels, levels_by_module(), "{}",
                 "The same for single modules, such as `{scheduler: DEBUG}`."),
          option(ours, "iib_log_output", &Config::log_output,
                 one_of<LogOutput>({{"text", LogOutput::text}, {"json", LogOutput::json}}), "text",
                 "Lines of text, or of JSON: an object each with `time`, `level`, `module` and "
                 "`message`, and for each HTTP request its `method`, `path`, `status`, `ms`, "
                 "`bytes`, `user` and `request`."),
          option(honoured, "iib_log_format", &Config::log_format, optional(log_format()), "",
                 "The form of a line of text in place of iibd's own. `%(name)s` is the same as "
                 "`%(module)s`; times are UTC."),
          option(honoured, "iib_additional_loggers", &Config::additional_loggers, list_of(text()),
                 "[]",
                 "Libraries whose lines are to be logged, too, as much as `iib_log_level` says: "
                 "`sqlite`. Others have none, and cause a warning."),
          option(honoured, "iib_request_logs_dir", &Config::request_logs_dir, folder_or_off(),
                 "<state_dir>/artifacts/request_logs", "The folder of the requests' logs."),
          option(honoured, "iib_request_logs_level", &Config::request_logs_level, log_level(),
                 "DEBUG", "How much a request's log tells."),
          option(ours, "iib_request_log_size", &Config::request_log_size, byte_size(), "10MiB",
                 "The most bytes of a request's log; less than 64KiB counts as that. One that "
                 "would be longer keeps its first half and its end, and a line between them tells "
                 "what is left out."),
          option(honoured, "iib_request_related_bundles_dir", &Config::request_related_bundles_dir,
                 folder_or_off(), "<state_dir>/artifacts/related_bundles",
                 "The folder of lists of related bundles."),
          option(honoured, "iib_request_recursive_related_bundles_dir",
                 &Config::request_recursive_related_bundles_dir, folder_or_off(),
                 "<state_dir>/artifacts/recursive_related_bundles",
                 "The folder of lists of nested bundles."),
          option(honoured, "iib_request_data_days_to_live", &Config::request_data_days_to_live,
                 days(), "3", "How long logs and artifacts are kept after a request's end."),
          draft_option(not_yet, "iib_aws_s3_bucket_name", &Draft::s3_bucket, optional(text()), "",
                       "An S3 bucket for logs and artifacts in place of folders; needs "
                       "`AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and `AWS_DEFAULT_REGION` in "
                       "the environment. This release keeps them in `<state_dir>/artifacts`."),
          draft_option(not_yet, "iib_otel_tracing", &Draft::tracing, boolean(), "false",
                       "Whether traces are sent; needs `OTEL_EXPORTER_OTLP_ENDPOINT` and "
                       "`OTEL_SERVICE_NAME` in the environment. This release sends none."),
      }};
}

Section message_options() {
  using enum Status;
  return {
      "Messages",
      {
          secret(option(honoured, "iib_messaging_urls", &Config::messaging_urls, broker_urls(),
                        "[]",
                        "AMQP 1.0 brokers, tried in order, such as `amqps://broker.example.com` or "
                        "`amqp://user:password@localhost:5672`.")),
          option(honoured, "iib_messaging_build_state_destination",
                 &Config::messaging_build_state_destination, optional(text()), "",
                 "Where messages about requests go."),
          option(honoured, "iib_messaging_batch_state_destination",
                 &Config::messaging_batch_state_destination, optional(text()), "",
                 "Where messages about batches go."),
          option(
              honoured, "iib_messaging_cert", &Config::messaging_cert, path(),
              "/etc/iib/messaging.crt",
              "Our certificate for the brokers, used when it, its key and `iib_messaging_ca` are "
              "all there."),
          option(honoured, "iib_messaging_key", &Config::messaging_key, path(),
                 "/etc/iib/messaging.key", "Its key."),
          option(honoured, "iib_messaging_ca", &Config::messaging_ca, path(),
                 "/etc/pki/tls/certs/ca-bundle.crt",
                 "What brokers are verified against. If the default does not exist: the system's "
                 "certificates."),
          option(honoured, "iib_messaging_durable", &Config::messaging_durable, boolean(), "true",
                 "Whether brokers shall keep messages over a restart."),
          option(honoured, "iib_messaging_timeout", &Config::messaging_timeout, duration(1s), "30",
                 "The longest a broker may take to connect or to take a message."),
          secret(
              option(ours, "iib_webhooks", &Config::webhooks, webhooks(), "[]",
                     "Receivers of the same messages by HTTP POST, such as "
                     "`[{url: 'https://ci.example.com/iibd', events: [batch-state], secret_file: "
                     "/etc/iib/webhook.key}]`. `events` are `build-state` and `batch-state`, both "
                     "without the key; the secret, of 16 bytes or more, signs them. See "
                     "webhooks.md.")),
          option(
              ours, "iib_outbox_warn", &Config::outbox_warn, whole_number(1), "10000",
              "Above so many waiting messages the log warns and the healthcheck says so. None is "
              "ever dropped."),
          option(ours, "iib_outbox_tries", &Config::outbox_tries, whole_number(1, 1000), "10",
                 "A message that its receiver has refused so often is set aside for `iibd outbox`. "
                 "A receiver that is away refuses nothing."),
      }};
}

}  // namespace iib::config
