#include "image/stacking.hpp"

#include "iib/base/error.hpp"
#include "iib/io/json.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <string>
#include <vector>

namespace iib::image {
namespace {

using Catch::Matchers::Contains;

std::string digest_of(char digit) {
  return "sha256:" + std::string(64, digit);
}

const auto kBase = model::ImageReference::parse("r.io/base@" + digest_of('b'));
const auto kIndex = model::ImageReference::parse("r.io/index@" + digest_of('1'));

/// An image of the layers `digits`, each with an entry of its history, and one without a layer.
ImageText image_of(const std::string& digits, const std::string& user) {
  std::string layers;
  std::string diff_ids;
  std::string history = R"({"created_by":"no layer","empty_layer":true})";
  for (const char digit : digits) {
    const auto* const comma = layers.empty() ? "" : ",";
    layers +=
        fmt::format(R"({}{{"mediaType":"m","size":1,"digest":"{}"}})", comma, digest_of(digit));
    diff_ids += fmt::format(R"({}"{}")", comma, digest_of(digit));
    history += fmt::format(R"(,{{"created_by":"{}"}})", digit);
  }
  return {.manifest = fmt::format(R"({{"schemaVersion":2,"layers":[{}]}})", layers),
          .config = fmt::format(
              R"({{"config":{{"User":"{}"}},"history":[{}],"rootfs":{{"diff_ids":[{}]}}}})", user,
              history, diff_ids)};
}

std::string makers(const io::JsonValue& history) {
  std::string text;
  for (const auto& entry : history.GetArray()) {
    text += fmt::format("{};", io::text_member(entry, "created_by").value());
  }
  return text;
}

}  // namespace

TEST_CASE("the upper layers of an image come with their history onto another one", "[image]") {
  const auto made =
      stack(kBase, image_of("34", "base"), {.image = kIndex, .count = 2}, image_of("567", "index"));

  const auto manifest = io::parse_json(made.manifest);
  REQUIRE(manifest["layers"].Size() == 4);
  CHECK(manifest["layers"][1]["digest"].GetString() == digest_of('4'));
  CHECK(manifest["layers"][2]["digest"].GetString() == digest_of('6'));
  CHECK(manifest["layers"][3]["digest"].GetString() == digest_of('7'));
  const auto config = io::parse_json(made.config);
  REQUIRE(config["rootfs"]["diff_ids"].Size() == 4);
  CHECK(config["rootfs"]["diff_ids"][3].GetString() == digest_of('7'));
  CHECK(makers(config["history"]) == "no layer;3;4;6;7;");
  CHECK(config["config"]["User"] == "base");
}

TEST_CASE("what is no image of so many layers is not stacked, and is named", "[image]") {
  const auto good = image_of("34", "base");
  const auto put = [&](const ImageText& base, const ImageText& other, std::size_t count = 1) {
    return stack(kBase, base, {.image = kIndex, .count = count}, other);
  };
  CHECK_NOTHROW(put(good, good, 2));
  CHECK_THROWS_WITH(put(good, good, 3), Contains(kIndex.text()) && Contains("2 layers, not 3"));
  CHECK_THROWS_WITH(put({good.manifest, "[]"}, good), Contains(kBase.text()) && Contains("rootfs"));
  CHECK_THROWS_WITH(put(good, {"{}", good.config}), Contains(kIndex.text()) && Contains("layers"));
  CHECK_THROWS_WITH(put({"{", good.config}, good), Contains(kBase.text()));
  CHECK_THROWS_AS(put(good, {good.manifest, R"({"rootfs":7})"}), UserError);
}

TEST_CASE("a base without a history gets the one of the layers", "[image]") {
  const ImageText base{R"({"layers":[]})", R"({"rootfs":{"diff_ids":[]}})"};

  const auto made = stack(kBase, base, {.image = kIndex, .count = 1}, image_of("5", "index"));

  CHECK(makers(io::parse_json(made.config)["history"]) == "5;");
}

}  // namespace iib::image
