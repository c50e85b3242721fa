#include "web/ranges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace iib::web {
namespace {

constexpr std::string_view kUnit = "bytes=";

/// A range as it was sent: one of the two may be missing.
struct Asked {
  std::optional<std::uintmax_t> first;
  std::optional<std::uintmax_t> last;
};

/// Digits only; what is beyond the range of numbers is beyond the end of every file, too.
std::optional<std::uintmax_t> number(std::string_view text) {
  std::uintmax_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, value);
  if (text.empty() || stop != end) return std::nullopt;
  return problem == std::errc{} ? value : std::numeric_limits<std::uintmax_t>::max();
}

std::optional<Asked> parse_range(std::string_view header) {
  if (!equal_ignoring_case(header.substr(0, kUnit.size()), kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  header.remove_prefix(std::min(header.find_first_not_of(' '), header.size()));
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto left = header.substr(0, dash);
  const auto right = header.substr(dash + 1);
  const Asked asked{.first = number(left), .last = number(right)};
  const bool readable = (left.empty() || asked.first) && (right.empty() || asked.last) &&
                        (asked.first || asked.last) &&
                        !(asked.first && asked.last && *asked.last < *asked.first);
  return readable ? std::optional{asked} : std::nullopt;
}

std::optional<Asked> asked_range(const HttpRequest& request) {
  // Only GET knows ranges. No answer of ours has a validator, so no `If-Range` can match one: then
  // all is sent (RFC 9110, 13.1.5).
  if (request.method != "GET" || !request.header("If-Range").empty()) return std::nullopt;
  const auto ranges = request.header("Range");
  return ranges.size() == 1 ? parse_range(ranges.front()) : std::nullopt;
}

HttpResponse not_satisfiable(std::uintmax_t size) {
  auto response =
      error_response(416, fmt::format("the range has none of the {} bytes that there are", size));
  response.headers.emplace_back("Content-Range", fmt::format("bytes */{}", size));
  return response;
}

HttpResponse part_of(HttpResponse whole, std::uintmax_t first, std::uintmax_t end) {
  whole.status = 206;
  whole.headers.emplace_back("Content-Range",
                             fmt::format("bytes {}-{}/{}", first, end - 1, whole.source->size));
  whole.source = BodySource{
      .size = end - first,
      .read = [first, read = std::move(whole.source->read)](std::uintmax_t at, std::size_t bytes) {
        return read(first + at, bytes);
      }};
  return whole;
}

}  // namespace

HttpResponse in_range(HttpResponse whole, const HttpRequest& request) {
  whole.headers.emplace_back("Accept-Ranges", "bytes");
  const auto asked = asked_range(request);
  if (!asked) return whole;
  const auto size = whole.source->size;
  if (!asked->first) {
    const auto length = std::min(*asked->last, size);
    if (*asked->last == 0) return not_satisfiable(size);
    // The last bytes of nothing are nothing, and no range can say so.
    return length == 0 ? std::move(whole) : part_of(std::move(whole), size - length, size);
  }
  if (*asked->first >= size) return not_satisfiable(size);
  const auto last = std::min(asked->last.value_or(size - 1), size - 1);
  return part_of(std::move(whole), *asked->first, last + 1);
}

}  // namespace iib::web
