#include "cell.hpp"

#include "eventually.hpp"
#include "iib/base/sha256.hpp"
#include "index_image.hpp"
#include "invariants.hpp"
#include "regeneration.hpp"
#include "small_disk.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>

namespace iib::test {
namespace {

using namespace std::chrono_literals;
using Catch::Matchers::Contains;
namespace fs = std::filesystem;

constexpr auto kLimit = 120s;
constexpr std::int64_t kRequest = 1;  // the first one of a new state directory
const std::vector<std::string> kNothing;

/// One cell: a daemon with a state directory and a place of its own.
class Cell {
 public:
  Cell(MatrixSite& site, std::string type, Trouble trouble)
      : site_{site},
        type_{std::move(type)},
        trouble_{trouble},
        place_{site.make_place()},
        disk_{trouble == Trouble::disk_full ? std::make_unique<SmallDisk>("80m") : nullptr},
        daemon_{state(), site.configuration_for(place_)},
        before_{index()} {
    if (disk_) daemon_.log_to(site_.directory() / (state().filename().string() + ".log"));
  }

  [[nodiscard]] const Place& place() const { return place_; }

  void run(const Step& step) {
    Gate gate{site_.proxy(), step.mark};
    daemon_.start();
    CHECK(submit(daemon_, type_, site_.body(type_, place_)) == kRequest);
    if (!eventually(kLimit, [&] { return gate.reached(); })) {
      throw std::runtime_error{"the step is not reached:\n" + daemon_.log()};
    }
    make_trouble(gate, step);
    const auto document = daemon_.wait_final(kRequest, kLimit);
    gate.bring_registry_back();
    check_end(document, step);
    if (text_of(document, "state") == "failed") check_next();
    check_remains();
  }

 private:
  [[nodiscard]] fs::path state() const {
    const auto name = fmt::format("state-{}", place_.results.substr(place_.results.find('/') + 1));
    return (disk_ ? disk_->path() : site_.directory()) / name;
  }

  [[nodiscard]] std::string index() const { return site_.registry().manifest(place_.index, "v1"); }
  [[nodiscard]] std::string result(std::int64_t request) const {
    return site_.registry().manifest(place_.results, std::to_string(request));
  }
  [[nodiscard]] bool overwrites() const { return type_ != "regenerate-bundle"; }

  void restart() {
    site_.proxy().judge_by(nullptr);
    daemon_.start();
  }

  void make_trouble(Gate& gate, const Step& step) {
    switch (trouble_) {
      case Trouble::down_before:
        gate.take_registry_away();
        gate.open(Fault{.kind = Fault::Kind::reset});
        return;
      case Trouble::down_during:
        gate.take_registry_away();
        gate.open(Fault{.kind = step.mark.method == "GET" ? Fault::Kind::cut : Fault::Kind::lost});
        return;
      case Trouble::down_after:
        gate.take_registry_away();
        gate.open();
        return;
      case Trouble::killed_before:
        daemon_.kill();
        gate.open(Fault{.kind = Fault::Kind::reset});
        restart();
        return;
      case Trouble::killed_after: {
        const auto kept = site_.proxy().kept();
        gate.open(Fault{.kind = Fault::Kind::kept});
        CHECK(eventually(kLimit, [&] { return site_.proxy().kept() > kept; }));
        daemon_.kill();
        restart();
        return;
      }
      case Trouble::stopped:
        CHECK(daemon_.stop() == 0);
        gate.open(Fault{.kind = Fault::Kind::reset});
        restart();
        return;
      case Trouble::cancelled:
        CHECK(daemon_.post(fmt::format("/api/v1/builds/{}/cancel", kRequest), "").status == 202);
        gate.open(Fault{.kind = Fault::Kind::reset});
        return;
      case Trouble::disk_full:
        disk_->fill();
        gate.open();
        await_full_disk();
        fs::remove(disk_->filler());
        return;
    }
  }

  /// A full disk shows itself in the log only, for the state of the request cannot be stored.
  void await_full_disk() {
    CHECK(eventually(kLimit, [&] {
      const auto log = daemon_.log();
      return log.find(fmt::format("request {} is failed: ", kRequest)) != std::string::npos ||
             log.find(fmt::format("request {} is complete: ", kRequest)) != std::string::npos ||
             log.find("storing progress: try 1") != std::string::npos;
    }));
  }

