#include "web/followers.hpp"

namespace iib::web {
namespace {

std::size_t total(const std::map<std::string, std::size_t>& counts) {
  std::size_t sum = 0;
  for (const auto& [client, count] : counts) sum += count;
  return sum;
}

}  // namespace

Followers::Place Followers::enter(const std::string& client) {
  const bool entered = counts_->with([&](auto& counts) {
    const auto own = counts.find(client);
    const bool full = !client.empty() && own != counts.end() && own->second >= most_of_one_;
    if (full || total(counts) >= most_) return false;
    ++counts[client];
    return true;
  });
  if (!entered) return nullptr;
  const auto leave = [counts = counts_, client](const void*) {
    counts->with([&](auto& all) {
      const auto own = all.find(client);
      if (--own->second == 0) all.erase(own);
    });
  };
  return {counts_.get(), leave};
}

}  // namespace iib::web
