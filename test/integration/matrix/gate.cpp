#include "gate.hpp"

#include <condition_variable>
#include <mutex>

namespace iib::test {

struct Gate::State {
  explicit State(Mark its_mark) : mark{std::move(its_mark)}, armed{mark.after.empty()} {}

  std::optional<Fault> judge(std::string_view method, std::string_view path) {
    const auto whole = std::string{path} + " ";
    std::unique_lock lock{mutex};
    const bool is_it =
        armed && !reached && method == mark.method && whole.find(mark.path) != std::string::npos;
    if (!armed && method == "PUT" && whole.find(mark.after) != std::string::npos) armed = true;
    if (!is_it) return gone ? std::optional{Fault{.kind = Fault::Kind::reset}} : std::nullopt;
    reached = true;
    changed.wait(lock, [&] { return open; });
    return fault;
  }

  const Mark mark;
  std::mutex mutex;
  std::condition_variable changed;
  bool armed;  // guarded by mutex, as all that follows
  bool reached = false;
  bool open = false;
  bool gone = false;
  std::optional<Fault> fault;
};

Gate::Gate(FaultProxy& proxy, Mark mark) : state_{std::make_shared<State>(std::move(mark))} {
  proxy.judge_by([state = state_](std::string_view method, std::string_view path) {
    return state->judge(method, path);
  });
}

Gate::~Gate() {
  bring_registry_back();
  open();
}

bool Gate::reached() const {
  const std::scoped_lock lock{state_->mutex};
  return state_->reached;
}

void Gate::open(std::optional<Fault> fault) {
  {
    const std::scoped_lock lock{state_->mutex};
    if (state_->open) return;
    state_->open = true;
    state_->fault = std::move(fault);
  }
  state_->changed.notify_all();
}

void Gate::take_registry_away() {
  const std::scoped_lock lock{state_->mutex};
  state_->gone = true;
}

void Gate::bring_registry_back() {
  const std::scoped_lock lock{state_->mutex};
  state_->gone = false;
}

}  // namespace iib::test
