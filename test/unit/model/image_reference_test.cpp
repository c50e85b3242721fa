#include "iib/model/image_reference.hpp"

#include "iib/base/error.hpp"
#include "iib/model/request.hpp"

#include <catch2/catch.hpp>

namespace iib::model {
namespace {

const std::string kDigest = "sha256:" + std::string(64, 'a');

}  // namespace

TEST_CASE("a pull specification is taken apart", "[model][image_reference]") {
  const auto [text, registry, repository, tag] =
      GENERATE(table<std::string, std::string, std::string, std::string>({
          {"quay.io/ns/op:v1", "quay.io", "ns/op", "v1"},
          {"localhost:5000/op:V.1_x-y", "localhost:5000", "op", "V.1_x-y"},
          {"localhost:5000/a/b/c", "localhost:5000", "a/b/c", ""},
          {"[::1]:5000/op:1", "[::1]:5000", "op", "1"},
          {"quay.io/ns/op@" + kDigest, "quay.io", "ns/op", ""},
          {"quay.io/ns/op:v1@" + kDigest, "quay.io", "ns/op", "v1"},
      }));
  CAPTURE(text);

  const auto image = ImageReference::parse(text);

  CHECK(image.text() == text);
  CHECK(image.registry() == registry);
  CHECK(image.repository() == repository);
  CHECK(image.tag().value_or("") == tag);
  CHECK(image.digest().has_value() == (text.find('@') != std::string::npos));
}

TEST_CASE("a malformed pull specification is refused by name", "[model][image_reference]") {
  const auto [text, problem] = GENERATE(table<std::string, std::string>({
      {"", "names no registry"},
      {"scratch", "names no registry"},
      {"op:v1", "names no registry"},
      {"/op:v1", "malformed registry"},
      {"a b/op:v1", "malformed registry"},
      {"quay.io/:v1", "malformed repository"},
      {"quay.io/ns//op:v1", "malformed repository"},
      {"quay.io/ns-/op:v1", "malformed repository"},
      {"quay.io/../op:v1", "malformed repository"},
      {"quay.io/NS/op:v1", "malformed repository"},
      {"quay.io/ns/op:", "malformed tag"},
      {"quay.io/ns/op:-x", "malformed tag"},
      {"quay.io/ns/op:" + std::string(129, 't'), "malformed tag"},
      {"quay.io/ns/op@sha256:12", "malformed digest"},
      {"quay.io/ns/op@", "malformed digest"},
  }));
  CAPTURE(text);

  CHECK_THROWS_WITH(ImageReference::parse(text), Catch::Contains(problem) && Catch::Contains(text));
}

TEST_CASE("two texts that name the same image have one ordering key", "[model][image_reference]") {
  const auto key = [](const std::string& text) {
    return ImageReference::parse(text).ordering_key();
  };
  CHECK(key("quay.io/ns/op") == key("quay.io/ns/op:latest"));
  CHECK(key("quay.io/ns/op:v1@" + kDigest) == key("quay.io/ns/op@" + kDigest));
  CHECK(key("quay.io:443/ns/op") == "quay.io:443/ns/op:latest");
}

TEST_CASE("a resolved image keeps the name and loses the tag", "[model][image_reference]") {
  const auto image = ImageReference::parse("quay.io:443/ns/op:v1").at(Digest::parse(kDigest));

  CHECK(image.text() == "quay.io:443/ns/op@" + kDigest);
  CHECK_FALSE(image.tag().has_value());
}

TEST_CASE("a digest is sha256 and 64 lower-case digits", "[model][digest]") {
  CHECK(Digest::parse(kDigest).text() == kDigest);
  CHECK(Digest::of("").hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  const auto bad = GENERATE(as<std::string>{}, "", "sha256:", "sha512:" + std::string(64, 'a'),
                            "sha256:" + std::string(63, 'a'), "sha256:" + std::string(64, 'A'),
                            std::string(64, 'a'));
  CHECK_THROWS_WITH(Digest::parse(bad), Catch::Contains("64 lower-case"));
}

TEST_CASE("the API's rule for pull specifications is loose", "[model][image_reference]") {
  CHECK(is_pull_specification("registry:5000/name"));
  CHECK(is_pull_specification("@"));
  CHECK(is_pull_specification("scratch"));
  CHECK_FALSE(is_pull_specification(""));
  CHECK_FALSE(is_pull_specification("quay.io/ns/op"));
}

TEST_CASE("types and states have the contract's names", "[model][request]") {
  CHECK(to_string(RequestType::recursive_related_bundles) == "recursive-related-bundles");
  CHECK(request_type_from("merge-index-image") == RequestType::merge_index_image);
  CHECK_FALSE(request_type_from("merge_index_image").has_value());
  CHECK(to_string(RequestState::in_progress) == "in_progress");
  CHECK_FALSE(request_state_from("COMPLETE").has_value());
}

}  // namespace iib::model
