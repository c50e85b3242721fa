#include "web/list_query.hpp"

#include "iib/base/error.hpp"
#include "web/api.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

namespace iib::web {
namespace {

constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kDefaultPerPage = 20;
constexpr std::size_t kShownLength = 300;

/// An integer, or nothing; what is beyond the range becomes its end.
std::optional<std::int64_t> integer(std::string_view text) {
  std::int64_t number = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, problem] = std::from_chars(text.data(), end, number);
  if (stop != end || text.empty()) return std::nullopt;
  if (problem == std::errc::result_out_of_range) return text.front() == '-' ? -kLargest : kLargest;
  return problem == std::errc{} ? std::optional{number} : std::nullopt;
}

UserError bad_filter(std::string_view name, std::string_view value, std::string_view allowed) {
  return UserError{fmt::format("parameter '{}' must be {}, not '{}'", name, allowed,
                               value.substr(0, kShownLength))};
}

/// Reads the filters one after another; each remembers what the links must repeat.
class FilterReader {
 public:
  FilterReader(const Target& target, const store::Store& store, ListQuery& query)
      : target_{target}, store_{store}, query_{query} {}

  void read() {
    read_state();
    read_batch();
    read_type();
    query_.filter.user = take("user");
    query_.filter.from_index = take_known_image("from_index");
    read_prefix();
    query_.filter.index_image = take_known_image("index_image");
  }

 private:
  /// The value of a parameter that is there and not empty.
  std::optional<std::string> take(std::string_view name) {
    const auto value = target_.parameter(name);
    if (!value || value->empty()) return std::nullopt;
    query_.in_force.emplace_back(name, *value);
    return std::string{*value};
  }

  void read_state() {
    const auto value = take("state");
    if (!value) return;
    query_.filter.state = model::request_state_from(*value);
    if (!query_.filter.state) {
      throw bad_filter("state", *value, "one of in_progress, complete, failed");
    }
  }

  void read_batch() {
    const auto value = target_.parameter("batch");
    if (!value) return;
    const auto number = integer(*value);
    if (!number || *number < 1) throw bad_filter("batch", *value, "an integer of 1 or more");
    query_.filter.batch = BatchId{*number};
    query_.in_force.emplace_back("batch", *value);
  }

  void read_type() {
    const auto value = take("request_type");
    if (!value) return;
    query_.filter.type = model::request_type_from(*value);
    if (query_.filter.type) return;
    std::string names;
    for (auto type = 0; type <= static_cast<int>(model::RequestType::add_deprecations); ++type) {
      names += fmt::format("{}{}", type == 0 ? "one of " : ", ",
                           to_string(static_cast<model::RequestType>(type)));
    }
    throw bad_filter("request_type", *value, names);
  }

  std::optional<std::string> take_known_image(std::string_view name) {
    auto value = take(name);
    if (value && !store_.image_known(*value)) {
      throw bad_filter(name, *value, "the pull specification of an image that was seen before");
    }
    return value;
  }

  void read_prefix() {
    auto& prefix = query_.filter.from_index_prefix;
    prefix = take("from_index_startswith");
    if (prefix && !store_.image_prefix_known(*prefix)) {
      throw bad_filter("from_index_startswith", *prefix,
                       "what the pull specification of an image seen before begins with");
    }
  }

  const Target& target_;
  const store::Store& store_;
  ListQuery& query_;
};

/// A number of 1 or more; what is none leads to no page.
std::int64_t positive(const Target& target, std::string_view name, std::int64_t otherwise) {
  const auto value = target.parameter(name);
  if (!value) return otherwise;
  const auto number = integer(*value);
  if (!number || *number < 1) throw NotFound{};
  return *number;
}

bool is_true(std::optional<std::string_view> value) {
  return value && (*value == "1" || equal_ignoring_case(*value, "true"));
}

}  // namespace

ListQuery parse_list_query(const Target& target, const store::Store& store,
                           std::int64_t max_per_page) {
  ListQuery query;
  FilterReader{target, store, query}.read();
  query.verbose = is_true(target.parameter("verbose"));
  if (query.verbose) query.in_force.emplace_back("verbose", "true");
  query.page = positive(target, "page", 1);
  query.per_page = std::min(positive(target, "per_page", kDefaultPerPage), max_per_page);
  // A page so far out that its first item has no number cannot exist.
  if (query.page > kLargest / query.per_page) throw NotFound{};
  return query;
}

}  // namespace iib::web
