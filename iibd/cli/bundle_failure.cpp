#include "cli/bundle_failure.hpp"

#include "cli/command_line.hpp"
#include "cli/own_words.hpp"
#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "iib/bundle/refusal.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

namespace iib::cli {
namespace {

constexpr std::size_t kLongestReason = 16UL << 10U;

std::string json_of(std::string_view code, const std::string& reason, const std::string& file) {
  model::JsonWriter json;
  json.begin_object();
  json.key("error");
  json.begin_object();
  json.member("code", code);
  json.member("reason", reason);
  json.member("file", file.empty() ? std::nullopt : std::optional{file});
  json.end_object();
  json.end_object();
  return json.text() + "\n";
}

int report(Format format, std::string_view code, const std::string& what,
           const std::string& file = {}) {
  const auto reason = in_own_words(what);
  std::cerr << fmt::format("iibd: {}\n", one_line(reason, kLongestReason));
  if (format == Format::json) print(json_of(code, reason, file));
  return kFailed;
}

}  // namespace

int run_bundle_command(Format format, const std::function<int()>& work) {
  try {
    return work();
  } catch (const bundle::Refusal& refusal) {
    return report(format, bundle::to_string(refusal.code()), refusal.what(), refusal.file());
  } catch (const Cancelled&) {
    return report(format, "interrupted", "interrupted; nothing was changed");
  } catch (const UserError& error) {
    return report(format, "invalid_input", error.what());
  } catch (const Error& error) {
    return report(format, "external_failure", error.what());
  } catch (const std::filesystem::filesystem_error& error) {
    return report(format, "external_failure",
                  fmt::format("{}: {}", error.path1().string(), error.code().message()));
  } catch (const std::exception& error) {
    return report(format, "internal_error", fmt::format("internal error: {}", error.what()));
  }
}

}  // namespace iib::cli
