#include "bundle_site.hpp"

#include <fmt/format.h>

#include <stdexcept>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kLimit = 16UL << 20U;

constexpr auto kCsvText = R"(# A widget.
apiVersion: operators.coreos.com/v1alpha1
kind: ClusterServiceVersion
metadata:
  name: widget.v1.0.0
  annotations:
    "description": 'needs quay.io/acme/helper:3'   # in a sentence
spec:
  version: 1.0.0
  install:
    strategy: deployment
    spec:
      deployments:
        - name: widget
          spec:
            template:
              spec:
                containers:
                  - name: manager
                    image: quay.io/acme/widget:1
                    env:
                      - {name: RELATED_IMAGE_DB, value: "quay.io/acme/db:2"}
  customresourcedefinitions:
    owned:
      - {name: widgets.acme.example.com, version: v1, kind: Widget}
    required:
      - {name: gears.acme.example.com, version: v1beta1, kind: Gear}
)";

constexpr auto kAnnotationsText = R"(annotations:
  operators.operatorframework.io.bundle.mediatype.v1: registry+v1
  operators.operatorframework.io.bundle.manifests.v1: manifests/
  operators.operatorframework.io.bundle.metadata.v1: metadata/
  operators.operatorframework.io.bundle.package.v1: widget  # our name
  operators.operatorframework.io.bundle.channels.v1: stable,fast
  operators.operatorframework.io.bundle.channel.default.v1: stable
)";

}  // namespace

std::string digest_of(char tag) {
  return fmt::format("sha256:{}", std::string(64, tag));
}

std::string with(std::string text, const std::string& old, const std::string& now) {
  const auto at = text.find(old);
  if (at == std::string::npos) throw std::logic_error{"no such text: " + old};
  return text.replace(at, old.size(), now);
}

BundleSite::BundleSite() {
  write(kCsv, kCsvText);
  write(kAnnotations, kAnnotationsText);
  write("digests.json", fmt::format(R"({{"quay.io/acme/widget:1": "{}", "quay.io/acme/db:2": "{}",)"
                                    R"( "quay.io/acme/helper:3": "{}"}})",
                                    digest_of('1'), digest_of('2'), digest_of('3')));
}

void BundleSite::write(const std::string& path, const std::string& text) const {
  const auto file = commands_.directory() / path;
  fs::create_directories(file.parent_path());
  write_file_atomically(file, text);
}

std::string BundleSite::text_of(const std::string& path) const {
  return read_file(commands_.directory() / path, kLimit);
}

std::map<std::string, std::string> BundleSite::files() const {
  std::map<std::string, std::string> all;
  for (const auto& entry : fs::recursive_directory_iterator{commands_.directory()}) {
    if (!entry.is_regular_file()) continue;
    const auto name = entry.path().lexically_relative(commands_.directory()).string();
    all[name] = read_file(entry.path(), kLimit);
  }
  return all;
}

Ended BundleSite::regenerate(const Arguments& more) {
  Arguments arguments{"regenerate", "bundle", "--digests", "digests.json"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return run(arguments);
}

}  // namespace iib::test
