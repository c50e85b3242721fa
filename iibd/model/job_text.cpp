#include "iib/base/error.hpp"
#include "iib/io/json.hpp"
#include "iib/model/document.hpp"
#include "iib/model/json_writer.hpp"
#include "model/parameters.hpp"

#include <array>
#include <charconv>
#include <utility>

namespace iib::model {
namespace {

constexpr std::array kSecrets{
    std::pair{'c', &JobSecrets::cnr_token},
    std::pair{'o', &JobSecrets::overwrite_token},
    std::pair{'r', &JobSecrets::registry_auths},
};

/// Cuts `<letter><length>:<bytes>` off `text`; nothing when it does not begin so.
std::optional<std::pair<char, std::string_view>> next_secret(std::string_view& text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos || colon < 2) return std::nullopt;
  std::size_t length = 0;
  const auto* const end = text.data() + colon;
  const auto [stop, error] = std::from_chars(text.data() + 1, end, length);
  if (error != std::errc{} || stop != end || length > text.size() - colon - 1) return std::nullopt;
  const std::pair result{text.front(), text.substr(colon + 1, length)};
  text.remove_prefix(colon + 1 + length);
  return result;
}

}  // namespace

std::string to_json(const JobArguments& arguments) {
  JsonWriter json;
  json.begin_object();
  json.member("add_arches", arguments.add_arches);
  json.member("overwrite_from_index", arguments.overwrite_from_index);
  json.member("overwrite_target_index", arguments.overwrite_target_index);
  json.member("force_backport", arguments.force_backport);
  if (arguments.output_fbc) json.member("output_fbc", *arguments.output_fbc);
  json.end_object();
  return json.text();
}

JobArguments job_arguments_from_json(std::string_view text) {
  auto document = io::parse_json(text, {.name = "the arguments of a job"});
  if (!document.IsObject()) throw UserError{"the arguments of a job must be a JSON object"};
  const Parameters stored{document};
  return {.add_arches = stored.list("add_arches"),
          .overwrite_from_index = stored.flag("overwrite_from_index").value_or(false),
          .overwrite_target_index = stored.flag("overwrite_target_index").value_or(false),
          .force_backport = stored.flag("force_backport").value_or(false),
          .output_fbc = stored.flag("output_fbc")};
}

// Not JSON: a JSON library leaves copies behind in memory that nobody wipes.
Secret to_sealed_text(const JobSecrets& secrets) {
  std::size_t size = 0;
  for (const auto& [letter, member] : kSecrets) {
    if (const auto& secret = secrets.*member) size += secret->reveal().size() + 24;
  }
  std::string text;
  text.reserve(size);  // growing would leave copies too
  for (const auto& [letter, member] : kSecrets) {
    const auto& secret = secrets.*member;
    if (!secret) continue;
    text += letter;
    text += std::to_string(secret->reveal().size());
    text += ':';
    text += secret->reveal();
  }
  return Secret{std::move(text)};
}

JobSecrets job_secrets_from(const Secret& sealed_text) {
  JobSecrets secrets;
  auto text = sealed_text.reveal();
  while (!text.empty()) {
    const auto next = next_secret(text);
    bool known = false;
    for (const auto& [letter, member] : kSecrets) {
      if (!next || next->first != letter) continue;
      secrets.*member = Secret{std::string{next->second}};
      known = true;
    }
    if (!known) throw UserError{"the stored secrets of a job are damaged"};
  }
  return secrets;
}

}  // namespace iib::model
