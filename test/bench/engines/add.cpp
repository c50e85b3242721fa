#include "index.hpp"
#include "measure.hpp"
#include "parts.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <functional>
#include <sstream>
#include <stdexcept>
#include <string_view>

namespace iib::bench {
namespace {

using test::Daemon;
using test::Site;

constexpr int kBundles = 650;
const std::vector<std::string> kOne{"amd64"};
const std::vector<std::string> kFour{"amd64", "arm64", "ppc64le", "s390x"};
const std::vector<std::string> kEight{"amd64",   "arm",     "arm64", "mips64le",
                                      "ppc64le", "riscv64", "s390x", "sparc64"};

/// The step `whole` of the script.
double by_hand(const Site& site, const std::string& bundle, const std::string& index, int round) {
  std::istringstream lines{
      output_of(fmt::format("{}/test/bench/daemon/add_by_hand.sh {} {} {} {} {}", IIBD_SOURCE_ROOT,
                            site.directory().string(), bundle, site.base(),
                            site.pull_spec(fmt::format("by-hand:{}", round)), index))};
  std::string name;
  for (double took = 0; lines >> name >> took;) {
    if (name == "whole") return took;
  }
  throw std::runtime_error{"add_by_hand.sh tells no time of the whole"};
}

/// What the base of an index holds: see push_usual_base().
enum class Bases { small, usual };

/// The first request for an index, whose layers nobody has, and later ones.
struct Engine {
  std::string name;
  Sample first = {};
  Sample second = {};
  Sample processor = {};  ///< Of the second.
  Sample registry = {};   ///< The registry's for it.
  Sample other = {};      ///< One with another bundle, for the same index.
};

std::string supported(const std::vector<std::string>& architectures) {
  std::string text;
  for (const auto& name : architectures) text += fmt::format("  {0}: {0}\n", name);
  return fmt::format("iib_supported_archs:\n{}", text);
}

/// A request, the same once more, then another; a fresh state directory each round.
void measure(Engine& engine, Site& site, const std::string& body, const std::string& other,
             bool counts) {
  const TempDir state{site.directory(), "state-"};
  Daemon daemon{state.path() / "state", site.configuration(with_engine(engine.name))};
  daemon.start();
  const auto first = build_time(daemon, body);
  const auto second = build_time(daemon, body);
  const auto third = build_time(daemon, other);
  daemon.stop();
  if (!counts) return;
  engine.first.add(first.milliseconds);
  engine.second.add(second.milliseconds);
  engine.processor.add(second.processor);
  engine.other.add(third.milliseconds);
}

std::string_view name_of(Payloads payloads) {
  return payloads == Payloads::kept ? "kept" : "cleared";
}

std::string make_base(Site& site, Bases bases) {
  if (bases == Bases::small) return "some kilobytes";
  const auto size = push_usual_base(site, kFour);
  return fmt::format("{:.0f} MB, packed {:.0f} MB", size.plain, size.packed);
}

void compare(const Corpus& corpus, Payloads payloads, Bases bases, int rounds) {
  Site site{kFour};
  const auto base = make_base(site, bases);
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  const TempDir directory{site.directory(), "index-"};
  const auto database = make_database(corpus, kBundles, payloads, directory.path());
  const auto index = push_index(site, database, kFour, "index");
  const auto body = site.add_body({bundle}, {.from_index = index});
  const auto other =
      site.add_body({site.push_bundle("heron-operator", "1.0.0")}, {.from_index = index});
  Engine embedded{.name = "embedded"};
  Engine tools{.name = "tools"};
  Sample hand;
  Sample ratio;
  for (int round = 0; round <= rounds; ++round) {
    measure(embedded, site, body, other, round > 0);
    measure(tools, site, body, other, round > 0);
    const auto took = by_hand(site, bundle, index, round);
    if (round == 0) continue;  // the commands pull the bases only then
    hand.add(took);
    ratio.add(took / embedded.second.median());
  }
  fmt::print(
      "one bundle to {} bundles ({:.0f} MB, payloads {}), four architectures, the base of each "
      "{}; ms\n",
      kBundles, megabytes(database), name_of(payloads), base);
  for (const auto* engine : {&embedded, &tools}) {
    fmt::print("  {:8} first request {}, second {} (processor {}), with another bundle {}\n",
               engine->name, engine->first.text(0), engine->second.text(0),
               engine->processor.text(0), engine->other.text(0));
  }
  fmt::print("  by hand  {}: {} times the second request of embedded\n", hand.text(0),
             ratio.text(1));
}

}  // namespace

void measure_add(const Corpus& corpus, int rounds) {
  compare(corpus, Payloads::cleared, Bases::small, rounds);
  compare(corpus, Payloads::cleared, Bases::usual, rounds);
  compare(corpus, Payloads::kept, Bases::usual, rounds);
}

namespace {

/// Prints what requests for one architecture and for eight take, in turn; each call of a body gives
/// that of the next round.
void compare_architectures(const Daemon& daemon, std::string_view what, int rounds,
                           const std::function<std::string()>& one,
                           const std::function<std::string()>& eight) {
  Engine of_one{.name = "one architecture"};
  Engine of_eight{.name = "eight"};
  Sample ratio;
  for (int round = 0; round <= rounds; ++round) {
    const auto first = build_time(daemon, one());
    const auto second = build_time(daemon, eight());
    if (round == 0) continue;  // fetches the index
    of_one.second.add(first.milliseconds);
    of_one.processor.add(first.processor);
    of_one.registry.add(first.registry);
    of_eight.second.add(second.milliseconds);
    of_eight.processor.add(second.processor);
    of_eight.registry.add(second.registry);
    ratio.add(second.milliseconds / first.milliseconds);
  }
  fmt::print("embedded, one architecture and eight, {}; ms\n", what);
  for (const auto* engine : {&of_one, &of_eight}) {
    fmt::print("  {:16} {}; processor time of the daemon {}, of the registry {}\n", engine->name,
               engine->second.text(0), engine->processor.text(1), engine->registry.text(1));
  }
  const auto each = [](const Sample& fewer, const Sample& more) {
    return (more.median() - fewer.median()) / static_cast<double>(kEight.size() - kOne.size());
  };
  fmt::print(
      "  ratio {} (aim: at most 1.1); each further one {:.1f}, processor time of the daemon "
      "{:.1f}, "
      "of the registry {:.1f}\n",
      ratio.text(2), each(of_one.second, of_eight.second),
      each(of_one.processor, of_eight.processor), each(of_one.registry, of_eight.registry));
}

void compare_architectures(const Corpus& corpus, Payloads payloads, int rounds) {
  Site site{kEight};
  const TempDir directory{site.directory(), "index-"};
  const auto database = make_database(corpus, kBundles, payloads, directory.path());
  fmt::print("an index of {:.0f} MB, payloads {}\n", megabytes(database), name_of(payloads));
  const auto of_one = push_index(site, database, kOne, "one");
  const auto of_eight = push_index(site, database, kEight, "eight");
  // Where the daemon's files are; those of the registry, which may be another host's, stay below
  // TMPDIR.
  const char* place = std::getenv("IIBD_BENCH_STATE");
  const TempDir state{place != nullptr ? place : site.directory(), "state-"};
  Daemon daemon{state.path() / "state",
                site.configuration(with_engine("embedded") + supported(kEight))};
  daemon.start();
  int pushed = 0;
  // Of other bytes each time, so that every request has a layer of its own to push.
  const auto another = [&](const std::string& index) {
    auto image = test::bundle_image(test::sample_bundle("otter-operator", "0.1.0"));
    image.labels["round"] = std::to_string(++pushed);
    return site.add_body({site.push_image("bundle-" + std::to_string(pushed), image)},
                         {.from_index = index});
  };
  compare_architectures(
      daemon, "another bundle each time", rounds, [&] { return another(of_one); },
      [&] { return another(of_eight); });
  auto one = another(of_one);
  auto eight = another(of_eight);
  compare_architectures(
      daemon, "the same request again", rounds, [&] { return one; }, [&] { return eight; });
}

}  // namespace

void measure_architectures(const Corpus& corpus, int rounds) {
  compare_architectures(corpus, Payloads::cleared, rounds);
  compare_architectures(corpus, Payloads::kept, rounds);
}

}  // namespace iib::bench
