#include "tree_support.hpp"

#include "iib/base/base64.hpp"
#include "package_text.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <fstream>

namespace iib::test {

namespace fs = std::filesystem;

CatalogTree::CatalogTree() : directory_{fs::temp_directory_path()} {
  root_ = directory_.path() / "configs";
  fs::create_directory(root_);
}

void CatalogTree::write(const std::string& name, std::string_view content) const {
  fs::create_directories((root_ / name).parent_path());
  std::ofstream file{root_ / name, std::ios::binary};
  file << content;
}

void CatalogTree::link(const std::string& name, const std::string& target) const {
  fs::create_directories((root_ / name).parent_path());
  fs::create_symlink(target, root_ / name);
}

void CatalogTree::write_golden(const io::JsonValue& files) const {
  for (const auto& [key, content] : files.GetObject()) {
    const std::string name{key.GetString(), key.GetStringLength()};
    if (const auto text = io::text_member(content, "text")) {
      write(name, *text);
    } else if (const auto base64 = io::text_member(content, "base64")) {
      write(name, from_base64(*base64).value());
    } else if (const auto target = io::text_member(content, "symlink")) {
      link(name, std::string{*target});
    } else if (const auto* blobs = io::find_member(content, "blobs")) {
      std::string lines;
      for (const auto& blob : blobs->GetArray()) lines += io::to_json(blob) + '\n';
      write(name, lines);
    } else {
      fs::create_directories(root_ / name);
    }
  }
}

std::vector<fs::path> golden_cases(const fs::path& shared, const std::string& folder) {
  std::vector<fs::path> cases;
  for (const auto& entry : fs::directory_iterator{shared / "golden" / "fbc" / folder}) {
    cases.push_back(entry.path());
  }
  std::sort(cases.begin(), cases.end());
  REQUIRE_FALSE(cases.empty());
  return cases;
}

std::string small_package(const std::string& name) {
  return package_text(name, "s", name + ".v1");
}

}  // namespace iib::test
