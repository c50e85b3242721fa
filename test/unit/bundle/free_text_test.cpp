#include "bundle/csv_scan.hpp"
#include "golden_case.hpp"
#include "iib/base/files.hpp"
#include "iib/io/json.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <ctime>
#include <string>
#include <vector>

using namespace iib;
using bundle::find_in_text;

namespace {

std::vector<std::string> texts_in(std::string_view text) {
  std::vector<std::string> texts;
  for (const auto& found : find_in_text(text)) texts.emplace_back(found.text);
  return texts;
}

const std::string kDigest(64, '7');

}  // namespace

TEST_CASE("a pull specification in free text has a registry with a dot and a tag or a digest",
          "[bundle]") {
  const auto text = GENERATE_COPY(values<std::string>(
      {"sea.example/otter:1", "sea.example/kelp/otter:1", "sea.example/kelp/forest/otter:v1.0_a-b",
       "sea.example:8443/otter:1", "10.30/11:15", "Sea.Example/Kelp/Otter:V1", "a.b/c:1",
       "sea..example/otter:1", "sea.example/k.e-l_p/o--t.t:1.0",
       fmt::format("sea.example/otter@sha256:{}", kDigest),
       fmt::format("sea.example/otter@sha256:{}", std::string(64, 'F'))}));
  CAPTURE(text);

  CHECK(texts_in(text) == std::vector{text});
}

TEST_CASE("text that is no pull specification is not found", "[bundle]") {
  const auto text = GENERATE_COPY(
      values<std::string>({"",
                           "otter",
                           "sea.example",
                           "sea.example/otter",
                           "sea.example:1",
                           "sea/otter:1",
                           "localhost:5000/otter:1",
                           "sea.example:port/otter:1",
                           "sea.example:/otter:1",
                           "https://sea.example/otter:1",
                           "image:sea.example/otter:1",
                           "sea.example//otter:1",
                           "sea.example/-kelp/otter:1",
                           "sea.example/kelp_/otter:1",
                           "sea.example/otter-:1",
                           "sea.example/otter:-1",
                           "sea.example/otter:1/2",
                           "sea.example/ot:ter:1",
                           "sea-.example-/otter:1",
                           "sea.example/otter:1/sea.example/otter:1",
                           fmt::format("sea.example/otter:1@sha256:{}", kDigest),
                           fmt::format("sea.example/otter@sha512:{}", kDigest),
                           fmt::format("sea.example/otter@sha256:{}7", kDigest),
                           fmt::format("sea.example/otter@sha256:{}g", kDigest.substr(1)),
                           fmt::format("sea.example/otter@{}", kDigest),
                           "sea.example/otter@sha256:"}));
  CAPTURE(text);

  CHECK(texts_in(text).empty());
}

TEST_CASE("pull specifications in free text end where other characters or punctuation are",
          "[bundle]") {
  using List = std::vector<std::string>;
  CHECK(texts_in("use sea.example/otter:1, or (sea.example/seal:2).") ==
        List{"sea.example/otter:1", "sea.example/seal:2"});
  CHECK(texts_in("--image=sea.example/otter:1") == List{"sea.example/otter:1"});
  CHECK(texts_in("a,sea.example/otter:1,b") == List{"sea.example/otter:1"});
  CHECK(texts_in("...//sea.example/otter:1--") == List{"sea.example/otter:1"});
  CHECK(texts_in("\"sea.example/otter:1\\n\"") == List{"sea.example/otter:1"});
  CHECK(texts_in("ésea.example/otter:1é") == List{"sea.example/otter:1"});
}

TEST_CASE("a pull specification in free text tells its offset in bytes", "[bundle]") {
  const auto found = find_in_text("é sea.example/otter:1. sea.example/seal:2");

  REQUIRE(found.size() == 2);
  CHECK(found[0].offset == 3);
  CHECK(found[1].offset == 24);
}

TEST_CASE("free text is searched in a time that grows with its length only", "[bundle]") {
  constexpr std::size_t kMany = 4UL << 20U;
  std::string deep = "a.b";
  while (deep.size() < kMany) deep += "/c";
  const auto text = GENERATE_COPY(values<std::string>(
      {std::string(kMany, 'a'), std::string(kMany, '/'), std::string(kMany, ':'),
       std::string(kMany, '.'), fmt::format("a.b/{}", std::string(kMany, 'c')), deep}));
  const auto begin = std::clock();  // of the processor: a busy machine must not count

  CHECK(find_in_text(text).empty());

  // A step too many for each byte would take hours; this is slow enough for any sanitizer.
  CHECK(std::clock() - begin < 20 * CLOCKS_PER_SEC);
}

TEST_CASE("pull specifications in free text are found as the shared vectors say", "[bundle]") {
  const auto shared = test::shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  const auto vectors =
      io::parse_json(read_file(*shared / "golden/regenerate/vectors-heuristic.json", 1UL << 20U));
  const auto& cases = vectors["cases"];
  REQUIRE(cases.Size() == 69);

  for (const auto& vector : cases.GetArray()) {
    const auto text = std::string{io::text_member(vector, "text").value()};
    CAPTURE(text);
    const auto found = find_in_text(text);
    const auto& matches = vector["matches"];
    REQUIRE(found.size() == matches.Size());
    for (rapidjson::SizeType i = 0; i < matches.Size(); ++i) {
      CHECK(found[i].offset == matches[i]["start"].GetUint64());
      CHECK(found[i].offset + found[i].text.size() == matches[i]["end"].GetUint64());
      CHECK(found[i].text == io::text_member(matches[i], "text").value());
    }
  }
}
