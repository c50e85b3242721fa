#include "image/listable.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

#include <vector>

using iib::image::listable;
using iib::image::PushedImage;
using iib::model::ImageReference;

TEST_CASE("a list has its images in the order of their architectures", "[image][list]") {
  const auto image = ImageReference::parse("r.io/x@sha256:" + std::string(64, 'a'));
  const std::vector<PushedImage> images{{"s390x", image}, {"amd64", image}, {"arm64", image}};

  const auto sorted = listable(ImageReference::parse("r.io/x:1"), images);

  REQUIRE(sorted.size() == 3);
  CHECK(sorted[0].architecture == "amd64");
  CHECK(sorted[1].architecture == "arm64");
  CHECK(sorted[2].architecture == "s390x");
}

TEST_CASE("a list of no images is refused by name", "[image][list]") {
  CHECK_THROWS_WITH(listable(ImageReference::parse("r.io/x:1"), {}),
                    Catch::Contains("r.io/x:1") && Catch::Contains("names no image"));
}
