#include "task/ocp_versions.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace iib::task;

namespace {

/// Of the versions 4.5, 4.6, 4.7 and 4.10 those that `label` is meant for: `+` for each, else `-`;
/// `?` when the label cannot be read.
std::string meant_for(const std::string& label) {
  std::string signs;
  for (const auto* const text : {"v4.5", "v4.6", "v4.7", "v4.10"}) {
    switch (fits(label, OcpVersion::parse(text).value())) {
      case OcpFit::yes:
        signs += '+';
        break;
      case OcpFit::no:
        signs += '-';
        break;
      case OcpFit::unreadable:
        signs += '?';
        break;
    }
  }
  return signs;
}

}  // namespace

TEST_CASE("the label of a bundle decides which versions of OpenShift it is for", "[ocp]") {
  const auto [label, expected] = GENERATE(table<std::string, std::string>({
      // pipeline 7.4, row by row
      {"v4.6", "-+++"},
      {"=v4.6", "-+--"},
      {"v4.5-v4.7", "+++-"},
      {"v4.5,v4.6", "++++"},
      {"v4.6,v4.5", "++++"},
      {"=v4.5|=v4.6", "++--"},
      {"=v4.5|>=v4.7", "+-++"},
      {"v4.5|v4.6", "????"},
      {"=v4.5|v4.6", "????"},
      {"=v4.5| =v4.6", "????"},
      {">=v4.6", "????"},
      {"=v4.6,=v4.7", "????"},
      {"v4.5-", "????"},
      {"abc", "????"},
      {"v4.6-v4.5", "????"},
      // spelling
      {" V4.6 ", "-+++"},
      {"4.6", "-+++"},
      {"=V4.10", "---+"},
      {"v4.6 - v4.7", "-++-"},
      {"v4.7,v4.6 ,v4.10", "-+++"},
      {"=v4.6.0", "-+--"},
      {"v4.5.9", "-+++"},
      {"v4.6-v4.6", "-+--"},
      {"v4.9-v4.10", "---+"},
      // nonsense
      {"v", "????"},
      {"v4.", "????"},
      {"v4.6,", "????"},
      {"=v4.5|", "????"},
      {"v4.5-v4.6-v4.7", "????"},
      {"=v4.5-v4.7", "????"},
      {"v4.99999999999", "????"},
      {"v-4.6", "????"},
  }));
  CAPTURE(label);
  CHECK(meant_for(label) == expected);
}

TEST_CASE("versions of OpenShift are compared number by number", "[ocp]") {
  const auto version = [](const char* text) { return OcpVersion::parse(text).value(); };

  CHECK(version("4.9") < version("v4.10"));
  CHECK(version("v4") == version("V4.0.0"));
  CHECK(version("v4.6.1") > version("v4.6"));
  for (const auto* const text : {"", " ", "v", "vv4.6", "4..6", "4.6-rc1", "+4.6", "latest"}) {
    CAPTURE(text);
    CHECK_FALSE(OcpVersion::parse(text).has_value());
  }
}
