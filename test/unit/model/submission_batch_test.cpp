#include "submission_support.hpp"

#include <fmt/format.h>

// Batches (rest-api 8).

namespace iib::model::test {
namespace {

NewBatch add_rm(const std::string& body, const std::optional<std::string>& user = kUser) {
  return parse_batch_submission(BatchKind::add_rm, body, user, rules());
}

NewBatch regenerate(const std::string& body) {
  return parse_batch_submission(BatchKind::regenerate_bundle, body, kUser, rules());
}

constexpr auto kAdd = R"({"bundles": ["r/b:1"], "from_index": "r/i:1", "binary_image": "r/o:1"})";
constexpr auto kRm = R"({"operators": ["otter"], "from_index": "r/i:1", "binary_image": "r/o:1"})";

/// A batch of `elements`, JSON texts with commas between.
std::string batch(const std::string& elements) {
  return R"({"build_requests": [)" + elements + "]}";
}

}  // namespace

TEST_CASE("a batch of adds and rms keeps order and annotations", "[model][submission]") {
  const auto read = add_rm(fmt::format(
      R"({{"build_requests": [{}, {}, {}], "annotations": {{"a": {{"b": [1, null]}}}}, "x": 5}})",
      kRm, kAdd, kRm));

  CHECK(read.user == kUser);
  CHECK(read.annotations == R"({"a":{"b":[1,null]}})");
  REQUIRE(read.requests.size() == 3);
  CHECK(read.requests[0].type == RequestType::rm);
  CHECK(read.requests[1].type == RequestType::add);
  CHECK(read.requests[2].type == RequestType::rm);
}

TEST_CASE("annotations may be empty or absent", "[model][submission]") {
  CHECK(regenerate(R"({"build_requests": [{"from_bundle_image": "r/b:1"}], "annotations": {}})")
            .annotations == "{}");
  CHECK_FALSE(regenerate(batch(R"({"from_bundle_image": "r/b:1"})")).annotations.has_value());
}

TEST_CASE("a bad batch is refused with the reason and the element's index", "[model][submission]") {
  const std::string good = kAdd;
  const auto bad = Refused::bad;
  const auto [body, refused, first, second] =
      GENERATE_COPY(table<std::string, Refused, std::string, std::string>({
          {"[]", bad, "must be a JSON object", ""},
          {"{}", bad, "'build_requests'", "non-empty array"},
          {R"({"build_requests": null})", bad, "'build_requests'", "non-empty array"},
          {R"({"build_requests": {}})", bad, "'build_requests'", "non-empty array"},
          {batch(""), bad, "'build_requests'", "non-empty array"},
          {R"({"build_requests": [)" + good + R"(], "annotations": null})", bad, "'annotations'",
           "object"},
          {R"({"build_requests": [)" + good + R"(], "annotations": "text"})", bad, "'annotations'",
           "object"},
          {batch(good + ", null"), bad, "build_requests[1]", "object"},
          {batch(good + ", [" + good + "]"), bad, "build_requests[1]", "object"},
          {batch("5"), bad, "build_requests[0]", "object"},
          {batch("{}"), bad, "build_requests[0]", "'operators' and 'bundles'"},
          {batch(R"({"from_index": "r/i:1", "binary_image": "r/o:1"})"), bad, "build_requests[0]",
           "'operators' and 'bundles'"},
          {batch(R"({"bundles": [], "from_index": "r/i:1", "binary_image": "r/o:1"})"), bad,
           "build_requests[0]", "'operators' and 'bundles'"},
          {batch(with(good, R"("operators": ["x"])")), bad, "build_requests[0]", "'bundles'"},
          {batch(good + "," + with(good, R"("x": 1)") + "," + with(good, R"("y": 1)")), bad,
           "build_requests[1]", "'x'"},
          {batch(good + "," + with(good, R"("overwrite_from_index": true)")), Refused::forbidden,
           "build_requests[1]", "'overwrite_from_index_token'"},
      }));
  CAPTURE(body);
  check_refused_as(
      refused, [body = body] { return add_rm(body); }, first, second);
}

TEST_CASE("elements of a regenerate-bundle-batch are regenerate-bundles", "[model][submission]") {
  check_refused_as(
      Refused::bad, [] { return regenerate(batch(kAdd)); }, "build_requests[0]",
      "'from_bundle_image'");
  check_refused_as(
      Refused::bad,
      [] {
        return regenerate(batch(R"({"from_bundle_image": "r/b:1"}, {"from_bundle_image": 1})"));
      },
      "build_requests[1]", "'from_bundle_image'");
}

TEST_CASE("identical elements are allowed, too many are not", "[model][submission]") {
  const auto of = [](int count) {
    std::string elements;
    for (int at = 0; at < count; ++at) {
      elements += fmt::format(R"({}{{"from_bundle_image": "r/b:1"}})", at == 0 ? "" : ",");
    }
    return batch(elements);
  };
  CHECK(regenerate(of(1000)).requests.size() == 1000);
  check_refused_as(
      Refused::bad, [&] { return regenerate(of(1001)); }, "'build_requests'", "at most 1000");
}

}  // namespace iib::model::test
