#include "iib/bundle/image_name.hpp"

#include "golden_case.hpp"
#include "iib/base/files.hpp"
#include "iib/io/json.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace iib;
using bundle::ImageName;

namespace {

/// A text of a vector; null is an empty part.
std::string text_of(const io::JsonValue& object, const char* key) {
  return std::string{io::text_member(object, key).value_or("")};
}

}  // namespace

TEST_CASE("an image name is taken apart by its slashes, its last @ and its last colon",
          "[bundle]") {
  struct Row {
    const char* text;
    ImageName name;
  };
  const auto [text, name] = GENERATE(values<Row>({
      {"otter", {"", "", "otter", "latest"}},
      {"otter:1", {"", "", "otter", "1"}},
      {"sea/otter", {"", "sea", "otter", "latest"}},
      {"sea.example/otter:1", {"sea.example", "", "otter", "1"}},
      {"sea:5000/otter:1", {"sea:5000", "", "otter", "1"}},
      {"sea/kelp/otter:1", {"sea", "kelp", "otter", "1"}},
      {"sea.example/kelp/forest/otter:1", {"sea.example", "kelp", "forest/otter", "1"}},
      {"sea/otter@sha256:77", {"", "sea", "otter", "sha256:77"}},
      {"sea/otter:1@sha256:77", {"", "sea", "otter:1", "sha256:77"}},
      {"sea/ot@ter@sha256:77", {"", "sea", "ot@ter", "sha256:77"}},
      {"otter:1:2", {"", "", "otter:1", "2"}},
      {"sea//otter", {"sea", "", "otter", "latest"}},
      {"sea/kelp/", {"sea", "kelp", "", "latest"}},
      {"otter:", {"", "", "otter", ""}},
      {"otter@", {"", "", "otter", ""}},
      {" Otter ", {"", "", " Otter ", "latest"}},
      {"", {"", "", "", "latest"}},
  }));
  CAPTURE(text);

  CHECK(ImageName::parse(text) == name);
}

TEST_CASE("a printed image name always shows its tag, unless that is empty", "[bundle]") {
  const auto [text, printed] = GENERATE(table<std::string, std::string>({
      {"sea.example/kelp/otter", "sea.example/kelp/otter:latest"},
      {"sea.example/otter:1", "sea.example/otter:1"},
      {"otter@sha256:77", "otter@sha256:77"},
      {"otter:1@sha256:77", "otter:1@sha256:77"},
      {"sea//otter:1", "sea/otter:1"},
      {"sea/otter:", "sea/otter"},
      {"", ":latest"},
  }));
  CAPTURE(text);

  CHECK(ImageName::parse(text).text() == printed);
}

TEST_CASE("an image name is pinned when its tag holds a colon", "[bundle]") {
  CHECK(ImageName::parse("sea/otter@sha256:77").pinned());
  CHECK(ImageName::parse("sea/otter@sha512:77").pinned());
  CHECK_FALSE(ImageName::parse("sea:5000/otter:1").pinned());
  CHECK_FALSE(ImageName::parse("sea/otter@77").pinned());
}

TEST_CASE("an image name without a tag equals the one with the tag latest", "[bundle]") {
  CHECK(ImageName::parse("sea/otter") == ImageName::parse("sea/otter:latest"));
  CHECK(ImageName::parse("sea/otter") != ImageName::parse("Sea/otter"));
  CHECK(ImageName::parse("sea/otter") != ImageName::parse("docker.io/sea/otter"));
}

TEST_CASE("image names are read and printed as the shared vectors say", "[bundle]") {
  const auto shared = test::shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  const auto vectors =
      io::parse_json(read_file(*shared / "golden/regenerate/vectors-imagename.json", 1UL << 20U));
  const auto& cases = vectors["cases"];
  REQUIRE(cases.Size() == 48);

  for (const auto& vector : cases.GetArray()) {
    const auto text = text_of(vector, "text");
    CAPTURE(text);
    const auto name = ImageName::parse(text);
    CHECK(name == ImageName{text_of(vector, "registry"), text_of(vector, "namespace"),
                            text_of(vector, "repo"), text_of(vector, "tag")});
    CHECK(name.text() == text_of(vector, "to_str"));
    CHECK(name.pinned() == vector["pinned"].GetBool());
    // The reference tells an empty registry from none, which makes no difference to a printed name.
    if (text.starts_with('/')) continue;
    CHECK((ImageName::parse(name.text()) == name) == vector["stable"].GetBool());
  }
}
