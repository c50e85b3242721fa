#include "cli/own_words.hpp"

#include <string_view>
#include <utility>

namespace iib::cli {
namespace {

/// What engines say to users of the daemon, and what a user of the command line can do instead. The
/// longer phrases first.
constexpr std::pair<std::string_view, std::string_view> kWords[] = {
    {"iib_docker_config_template, or those given with the request", "--auth-file"},
    {"name it in iib_insecure_registries", "name it with --insecure-registry"},
    {"change iib_organization_customizations or iib_regenerate_rules",
     "change --rules, or the form in the file of --config"},
    {"that the operator of this service lists in iib_allowed_registries",
     "that iib_allowed_registries lists in the file of --config"},
    {"which this service asks only when its operator lists the registry in "
     "iib_allowed_registries or iib_insecure_registries",
     "which is asked only when it is named with --insecure-registry, or by "
     "iib_allowed_registries in the file of --config"},
    {"in iib_insecure_registries", "with --insecure-registry"},
    {"below iib_certs_dir", "below /etc/containers/certs.d"},
    {"free space below iib_state_dir", "free space beside the file that is written, or in TMPDIR"},
    {"from the host of iibd", "from this host"},
    {"look at the load of the host of iibd, or raise iib_skopeo_timeout",
     "try again when the network or this host is less busy"},
    {", then submit the request again", ", then try again"},
    {"; the log of the request tells more", ""},
};

}  // namespace

std::string in_own_words(std::string text) {
  for (const auto& [theirs, ours] : kWords) {
    for (auto at = text.find(theirs); at != std::string::npos;
         at = text.find(theirs, at + ours.size())) {
      text.replace(at, theirs.size(), ours);
    }
  }
  return text;
}

}  // namespace iib::cli
