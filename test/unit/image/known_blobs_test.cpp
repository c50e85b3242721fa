#include "image/known_blobs.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>

namespace {

using namespace std::chrono_literals;
using iib::image::KnownBlobs;
using iib::model::Digest;
using iib::model::ImageReference;

const auto kHere = ImageReference::parse("quay.io/ns/index:v1");
const auto kBlob = Digest::of("blob");

struct Fixture {
  std::chrono::steady_clock::time_point now{};
  KnownBlobs known{[this] { return now; }};
};

}  // namespace

TEST_CASE("what a repository was seen to have is known for a while", "[image][known]") {
  Fixture fixture;
  CHECK_FALSE(fixture.known.has(kHere, kBlob));
  fixture.known.note(kHere, kBlob);

  CHECK(fixture.known.has(kHere, kBlob));
  CHECK(fixture.known.has(ImageReference::parse("quay.io/ns/index:other-tag"), kBlob));
  CHECK_FALSE(fixture.known.has(ImageReference::parse("quay.io/ns/other:v1"), kBlob));
  CHECK_FALSE(fixture.known.has(kHere, Digest::of("other")));
  fixture.now += 9min;
  CHECK(fixture.known.has(kHere, kBlob));
  fixture.now += 1min;
  CHECK_FALSE(fixture.known.has(kHere, kBlob));
}

TEST_CASE("what a registry turned out not to have is forgotten", "[image][known]") {
  Fixture fixture;
  fixture.known.note(kHere, kBlob);

  fixture.known.forget(kHere, kBlob);

  CHECK_FALSE(fixture.known.has(kHere, kBlob));
}

TEST_CASE("any number of blobs is remembered in bounded memory", "[image][known]") {
  Fixture fixture;
  constexpr int kMany = 20'000;
  for (int i = 0; i < kMany; ++i) fixture.known.note(kHere, Digest::of(std::to_string(i)));

  int known = 0;
  for (int i = 0; i < kMany; ++i) {
    if (fixture.known.has(kHere, Digest::of(std::to_string(i)))) ++known;
  }

  CHECK(known < kMany);
  CHECK(fixture.known.has(kHere, Digest::of(std::to_string(kMany - 1))));
}
