#include "catalog/addition.hpp"
#include "catalog/bundle_reader.hpp"
#include "iib/catalog/problem.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <optional>
#include <set>
#include <thread>
#include <utility>

namespace iib::catalog {
namespace {

/// Beyond this, threads of other requests would starve.
constexpr unsigned kMostReaders = 4;

/// What became of one bundle.
struct Outcome {
  std::optional<Bundle> bundle;
  std::exception_ptr failure;
};

std::vector<const BundleSource*> without_repeats(std::span<const BundleSource> sources) {
  std::vector<const BundleSource*> distinct;
  std::set<std::string_view> seen;
  for (const auto& source : sources) {
    if (!source.pull_spec.empty() && seen.insert(source.pull_spec).second) {
      distinct.push_back(&source);
    }
  }
  return distinct;
}

Outcome read_one(const BundleSource& source, const Work& work) {
  try {
    work.cancellation.check("reading bundles");
    return {.bundle = read_bundle(source, work.log), .failure = {}};
  } catch (...) {
    // Carried to the thread that asked, which rethrows it.
    return {.bundle = {}, .failure = std::current_exception()};
  }
}

std::vector<Outcome> read_all(const std::vector<const BundleSource*>& sources, const Work& work) {
  std::vector<Outcome> outcomes(sources.size());
  std::atomic<std::size_t> next = 0;
  const auto read_rest = [&] {
    for (std::size_t i = next++; i < sources.size(); i = next++) {
      outcomes[i] = read_one(*sources[i], work);
    }
  };
  const auto wanted = std::min<std::size_t>(
      sources.size(), std::clamp(std::thread::hardware_concurrency(), 1U, kMostReaders));
  std::vector<std::jthread> readers;
  for (std::size_t i = 1; i < wanted; ++i) readers.emplace_back(read_rest);
  read_rest();
  readers.clear();
  return outcomes;
}

}  // namespace

std::vector<Bundle> read_bundles(std::span<const BundleSource> sources, const Work& work) {
  std::vector<Bundle> bundles;
  std::vector<Problem> problems;
  for (auto& outcome : read_all(without_repeats(sources), work)) {
    if (outcome.bundle) {
      bundles.push_back(std::move(*outcome.bundle));
      continue;
    }
    try {
      std::rethrow_exception(outcome.failure);
    } catch (const Refused& refused) {
      problems.insert(problems.end(), refused.problems().begin(), refused.problems().end());
    }
  }
  if (!problems.empty()) throw Refused{std::move(problems)};
  return bundles;
}

}  // namespace iib::catalog
