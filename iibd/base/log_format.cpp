#include "iib/base/log_format.hpp"

#include "iib/base/error.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace iib {
namespace {

constexpr std::array<std::string_view, 6> kPlaceNames{"asctime", "name",     "levelname",
                                                      "module",  "funcName", "message"};

/// As Python's logging writes it, but always UTC: `2026-01-02 03:04:05,678`.
std::string python_time(Timestamp when) {
  const auto second = std::chrono::floor<std::chrono::seconds>(when);
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(when - second);
  return fmt::format("{:%Y-%m-%d %H:%M:%S},{:03}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(second)),
                     milliseconds.count());
}

/// The name of the placeholder that `text` begins with, the percent sign being gone; and what
/// follows it is cut off.
std::string_view take_placeholder(std::string_view& text) {
  const auto end = std::min(text.find(')'), text.size());
  if (!text.starts_with('(') || !text.substr(end).starts_with(")s")) {
    constexpr std::size_t kShown = 20;
    throw UserError{fmt::format("'%{}' is no placeholder, and a percent sign is written `%%`",
                                text.substr(0, std::min(text.find(' '), kShown)))};
  }
  const auto name = text.substr(1, end - 1);
  text.remove_prefix(end + 2);
  return name;
}

}  // namespace

std::string LogFormat::known() {
  std::string text;
  for (const auto name : kPlaceNames) {
    text += fmt::format("{}`%({})s`", text.empty() ? "" : ", ", name);
  }
  return text;
}

LogFormat::Place LogFormat::place_of(std::string_view name) {
  const auto* const found = std::find(kPlaceNames.begin(), kPlaceNames.end(), name);
  if (found == kPlaceNames.end()) {
    throw UserError{fmt::format("the placeholder `%({})s` is unknown", name)};
  }
  return static_cast<Place>(found - kPlaceNames.begin());
}

LogFormat LogFormat::parse(std::string_view text) {
  LogFormat format;
  while (!text.empty()) {
    const auto percent = std::min(text.find('%'), text.size());
    format.end_ += text.substr(0, percent);
    text.remove_prefix(percent);
    if (text.empty()) break;
    text.remove_prefix(1);
    if (text.starts_with('%')) {
      format.end_ += '%';
      text.remove_prefix(1);
      continue;
    }
    const auto place = place_of(take_placeholder(text));
    format.pieces_.push_back({.text = std::move(format.end_), .place = place});
    format.end_.clear();
  }
  return format;
}

std::string LogFormat::line(const LogRecord& record, Timestamp when) const {
  std::string line;
  for (const auto& piece : pieces_) {
    line += piece.text;
    append(line, piece.place, record, when);
  }
  return line + end_;
}

void LogFormat::append(std::string& line, Place place, const LogRecord& record,
                       Timestamp when) const {
  switch (place) {
    case Place::asctime:
      line += python_time(when);
      return;
    case Place::name:
    case Place::module:
      line += record.module;
      return;
    case Place::levelname:
      line += level_name(record.level);
      return;
    case Place::function:
      line += record.function;
      return;
    case Place::message:
      line += text_of(record);
      return;
  }
}

}  // namespace iib
