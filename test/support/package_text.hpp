#pragma once

#include <fmt/format.h>

#include <string>

namespace iib::test {

/// The blobs of a package with one bundle `bundle` in the channel `channel`.
inline std::string package_text(const std::string& name, const std::string& channel,
                                const std::string& bundle) {
  return fmt::format(
      R"({{"schema":"olm.package","name":"{0}","defaultChannel":"{1}"}}
{{"schema":"olm.channel","package":"{0}","name":"{1}","entries":[{{"name":"{2}"}}]}}
{{"schema":"olm.bundle","name":"{2}","package":"{0}","image":"example.com/bundle:v1","properties":[{{"type":"olm.package","value":{{"packageName":"{0}","version":"1.0.0"}}}}]}}
)",
      name, channel, bundle);
}

}  // namespace iib::test
