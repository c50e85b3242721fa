#include "web/auth/workers.hpp"

#include <utility>

namespace iib::web {

Workers::Workers(unsigned threads, std::size_t waiting) : most_waiting_{waiting} {
  for (unsigned at = 0; at < threads; ++at) {
    threads_.emplace_back([this](const std::stop_token& stop) { run(stop); });
  }
}

Workers::~Workers() {
  stop();
}

void Workers::post(Work work) {
  if (!take_on(work)) work(Turn::never);
}

bool Workers::take_on(Work& work) {
  const std::scoped_lock lock{mutex_};
  if (stopped_ || waiting_.size() >= most_waiting_) return false;
  waiting_.push_back(std::move(work));
  changed_.notify_one();
  return true;
}

void Workers::run(const std::stop_token& stop) {
  for (;;) {
    Work work;
    {
      std::unique_lock lock{mutex_};
      if (!changed_.wait(lock, stop, [this] { return !waiting_.empty(); })) return;
      if (stop.stop_requested()) return;
      work = std::move(waiting_.front());
      waiting_.pop_front();
    }
    work(Turn::now);
  }
}

void Workers::stop() {
  std::deque<Work> left;
  {
    const std::scoped_lock lock{mutex_};
    stopped_ = true;
    left.swap(waiting_);
  }
  for (auto& thread : threads_) thread.request_stop();
  for (const auto& work : left) work(Turn::never);
  threads_.clear();  // joins them
}

}  // namespace iib::web
