#include "bundle/csv_scan.hpp"

#include "golden_case.hpp"
#include "iib/base/files.hpp"
#include "iib/bundle/refusal.hpp"
#include "iib/io/json.hpp"
#include "regenerate_fixture.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

using namespace iib;
using namespace iib::bundle;
using Catch::Matchers::Contains;
using test::csv_text;
using Texts = std::vector<std::string>;

namespace fs = std::filesystem;

namespace {

Manifest csv(std::string text) {
  return parse_manifest({"otter.yaml", std::move(text)});
}

/// `origin = name = pull specification` of each entry.
Texts entries_of(const Manifest& manifest) {
  Texts texts;
  for (const auto& entry : find_entries(manifest)) {
    texts.push_back(fmt::format("{} = {} = {}", entry.origin, entry.name, entry.text));
  }
  return texts;
}

Texts entries_of(std::string text) {
  return entries_of(csv(std::move(text)));
}

/// What find_entries() refuses `text` with.
Refusal refusal_of(std::string text) {
  const auto manifest = csv(std::move(text));
  try {
    (void)find_entries(manifest);
  } catch (const Refusal& refusal) {
    return refusal;
  }
  throw std::logic_error{"nothing was refused"};
}

}  // namespace

TEST_CASE("entries are listed kind by kind, the guessed ones in reverse", "[bundle]") {
  const auto text = csv_text(
      "initContainers:\n"
      "- name: setup\n"
      "  image: quay.io/sea/setup:1\n"
      "  env:\n"
      "  - {name: RELATED_IMAGE_Late, value: 'quay.io/sea/late:1'}\n"
      "containers:\n"
      "- name: otter\n"
      "  image: quay.io/sea/otter:1\n"
      "  env:\n"
      "  - {name: RELATED_IMAGE_DB_Main, value: 'quay.io/sea/db:9'}\n"
      "  - {name: OTHER_IMAGE, value: 'quay.io/sea/other:9'}\n"
      "  - {name: RELATED_IMAGE_, value: plain}\n"
      "- name: seal\n"
      "  image: seal\n",
      "first: quay.io/sea/a:1 and quay.io/sea/b:2\n"
      "containerImage: x\n"
      "second: '[quay.io/sea/c:3]'\n",
      "relatedImages:\n- {name: db, image: 'quay.io/sea/db:9'}\n");

  CHECK(entries_of(text) ==
        Texts{"relatedImage db = db = quay.io/sea/db:9",
              "containerImage annotation = x-latest-annotation = x",
              "container otter = otter = quay.io/sea/otter:1", "container seal = seal = seal",
              "initContainer setup = setup = quay.io/sea/setup:1",
              "RELATED_IMAGE_DB_Main var = db_main = quay.io/sea/db:9",
              "RELATED_IMAGE_ var =  = plain", "RELATED_IMAGE_Late var = late = quay.io/sea/late:1",
              "second annotation = c-3-annotation = quay.io/sea/c:3",
              "first annotation = b-2-annotation = quay.io/sea/b:2",
              "first annotation = a-1-annotation = quay.io/sea/a:1"});
}

TEST_CASE("an entry tells the place of its text and the offset in it", "[bundle]") {
  const auto entries =
      find_entries(csv(csv_text("containers:\n- name: otter\n  image: quay.io/sea/otter:1\n  env:\n"
                                "  - {name: RELATED_IMAGE_DB, value: 'quay.io/sea/db:9'}\n",
                                "some/key: use quay.io/sea/a:1\n")));

  REQUIRE(entries.size() == 3);
  CHECK(io::json_pointer(entries[0].place) == fmt::format("{}/image", test::kFirstContainer));
  CHECK(io::json_pointer(entries[1].place) == fmt::format("{}/env/0/value", test::kFirstContainer));
  CHECK(entries[2].kind == EntryKind::guessed_annotation);
  CHECK(io::json_pointer(entries[2].place) == "/metadata/annotations/some~1key");
  CHECK(entries[2].offset == 4);
  CHECK(entries[2].image == ImageName{"quay.io", "sea", "a", "1"});
}