  /// Whether the request ends complete; nothing when it may end either way.
  [[nodiscard]] std::optional<bool> completes(const Step& step) const {
    switch (trouble_) {
      case Trouble::down_before:
      case Trouble::down_during:
        return step.need == Need::none;
      case Trouble::down_after:
        return step.need != Need::more;
      case Trouble::killed_before:
      case Trouble::killed_after:
      case Trouble::stopped:
        return true;
      case Trouble::cancelled:
        return false;
      case Trouble::disk_full:
        return std::nullopt;  // not every step needs room
    }
    return std::nullopt;
  }

  void check_end(const io::JsonDocument& document, const Step& step) {
    const auto reason = text_of(document, "state_reason");
    CAPTURE(reason, history_of(document));
    const bool complete = text_of(document, "state") == "complete";
    CHECK(complete == completes(step).value_or(complete));
    if (complete) {
      check_result(document);
      return;
    }
    CHECK_THAT(reason, !Contains("internal error") && !Contains(state().string()));
    if (trouble_ == Trouble::cancelled) {
      CHECK_THAT(reason, Contains("cancelled by"));
    } else if (trouble_ == Trouble::disk_full) {
      CHECK_THAT(reason, Contains("room") || Contains("space") || Contains("disk"));
    } else {
      CHECK_THAT(reason, Contains(site_.proxy().address()));
    }
    // An index is what it was. Whoever loses the registry while the tag is written cannot know.
    if (!overwrites() || index() == before_) return;
    CHECK((step.need != Need::more || trouble_ == Trouble::disk_full));
    check_index(result(kRequest));
  }

  /// The index has what it should have, and all of it.
  void check_index(const std::string& list) {
    CHECK(index() == list);
    const auto expected =
        type_ == "rm" ? std::vector<std::string>{}
                      : std::vector<std::string>{"heron-operator.v1.0.0", "otter-operator.v0.1.0"};
    CHECK(bundles_of(site_.registry(), site_.pull_spec(place_.index + ":v1")) == expected);
  }

  void check_result(const io::JsonDocument& document) {
    const auto request = document["id"].GetInt64();
    const auto pushed = site_.by_proxy(fmt::format("{}:{}", place_.results, request));
    const auto list = result(request);
    if (overwrites()) {
      CHECK(text_of(document, "index_image") == site_.index_of(place_));
      CHECK(text_of(document, "internal_index_image_copy") == pushed);
      CHECK(text_of(document, "index_image_resolved") ==
            fmt::format("{}@sha256:{}", site_.by_proxy(place_.index), sha256_hex(list)));
      check_index(list);
      return;
    }
    CHECK(text_of(document, "bundle_image") == pushed);
    const auto contents = contents_of(
        site_.registry(), site_.pull_spec(fmt::format("{}:{}", place_.results, request)));
    CHECK_THAT(contents.files.at(kHeronCsv), Contains(site_.by_proxy("wetland/heron@sha256:")));
  }

  /// The same request again, when all is well again.
  void check_next() {
    site_.proxy().judge_by(nullptr);
    if (type_ == "rm" && index() != before_) return;  // it has done its work, if only that
    const auto next = build(daemon_, type_, site_.body(type_, place_));
    CAPTURE(text_of(next, "state_reason"));
    CHECK(text_of(next, "state") == "complete");
    if (text_of(next, "state") == "complete") check_result(next);
  }

  void check_remains() {
    CHECK(daemon_.stop() == 0);
    CHECK(leftovers(daemon_.state()) == kNothing);
    CHECK(broken_invariants(daemon_.state()) == kNothing);
  }

  MatrixSite& site_;
  std::string type_;
  Trouble trouble_;
  Place place_;
  std::unique_ptr<SmallDisk> disk_;
  Daemon daemon_;
  std::string before_;
};

}  // namespace

std::string_view to_string(Trouble trouble) {
  switch (trouble) {
    case Trouble::down_before:
      return "registry down before";
    case Trouble::down_during:
      return "registry down during";
    case Trouble::down_after:
      return "registry down after";
    case Trouble::killed_before:
      return "killed before";
    case Trouble::killed_after:
      return "killed after";
    case Trouble::stopped:
      return "stopped";
    case Trouble::cancelled:
      return "cancelled";
    case Trouble::disk_full:
      return "disk full";
  }
  return "unknown";
}

void check_cell(MatrixSite& site, const std::string& type, std::size_t number, Trouble trouble) {
  Cell cell{site, type, trouble};
  const auto step = steps_of(type, site, cell.place()).at(number);
  INFO(type << ", " << step.name << ", " << to_string(trouble));
  try {
    cell.run(step);
  } catch (const std::exception& failure) {
    FAIL_CHECK(failure.what());  // the other cells are to run
  }
}

}  // namespace iib::test
