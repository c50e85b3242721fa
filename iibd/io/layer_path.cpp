#include "iib/io/layer_path.hpp"

#include "iib/base/error.hpp"
#include "iib/base/log.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace iib::io {
namespace {

constexpr std::string_view kWhiteout = ".wh.";
constexpr std::string_view kOpaque = ".wh..wh..opq";

}  // namespace

std::string join(const PathNames& names) {
  return fmt::format("{}", fmt::join(names, "/"));
}

bool is_at_or_below(const PathNames& path, const PathNames& ancestor) {
  return path.size() >= ancestor.size() &&
         std::equal(ancestor.begin(), ancestor.end(), path.begin());
}

PathNames names_of(std::string_view text) {
  PathNames names;
  while (!text.empty()) {
    const auto slash = text.find('/');
    const auto name = text.substr(0, slash);
    if (!name.empty() && name != ".") names.emplace_back(name);
    text = slash == std::string_view::npos ? "" : text.substr(slash + 1);
  }
  return names;
}

std::optional<PathNames> entry_path(std::string_view text) {
  auto names = names_of(text);
  const bool leads_up = std::find(names.begin(), names.end(), "..") != names.end();
  if (text.starts_with('/') || leads_up) return std::nullopt;
  return names;
}

PathNames path_in_image(std::string_view text) {
  auto relative = text;
  while (relative.starts_with('/')) relative.remove_prefix(1);
  auto names = entry_path(relative);
  if (!names) {
    throw UserError{fmt::format("the path {} leads out of the image", shown_name(text))};
  }
  return *std::move(names);
}

std::string shown_name(std::string_view name) {
  constexpr unsigned char kLastAscii = 0x7f;
  std::string text;
  for (const char byte : name) {
    const auto value = static_cast<unsigned char>(byte);
    text += value > kLastAscii ? fmt::format("\\x{:02x}", value) : std::string(1, byte);
  }
  return one_line(text);
}

std::optional<Whiteout> as_whiteout(const PathNames& path) {
  if (path.empty() || !path.back().starts_with(kWhiteout)) return std::nullopt;
  auto hidden = path;
  if (path.back() == kOpaque) {
    hidden.pop_back();
    return Whiteout{Whiteout::Kind::contents, std::move(hidden)};
  }
  hidden.back().erase(0, kWhiteout.size());
  // `.wh.`, `.wh..` and `.wh...` would name the folder itself or its parent.
  if (hidden.back().empty() || hidden.back() == "." || hidden.back() == "..") return Whiteout{};
  return Whiteout{Whiteout::Kind::one, std::move(hidden)};
}

}  // namespace iib::io