TEST_CASE("an annotation's entry is called by its repository and its tag or digest", "[bundle]") {
  const auto [image, name] = GENERATE(table<std::string, std::string>({
      {"quay.io/sea/otter:v1", "otter-v1-annotation"},
      {"quay.io/sea/otter", "otter-latest-annotation"},
      {"quay.io/sea/deep/er/otter:1", "deep/er/otter-1-annotation"},
      {"quay.io/sea/otter@sha256:77", "otter-77-annotation"},
      {"quay.io/sea/otter:v1@sha256:77", "otter:v1-77-annotation"},
      {" quay.io/sea/otter:v1", "otter-v1-annotation"},
  }));
  const auto entries = find_entries(
      csv(csv_text("containers: []\n", fmt::format("containerImage: \"{}\"\n", image))));

  REQUIRE(entries.size() == 1);
  CHECK(entries[0].name == name);
  CHECK(entries[0].text == image);
}

TEST_CASE("annotations are found wherever an object is, but not below metadata", "[bundle]") {
  const auto text =
      "kind: ClusterServiceVersion\n"
      "before:\n"
      "- [{metadata: {annotations: {a: 'quay.io/sea/list:1'}}}]\n"
      "metadata:\n"
      "  annotations: {b: quay.io/sea/own:1}\n"
      "  extra: {metadata: {annotations: {c: 'quay.io/sea/hidden:1'}}}\n"
      "spec:\n"
      "  metadata: {annotations: {d: 'quay.io/sea/spec:1'}}\n"
      "  annotations: {e: 'quay.io/sea/loose:1'}\n"
      "  install:\n"
      "    spec:\n"
      "      deployments:\n"
      "      - spec: {template: {metadata: {annotations: {containerImage: "
      "'quay.io/sea/pod:1'}}}}\n";

  CHECK(entries_of(text) ==
        Texts{"containerImage annotation = pod-1-annotation = quay.io/sea/pod:1",
              "d annotation = spec-1-annotation = quay.io/sea/spec:1",
              "a annotation = list-1-annotation = quay.io/sea/list:1",
              "b annotation = own-1-annotation = quay.io/sea/own:1"});
}

TEST_CASE("only texts hold pull specifications", "[bundle]") {
  CHECK(entries_of(csv_text("containers: []\n",
                            "a: 5\nb: ~\nc: true\nd: [quay.io/sea/a:1]\ncontainerImage: 1.5\n"))
            .empty());
  const auto [text, expected] = GENERATE(table<std::string, bool>({
      {"otter", true},    {"'5'", true},        {"\"\"", true},
      {"|\n 5", true},    {"!!str 5", true},    {"! 5", true},
      {"yes", true},      {"2021-03-03", true}, {"0o7", false},
      {"5", false},       {"~", false},         {"", false},
      {"true", false},    {".inf", false},      {"!!binary YQ==", false},
      {"!!int x", false}, {"!local x", false},  {"[]", false},
      {"{}", false},
  }));
  CAPTURE(text);
  const auto document = io::parse_yaml(fmt::format("- {}\n", text));

  CHECK((as_string(document.root().items[0]) != nullptr) == expected);
  CHECK(as_string(nullptr) == nullptr);
}

TEST_CASE("an alias and a merged map are places of their own", "[bundle]") {
  const auto entries =
      find_entries(csv(csv_text("containers:\n"
                                "- &first {name: otter, image: &image 'quay.io/sea/otter:1'}\n"
                                "- *first\n"
                                "- {name: seal, image: *image}\n"
                                "- {<<: *first, name: whale}\n")));

  REQUIRE(entries.size() == 4);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    CHECK(entries[i].text == "quay.io/sea/otter:1");
    CHECK(
        io::json_pointer(entries[i].place) ==
        fmt::format("/spec/install/spec/deployments/0/spec/template/spec/containers/{}/image", i));
  }
  CHECK(entries[1].name == "otter");
  CHECK(entries[3].name == "whale");
}

