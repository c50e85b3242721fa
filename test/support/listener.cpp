#include "skip.hpp"

#define CATCH_CONFIG_EXTERNAL_INTERFACES  // the listener interfaces
#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>
#include <utility>

namespace iib::test {
namespace {

std::string& pending_reason() {
  static std::string reason;
  return reason;
}

/// Counts the cases of this program and, when IIBD_TEST_COUNTS names a file, appends
/// `passed failed skipped` to it, so that the runner can add up several programs.
class CountingListener : public Catch::TestEventListenerBase {
 public:
  using TestEventListenerBase::TestEventListenerBase;

  void testCaseEnded(const Catch::TestCaseStats& stats) override {
    const std::string reason = take_skip();
    if (!stats.totals.assertions.allOk() || stats.totals.testCases.failed > 0) {
      ++failed_;
      std::cerr << "FAILED: " << stats.testInfo.name << '\n';
    } else if (!reason.empty()) {
      ++skipped_;
      std::cerr << "SKIPPED: " << stats.testInfo.name << ": " << reason << '\n';
    } else {
      ++passed_;
    }
  }

  void testRunEnded(const Catch::TestRunStats&) override {
    const char* counts = std::getenv("IIBD_TEST_COUNTS");
    if (counts == nullptr) return;
    std::ofstream{counts, std::ios::app} << passed_ << ' ' << failed_ << ' ' << skipped_ << '\n';
  }

 private:
  int passed_ = 0;
  int failed_ = 0;
  int skipped_ = 0;
};

CATCH_REGISTER_LISTENER(CountingListener)

}  // namespace

void note_skip(const std::string& reason) {
  pending_reason() = reason;
}

std::string take_skip() {
  return std::exchange(pending_reason(), {});
}

}  // namespace iib::test
