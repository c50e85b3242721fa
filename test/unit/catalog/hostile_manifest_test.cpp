#include "catalog/json_text.hpp"
#include "catalog/manifest_document.hpp"
#include "iib/base/error.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <fstream>
#include <functional>
#include <limits>
#include <string>

// Manifests made to take memory or time. Each is read by a child of its own, whose peak tells what
// it took.

namespace iib::catalog {
namespace {

// The promise is one second and 64 MiB for a release build on a quiet machine. Sanitizers keep
// freed memory back and are some ten times slower; a debug build, or a busy machine, some five.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr long kMemoryFactor = 8;
constexpr long kTimeFactor = 30;
#else
constexpr long kMemoryFactor = 1;
constexpr long kTimeFactor = 8;
#endif
constexpr long kMostKibibytes = 64L * 1024 * kMemoryFactor;
constexpr long kMostMilliseconds = 1000L * kTimeFactor;

struct Measured {
  bool refused = false;
  long kibibytes = 0;
  long milliseconds = 0;
};

/// A line of /proc/self/status in KiB.
long status_of(const std::string& name) {
  std::ifstream status{"/proc/self/status"};
  for (std::string word; status >> word;) {
    long value = 0;
    if (word == name + ":" && status >> value) return value;
    status.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
  }
  return -1;
}

Measured measure_here(const std::string& text) {
  Measured measured;
  const auto before = status_of("VmRSS");
  const auto begin = std::clock();  // of the processor: other programs must not count
  try {
    static_cast<void>(canonical_json(read_file_document(text, "hostile.yaml").root));
  } catch (const UserError&) {
    measured.refused = true;
  }
  measured.milliseconds = (std::clock() - begin) * 1000 / CLOCKS_PER_SEC;
  measured.kibibytes = status_of("VmHWM") - before;
  return measured;
}

Measured measure(const std::string& text) {
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const auto child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    const auto measured = measure_here(text);
    const auto written = ::write(ends[1], &measured, sizeof measured);
    ::_exit(written == sizeof measured ? 0 : 1);
  }
  ::close(ends[1]);
  Measured measured;
  const auto got = ::read(ends[0], &measured, sizeof measured);
  ::close(ends[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(status == 0);
  REQUIRE(got == sizeof measured);
  return measured;
}

std::string repeated(std::size_t times, std::string_view text) {
  std::string result;
  result.reserve(times * text.size());
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

/// Each line stands for ten times the one before it.
std::string bomb(std::string_view first, std::string_view element, std::string_view prefix) {
  auto text = fmt::format("a0: &a0 {}\n", first);
  for (int i = 1; i < 12; ++i) {
    std::string list;
    for (int j = 0; j < 10; ++j) {
      list += fmt::format(fmt::runtime(element), i - 1);
      list += ',';
    }
    text += fmt::format("a{}: &a{} {}[{}]{}\n", i, i, prefix, list, prefix.empty() ? "" : "}");
  }
  return text;
}

/// Each mapping merges the one before it twice.
std::string merge_bomb() {
  std::string text = "a0: &a0 {x: 1}\n";
  for (int i = 1; i < 60; ++i) {
    text += fmt::format("a{0}: &a{0} {{<<: [*a{1}, *a{1}], k{0}: 1}}\n", i, i - 1);
  }
  return text;
}

std::string nested_blocks() {
  std::string text;
  for (std::size_t i = 0; i < 2'000; ++i) text += std::string(i, ' ') + "a:\n";
  return text;
}

constexpr std::size_t kNearlyTooLarge = (6UL << 20U) - 100;

}  // namespace

TEST_CASE("a hostile manifest fails within its memory and time", "[catalog][hostile]") {
  using Make = std::function<std::string()>;
  const auto [name, make] = GENERATE(table<std::string, Make>({
      {"aliases of aliases", [] { return bomb("[x,x,x,x,x,x,x,x,x,x]", "*a{}", ""); }},
      {"aliases as values", [] { return bomb("[x,x,x,x,x,x,x,x,x,x]", "*a{}", "{k: "); }},
      {"merges of merges", [] { return merge_bomb(); }},
      {"a long text with many aliases",
       [] {
         return "a: &a " + std::string(1UL << 20U, 'x') + "\nb: [" + repeated(50'000, "*a,") + "]";
       }},
      {"a long key with many aliases",
       [] {
         return "a: &a " + std::string(1'000, 'x') + "\nb: [" + repeated(90'000, "{*a : 1},") + "]";
       }},
      {"nested lists", [] { return "a: " + std::string(1'000'000, '['); }},
      {"nested mappings", [] { return "a: " + repeated(500'000, "{a: "); }},
      {"nested dashes", [] { return repeated(500'000, "- "); }},
      {"nested question marks", [] { return repeated(500'000, "? "); }},
      {"nested blocks", nested_blocks},
      {"nested JSON", [] { return "{\"a\":" + std::string(2'000'000, '['); }},
      {"many nodes", [] { return "a: [" + repeated(2'000'000, "b,") + "]"; }},
      {"many lines", [] { return repeated(1'000'000, "- b\n"); }},
      {"many anchors", [] { return "a: [" + repeated(800'000, "&b c,") + "]"; }},
      {"much JSON", [] { return "{\"a\":[" + repeated(2'900'000, "0,") + "0]}"; }},
  }));
  CAPTURE(name);

  const auto measured = measure(make());

  CHECK(measured.refused);
  CHECK(measured.kibibytes <= kMostKibibytes);
  CHECK(measured.milliseconds <= kMostMilliseconds);
}

TEST_CASE("the largest text that is read takes its memory and time at most", "[catalog][hostile]") {
  using Make = std::function<std::string()>;
  const auto [name, make] = GENERATE(table<std::string, Make>({
      {"plain", [] { return "a: " + std::string(kNearlyTooLarge, 'x'); }},
      {"quoted", [] { return "a: \"" + std::string(kNearlyTooLarge, 'x') + "\""; }},
      {"escapes", [] { return "a: \"" + repeated(kNearlyTooLarge / 2, "\\n") + "\""; }},
      {"block", [] { return "a: |\n" + repeated(kNearlyTooLarge / 3, " x\n"); }},
      {"folded", [] { return "a: " + repeated(kNearlyTooLarge / 2, "\n ") + "x"; }},
      {"comments", [] { return "a: 1\n" + repeated(kNearlyTooLarge / 2, "#\n"); }},
      {"separators", [] { return repeated(kNearlyTooLarge / 4, "---\n"); }},
      {"JSON", [] { return "{\"a\": \"" + std::string(kNearlyTooLarge, 'x') + "\"}"; }},
  }));
  CAPTURE(name);

  const auto measured = measure(make());

  CHECK(measured.kibibytes <= kMostKibibytes);
  CHECK(measured.milliseconds <= kMostMilliseconds);
}

}  // namespace iib::catalog
