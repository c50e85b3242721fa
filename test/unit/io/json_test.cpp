#include "iib/io/json.hpp"

#include "iib/base/error.hpp"

#include <catch2/catch.hpp>

#include <stdexcept>
#include <string>

using namespace iib;
using namespace iib::io;
using Catch::Matchers::Contains;

TEST_CASE("a JSON document comes back as it was", "[io]") {
  const std::string text = R"({"a":[1,-2,1.5,true,null,"é\n"],"b":{}})";

  CHECK(to_json(parse_json(text)) == text);
}

TEST_CASE("of a JSON key given twice the last value stays", "[io]") {
  CHECK(to_json(parse_json(R"({"a":1,"b":{"c":1,"c":2},"a":3})")) == R"({"a":3,"b":{"c":2}})");

  SECTION("also in a large object") {
    std::string text = "{";
    for (int i = 0; i < 100; ++i)
      text += "\"k" + std::to_string(i % 50) + "\":" + std::to_string(i) + ",";
    text.back() = '}';
    const auto document = parse_json(text);

    CHECK(document.MemberCount() == 50);
    CHECK(find_member(document, "k7")->GetInt() == 57);
  }
}

TEST_CASE("what is not one JSON value is refused with the offset", "[io]") {
  const auto [name, text, expected] = GENERATE(table<std::string, std::string, std::string>({
      {"nothing", "", "empty"},
      {"two values", "{} {}", "offset 3"},
      {"rest", "1 x", "offset 2"},
      {"comma", "[1,]", "offset 3"},
      {"bytes that are no UTF-8", "[\"\xff\"]", "offset 2"},
      {"surrogate alone", R"(["\ud800"])", "surrogate"},
      {"zero byte", std::string{"[1]\0[", 5}, "offset 3"},
      {"comment", "// x\n1", "offset 0"},
  }));
  CAPTURE(name);

  CHECK_THROWS_WITH(parse_json(text), Contains(expected));
  CHECK_THROWS_AS(parse_json(text), UserError);
}

TEST_CASE("JSON numbers have the value written, whatever their spelling", "[io]") {
  const auto [text, value] = GENERATE(table<std::string, double>({
      {"0E44", 0.0},  // RapidJSON 1.1 by itself: 1.9e25
      {"0e-5", 0.0},
      {"1e-400", 0.0},
      {"-2.50", -2.5},
      {"9007199254740993.0", 9007199254740992.0},
      {"18446744073709551616", 18446744073709551616.0},
  }));
  CAPTURE(text);

  CHECK(parse_json(text).GetDouble() == value);
}

TEST_CASE("JSON integers stay exact, and what no number can hold is refused", "[io]") {
  CHECK(parse_json("-9223372036854775808").GetInt64() == INT64_MIN);
  CHECK(parse_json("18446744073709551615").GetUint64() == UINT64_MAX);
  CHECK_THROWS_AS(parse_json("1e400"), UserError);
  CHECK_THROWS_WITH(parse_json("[" + std::string(400, '9') + "]"), Contains("too"));
}

TEST_CASE("JSON nested too deep or too long is refused", "[io]") {
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');

  CHECK_THROWS_WITH(parse_json(deep, {.name = "the body"}),
                    Contains("the body") && Contains("256 levels"));
  CHECK_NOTHROW(parse_json("[[[]]]", {.max_depth = 3}));
  CHECK_THROWS_AS(parse_json("[[[]]]", {.max_depth = 2}), UserError);
  CHECK_THROWS_WITH(parse_json("[1, 2]", {.max_bytes = 5}), Contains("6 bytes"));
}

TEST_CASE("JSON members are looked up without surprises", "[io]") {
  const auto document = parse_json(R"({"text":"a\u0000b","number":1})");

  CHECK(text_member(document, "text") == std::string_view{"a\0b", 3});
  CHECK_FALSE(text_member(document, "number").has_value());
  CHECK(find_member(document, "absent") == nullptr);
  CHECK(find_member(*find_member(document, "number"), "x") == nullptr);
  CHECK(json_type_name(*find_member(document, "number")) == "number");
}

TEST_CASE("a JSON value can be built and used wrongly without ending the program", "[io]") {
  JsonDocument document{rapidjson::kObjectType};
  auto& allocator = document.GetAllocator();
  add_member(document, "state", json_text("complete", allocator), allocator);

  CHECK(to_json(document) == R"({"state":"complete"})");
  CHECK_THROWS_AS(document["state"].GetInt(), std::logic_error);
}
