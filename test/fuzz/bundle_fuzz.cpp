#include "catalog/bundle_reader.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/io/json.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>

// The input is a bundle in one text: a line `=== manifests/NAME` or `=== metadata/NAME` begins each
// file. test/fuzz.sh makes seeds of this form out of bundle directories.

namespace {

namespace fs = std::filesystem;
namespace catalog = iib::catalog;

constexpr std::string_view kFileMark = "\n=== ";
constexpr std::size_t kLongestName = 40;

class SilentSink final : public iib::LogSink {
 public:
  void write(iib::LogLevel, std::string_view, std::string_view) noexcept override {}
};

/// `line`'s path inside the bundle; nothing that leaves it.
fs::path path_of(std::string_view line) {
  const fs::path directory = line.starts_with("metadata/") ? "metadata" : "manifests";
  std::string name{line.substr(std::min(line.find('/') + 1, line.size())).substr(0, kLongestName)};
  std::replace_if(
      name.begin(), name.end(), [](char c) { return c == '/' || c == '\0' || c == '\r'; }, '_');
  if (name.empty() || name == "." || name == "..") name = "unnamed";
  return directory / name;
}

void unpack(std::string_view input, const fs::path& root) {
  fs::create_directories(root / "manifests");
  fs::create_directories(root / "metadata");
  const std::string text = "\n" + std::string{input};
  for (auto at = text.find(kFileMark); at != std::string::npos;) {
    const auto next = text.find(kFileMark, at + 1);
    const auto begin = at + kFileMark.size();
    auto file = std::string_view{text}.substr(begin, std::min(next, text.size()) - begin);
    const auto line = file.substr(0, file.find('\n'));
    file.remove_prefix(std::min(line.size() + 1, file.size()));
    std::ofstream{root / path_of(line), std::ios::binary} << file;
    at = next;
  }
}

/// What every bundle that was not refused must be.
void check(const catalog::Bundle& bundle) {
  if (bundle.name.empty() || bundle.package.empty() || bundle.channels.empty()) std::abort();
  if (!bundle.csv.ends_with("}\n")) std::abort();
  if (bundle.objects.find(bundle.csv) == std::string::npos) std::abort();
  static_cast<void>(iib::io::parse_json(bundle.csv));
  for (const auto& property : bundle.properties) {
    static_cast<void>(iib::io::parse_json(property.value.value_or("null")));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static const iib::Log log{std::make_shared<SilentSink>(), "fuzz", iib::LogLevel::error};
  const iib::TempDir directory{fs::temp_directory_path(), "iibd-fuzz-"};
  unpack({reinterpret_cast<const char*>(bytes), size}, directory.path());
  catalog::BundleSource source;
  source.pull_spec = "registry.example.com/ns/bundle:1";
  source.directory = directory.path();
  try {
    check(catalog::read_bundle(source, log));
  } catch (const iib::UserError&) {
    return 0;  // refusing is as good as reading
  }
  return 0;
}
