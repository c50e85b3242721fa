#pragma once

#include "daemon.hpp"
#include "site.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace iib::test {

/// A kind of request and what must come of it.
struct Kind {
  /// Who submits it; decides on the queue. Empty: nobody.
  std::string user;
  std::string type;
  std::string body;
  /// Tells a stored request of this kind from those of others: its `bundles` or
  /// `removed_operators`, and its `from_index`.
  std::vector<std::string> subjects;
  std::string from_index;
  /// Empty: it must fail, naming its subject.
  std::vector<std::string> result_bundles;
  std::vector<std::string> architectures;
};

/// Requests to several indexes and queues, and whether each came to its right end.
class Workload {
 public:
  /// Pushes the bundles, and builds the indexes that the requests begin from with `daemon`.
  Workload(Site& site, const Daemon& daemon);

  /// The configuration lines that the queues need.
  static std::string configuration();
  /// The number of jobs of `queue` that may run at once.
  static const std::map<std::string, int>& queues();

  [[nodiscard]] std::size_t kinds() const { return kinds_.size(); }
  /// Submits a request; an answer that never came, because the daemon died, is counted.
  void submit(const Daemon& daemon, std::size_t kind);
  /// Waits for the end of all requests; gives what is wrong with any.
  [[nodiscard]] std::vector<std::string> wrong_ends(const Daemon& daemon);

 private:
  [[nodiscard]] std::optional<std::size_t> kind_of(const io::JsonValue& document) const;
  [[nodiscard]] std::string wrong_end(const io::JsonValue& document, std::int64_t id) const;

  Site& site_;
  std::vector<Kind> kinds_;
  /// Requests that were answered with 201, and their kinds.
  std::map<std::int64_t, std::size_t> accepted_;
  std::int64_t first_ = 0;
  std::int64_t unanswered_ = 0;
};

}  // namespace iib::test
