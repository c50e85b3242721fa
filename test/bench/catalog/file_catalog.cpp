#include "file_catalog.hpp"

#include "engine_call.hpp"
#include "iib/base/log.hpp"
#include "iib/catalog/fbc_render.hpp"

#include <fmt/format.h>

#include <fstream>
#include <utility>

namespace iib::bench {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;

std::string replaced(std::string text, const std::string& from, const std::string& to,
                     std::size_t most = std::string::npos) {
  for (auto at = text.find(from); at != std::string::npos && most > 0; --most) {
    text.replace(at, from.size(), to);
    at = text.find(from, at + to.size());
  }
  return text;
}

}  // namespace

std::string renamed_package(std::string text, const std::string& name, const std::string& other) {
  const auto member = [](std::string_view key, const std::string& value) {
    return fmt::format("\"{}\": \"{}\"", key, value);
  };
  text = replaced(std::move(text), member("name", name), member("name", other), 1);
  text = replaced(std::move(text), member("package", name), member("package", other));
  return replaced(std::move(text), member("packageName", name), member("packageName", other));
}

fs::path make_catalog(const Corpus& corpus, std::uintmax_t bytes, const fs::path& directory) {
  constexpr std::size_t kLargestPackage = 1UL << 30U;
  const auto index = add_one_by_one(leave_one(corpus).before, directory);
  auto root = directory / "catalog";
  const auto packages =
      fbc::migrate({.kind = catalog::CatalogKind::sqlite, .path = index}, root, {},
                   {.directory = directory,
                    .log = Log{make_null_sink(), "bench", LogLevel::error},
                    .cancellation = {}});
  std::uintmax_t so_far = 0;
  for (int copy = 0; so_far < bytes; ++copy) {
    for (const auto& package : packages) {
      if (so_far >= bytes && copy > 0) break;
      auto text = read_file(root / package / "catalog.json", kLargestPackage);
      so_far += text.size();
      if (copy == 0) continue;
      const auto name = fmt::format("copy{}-{}", copy, package);
      fs::create_directory(root / name);
      std::ofstream{root / name / "catalog.json"}
          << renamed_package(std::move(text), package, name);
    }
  }
  fs::permissions(root, fs::perms{0755});
  fs::remove(index);
  return root;
}

}  // namespace iib::bench
