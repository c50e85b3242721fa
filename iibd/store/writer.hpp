#pragma once

#include "iib/base/log.hpp"
#include "store/connection.hpp"

#include <condition_variable>
#include <deque>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace iib::store {

/// What an operation gave, or why nothing of it is stored.
template <class Result>
using Outcome = std::variant<Result, std::exception_ptr>;

/// The one thread that writes. Operations queue up; each runs in a savepoint, all that have
/// gathered are committed together, and each is answered after that commit: submissions that come
/// at the same time share a flush to the disk.
class Writer {
 public:
  /// `committed` is called on the writer thread after each commit, before the answers; it may
  /// be empty.
  Writer(const std::filesystem::path& database, Log log,
         std::function<void(Connection&)> committed = {});
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  /// Finishes what has been posted.
  ~Writer();

  /// Queues `operation(connection)`; `done(outcome)` is called on the writer thread.
  template <class Operation, class Done>
  void post(Operation operation, Done done) {
    enqueue(std::make_unique<TaskOf<Operation, Done>>(std::move(operation), std::move(done)));
  }

  /// The same, waiting for the outcome. Never from the writer thread itself.
  template <class Operation>
  auto run(Operation operation) {
    using Result = std::invoke_result_t<Operation&, Connection&>;
    std::promise<Result> promise;
    auto result = promise.get_future();
    post(std::move(operation), [promise = std::move(promise)](Outcome<Result> outcome) mutable {
      if (auto* failure = std::get_if<std::exception_ptr>(&outcome)) {
        promise.set_exception(*failure);
      } else {
        promise.set_value(std::move(std::get<Result>(outcome)));
      }
    });
    return result.get();
  }

  /// How often it committed: tests see that operations shared a flush.
  [[nodiscard]] std::uint64_t commits() const noexcept { return commits_; }

 private:
  /// An operation on its way through the queue.
  class Task {
   public:
    virtual ~Task() = default;
    virtual void run(Connection& connection) = 0;
    virtual void fail(std::exception_ptr failure) noexcept = 0;
    virtual void answer() = 0;
  };

  template <class Operation, class Done>
  class TaskOf final : public Task {
   public:
    using Result = std::invoke_result_t<Operation&, Connection&>;
    TaskOf(Operation operation, Done done)
        : operation_{std::move(operation)}, done_{std::move(done)} {}
    void run(Connection& connection) override { outcome_ = operation_(connection); }
    void fail(std::exception_ptr failure) noexcept override { outcome_ = std::move(failure); }
    void answer() override { done_(std::move(*outcome_)); }

   private:
    Operation operation_;
    Done done_;
    std::optional<Outcome<Result>> outcome_;
  };
  using Tasks = std::vector<std::unique_ptr<Task>>;

  void enqueue(std::unique_ptr<Task> task);
  void serve(const std::stop_token& stop);
  Tasks take(const std::stop_token& stop);
  bool commit_together(const Tasks& tasks);
  void run_all(const Tasks& tasks);
  void run_in_savepoint(Task& task);
  void answer_all(const Tasks& tasks);
  void tell_committed();
  [[nodiscard]] std::exception_ptr translated(std::exception_ptr failure) const;

  std::filesystem::path database_;
  Log log_;
  Connection connection_;
  const std::function<void(Connection&)> committed_;
  std::atomic<std::uint64_t> commits_ = 0;
  std::mutex mutex_;
  std::condition_variable_any arrived_;
  std::deque<std::unique_ptr<Task>> queue_;
  std::jthread thread_;  // last: it ends before what it uses
};

}  // namespace iib::store
