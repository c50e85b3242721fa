#pragma once

#include "iib/bundle/image_lookup.hpp"
#include "iib/bundle/regenerate.hpp"
#include "iib/io/json.hpp"
#include "shared_data.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace iib::test {

/// Runs one golden case of regeneration by the core or the later rules.
class GoldenCase {
 public:
  explicit GoldenCase(const std::filesystem::path& file);

  /// What differs from `expected.<profile>`, in words; empty when the case holds.
  [[nodiscard]] std::string run(const std::string& profile) const;

 private:
  [[nodiscard]] bundle::Order order(const std::string& profile) const;
  [[nodiscard]] std::string compare_result(const io::JsonValue& expected,
                                           const bundle::Regenerated& result,
                                           const std::filesystem::path& root) const;
  [[nodiscard]] std::string compare_files(const io::JsonValue& expected,
                                          const std::filesystem::path& root) const;

  io::JsonDocument case_;
};

}  // namespace iib::test
