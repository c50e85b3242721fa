#include "store/writer.hpp"

#include <algorithm>

namespace iib::store {
namespace {

// Bounds how long the first of a group waits for the last.
constexpr std::size_t kMostTogether = 256;

constexpr auto kBegin = "BEGIN IMMEDIATE";
constexpr auto kCommit = "COMMIT";
constexpr auto kRollback = "ROLLBACK";
constexpr auto kSavepoint = "SAVEPOINT operation";
constexpr auto kRelease = "RELEASE operation";
constexpr auto kUndo = "ROLLBACK TO operation";

}  // namespace

Writer::Writer(const std::filesystem::path& database, Log log,
               std::function<void(Connection&)> committed)
    : database_{database},
      log_{std::move(log)},
      connection_{database, Connection::Mode::write},
      committed_{std::move(committed)},
      thread_{[this](const std::stop_token& stop) { serve(stop); }} {}

Writer::~Writer() = default;

void Writer::enqueue(std::unique_ptr<Task> task) {
  {
    const std::scoped_lock lock{mutex_};
    queue_.push_back(std::move(task));
  }
  arrived_.notify_one();
}

void Writer::serve(const std::stop_token& stop) {
  for (;;) {
    const Tasks tasks = take(stop);
    if (tasks.empty()) return;
    const bool committed = commit_together(tasks);
    if (committed && committed_) tell_committed();
    answer_all(tasks);
  }
}

Writer::Tasks Writer::take(const std::stop_token& stop) {
  std::unique_lock lock{mutex_};
  arrived_.wait(lock, stop, [this] { return !queue_.empty(); });
  Tasks tasks;
  while (!queue_.empty() && tasks.size() < kMostTogether) {
    tasks.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return tasks;
}

bool Writer::commit_together(const Tasks& tasks) {
  try {
    connection_.use(kBegin).run();
    run_all(tasks);
    connection_.use(kCommit).run();
    ++commits_;
    return true;
  } catch (...) {
    const auto failure = translated(std::current_exception());
    for (const auto& task : tasks) task->fail(failure);
    try {
      if (connection_.in_transaction()) connection_.use(kRollback).run();
    } catch (const SQLite::Exception& error) {
      log_.error("database {}: a failed transaction could not be rolled back: {}",
                 database_.string(), error.what());
    }
    return false;
  }
}

void Writer::run_all(const Tasks& tasks) {
  for (const auto& task : tasks) run_in_savepoint(*task);
}

/// A failure is the operation's own, unless it cost the transaction: then all that ran in it fail.
void Writer::run_in_savepoint(Task& task) {
  connection_.use(kSavepoint).run();
  try {
    task.run(connection_);
  } catch (...) {
    if (!connection_.in_transaction()) throw;
    connection_.use(kUndo).run();
    task.fail(translated(std::current_exception()));
  }
  connection_.use(kRelease).run();
}

void Writer::answer_all(const Tasks& tasks) {
  for (const auto& task : tasks) {
    try {
      task->answer();
    } catch (const std::exception& error) {
      log_.error("internal error: the answer to a stored operation failed: {}", error.what());
    }
  }
}

void Writer::tell_committed() {
  try {
    committed_(connection_);
  } catch (const std::exception& error) {
    log_.error("internal error: what follows a commit failed: {}", error.what());
  }
}

std::exception_ptr Writer::translated(std::exception_ptr failure) const {
  try {
    std::rethrow_exception(std::move(failure));
  } catch (const SQLite::Exception& error) {
    return std::make_exception_ptr(database_error(database_, error));
  } catch (...) {
    return std::current_exception();
  }
}

}  // namespace iib::store
