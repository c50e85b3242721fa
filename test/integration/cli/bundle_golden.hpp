#pragma once

#include "bundle_site.hpp"
#include "iib/io/json.hpp"

#include <filesystem>
#include <string>

namespace iib::test {

/// A golden case as a user of `iibd bundle regenerate` would try it.
class GoldenCommand {
 public:
  explicit GoldenCommand(const std::filesystem::path& file);

  /// What differs from `expected.<profile>`, in words; empty when the case holds.
  [[nodiscard]] std::string run(const std::string& profile) const;

 private:
  void write_input(const BundleSite& site, const std::string& profile) const;
  [[nodiscard]] Arguments arguments(const std::string& profile) const;
  [[nodiscard]] std::string compare_answer(const io::JsonValue& answer,
                                           const io::JsonValue& expected) const;
  [[nodiscard]] std::string compare_files(const BundleSite& site,
                                          const io::JsonValue& expected) const;

  io::JsonDocument case_;
};

}  // namespace iib::test
