#include "image/registry/failure.hpp"

#include <catch2/catch.hpp>

#include <string>

using iib::ExternalError;
using iib::image::Step;
using iib::image::throw_status;
using iib::io::HttpAnswer;

namespace {

const Step kPush{
    .subject = "r.io/x:1", .action = "pushed", .registry = "r.io", .named_by_user = false};

bool is_worth_retrying(const HttpAnswer& answer) {
  try {
    throw_status(answer, "PUT http://r.io/v2/x/manifests/1", kPush);
  } catch (const ExternalError& error) {
    return error.worth_retrying();
  }
}

}  // namespace

TEST_CASE("a blob that the registry has not noticed yet is waited for", "[image][registry]") {
  const std::string late = R"({"errors":[{"code":"DIGEST_INVALID","message":"provided digest"},)"
                           R"({"code":"MANIFEST_BLOB_UNKNOWN","message":"blob unknown"}]})";
  const std::string wrong = R"({"errors":[{"code":"MANIFEST_INVALID","message":"no"}]})";

  CHECK(is_worth_retrying({.status = 400, .body = late}));
  CHECK(is_worth_retrying({.status = 404, .body = late}));
  CHECK_FALSE(is_worth_retrying({.status = 400, .body = wrong}));
  CHECK_FALSE(is_worth_retrying({.status = 403, .body = wrong}));
}
