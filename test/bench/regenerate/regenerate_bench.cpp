// Regenerating bundles over REST: regenerate_bench [one|batch|all [ROUNDS [ENGINE]]].

#include "delay_proxy.hpp"
#include "iib/base/clock.hpp"
#include "iib/base/parallel.hpp"
#include "measure.hpp"
#include "regeneration.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <map>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace iib::bench {
namespace {

using test::Daemon;
using test::Site;

constexpr int kImages = 30;
constexpr int kBatch = 100;
constexpr auto kImageType = "application/vnd.docker.distribution.manifest.v2+json";

/// Which images the bundles of a batch name: all the same ones, which are looked up once, or each
/// its own.
enum class Named { same, own };

/// A site with the images that bundles name, and bundles that differ. The daemon is as far from
/// its registry as `latency` says.
struct Bundles : Site {
  explicit Bundles(const std::string& engine, std::chrono::milliseconds latency = {}) {
    registry_address = registry().address();
    if (latency.count() > 0) proxy.emplace(registry().port(), latency);
    use_image_engine(engine);
    for (int i = 0; i < kImages; ++i) {
      const auto repository = fmt::format("wetland/heron{}", i);
      test::push_operand(*this, repository);
      images.push_back(seen_from_daemon(pull_spec(repository + ":v1")));
    }
  }

  /// Pushes the bundle `number`; gives its pull specification.
  std::string push_heron(int number, Named named = Named::same) {
    const auto own = named == Named::own ? tag_images(fmt::format("b{}", number)) : images;
    const auto csv = fmt::format("{}# bundle {}\n", test::heron_csv(own), number);
    return seen_from_daemon(
        push_image(fmt::format("bundles/heron{}", number), test::heron_bundle(csv)));
  }

  /// The images under another tag, for which the registry must be asked again.
  std::vector<std::string> tag_images(const std::string& tag) {
    std::vector<std::string> tagged;
    for (int i = 0; i < kImages; ++i) {
      const auto repository = fmt::format("wetland/heron{}", i);
      registry().put_manifest(repository, tag, kImageType, registry().manifest(repository, "v1"));
      tagged.push_back(seen_from_daemon(pull_spec(fmt::format("{}:{}", repository, tag))));
    }
    return tagged;
  }

  /// The registry's address in `text` becomes that by which the daemon reaches it.
  [[nodiscard]] std::string seen_from_daemon(std::string text) const {
    if (!proxy) return text;
    const auto& near = registry_address;
    const auto far = proxy->address();
    for (std::size_t at = 0; (at = text.find(near, at)) != std::string::npos; at += far.size()) {
      text.replace(at, near.size(), far);
    }
    return text;
  }

