#include "catalog/opm_failure.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"
#include "iib/base/urls.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstring>
#include <initializer_list>

namespace iib::catalog {
namespace {

/// A reason is read by people; opm repeats its advice for every bundle.
constexpr std::size_t kTextBytes = 2000;
/// What opm said last decides.
constexpr std::size_t kExaminedBytes = 256UL << 10U;

std::string_view end_of(std::string_view text) {
  return text.substr(text.size() - std::min(text.size(), kExaminedBytes));
}

bool contains_any(std::string_view text, std::initializer_list<std::string_view> phrases) {
  return std::any_of(phrases.begin(), phrases.end(), [&](std::string_view phrase) {
    return text.find(phrase) != std::string_view::npos;
  });
}

/// The beginning of `text`, for what matters stands there.
std::string bounded(std::string_view whole) {
  const auto text = without_queries(whole.substr(0, 4 * kTextBytes));
  auto line = one_line(text, 2 * kTextBytes);
  if (text.size() > kTextBytes)
    line = one_line(std::string_view{text}.substr(0, kTextBytes), 2 * kTextBytes) + "...";
  return line;
}

/// The value of `key=...` in a log line, unquoted and unescaped; empty when it is not there.
std::string log_field(std::string_view line, std::string_view key) {
  const auto begin = line.find(fmt::format(" {}=", key));
  if (begin == std::string_view::npos) return {};
  line.remove_prefix(begin + key.size() + 2);
  if (!line.starts_with('"')) return std::string{line.substr(0, line.find(' '))};
  std::string text;
  for (std::size_t at = 1; at < line.size() && line[at] != '"'; ++at) {
    if (line[at] == '\\' && at + 1 < line.size()) ++at;
    text.push_back(line[at]);
  }
  return text;
}

/// What follows the last `Error: ` at the beginning of a line, up to the usage that opm adds.
std::string_view printed_error(std::string_view text) {
  constexpr std::string_view kBegin = "Error: ";
  const auto last = text.rfind("\nError: ");
  if (last != std::string_view::npos) {
    text.remove_prefix(last + 1 + kBegin.size());
  } else if (text.starts_with(kBegin)) {
    text.remove_prefix(kBegin.size());
  } else {
    return {};
  }
  text = text.substr(0, text.find("\nUsage:"));
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back())) != 0) {
    text.remove_suffix(1);
  }
  return text;
}

struct Phrase {
  std::string_view text;
  ProblemKind kind;
};

// What opm 1.26.5 writes. The order matters: a text may hold several errors of one call, and those
// that say most come first.
constexpr std::array kPhrases{
    Phrase{"already exists", ProblemKind::exists},
    Phrase{"Bundle already added", ProblemKind::exists},
    Phrase{"already added to index", ProblemKind::exists},
    Phrase{"UNIQUE constraint failed: operatorbundle", ProblemKind::exists},
    Phrase{"Cannot overwrite", ProblemKind::exists},
    Phrase{"cannot overwrite bundle", ProblemKind::exists},
    Phrase{"must belong to exactly one package", ProblemKind::other_package},
    Phrase{"belongs to package", ProblemKind::other_package},
    Phrase{"Cycle detected", ProblemKind::cycle},
    Phrase{"replaces nonexistent bundle", ProblemKind::replaces_missing},
    Phrase{"add prunes bundle", ProblemKind::prunes},
    Phrase{"unable to determine default channel", ProblemKind::default_channel},
    Phrase{"no default channel specified", ProblemKind::default_channel},
    Phrase{"Default channel is missing", ProblemKind::default_channel},
    Phrase{"the default channel", ProblemKind::default_channel},
    Phrase{"default channel removal", ProblemKind::default_channel},
    Phrase{"cannot deprecate default channel head", ProblemKind::default_channel},
    Phrase{"Invalid graph", ProblemKind::invalid_graph},
    Phrase{"more than one bundle with maximum version", ProblemKind::invalid_graph},
    Phrase{"more than one potential channel head", ProblemKind::invalid_graph},
    Phrase{"no channel head found", ProblemKind::invalid_graph},
    Phrase{"multiple candidate channel heads", ProblemKind::invalid_graph},
    Phrase{"Unable to parse existing bundle version", ProblemKind::invalid_graph},
    Phrase{"cannot determine latest substitution", ProblemKind::invalid_graph},
    Phrase{"unable to verify added bundles", ProblemKind::invalid_graph},
    Phrase{"missing from registry", ProblemKind::not_found},
    Phrase{"no package found for packagename", ProblemKind::not_found},
    Phrase{"error resolving name for image ref", ProblemKind::not_found},
    Phrase{"is not a database", ProblemKind::invalid_index},
};

/// What lies outside of us and the request.
struct Trouble {
  std::string_view remedy;
  ExternalError::Retry retry;
};