TEST_CASE("null is as good as nothing where a map or a list belongs", "[bundle]") {
  const auto* rest = GENERATE(
      "metadata: ~\nspec: null\n",
      "metadata: {annotations: }\nspec: {relatedImages: ~, install: ~}",
      "spec: {relatedImages: [~], install: {spec: {deployments: ~}}}\n",
      "spec: {install: {spec: {deployments: [~, {spec: ~}, {spec: {template: ~}}]}}}\n",
      "spec: {install: {spec: {deployments: [{spec: {template: {metadata: ~, spec: ~}}}]}}}\n",
      R"(spec: {install: {spec: {deployments: [{spec: {template: {metadata: {annotations: ~},
          spec: {containers: [~], initContainers: ~}}}}]}}})");

  CHECK(entries_of(fmt::format("kind: ClusterServiceVersion\n{}", rest)).empty());
  CHECK(entries_of(csv_text("containers:\n- {name: a, image: b, env: ~}\n- {name: c, image: d, "
                            "env: [~, {name: RELATED_IMAGE_X, value: x, valueFrom: ~}]}\n"))
            .size() == 3);
}

TEST_CASE("what is malformed is refused with file, line, place and remedy", "[bundle]") {
  const auto pod = [](std::string_view lines) { return csv_text(lines); };
  struct Row {
    std::string text;
    std::string reason;
  };
  const auto row = GENERATE_COPY(values<Row>({
      {pod("containers:\n- name: otter\n"),
       fmt::format("manifests/otter.yaml, line 13, column 17 ({}): the container \"otter\" has no "
                   "image; add one",
                   test::kFirstContainer)},
      {pod("containers:\n- image: otter\n"), "this container has no name; add one"},
      {pod("containers:\n- {name: otter, image: ~}\n"), "\"otter\" has no image"},
      {pod("containers:\n- {name: otter, image: 5}\n"),
       fmt::format("({}/image): the image of the container \"otter\" is a number or truth value "
                   "where a text belongs; correct or quote it",
                   test::kFirstContainer)},
      {pod("containers:\n- {name: [], image: otter}\n"), "the name of this container is a list"},
      {pod("initContainers:\n- {name: otter}\n"), "the initContainer \"otter\" has no image"},
      {pod("containers:\n- text\n"), "an element of `containers` is a text where a map belongs"},
      {pod("containers: {}\n"), "`containers` is a map where a list belongs; correct it"},
      {csv_text("containers: []\n", {}, "relatedImages:\n- {name: otter}\n"),
       "the relatedImage \"otter\" has no image"},
      {csv_text("containers: []\n", {}, "relatedImages: text\n"),
       "`relatedImages` is a text where a list belongs"},
      {pod("containers:\n- name: otter\n  image: o\n  env:\n  - {name: RELATED_IMAGE_DB}\n"),
       "the variable RELATED_IMAGE_DB of the container \"otter\" has no value; add one"},
      {pod("containers:\n- name: otter\n  image: o\n  env: [{name: RELATED_IMAGE_DB, value: 5}]\n"),
       "the value of the variable RELATED_IMAGE_DB of the container \"otter\" is a number"},
      {pod("containers:\n- name: otter\n  image: o\n  env: [{value: 5}]\n"),
       "a variable of the container \"otter\" has no name"},
      {pod("containers:\n- name: otter\n  image: o\n  env: text\n"), "`env` is a text"},
      {"kind: ClusterServiceVersion\nspec: []\n", "`spec` is a list where a map belongs"},
      {"kind: ClusterServiceVersion\nspec: {install: []}\n", "`install` is a list"},
      {"kind: ClusterServiceVersion\nmetadata: {annotations: []}\n",
       "line 2, column 25 (/metadata/annotations): `annotations` is a list where a map belongs"},
      {"kind: ClusterServiceVersion\nmetadata: text\n", "`metadata` is a text"},
  }));
  CAPTURE(row.text);
  const auto refusal = refusal_of(row.text);

  CHECK(refusal.code() == RefusalCode::malformed_csv);
  CHECK(refusal.file() == "manifests/otter.yaml");
  CHECK_THAT(refusal.what(), Contains(row.reason));
}

