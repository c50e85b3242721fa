#include "takes.hpp"

#include <fmt/format.h>

#include <regex>
#include <set>

namespace iib::test {

std::vector<std::string> Takes::read_life(std::string_view log) {
  static const std::regex taken{R"(request (\d+) was taken by queue '[^']*' \(claim (\d+)\))"};
  std::vector<std::string> wrong;
  std::set<std::int64_t> in_this_life;
  using Iterator = std::regex_iterator<std::string_view::const_iterator>;
  for (Iterator match{log.begin(), log.end(), taken}; match != Iterator{}; ++match) {
    const auto request = std::stoll((*match)[1]);
    const auto claim = std::stoll((*match)[2]);
    if (!in_this_life.insert(request).second) {
      wrong.push_back(fmt::format("request {} was taken twice in one life", request));
    }
    auto& last = last_claims_[request];
    if (claim <= last) {
      wrong.push_back(fmt::format("request {} had claim {} after {}", request, claim, last));
    }
    last = claim;
  }
  return wrong;
}

}  // namespace iib::test
