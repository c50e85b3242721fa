#include "refusing.hpp"

#include "fragments.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <chrono>

namespace iib::test {
namespace {

/// Of what is refused only after it was read; more than that would be another order of costs.
constexpr std::chrono::seconds kLongest{300};

Site& prepared(Site& site, const std::string& image_engine) {
  site.use_image_engine(image_engine);
  return site;
}

}  // namespace

Refusing::Refusing(const std::string& image_engine)
    : daemon{prepared(site, image_engine).state(), site.configuration()} {
  daemon.start();
  database_index = build_index(
      daemon, "add",
      site.add_body({site.push_bundle("heron-operator", "1.0.0")}, {.add_arches = {"amd64"}}));
  index = push_index("good", "configs/tern/catalog.json", package_blobs("tern", "1.0.0"));
}

std::string Refusing::push_index(const std::string& name, const std::string& path,
                                 const std::string& content, const std::string& label) {
  return site.push_image("index-" + name, {.layers = {{{.path = path, .content = content}}},
                                           .labels = {{kConfigsLabel, label}}});
}

std::string Refusing::push_fragment(const std::string& name, const std::string& catalog) {
  return site.push_image("fragment-" + name, fragment_image(name, catalog));
}

std::string Refusing::refused(const std::string& type, const std::string& body) {
  const auto document = daemon.wait_final(submit(daemon, type, body), kLongest);
  CHECK(text_of(document, "state") == "failed");
  const auto id = std::to_string(document["id"].GetInt64());
  CHECK(site.registry().manifest("iib-build", id).empty());
  CHECK(site.registry().manifest("iib-build", id + "-amd64").empty());
  history = history_of(document);
  return text_of(document, "state_reason");
}

std::string Refusing::refused(const std::string& type, const std::string& from_index,
                              const std::string& more) {
  return refused(type, fmt::format(R"({{"from_index": "{}", "binary_image": "{}", {}}})",
                                   from_index, site.base(), more));
}

std::string Refusing::refused_fragment(const std::string& fragment) {
  return refused("fbc-operations", index, fmt::format(R"("fbc_fragment": "{}")", fragment));
}

}  // namespace iib::test