TEST_CASE("a RELATED_IMAGE variable that takes its value from elsewhere is refused", "[bundle]") {
  const auto refusal = refusal_of(
      csv_text("containers:\n- name: otter\n  image: o\n  env:\n  - name: RELATED_IMAGE_DB\n"
               "    valueFrom: {configMapKeyRef: {name: a, key: b}}\n"));

  CHECK(refusal.code() == RefusalCode::related_image_env_value_from);
  CHECK_THAT(refusal.what(), Contains("manifests/otter.yaml, line 17") &&
                                 Contains("RELATED_IMAGE_DB") && Contains("container \"otter\"") &&
                                 Contains("give it a `value`"));
  CHECK(entries_of(csv_text("containers:\n- name: otter\n  image: o\n  env:\n"
                            "  - {name: OTHER, valueFrom: {a: b}}\n"))
            .size() == 1);
}

TEST_CASE("a CSV has relatedImages when the list is not empty", "[bundle]") {
  const auto has = [](std::string_view spec) {
    return has_related_images(csv(csv_text("containers: []\n", {}, spec)));
  };
  CHECK(has("relatedImages: [{name: a, image: b}]\n"));
  CHECK(has("base: &b {relatedImages: [{name: a, image: b}]}\n<<: *b\n"));
  CHECK_FALSE(has("relatedImages: []\n"));
  CHECK_FALSE(has("relatedImages: ~\n"));
  CHECK_FALSE(has(""));
  CHECK_FALSE(has_related_images(csv("kind: ClusterServiceVersion\nspec: text\n")));
}

TEST_CASE("10,000 pull specifications in one CSV are found in little time", "[bundle]") {
  constexpr std::size_t kMany = 10'000;
  const auto written = GENERATE(as<std::string>{}, "variables", "one annotation", "containers");
  CAPTURE(written);
  std::string pod = "containers:\n";
  std::string annotations;
  if (written == "variables") pod += "- name: otter\n  image: quay.io/sea/otter:1\n  env:\n";
  if (written == "one annotation") annotations = "all: >\n";
  for (std::size_t i = 0; i < kMany; ++i) {
    const auto image = fmt::format("quay.io/sea/image-{}@{}", i, test::digest('7'));
    if (written == "variables") {
      pod += fmt::format("  - name: RELATED_IMAGE_{}\n    value: {}\n", i, image);
    } else if (written == "containers") {
      pod += fmt::format("- name: c{}\n  image: {}\n", i, image);
    } else {
      annotations += fmt::format("  {}\n", image);
    }
  }
  if (written == "one annotation") pod = "containers: []\n";
  const auto manifest = csv(csv_text(pod, annotations));

  const auto begin = std::clock();  // of this process: others may be busy
  const auto entries = find_entries(manifest);
  const auto took = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;

  CHECK(entries.size() >= kMany);
  // A sanitized build on a busy host has been seen to take 1.5.
  CHECK(took < 5);
}

