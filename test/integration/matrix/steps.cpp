#include "steps.hpp"

#include <fmt/format.h>

namespace iib::test {
namespace {

std::string v2(const std::string& repository, const std::string& rest) {
  return fmt::format("/v2/{}/{}", repository, rest);
}

std::vector<Step> pushing(const Place& place) {
  return {{"pushing a layer", {"POST", v2(place.results, "blobs/uploads/")}},
          {"pushing the image", {"PUT", v2(place.results, "manifests/")}},
          {"pushing the manifest list", {"PUT", v2(place.results, "manifests/1 ")}}};
}

std::vector<Step> overwriting(const Place& place) {
  const auto tag = v2(place.index, "manifests/v1 ");
  return {{"looking at the index again", {"GET", tag, v2(place.results, "manifests/1 ")}},
          {"copying to the index", {"POST", v2(place.index, "blobs/uploads/")}},
          {"naming the copy", {"PUT", v2(place.index, "manifests/sha256:")}},
          {"writing the tag", {"PUT", tag}, Need::last},
          {"reading the tag back", {"GET", tag, tag}, Need::none}};
}

std::vector<Step> joined(std::vector<Step> first, const std::vector<Step>& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

}  // namespace

std::vector<Step> steps_of(const std::string& type, MatrixSite& site, const Place& place) {
  const Step read_index{"reading the index",
                        {"GET", v2(place.index, "blobs/" + site.index_layer())}};
  if (type == "add") {
    return joined(
        joined({{"resolving the bundle", {"GET", v2(MatrixSite::kAdded, "manifests/latest")}},
                {"resolving the index", {"GET", v2(place.index, "manifests/v1 ")}},
                {"resolving the binary image", {"GET", v2("base", "manifests/v1 ")}},
                read_index,
                {"reading the bundle",
                 {"GET", v2(MatrixSite::kAdded, "blobs/" + site.layer_of(MatrixSite::kAdded))}}},
               pushing(place)),
        overwriting(place));
  }
  if (type == "rm") return joined({read_index}, overwriting(place));
  auto last = pushing(place);
  last.back().need = Need::last;
  return joined(
      {{"resolving the bundle", {"GET", v2(MatrixSite::kRegenerated, "manifests/latest")}},
       {"reading the bundle",
        {"GET", v2(MatrixSite::kRegenerated, "blobs/" + site.layer_of(MatrixSite::kRegenerated))}},
       {"pinning an image", {"GET", v2(MatrixSite::kOperand, "manifests/v1 ")}}},
      last);
}

}  // namespace iib::test
