#include "catalog/fbc/blob_places.hpp"
#include "catalog/fbc/writer.hpp"
#include "iib/base/error.hpp"
#include "iib/catalog/fbc_render.hpp"

#include <array>
#include <charconv>
#include <optional>
#include <tuple>

namespace iib::catalog::fbc {
namespace {

using Release = std::tuple<unsigned, unsigned, unsigned>;

/// The last release that has no option for the level (catalog-fbc 4.1).
constexpr Release kLastWithout{1, 46, 0};

/// Three numbers with dots between them at the beginning of `text`.
std::optional<Release> parse_release(std::string_view text) {
  std::array<unsigned, 3> numbers{};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (auto& number : numbers) {
    if (&number != numbers.data()) {
      if (at == end || *at != '.') return std::nullopt;
      ++at;
    }
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) return std::nullopt;
    at = next;
  }
  return Release{numbers[0], numbers[1], numbers[2]};
}

}  // namespace

MigrateLevel migrate_level_of(std::string_view opm) {
  for (auto at = opm.rfind('v'); at != std::string_view::npos && at > 0;
       at = opm.rfind('v', at - 1)) {
    const auto release = parse_release(opm.substr(at + 1));
    if (!release) continue;
    return *release > kLastWithout ? MigrateLevel::bundle_object_to_csv_metadata
                                   : MigrateLevel::none;
  }
  return MigrateLevel::none;
}

void render(std::span<const RenderSource> sources, std::ostream& out, const FormOptions& options,
            const Work& work) {
  BlobPlaces places{options.level, work};
  for (const auto& source : sources) places.add(source);
  places.for_each([&](const std::string&, const Blob& blob) {
    out << to_text(blob, options.format);
    if (out) return;
    throw ExternalError{
        "the catalog cannot be written to the output: check whether its disk is full, or whoever "
        "reads it has ended",
        ExternalError::Retry::no};
  });
}

}  // namespace iib::catalog::fbc