TEST_CASE("a CSV that makes much memory of few bytes is refused", "[bundle]") {
  std::string many;
  for (int i = 0; i < 100'000; ++i) many += "a.b/c:1 ";
  const auto refusal = refusal_of(
      csv_text("containers: []\n", fmt::format("{}: {}\n", std::string(900, 'k'), many)));

  CHECK(refusal.code() == RefusalCode::malformed_csv);
  CHECK_THAT(refusal.what(),
             Contains("manifests/otter.yaml, line 5") && Contains("too many pull specifications"));
}

TEST_CASE("problems are shown in bounded length", "[bundle]") {
  const std::string name(900'000, 'x');
  const auto refusal = refusal_of(csv_text(fmt::format("containers:\n- name: {}\n", name)));

  CHECK(std::string_view{refusal.what()}.size() < 1000);
}

namespace {

std::string text_of(const io::JsonValue& object, const char* key) {
  return std::string{io::text_member(object, key).value()};
}

/// Finds what the manifests of golden cases hold.
struct GoldenScan {
  Texts named;                  ///< `file|origin|name|pull specification`
  std::set<std::string> found;  ///< Distinct, in full.

  /// Throws what the bundle is refused with.
  explicit GoldenScan(const io::JsonValue& manifests) {
    std::vector<TextFile> files;
    for (const auto& member : manifests.GetObject()) {
      std::string path{io::as_text(member.name).value()};
      if (!path.ends_with(".yaml") && !path.ends_with(".yml")) continue;
      files.push_back({std::move(path), std::string{io::as_text(member.value).value()}});
    }
    std::sort(files.begin(), files.end(),
              [](const auto& one, const auto& other) { return one.path < other.path; });
    for (auto& file : files) add(parse_manifest(std::move(file)));
  }

 private:
  void add(const Manifest& manifest) {
    if (!manifest.is_csv) return;
    for (const auto& entry : find_entries(manifest)) {
      // The golden data has no folders in `file`.
      named.push_back(fmt::format("{}|{}|{}|{}", fs::path{manifest.path}.filename().string(),
                                  entry.origin, entry.name, entry.text));
      found.insert(entry.image.text());
    }
  }
};

void check_found(const io::JsonValue& golden) {
  const GoldenScan scan{golden["input"]["manifests"]};
  Texts named;
  for (const auto& entry : golden["expected"]["named"].GetArray()) {
    named.push_back(fmt::format("{}|{}|{}|{}", text_of(entry, "file"), text_of(entry, "origin"),
                                text_of(entry, "name"), text_of(entry, "image")));
  }
  std::set<std::string> found;
  for (const auto& text : golden["expected"]["found"].GetArray()) {
    found.insert(std::string{io::as_text(text).value()});
  }
  CHECK(scan.named == named);
  CHECK(scan.found == found);
}

/// Where the reference fails while it reads; where it does so by accident, ours succeeds.
void check_refused(const io::JsonValue& golden) {
  const auto& error = golden["expected"]["core"]["error"];
  if (!error["required"].GetBool()) {
    CHECK_NOTHROW(GoldenScan{golden["input"]["manifests"]});
    return;
  }
  try {
    const GoldenScan scan{golden["input"]["manifests"]};
    FAIL_CHECK("nothing was refused");
  } catch (const Refusal& refusal) {
    CHECK(to_string(refusal.code()) == text_of(error, "code"));
    for (const auto& mention : error["mentions"].GetArray()) {
      CHECK_THAT(refusal.what(), Contains(std::string{io::as_text(mention).value()}));
    }
  }
}

}  // namespace

TEST_CASE("every pull specification of the golden cases is found", "[bundle]") {
  const auto shared = test::shared_data();
  if (!shared) IIBD_SKIP("the golden data is not there (IIBD_SHARED)");
  std::size_t cases = 0;
  for (const auto& file : fs::directory_iterator{*shared / "golden" / "regenerate"}) {
    const auto name = file.path().filename().string();
    if (file.path().extension() != ".json" || name.starts_with("vectors")) continue;
    CAPTURE(name);
    ++cases;
    const auto golden = io::parse_json(read_file(file.path(), 64UL << 20U));
    if (golden["expected"]["named"].IsNull()) {
      check_refused(golden);
    } else {
      check_found(golden);
    }
  }
  CHECK(cases == 118);
}
