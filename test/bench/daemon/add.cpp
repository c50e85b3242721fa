#include "iib/base/clock.hpp"
#include "measure.hpp"
#include "parts.hpp"
#include "site.hpp"

#include <fmt/format.h>

#include <array>
#include <map>
#include <sstream>
#include <stdexcept>

namespace iib::bench {
namespace {

using test::Daemon;
using test::Site;

const std::vector<std::string> kArchitectures{"amd64", "arm64", "ppc64le", "s390x"};

/// The steps that both sides have, as add_by_hand.sh calls them.
constexpr std::array kSteps{"resolve", "build", "list", "whole"};
using Steps = std::map<std::string, double>;

/// The step that a state begins.
std::string step_of(std::string_view reason) {
  if (reason.starts_with("Resolving")) return "resolve";
  if (reason.starts_with("Creating the manifest list")) return "list";
  if (reason.starts_with("The request was accepted")) return "wait";
  if (reason.starts_with("The index image was pushed")) return "end";
  return "build";
}

/// Milliseconds by step, from the times of a request's states.
Steps steps_of(const io::JsonValue& document) {
  if (test::text_of(document, "state") != "complete") {
    throw std::runtime_error{test::text_of(document, "state_reason")};
  }
  Steps steps;
  const auto& states = document["state_history"].GetArray();  // newest first
  const auto moment = [&](rapidjson::SizeType at) {
    return parse_iso8601(test::text_of(states[at], "updated"));
  };
  for (rapidjson::SizeType at = states.Size() - 1; at > 0; --at) {
    const std::chrono::duration<double, std::milli> took = moment(at - 1) - moment(at);
    steps[step_of(test::text_of(states[at], "state_reason"))] += took.count();
    steps["whole"] += took.count();
  }
  return steps;
}

/// Milliseconds by step, as the script prints them.
Steps by_hand(const std::string& command) {
  Steps steps;
  std::istringstream lines{output_of(command)};
  std::string name;
  for (double took = 0; lines >> name >> took;) steps[name] = took;
  return steps;
}

}  // namespace

void measure_add(int rounds) {
  Site site{kArchitectures};
  const auto bundle = site.push_bundle("otter-operator", "0.1.0");
  Daemon daemon{site.state(), site.configuration()};
  daemon.start();
  const auto body = site.add_body({bundle}, {.add_arches = kArchitectures});
  const auto hand = [&](int round) {
    return by_hand(fmt::format("{}/test/bench/daemon/add_by_hand.sh {} {} {} {}", IIBD_SOURCE_ROOT,
                               site.directory().string(), bundle, site.base(),
                               site.pull_spec(fmt::format("by-hand:{}", round))));
  };

  std::map<std::string, Sample> ours;
  std::map<std::string, Sample> theirs;
  std::map<std::string, Sample> ratios;
  for (int round = 0; round <= rounds; ++round) {
    const auto request = steps_of(test::build(daemon, "add", body));
    const auto commands = hand(round);
    if (round == 0) continue;  // both pull the bases only then
    for (const std::string step : kSteps) {
      ours[step].add(request.at(step));
      theirs[step].add(commands.at(step));
      ratios[step].add(request.at(step) / commands.at(step));
    }
    ours["wait"].add(request.at("wait"));
  }
  fmt::print("one bundle, {} architectures, {} rounds; ms\n", kArchitectures.size(), rounds);
  for (const std::string step : kSteps) {
    fmt::print("add, {:8} iibd {:24} by hand {:24} ratio {}\n", step, ours[step].text(0),
               theirs[step].text(0), ratios[step].text(2));
  }
  fmt::print("add, from the answer to the first step: {} ms\n", ours["wait"].text(1));
  fmt::print("memory of iibd itself after {} adds: now {:.1f} MB, at most {:.1f} MB\n", rounds + 1,
             memory_of(daemon.pid(), "VmRSS"), memory_of(daemon.pid(), "VmHWM"));
  daemon.stop();
}

}  // namespace iib::bench