  std::string registry_address;
  std::optional<test::DelayProxy> proxy;
  std::vector<std::string> images;
};

/// Milliseconds from the first state of a request to its last. Throws unless it is complete.
double took(const io::JsonValue& document) {
  if (test::text_of(document, "state") != "complete") {
    throw std::runtime_error{test::text_of(document, "state_reason")};
  }
  const auto& states = document["state_history"].GetArray();  // newest first
  const auto moment = [&](rapidjson::SizeType at) {
    return parse_iso8601(test::text_of(states[at], "updated"));
  };
  const std::chrono::duration<double, std::milli> whole = moment(0) - moment(states.Size() - 1);
  return whole.count();
}

/// Milliseconds by state, from when it was entered until the next one was.
void add_steps(std::map<std::string, Sample>& steps, const io::JsonValue& document) {
  const auto& states = document["state_history"].GetArray();  // newest first
  for (rapidjson::SizeType at = states.Size() - 1; at > 0; --at) {
    const std::chrono::duration<double, std::milli> spent =
        parse_iso8601(test::text_of(states[at - 1], "updated")) -
        parse_iso8601(test::text_of(states[at], "updated"));
    steps[test::text_of(states[at], "state_reason").substr(0, 30)].add(spent.count());
  }
}

/// Milliseconds that the registry takes to answer for all manifests when eight ask at once.
double registry_alone(const Bundles& site) {
  const auto begin = std::chrono::steady_clock::now();
  in_parallel(kImages, 8, [&](std::size_t i) {
    httplib::Client client{
        fmt::format("http://{}", site.images.front().substr(0, site.images.front().find('/')))};
    const auto answer =
        client.Get(fmt::format("/v2/wetland/heron{}/manifests/v1", i), {{"Accept", kImageType}});
    if (!answer || answer->status != 200) throw std::runtime_error{"the registry does not answer"};
  });
  return milliseconds_since(begin);
}

void measure_one(int rounds, const std::string& engine) {
  Bundles site{engine};
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  Sample whole;
  std::map<std::string, Sample> steps;
  Sample registry;
  Sample processor;
  for (int round = 0; round <= rounds; ++round) {
    const auto body = test::regenerate_body(site.push_heron(round));
    const auto before = processor_seconds_of(daemon.pid());
    const auto document = test::build(daemon, "regenerate-bundle", body);
    const auto used = processor_seconds_of(daemon.pid()) - before;
    if (round == 0) continue;  // connections are made then
    whole.add(took(document));
    add_steps(steps, document);
    processor.add(used * 1e3);
    registry.add(registry_alone(site));
  }
  fmt::print("one bundle with {} images, engine {}, {} rounds; ms\n", kImages, engine, rounds);
  fmt::print("  accepted to complete            {}\n", whole.text(0));
  for (const auto& [state, spent] : steps) fmt::print("    {:30}  {}\n", state, spent.text(0));
  fmt::print("  processor time of iibd          {}\n", processor.text(0));
  fmt::print("  the registry alone, {} manifests {}\n", kImages, registry.text(0));
}

/// What a batch took; milliseconds.
struct Batch {
  double whole = 0;     ///< From the first state of any until the last of all.
  double daemon = 0;    ///< Processor time.
  double registry = 0;  ///< Likewise.
};

/// How a batch is measured.
struct Case {
  std::string engine;
  Named named = Named::same;
  std::chrono::milliseconds latency{};
};

Batch run_batch(const Case& given, int workers) {
  Bundles site{given.engine, given.latency};
  Daemon daemon{
      site.state(),
      site.seen_from_daemon(site.configuration(fmt::format("iib_queues: {{iib: {}}}\n", workers)))};
  daemon.start();
  std::string requests;
  for (int i = 0; i < kBatch; ++i) {
    requests += (i == 0 ? "" : ",") + test::regenerate_body(site.push_heron(i, given.named));
  }
  const auto registry = child_named("docker-registry");
  const auto daemon_before = processor_seconds_of(daemon.pid());
  const auto registry_before = processor_seconds_of(registry);
  const auto answer = daemon.post("/api/v1/builds/regenerate-bundle-batch",
                                  fmt::format(R"({{"build_requests":[{}]}})", requests));
  if (answer.status != 201) throw std::runtime_error{answer.body};
  Timestamp first = Timestamp::max();
  Timestamp last = Timestamp::min();
  for (const auto& request : answer.json.GetArray()) {
    const auto document = daemon.wait_final(request["id"].GetInt64());
    static_cast<void>(took(document));  // throws unless complete
    const auto& states = document["state_history"].GetArray();
    first = std::min(first, parse_iso8601(test::text_of(states[states.Size() - 1], "updated")));
    last = std::max(last, parse_iso8601(test::text_of(states[0], "updated")));
  }
  return {.whole = std::chrono::duration<double, std::milli>(last - first).count(),
          .daemon = (processor_seconds_of(daemon.pid()) - daemon_before) * 1e3,
          .registry = (processor_seconds_of(registry) - registry_before) * 1e3};
}

/// Batches by so many workers.
struct Batches {
  explicit Batches(int with) : workers{with} {}
  void add(const Batch& batch) {
    whole.add(batch.whole);
    daemon.add(batch.daemon);
    registry.add(batch.registry);
  }

  int workers;
  Sample whole;
  Sample daemon;
  Sample registry;
};

void measure_batch(int rounds, const Case& given) {
  Batches one{1};
  Batches four{4};
  Sample ratio;
  for (int round = 0; round < rounds; ++round) {
    const auto alone = run_batch(given, one.workers);
    const auto together = run_batch(given, four.workers);
    one.add(alone);
    four.add(together);
    ratio.add(alone.whole / together.whole);
  }
  fmt::print(
      "a batch of {} bundles with {} {} images, engine {}, registry {} ms away, {} rounds; ms\n",
      kBatch, given.named == Named::own ? "each its own" : "the same", kImages, given.engine,
      given.latency.count(), rounds);
  for (const auto& batches : {one, four}) {
    fmt::print("  {} workers  {}; processor time of iibd {}, of the registry {}\n", batches.workers,
               batches.whole.text(0), batches.daemon.text(0), batches.registry.text(0));
  }
  fmt::print("  {} times as fast, on {} cores that the registry shares\n", ratio.text(2),
             std::thread::hardware_concurrency());
}

void measure_batches(int rounds, const std::string& engine) {
  using std::chrono::milliseconds;
  for (const auto named : {Named::same, Named::own}) {
    for (const auto latency : {milliseconds{0}, milliseconds{20}}) {
      measure_batch(rounds, {.engine = engine, .named = named, .latency = latency});
    }
  }
}

}  // namespace
}  // namespace iib::bench

int main(int argc, char** argv) {
  const std::string_view part = argc > 1 ? argv[1] : "all";
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 5;
  const std::string engine = argc > 3 ? argv[3] : "embedded";
  try {
    if (part == "one" || part == "all") iib::bench::measure_one(rounds, engine);
    if (part == "batch" || part == "all") iib::bench::measure_batches(rounds, engine);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return EXIT_FAILURE;
  }
  return EXIT_SUCCESS;
}
