#pragma once

#include "iib/base/cancellation.hpp"
#include "iib/base/log.hpp"
#include "iib/io/http_service.hpp"

#include <map>
#include <span>
#include <string>

namespace iib::gate {

/// What a queue's jobs are asked about (`iib_greenwave_config`, rest-api 9); sent as it is.
struct GatingSettings {
  std::string decision_context;  ///< Such as `iib_release`.
  std::string product_version;   ///< Such as `acme-1`.
  std::string subject_type;      ///< `koji_build`.
};

/// A bundle to be decided about.
struct GatedBundle {
  std::string pull_spec;                      ///< As the client gave it, for messages.
  std::map<std::string, std::string> labels;  ///< Of the resolved image.
};

/// Asks Greenwave whether bundles may be released (pipeline 7.2). Safe for use by several threads.
class Greenwave {
 public:
  /// Throws UserError when the URL is none.
  explicit Greenwave(io::HttpServiceOptions options);

  /// Asks about each of `bundles` in turn. Throws UserError naming all whose policies are not
  /// satisfied with the test cases they miss, or the bundle and label that is missing;
  /// ExternalError naming the bundle when there was no answer or none that can be understood.
  void require_satisfied(std::span<const GatedBundle> bundles, const GatingSettings& settings,
                         const Cancellation& cancellation, const Log& log) const;

 private:
  io::HttpService service_;
};

}  // namespace iib::gate
