#include "web/http.hpp"

#include "iib/base/secret.hpp"
#include "iib/model/json_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>

namespace iib::web {
namespace {

constexpr std::array<std::pair<int, std::string_view>, 21> kPhrases{{
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {416, "Range Not Satisfiable"},
    {417, "Expectation Failed"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {503, "Service Unavailable"},
}};

char lower(char character) {
  return character >= 'A' && character <= 'Z' ? static_cast<char>(character - 'A' + 'a')
                                              : character;
}

}  // namespace

std::vector<std::string_view> HttpRequest::header(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [known, value] : headers) {
    if (equal_ignoring_case(known, name)) values.push_back(value);
  }
  return values;
}

void HttpRequest::wipe_secrets() noexcept {
  wipe(body);
  for (auto& [known, value] : headers) {
    if (equal_ignoring_case(known, "Authorization")) wipe(value);
  }
}

std::string_view reason_phrase(int status) {
  for (const auto& [known, phrase] : kPhrases) {
    if (known == status) return phrase;
  }
  return "Unknown";
}

std::string random_id() {
  thread_local std::mt19937_64 random{std::random_device{}()};
  return fmt::format("{:016x}", random());
}

HttpResponse error_response(int status, std::string_view text) {
  model::JsonWriter json;
  json.begin_object();
  json.member("error", text);
  json.end_object();
  HttpResponse response;
  response.status = status;
  response.body = json.text();
  return response;
}

bool equal_ignoring_case(std::string_view left, std::string_view right) {
  return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                    [](char one, char other) { return lower(one) == lower(other); });
}

}  // namespace iib::web
