#include "index_difference.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/difference.hpp"

namespace iib::task {
namespace {

/// Enough for hundreds of bundles; more would bury the rest of the log.
constexpr std::size_t kMostLines = 200;
/// The largest catalogs take a second; a damaged one must not hold up the build.
constexpr std::chrono::seconds kLongest{30};

catalog::Contents read(const std::optional<catalog::Catalog>& catalog,
                       const Cancellation& cancellation) {
  return catalog ? catalog::read_contents(*catalog, {}, cancellation) : catalog::Contents{};
}

void tell(const Log& log, const catalog::Difference& difference) {
  const auto lines = describe(difference, kMostLines);
  if (lines.empty()) {
    log.info("the index offers the same as before");
    return;
  }
  log.info("what the build changed in the index (+ added, - removed, ~ changed):");
  for (const auto& line : lines) log.info("{}", line);
}

}  // namespace

void log_difference(const Context& context, const std::optional<catalog::Catalog>& from,
                    const catalog::Catalog& result) {
  const auto cancellation = context.cancellation().within(kLongest);
  try {
    tell(context.log(), compare(read(from, cancellation), read(result, cancellation)));
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    context.log().warning("what the build changed in the index cannot be told: {}", error.what());
  }
}

}  // namespace iib::task
