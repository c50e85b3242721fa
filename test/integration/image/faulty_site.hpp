#pragma once

#include "fault_proxy.hpp"
#include "image_site.hpp"

#include <catch2/catch.hpp>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace iib::test {

/// An upload may meet two faults in each of its three requests.
inline constexpr int kAttempts = 8;
inline constexpr auto kFinal = "out:final";

/// The embedded engine with a proxy between it and the real registry that lets it down.
class FaultySite : public ImageSite {
 public:
  FaultySite() {
    // A layer large enough to be cut in the middle.
    const std::string noise(200'000, 'x');
    const auto base =
        push("base", {.layers = {{.entries = {{"noise", noise}}, .compression = Compression::none},
                                 {.entries = {{"other", "1"}}}}});
    base_ = by_proxy("base").at(*base.digest());
    proxy.listen();
  }

  [[nodiscard]] model::ImageReference by_proxy(const std::string& name) const {
    return model::ImageReference::parse(proxy.address() + "/" + name);
  }
  [[nodiscard]] image::EmbeddedEngineOptions options(const std::string& name = "engine") const {
    auto options = embedded_options(name);
    options.insecure_registries = {proxy.address(), registry.address()};
    options.retries = {.attempts = kAttempts,
                       .multiplier = std::chrono::milliseconds{0},
                       .delay = std::chrono::milliseconds{0},
                       .jitter = std::chrono::milliseconds{0}};
    // Longer than any call takes on a busy machine: one more try is one more request, and counts.
    options.call_limit = std::chrono::seconds{60};
    return options;
  }
  [[nodiscard]] std::unique_ptr<image::EmbeddedEngine> engine(
      const std::string& name = "engine") const {
    return std::make_unique<image::EmbeddedEngine>(options(name), access().log);
  }
  /// Makes images for these architectures with this database, and their list under the final tag.
  model::Digest build(image::ImageEngine& engine, const std::string& database,
                      const std::vector<std::string>& architectures = {"amd64", "arm64"}) const {
    const auto own = access();
    std::vector<image::Target> targets;
    for (const auto& architecture : architectures) {
      targets.push_back({architecture, *base_, by_proxy("out:build-" + architecture)});
    }
    const auto images =
        engine.build_and_push(index_content(own.work_directory, database), targets, own);
    return engine.push_list(by_proxy(kFinal), images, own);
  }
  /// The digest under the final tag, asked of the registry itself; empty when there is none.
  [[nodiscard]] std::string final_digest() const {
    const auto raw = registry.manifest("out", "final");
    return raw.empty() ? "" : model::Digest::of(raw).text();
  }
  /// Whether every blob of the image under the final tag lies in the registry, with its digest.
  void check_final() const {
    const auto list = io::parse_json(registry.manifest("out", "final"));
    REQUIRE(list["manifests"].Size() > 0);
    for (const auto& entry : list["manifests"].GetArray()) {
      const auto manifest = io::parse_json(registry.manifest("out", entry["digest"].GetString()));
      for (const auto& layer : manifest["layers"].GetArray()) {
        const std::string digest = layer["digest"].GetString();
        CHECK(model::Digest::of(registry.blob("out", digest)).text() == digest);
      }
    }
  }

  mutable FaultProxy proxy{registry.port()};

 private:
  std::optional<model::ImageReference> base_;
};

/// An answer with `status` instead of the registry's.
inline Fault answering(int status, std::string headers = {}) {
  return {.kind = Fault::Kind::answer, .status = status, .headers = std::move(headers)};
}

}  // namespace iib::test
