#include "store/listing.hpp"

#include "store/names.hpp"
#include "store/requests.hpp"
#include "store/sql/listing.hpp"

#include <algorithm>

namespace iib::store {
namespace {

// As the triggers of data/schema.sql count: bucket = id / 4096, -1 = any.
constexpr std::int64_t kBucketSize = 4096;
constexpr std::int64_t kAny = -1;

/// A filter whose names have become rows.
struct Selection {
  std::optional<int> state;
  std::optional<int> type;
  std::optional<std::int64_t> batch;
  std::optional<std::int64_t> user;
  std::optional<std::int64_t> from_index;
  std::optional<std::int64_t> index_image;
  std::optional<std::string> prefix;
};

/// What a page begins with and how much it holds.
struct Window {
  std::int64_t offset = 0;
  std::int64_t limit = 0;
};

/// Ids of a page, and how many match over all pages.
struct Found {
  std::vector<RequestId> ids;
  std::int64_t total = 0;
};

/// Looks up `name` if it is wanted; false when it is wanted and unknown: then nothing matches.
bool look_up(Connection& connection, NameKind kind, const std::optional<std::string>& name,
             std::optional<std::int64_t>& id) {
  if (!name) return true;
  id = find_name(connection, kind, *name);
  return id.has_value();
}

/// Nothing when no request can match.
std::optional<Selection> select(Connection& connection, const Filter& filter) {
  Selection selection;
  if (filter.state) selection.state = static_cast<int>(*filter.state);
  if (filter.type) selection.type = static_cast<int>(*filter.type);
  if (filter.batch) selection.batch = filter.batch->value();
  if (!look_up(connection, NameKind::user, filter.user, selection.user) ||
      !look_up(connection, NameKind::image, filter.from_index, selection.from_index) ||
      !look_up(connection, NameKind::image, filter.index_image, selection.index_image)) {
    return std::nullopt;
  }
  if (!filter.from_index_prefix) return selection;
  if (!filter.from_index) {
    selection.prefix = filter.from_index_prefix;
  } else if (!filter.from_index->starts_with(*filter.from_index_prefix)) {
    return std::nullopt;
  }
  return selection;
}

void bind_filters(Use& use, const Selection& selection) {
  use.bind(":state", selection.state)
      .bind(":type", selection.type)
      .bind(":user", selection.user)
      .bind(":from_index", selection.from_index)
      .bind(":index_image", selection.index_image);
  if (selection.prefix) bind_prefix(use, *selection.prefix);
}

void bind_window(Use& use, const Window& window) {
  use.bind(":limit", window.limit).bind(":offset", window.offset);
}

void read_ids(Use& use, std::vector<RequestId>& ids) {
  while (use.step()) ids.emplace_back(use.integer("id"));
}

/// Part of the matching requests: those whose ids share a bucket.
struct Bucket {
  std::int64_t number;
  std::int64_t requests;
};

std::vector<Bucket> tally(Connection& connection, const Selection& selection) {
  auto rows = connection.use(selection.prefix ? sql::kTallyOfPrefix : sql::kTally);
  rows.bind(":user", selection.user.value_or(kAny))
      .bind(":type", selection.type)
      .bind(":state", selection.state);
  if (selection.prefix) {
    bind_prefix(rows, *selection.prefix);
  } else {
    rows.bind(":from_index", selection.from_index.value_or(kAny));
  }
  std::vector<Bucket> buckets;
  while (rows.step()) buckets.push_back({rows.integer("bucket"), rows.integer("requests")});
  return buckets;
}

const char* bucket_statement(const Selection& selection) {
  if (selection.user) return sql::kBucketByUser;
  if (selection.from_index) return sql::kBucketByFromIndex;
  // Nearly all requests are complete: an index that leads to each of them is slower than none.
  if (selection.state && *selection.state != static_cast<int>(model::RequestState::complete)) {
    return sql::kBucketByState;
  }
  return selection.state || selection.type || selection.prefix ? sql::kBucket : sql::kWholeBucket;
}

/// Ids of a bucket.
struct Range {
  std::int64_t first;
  std::int64_t last;
};

/// The ids of a bucket among which to look for the page. A bucket that has them all needs no
/// walking: what is skipped is skipped by subtraction, and `window` begins at once.
Range range_of(const Bucket& bucket, const char* statement, Window& window) {
  Range range{.first = std::max<std::int64_t>(bucket.number * kBucketSize, 1),
              .last = (bucket.number + 1) * kBucketSize - 1};
  const bool has_all = bucket.requests == range.last - range.first + 1;
  if (statement == sql::kWholeBucket && has_all) {
    range.last -= window.offset;
    window.offset = 0;
  }
  return range;
}

/// The counts tell in which buckets the page lies; only those are searched.
Found find_by_tally(Connection& connection, const Selection& selection, Window window) {
  Found found;
  const auto* const statement = bucket_statement(selection);
  const auto buckets = tally(connection, selection);
  for (const auto& bucket : buckets) found.total += bucket.requests;
  for (const auto& bucket : buckets) {
    if (window.limit == 0) break;
    if (window.offset >= bucket.requests) {
      window.offset -= bucket.requests;
      continue;
    }
    const auto range = range_of(bucket, statement, window);
    auto rows = connection.use(statement);
    if (statement != sql::kWholeBucket) bind_filters(rows, selection);
    bind_window(rows, window);
    rows.bind(":first", range.first).bind(":last", range.last);
    const auto before = found.ids.size();
    read_ids(rows, found.ids);
    window.limit -= static_cast<std::int64_t>(found.ids.size() - before);
    window.offset = 0;
  }
  return found;
}

std::int64_t read_count(Use& use) {
  return use.step() ? use.integer("found") : 0;
}

Found find_in_batch(Connection& connection, const Selection& selection, const Window& window) {
  const bool whole = !selection.state && !selection.type && !selection.user &&
                     !selection.from_index && !selection.index_image && !selection.prefix;
  Found found;
  auto count = connection.use(whole ? sql::kBatchSize : sql::kBatchCount);
  auto rows = connection.use(whole ? sql::kBatchPage : sql::kBatchFilteredPage);
  if (!whole) {
    bind_filters(count, selection);
    bind_filters(rows, selection);
  }
  found.total = read_count(count.bind(":batch", selection.batch));
  bind_window(rows, window);
  read_ids(rows.bind(":batch", selection.batch), found.ids);
  return found;
}

Found find_by_index_image(Connection& connection, const Selection& selection,
                          const Window& window) {
  Found found;
  auto count = connection.use(sql::kIndexImageCount);
  bind_filters(count, selection);
  found.total = read_count(count);
  auto rows = connection.use(sql::kIndexImagePage);
  bind_filters(rows, selection);
  bind_window(rows, window);
  read_ids(rows, found.ids);
  return found;
}

Found find(Connection& connection, const Selection& selection, const Window& window) {
  if (selection.batch) return find_in_batch(connection, selection, window);
  if (selection.index_image) return find_by_index_image(connection, selection, window);
  return find_by_tally(connection, selection, window);
}

/// Page numbers come from outside: a product that is too large lies beyond every last page.
Window window_of(std::int64_t number, std::int64_t size) {
  constexpr auto kLargest = std::numeric_limits<std::int64_t>::max();
  const std::int64_t limit = std::max<std::int64_t>(size, 0);
  const std::int64_t pages_before = std::max<std::int64_t>(number - 1, 0);
  const bool fits = limit == 0 || pages_before <= kLargest / limit;
  return {.offset = fits ? pages_before * limit : kLargest, .limit = limit};
}

}  // namespace

Page list_requests(Connection& connection, const Filter& filter, std::int64_t number,
                   std::int64_t size, Detail detail) {
  const auto selection = select(connection, filter);
  if (!selection) return {};
  const auto found = find(connection, *selection, window_of(number, size));
  Page page{.items = {}, .total = found.total};
  for (const auto id : found.ids) {
    if (auto request = load_request(connection, id, detail)) {
      page.items.push_back(std::move(*request));
    }
  }
  return page;
}

}  // namespace iib::store