const Trouble* find_trouble(std::string_view text) {
  static constexpr Trouble kDisk{"free space below iib_state_dir", ExternalError::Retry::no};
  static constexpr Trouble kLogin{
      "check the credentials for the registry in iib_docker_config_template, or those given with "
      "the request",
      ExternalError::Retry::no};
  static constexpr Trouble kCertificate{
      "if the registry has no trusted certificate on purpose, name it in iib_insecure_registries",
      ExternalError::Retry::no};
  static constexpr Trouble kRegistry{
      "check that the registry can be reached from the host of iibd and answers in time, then "
      "submit the request again",
      ExternalError::Retry::yes};
  static constexpr Trouble kProgram{
      "check the program that iib_default_opm or iib_ocp_opm_mapping names",
      ExternalError::Retry::no};
  if (contains_any(text, {"no space left on device", "database or disk is full"})) return &kDisk;
  if (contains_any(text, {"unknown flag", "unknown command", "unknown shorthand"})) {
    return &kProgram;
  }
  if (contains_any(text, {"x509:", "tls: ", "server gave HTTP response to HTTPS client"})) {
    return &kCertificate;
  }
  if (contains_any(text, {"connection refused", "connection reset", "no such host", "no route to",
                          "network is unreachable", "i/o timeout", "handshake timeout",
                          "deadline exceeded", "broken pipe", "EOF", "429 Too Many Requests",
                          "status: 5", "unexpected status code 5", "500 Internal Server Error",
                          "502 Bad Gateway", "503 Service Unavailable", "504 Gateway"})) {
    return &kRegistry;
  }
  if (contains_any(text, {"401 Unauthorized", "403 Forbidden", "authorization failed",
                          "failed to authorize", "insufficient_scope", "no basic auth"})) {
    return &kLogin;
  }
  return nullptr;
}

/// The first word after `before` in `text`, which is all that opm's texts allow to read out.
std::string word_after(std::string_view text, std::string_view before) {
  const auto at = text.find(before);
  if (at == std::string_view::npos) return {};
  const auto rest = text.substr(at + before.size());
  return std::string{rest.substr(0, rest.find_first_of(" ,:;()[]\""))};
}

Problem to_problem(const std::string& text, ProblemKind kind) {
  Problem problem;
  problem.kind = kind;
  for (const auto* before : {"add prunes bundle ", "Invalid bundle ", "Cycle detected, ",
                             "failed to add bundle \"", "cannot overwrite bundle "}) {
    if (problem.bundle.empty()) problem.bundle = word_after(text, before);
  }
  for (const auto* before : {"packagename ", "from package ", "in package ", "specified for "}) {
    if (problem.package.empty()) problem.package = word_after(text, before);
  }
  problem.channel = word_after(text, ", channel ");
  problem.text = fmt::format("opm refuses the change: {}", text);
  return problem;
}

}  // namespace

std::string opm_error_text(std::string_view error_output) {
  auto text = end_of(error_output);
  if (const auto printed = printed_error(text); !printed.empty()) return bounded(printed);
  // What opm calls fatal ends it at once, with a log line as the only word.
  const auto fatal = text.rfind("level=fatal");
  if (fatal == std::string_view::npos) return {};
  text.remove_prefix(fatal);
  const auto line = text.substr(0, text.find('\n'));
  const auto error = log_field(line, "error");
  return bounded(error.empty() ? log_field(line, "msg") : error);
}

ProblemKind opm_problem_kind(std::string_view text, ProblemKind otherwise) {
  const auto* const found = std::find_if(
      kPhrases.begin(), kPhrases.end(),
      [&](const Phrase& phrase) { return text.find(phrase.text) != std::string_view::npos; });
  return found == kPhrases.end() ? otherwise : found->kind;
}

bool met_plain_http(const io::Exit& exit) {
  return opm_error_text(exit.error_output).find("server gave HTTP response to HTTPS client") !=
         std::string::npos;
}

void throw_opm_failure(const std::string& program, const io::Exit& exit, ProblemKind otherwise) {
  if (exit.signal != 0) {
    throw ExternalError{fmt::format("{} was ended by signal {} ({}); check the memory of this host",
                                    program, exit.signal, ::strsignal(exit.signal)),
                        ExternalError::Retry::yes};
  }
  const auto text = opm_error_text(exit.error_output);
  if (text.empty()) {
    throw ExternalError{
        fmt::format("{} ended with status {} and gave no reason; the log of the request tells more",
                    program, exit.status),
        ExternalError::Retry::no};
  }
  if (const auto* trouble = find_trouble(text)) {
    throw ExternalError{fmt::format("opm failed: {}; {}", text, trouble->remedy), trouble->retry};
  }
  throw Refused{{to_problem(text, opm_problem_kind(text, otherwise))}};
}

}  // namespace iib::catalog
