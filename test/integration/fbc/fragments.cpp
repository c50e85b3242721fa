#include "fragments.hpp"

#include <fmt/format.h>

namespace iib::test {

std::string package_blobs(const std::string& package, const std::string& version) {
  constexpr auto kBlobs = R"({{"schema": "olm.package", "name": "{0}", "defaultChannel": "stable"}}
{{"schema": "olm.channel", "package": "{0}", "name": "stable", "entries": [{{"name": "{0}.v{1}"}}]}}
{{"schema": "olm.bundle", "package": "{0}", "name": "{0}.v{1}",
 "image": "registry.example.com/{0}@sha256:{2:064}",
 "properties": [{{"type": "olm.package", "value": {{"packageName": "{0}", "version": "{1}"}}}}]}}
)";
  return fmt::format(kBlobs, package, version, package.size());
}

TestImage fragment_image(const std::string& directory, const std::string& catalog) {
  const auto path = "configs/" + directory;
  return {.layers = {{{.path = "configs", .content = {}, .type = TarEntry::Type::directory},
                      {.path = path, .content = {}, .type = TarEntry::Type::directory},
                      {.path = path + "/catalog.json", .content = catalog}}},
          .labels = {}};
}

}  // namespace iib::test
