#include "faulty_site.hpp"

#include <fmt/format.h>

namespace iib::test {

FaultySite::FaultySite() : proxy_{registry().port()} {}

std::string FaultySite::by_proxy(const std::string& repository) const {
  return proxy_.address() + "/" + repository;
}

std::string FaultySite::push_bundle_as(const std::string& repository) {
  push_image(repository, bundle_image(sample_bundle("otter-operator", "0.1.0")));
  return by_proxy(repository + ":latest");
}

std::string FaultySite::faulty_configuration(int attempts, const std::string& more) const {
  return fmt::format(
      "login_disabled: true\n"
      "iib_registry: {0}\n"
      "iib_insecure_registries: ['{0}', '{1}']\n"
      "iib_total_attempts: {2}\n"
      "iib_retry_delay: 0\n"
      "iib_retry_jitter: 0\n"
      "iib_retry_multiplier: 0\n"
      "{3}{4}",
      proxy_.address(), base().substr(0, base().find('/')), attempts, engine_line(), more);
}

std::string FaultySite::add_one(const std::string& bundle) const {
  return add_body({bundle}, {.add_arches = {"amd64"}});
}

std::string reason_of(const io::JsonValue& document) {
  return text_of(document, "state_reason");
}

}  // namespace iib::test
