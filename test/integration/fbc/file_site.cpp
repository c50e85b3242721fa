#include "file_site.hpp"

#include "base_image.hpp"
#include "eventually.hpp"
#include "fragments.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <chrono>

namespace iib::test {
namespace {

FaultySite& prepared(FaultySite& site) {
  site.use_image_engine("embedded");
  site.proxy().listen();
  push_base_with_history(site, {"amd64"});
  return site;
}

}  // namespace

FileSite::FileSite(const std::string& more)
    : daemon{prepared(site).state(), site.faulty_configuration(2, more)} {
  daemon.start();
  database_index_ =
      build_index(daemon, "add", site.add_one(push_bundle("heron-operator", "1.0.0")));
}

std::string FileSite::push_fragment(const std::string& package, const std::string& version) {
  const auto repository = fmt::format("fragment-{}-{}", package, version);
  site.push_image(repository, fragment_image(package, package_blobs(package, version)));
  return site.by_proxy(repository + ":latest");
}

std::string FileSite::push_bundle(const std::string& package, const std::string& version,
                                  const std::string& ocp) {
  auto image = bundle_image(sample_bundle(package, version));
  image.labels["com.redhat.openshift.versions"] = ocp;
  site.registry().push(package, version, image);
  return site.by_proxy(fmt::format("{}:{}", package, version));
}

std::string FileSite::body(const std::string& from_index, const std::string& more) const {
  return fmt::format(R"({{"from_index":"{}","binary_image":"{}"{}}})", from_index, site.base(),
                     more);
}

std::string FileSite::fragments_body(const std::string& from_index,
                                     const std::vector<std::string>& fragments,
                                     const std::string& more) const {
  return body(from_index,
              fmt::format(R"(,"fbc_fragments":["{}"]{})", fmt::join(fragments, R"(",")"), more));
}

std::string FileSite::make_index(const std::string& ocp, const std::vector<std::string>& bundles,
                                 const std::vector<std::string>& fragments) {
  constexpr auto kLabels = R"(,"output_fbc":true,"labels":{{"{}":"{}"}})";
  auto index = build_index(
      daemon, "create-empty-index",
      body(database_index_, fmt::format(kLabels, "com.redhat.index.delivery.version", ocp)));
  if (!bundles.empty()) {
    index = build_index(daemon, "add", site.add_body(bundles, {.from_index = index}));
  }
  if (fragments.empty()) return index;
  return build_index(daemon, "fbc-operations", fragments_body(index, fragments));
}

io::JsonDocument FileSite::build_with_death(const std::string& type, const std::string& body,
                                            const std::string& method, const std::string& path) {
  const auto before = site.proxy().seen(method, path);
  site.proxy().judge_by([=](std::string_view asked, std::string_view where) {
    const bool meant =
        (method.empty() || asked == method) && where.find(path) != std::string_view::npos;
    return meant ? std::optional{Fault{.kind = Fault::Kind::silence}} : std::nullopt;
  });
  const auto request = submit(daemon, type, body);
  REQUIRE(eventually(std::chrono::seconds{120},
                     [&] { return site.proxy().seen(method, path) > before; }));
  daemon.kill();
  site.proxy().judge_by({});
  daemon.start();
  return daemon.wait_final(request);
}

}  // namespace iib::test
