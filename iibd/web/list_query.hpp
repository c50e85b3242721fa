#pragma once

#include "iib/store/store.hpp"
#include "web/target.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace iib::web {

/// The parameters of a listing, checked (rest-api 6.1).
struct ListQuery {
  store::Filter filter;
  std::int64_t page = 1;
  std::int64_t per_page = 1;
  bool verbose = false;
  /// What the links to other pages repeat: name and value as given.
  std::vector<std::pair<std::string_view, std::string>> in_force;
};

/// Reads the parameters in the contract's order. Throws UserError for a bad filter, NotFound for a
/// bad page.
[[nodiscard]] ListQuery parse_list_query(const Target& target, const store::Store& store,
                                         std::int64_t max_per_page);

}  // namespace iib::web
