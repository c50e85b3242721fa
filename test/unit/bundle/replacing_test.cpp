#include "regenerate_fixture.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

namespace iib::test {
namespace {

using Catch::Contains;

/// A bundle whose first container is quay.io/acme/otter:1, with more lines in `spec` or in the
/// annotations.
RegenerateFixture otter(std::string_view spec, std::string_view annotations = {}) {
  RegenerateFixture fixture;
  fixture.with("otter.yaml",
               csv_text(container("manager", "quay.io/acme/otter:1"), annotations, spec));
  fixture.exists("quay.io/acme/otter:1", 'a');
  return fixture;
}

std::string in_quotes(std::string_view text) {
  return fmt::format("\"{}\"", text);
}

const std::string kPinned = in_quotes("quay.io/acme/otter@" + digest('a'));

}  // namespace

TEST_CASE("a string that is a pull specification is replaced wherever it stands", "[bundle]") {
  auto fixture = otter(
      "args: [--image, quay.io/acme/otter:1]\n"
      "somewhere:\n"
      "  deep: 'quay.io/acme/otter:1'\n");

  fixture.run();

  CHECK(fixture.at(std::string{kFirstContainer} + "/image") == kPinned);
  CHECK(fixture.at("/spec/args/1") == kPinned);
  CHECK(fixture.at("/spec/somewhere/deep") == kPinned);
  CHECK_THAT(fixture.text("manifests/otter.yaml"),
             Contains(fmt::format("  deep: 'quay.io/acme/otter@{}'\n", digest('a'))));
}

TEST_CASE("a string that only holds a pull specification is left alone outside annotations",
          "[bundle]") {
  auto fixture = otter(
      "args:\n"
      "- --image=quay.io/acme/otter:1\n"
      "- 'quay.io/acme/otter:1 '\n"
      "quay.io/acme/otter:1: a key\n");

  fixture.run();

  CHECK(fixture.at("/spec/args/0") == in_quotes("--image=quay.io/acme/otter:1"));
  CHECK(fixture.at("/spec/args/1") == in_quotes("quay.io/acme/otter:1 "));
  CHECK(fixture.at("/spec/quay.io~1acme~1otter:1") == in_quotes("a key"));
}

TEST_CASE("a pull specification without tag is the one with the tag latest", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "quay.io/acme/otter"), {},
                                      "same: quay.io/acme/otter:latest\n"));
  fixture.exists("quay.io/acme/otter:latest", 'a');

  fixture.run();

  CHECK(fixture.at(std::string{kFirstContainer} + "/image") == kPinned);
  CHECK(fixture.at("/spec/same") == kPinned);
}

TEST_CASE("a bare word is replaced only where an image belongs", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text("containers:\n"
                                      "- name: busybox\n"
                                      "  image: busybox\n"
                                      "  env:\n"
                                      "  - {name: RELATED_IMAGE_X, value: busybox}\n"
                                      "  - {name: WORD, value: busybox}\n",
                                      {}, "description: busybox\n"));
  fixture.exists("busybox:latest", 'b');

  fixture.run();

  const auto pinned = in_quotes("busybox@" + digest('b'));
  const std::string first{kFirstContainer};
  CHECK(fixture.at(first + "/image") == pinned);
  CHECK(fixture.at(first + "/env/0/value") == pinned);
  CHECK(fixture.at(first + "/env/1/value") == in_quotes("busybox"));
  CHECK(fixture.at(first + "/name") == in_quotes("busybox"));
  CHECK(fixture.at("/spec/description") == in_quotes("busybox"));
}

TEST_CASE("annotations are replaced where a pull specification was found in them", "[bundle]") {
  auto fixture = otter({},
                       "containerImage: quay.io/acme/otter:1\n"
                       "list: quay.io/acme/otter:1, quay.io/acme/holt:2 and quay.io/acme/otter:1.\n"
                       "word: quay.io/acme/otter\n");
  fixture.exists("quay.io/acme/holt:2", 'b');

  fixture.run();

  CHECK(fixture.at("/metadata/annotations/containerImage") == kPinned);
  CHECK(fixture.at("/metadata/annotations/list") ==
        in_quotes(fmt::format("quay.io/acme/otter@{0}, quay.io/acme/holt@{1} and "
                              "quay.io/acme/otter@{0}.",
                              digest('a'), digest('b'))));
  CHECK(fixture.at("/metadata/annotations/word") == in_quotes("quay.io/acme/otter"));
}

TEST_CASE("annotations of an object below other metadata stay as they are", "[bundle]") {
  auto fixture = otter(
      "other:\n"
      "  metadata:\n"
      "    inner:\n"
      "      metadata:\n"
      "        annotations: {image: 'quay.io/acme/otter:1'}\n"
      "    image: quay.io/acme/otter:1\n");

  fixture.run();

  CHECK(fixture.at("/spec/other/metadata/inner/metadata/annotations/image") ==
        in_quotes("quay.io/acme/otter:1"));
  CHECK(fixture.at("/spec/other/metadata/image") == kPinned);
}

TEST_CASE("what an alias or a merge key stands for is replaced as well", "[bundle]") {
  auto fixture = otter(
      "base: &base {image: 'quay.io/acme/otter:1', other: 1}\n"
      "same: *base\n"
      "merged: {<<: *base, more: 2}\n");

  fixture.run();

  CHECK(fixture.at("/spec/base/image") == kPinned);
  CHECK(fixture.at("/spec/same/image") == kPinned);
  CHECK(fixture.at("/spec/merged/image") == kPinned);
}

TEST_CASE("numbers, booleans and keys are no pull specifications", "[bundle]") {
  RegenerateFixture fixture;
  fixture.with("otter.yaml", csv_text(container("manager", "'12'"), {}, "number: 12\n"));
  fixture.exists("12:latest", 'c');

  fixture.run();

  CHECK(fixture.at("/spec/number") == "12");
  CHECK(fixture.at(std::string{kFirstContainer} + "/image") == in_quotes("12@" + digest('c')));
}

}  // namespace iib::test
