#pragma once

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/store/store.hpp"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

namespace iib::store::test {

/// A clock that stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const override {
    return Timestamp{std::chrono::microseconds{microseconds_.load()}};
  }
  void advance(std::chrono::microseconds by) { microseconds_ += by.count(); }

 private:
  // 2031-05-04T10:11:12.131415Z
  std::atomic<std::int64_t> microseconds_ = 1935656672131415;
};

inline Log quiet_log() {
  return Log{make_null_sink(), "store", LogLevel::error};
}

inline Secret test_key(char fill = 'k') {
  return Secret{std::string(32, fill)};
}

/// A folder with a database that outlives the stores opened on it.
struct StateDir {
  TempDir dir{std::filesystem::temp_directory_path()};
  ManualClock clock;
  Destinations destinations;
  char key = 'k';
  QueueOrder order = QueueOrder::users_in_turn;

  [[nodiscard]] std::filesystem::path database() const { return dir.path() / "iibd.db"; }
  [[nodiscard]] Options options() const {
    return {.database = database(),
            .key = test_key(key),
            .destinations = destinations,
            .external_url = {},
            .order = order};
  }
  [[nodiscard]] std::unique_ptr<Store> open() {
    return std::make_unique<Store>(options(), clock, quiet_log());
  }
};

/// What a test cares about in a request; the rest is sensible.
struct Wanted {
  model::RequestType type = model::RequestType::add;
  std::string queue = "iib";
  std::string ordering_key = {};
  std::string from_index = "registry.example.com/catalog/main:v1";
};

inline model::NewRequest new_request(const Wanted& wanted = {}) {
  model::NewRequest request;
  request.type = wanted.type;
  request.queue = wanted.queue;
  request.ordering_key = wanted.ordering_key;
  request.facts.binary_image = "registry.example.com/tools/opm:v9";
  request.facts.from_index = wanted.from_index;
  if (wanted.type == model::RequestType::add) {
    request.facts.bundles = {"registry.example.com/ops/otter-bundle:2",
                             "registry.example.com/ops/heron-bundle:1"};
  }
  return request;
}

template <class... Requests>
model::NewBatch batch_of(Requests... requests) {
  model::NewBatch batch;
  batch.user = "builder@REALM.EXAMPLE";
  batch.base_url = "http://iib.example.com";
  (batch.requests.push_back(std::move(requests)), ...);
  return batch;
}

/// Submits; the first of the stored requests.
inline model::Request submit(Store& store, model::NewBatch batch) {
  return store.submit(std::move(batch)).front();
}

inline model::Request submit_one(Store& store, const Wanted& wanted = {}) {
  return submit(store, batch_of(new_request(wanted)));
}

inline Claim claim_of(const ClaimedJob& job) {
  return {.job = job.id, .request = job.request.id, .number = job.claim};
}

}  // namespace iib::store::test
