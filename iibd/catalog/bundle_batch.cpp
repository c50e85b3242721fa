#include "catalog/addition.hpp"
#include "catalog/bundle_reader.hpp"
#include "iib/catalog/problem.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <exception>
#include <filesystem>
#include <mutex>
#include <optional>
#include <set>
#include <system_error>
#include <thread>
#include <utility>

namespace iib::catalog {
namespace {

/// Beyond this, threads of other requests would starve.
constexpr unsigned kMostReaders = 4;

/// Bytes of files being read at once. Parsed, they take several times that; a larger bundle is read
/// alone.
constexpr std::size_t kBytesInFlight = 2UL << 20U;

/// Room for the files being read at the same time.
class InFlight {
 public:
  void enter(std::size_t bytes) {
    std::unique_lock lock{mutex_};
    left_.wait(lock, [&] { return bytes_ == 0 || bytes_ + bytes <= kBytesInFlight; });
    bytes_ += bytes;
  }

  void leave(std::size_t bytes) {
    const std::scoped_lock lock{mutex_};
    bytes_ -= bytes;
    left_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  std::size_t bytes_ = 0;
};

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

/// About the bytes of the bundle's files; none for a directory that cannot be read, which its
/// reader will refuse.
std::size_t bytes_of(const BundleSource& source) {
  std::size_t bytes = 0;
  for (const auto* part : {"manifests", "metadata"}) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry{source.directory / part, error}, end;
         !error && entry != end; entry.increment(error)) {
      std::error_code ignored;  // a directory, or gone
      const auto size = entry->file_size(ignored);
      if (!ignored) bytes += size;
    }
  }
  return bytes;
}

Outcome read_one(const BundleSource& source, PayloadSpool& spool, const Work& work) {
  try {
    work.cancellation.check("reading bundles");
    auto bundle = read_bundle(source, work.log);
    spool.put(bundle);
    return {.bundle = std::move(bundle), .failure = {}};
  } catch (...) {
    // Carried to the thread that asked, which rethrows it.
    return {.bundle = {}, .failure = std::current_exception()};
  }
}

std::vector<Outcome> read_all(const std::vector<const BundleSource*>& sources, PayloadSpool& spool,
                              const Work& work) {
  std::vector<Outcome> outcomes(sources.size());
  std::atomic<std::size_t> next = 0;
  InFlight in_flight;
  const auto read_rest = [&] {
    for (std::size_t i = next++; i < sources.size(); i = next++) {
      const auto bytes = bytes_of(*sources[i]);
      in_flight.enter(bytes);
      outcomes[i] = read_one(*sources[i], spool, work);
      in_flight.leave(bytes);
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

std::vector<Bundle> read_bundles(std::span<const BundleSource> sources, PayloadSpool& spool,
                                 const Work& work) {
  std::vector<Bundle> bundles;
  std::vector<Problem> problems;
  for (auto& outcome : read_all(without_repeats(sources), spool, work)) {
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
