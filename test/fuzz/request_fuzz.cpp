// A client's bytes, from the parser of requests to the answer: routing, percent escapes, queries of
// listings, bodies. Nothing is written: the beginnings of writes are not carried on.

#include "iib/base/clock.hpp"
#include "iib/base/files.hpp"
#include "iib/io/artifacts.hpp"
#include "iib/io/json.hpp"
#include "iib/model/patch.hpp"
#include "iib/model/submission.hpp"
#include "iib/store/store.hpp"
#include "web/api.hpp"
#include "web/request_head.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/parser.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using iib::model::RequestType;
using Parser = http::request_parser<http::string_body>;

constexpr std::array kTypes{RequestType::add,
                            RequestType::rm,
                            RequestType::regenerate_bundle,
                            RequestType::merge_index_image,
                            RequestType::create_empty_index,
                            RequestType::recursive_related_bundles,
                            RequestType::fbc_operations,
                            RequestType::add_deprecations};

void require(bool holds) {
  if (!holds) __builtin_trap();
}

iib::Log quiet() {
  return iib::Log{iib::make_null_sink(), "fuzz", iib::LogLevel::error};
}

iib::web::Options small_options() {
  iib::web::Options options;
  options.login_disabled = true;
  // Small, so that the bounds are met.
  options.limits.header_bytes = 2048;
  options.limits.target_bytes = 512;
  options.limits.body_bytes = 4096;
  return options;
}

iib::store::Options store_options(const std::filesystem::path& folder) {
  iib::store::Options options;
  options.database = folder / "iibd.db";
  options.key = iib::Secret{std::string(32, 'k')};
  return options;
}

/// All that an answer needs: a store with a few requests in it, and folders for artifacts.
class World {
 public:
  World() {
    submit(RequestType::add, R"({"bundles": ["r/b:1"], "binary_image": "r/o:1", "from_index":
                                 "r/i:1", "build_tags": ["v1"]})");
    submit(RequestType::rm,
           R"({"operators": ["otter"], "binary_image": "r/o:1", "from_index": "r/i:1"})");
    submit(RequestType::regenerate_bundle, R"({"from_bundle_image": "r/b:1"})");
    submit(RequestType::create_empty_index, R"({"binary_image": "r/o:1", "from_index": "r/i:1"})");
  }

  [[nodiscard]] const iib::web::Limits& limits() const { return options_.limits; }
  [[nodiscard]] const iib::web::Api& api() const { return api_; }

 private:
  void submit(RequestType type, std::string_view body) {
    iib::model::NewBatch batch;
    batch.base_url = "http://iib.example.com";
    batch.requests.push_back(
        iib::model::parse_submission(type, body, std::nullopt, options_.submission));
    for (auto& request : batch.requests) request.queue = "iib";
    static_cast<void>(store_.submit(std::move(batch)));
  }

  iib::web::Options options_ = small_options();
  iib::TempDir folder_{std::filesystem::temp_directory_path()};
  iib::SystemClock clock_;
  iib::Log log_ = quiet();
  iib::store::Store store_{store_options(folder_.path()), clock_, quiet()};
  iib::io::LocalArtifacts artifacts_{{{iib::io::ArtifactKind::request_log, folder_.path()},
                                      {iib::io::ArtifactKind::nested_bundles, folder_.path()}}};
  iib::web::Hooks hooks_{.queue_for = [](const auto&, const auto&) { return std::string{"iib"}; },
                         .on_submitted = [] {},
                         .on_ended = [](iib::RequestId) {}};
  iib::web::Followers followers_{options_.limits.followers, options_.limits.followers_of_one};
  iib::web::Authentication authentication_{options_, quiet()};
  iib::web::Api api_{
      iib::web::Services{options_, store_, artifacts_, clock_, hooks_, log_, followers_},
      authentication_};
};

/// What every answer has to be: an internal error is a finding.
void check(const iib::web::HttpResponse& response) {
  require(response.status >= 200 && response.status < 500);
  if (response.content_type == "application/json" && !response.source && !response.live) {
    static_cast<void>(iib::io::parse_json(response.body));
  }
  for (const auto& [name, value] : response.headers) {
    require(value.find_first_of("\r\n") == std::string::npos);
  }
}

/// Hands `bytes` over in two pieces, as they may come from a socket; how many were used.
std::size_t feed(Parser& parser, std::string_view bytes, error_code& problem) {
  const auto half = bytes.substr(0, bytes.size() / 2);
  const auto used = parser.put(asio::buffer(half), problem);
  if (problem == http::error::need_more) problem = {};
  if (problem || parser.is_done() || (parser.is_header_done() && used > 0)) return used;
  return used + parser.put(asio::buffer(bytes.substr(used)), problem);
}

/// A value of a query survives being repeated in the links of a listing.
void check_escapes(const iib::web::HttpRequest& request) {
  const auto target = iib::web::parse_target(request.target);
  if (!target) return;
  for (const auto& [name, value] : target->query) {
    const auto again = iib::web::parse_target("/?a=" + iib::web::percent_encode(value));
    require(again && again->parameter("a") == value);
  }
}

void check_patches(std::string_view body) {
  for (const auto type : kTypes) {
    try {
      iib::model::PatchBody patch{body};
      static_cast<void>(patch.for_type(type));
    } catch (const iib::UserError&) {
      // refused: as good an end as any
    }
  }
}

/// Answers the first request of `bytes`; how many bytes it had, 0 when nothing can follow it.
std::size_t serve_one(const World& world, std::string_view bytes) {
  const auto& limits = world.limits();
  const auto refuse = [&](const error_code& problem) {
    if (const auto answer = answer_to(problem, false, limits)) check(*answer);
    return std::size_t{0};
  };
  Parser parser;
  parser.header_limit(static_cast<std::uint32_t>(limits.header_bytes));
  parser.body_limit(limits.body_bytes);
  error_code problem;
  auto used = feed(parser, bytes, problem);
  if (problem || !parser.is_header_done()) return refuse(problem);

  auto request = iib::web::head_of(parser.get(), {.address = "127.0.0.1"});
  check_escapes(request);
  if (has_doubtful_end(request)) return refuse(http::error::bad_transfer_encoding);
  if (const auto refusal = world.api().refuse_early(request)) {
    check(*refusal);
    return iib::web::has_body(parser.get()) ? 0 : used;
  }
  parser.eager(true);
  while (!parser.is_done() && !problem && used < bytes.size()) {
    const auto more = feed(parser, bytes.substr(used), problem);
    if (more == 0) break;
    used += more;
  }
  if (!problem && !parser.is_done()) parser.put_eof(problem);
  if (problem) return refuse(problem);

  request.body = parser.get().body();
  if (request.method == "PATCH") check_patches(request.body);
  const auto answer = world.api().answer(request);
  if (const auto* response = std::get_if<iib::web::HttpResponse>(&answer)) check(*response);
  return parser.keep_alive() ? used : 0;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const World world;
  std::string_view rest{reinterpret_cast<const char*>(bytes), size};
  while (!rest.empty()) {
    const auto used = serve_one(world, rest);
    if (used == 0) break;
    rest.remove_prefix(used);
  }
  return 0;
}
