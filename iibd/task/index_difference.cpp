#include "index_difference.hpp"

#include "iib/base/error.hpp"
#include "iib/catalog/difference.hpp"

#include <functional>

namespace iib::task {
namespace {

/// Enough for hundreds of bundles; more would bury the rest of the log.
constexpr std::size_t kMostLines = 200;
/// The largest catalogs take a second; a damaged one must not hold up the build.
constexpr std::chrono::seconds kLongest{30};

void tell(const Log& log, const catalog::Difference& difference) {
  const auto lines = describe(difference, kMostLines);
  if (lines.empty()) {
    log.info("the index offers the same as before");
    return;
  }
  log.info("what the build changed in the index (+ added, - removed, ~ changed):");
  for (const auto& line : lines) log.info("{}", line);
}

/// Runs `step` in bounded time; what goes wrong is but a warning.
void attempt(const Context& context, const std::function<void(const Cancellation&)>& step) {
  try {
    step(context.cancellation().within(kLongest));
  } catch (const Cancelled&) {
    throw;
  } catch (const std::exception& error) {
    context.log().warning("what the build changed in the index cannot be told: {}", error.what());
  }
}

}  // namespace

std::optional<catalog::Contents> contents_before(const Context& context,
                                                 const std::optional<catalog::Catalog>& from) {
  if (!from) return catalog::Contents{};
  std::optional<catalog::Contents> contents;
  attempt(context, [&](const Cancellation& cancellation) {
    contents = catalog::read_contents(*from, {}, cancellation);
  });
  return contents;
}

void log_difference(const Context& context, const std::optional<catalog::Contents>& before,
                    const catalog::Catalog& result) {
  if (!before) return;
  attempt(context, [&](const Cancellation& cancellation) {
    tell(context.log(), compare(*before, catalog::read_contents(result, {}, cancellation)));
  });
}

}  // namespace iib::task
