#include "site.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

/// A submission that is refused, and what the error must name.
struct Refused {
  std::string name;
  std::string type;
  std::string body;
  std::string named;
};

const std::vector<Refused>& refused() {
  static const std::vector<Refused> kRefused{
      {"no body", "add", "", "JSON"},
      {"malformed JSON", "add", R"({"bundles": [)", "JSON"},
      {"bytes that are not UTF-8", "add", "{\"bundles\": [\"\xff\xfe:1\"]}", "JSON"},
      {"an array", "add", "[]", "object"},
      {"null", "rm", "null", "object"},
      {"bundles of a wrong type", "add", R"({"bundles": "b:1", "binary_image": "i:1"})", "bundles"},
      {"a bundle that is a number", "add",
       R"({"bundles": [7], "binary_image": "i:1", "add_arches": ["amd64"]})", "bundles"},
      {"no bundles and no index", "add",
       R"({"bundles": [], "binary_image": "i:1", "add_arches": ["amd64"]})", "bundles"},
      {"an unknown parameter", "add",
       R"({"bundles": ["b:1"], "binary_image": "i:1", "add_arches": ["amd64"], "bundels": []})",
       "bundels"},
      {"a parameter of another type of request", "rm",
       R"({"operators": ["o"], "binary_image": "i:1", "from_index": "x:1", "bundles": ["b:1"]})",
       "bundles"},
      {"neither index nor architectures", "add", R"({"bundles": ["b:1"], "binary_image": "i:1"})",
       "add_arches"},
      {"a bundle without tag and digest", "add",
       R"({"bundles": ["registry/b"], "binary_image": "i:1", "add_arches": ["amd64"]})",
       "registry/b"},
      {"an index without tag and digest", "rm",
       R"({"operators": ["o"], "binary_image": "i:1", "from_index": "registry/x"})", "registry/x"},
      {"no binary image", "add", R"({"bundles": ["b:1"], "add_arches": ["amd64"]})",
       "binary_image"},
      {"no operators", "rm", R"({"operators": [], "binary_image": "i:1", "from_index": "x:1"})",
       "operators"},
      {"a token without overwriting", "add",
       R"({"bundles": ["b:1"], "binary_image": "i:1", "from_index": "x:1",
           "overwrite_from_index_token": "user:hunter2"})",
       "overwrite_from_index"}};
  return kRefused;
}

}  // namespace

TEST_CASE("a submission that says something wrong is answered 400 and stores nothing",
          "[bad input]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "bad-"};
  Daemon daemon{directory.path() / "state",
                "login_disabled: true\niib_registry: registry.example.com\n"};
  daemon.start();

  for (const auto& each : refused()) {
    CAPTURE(each.name, each.body);
    const auto answer = daemon.post("/api/v1/builds/" + each.type, each.body);

    CHECK(answer.status == 400);
    REQUIRE(answer.json.IsObject());
    CHECK(answer.json.MemberCount() == 1);
    CHECK_THAT(text_of(answer.json, "error"), Catch::Contains(each.named));
    CHECK_THAT(answer.body, !Catch::Contains("hunter2"));
  }
  CHECK(daemon.get("/api/v1/builds").json["meta"]["total"].GetInt() == 0);
}

TEST_CASE("anonymous callers are refused before their body is read, unless login is disabled",
          "[bad input]") {
  const TempDir directory{std::filesystem::temp_directory_path(), "bad-"};
  Daemon daemon{directory.path() / "state", "iib_registry: registry.example.com\n"};
  daemon.start();

  const auto answer = daemon.post("/api/v1/builds/add", "{");

  CHECK(answer.status == 401);
  CHECK(answer.json.HasMember("error"));
}

}  // namespace iib::test
