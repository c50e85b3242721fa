#include "iib/io/zip_file.hpp"

#include "iib/base/error.hpp"
#include "iib/base/files.hpp"

#include <archive.h>
#include <archive_entry.h>
#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <memory>
#include <string>

namespace iib::test {
namespace {

namespace fs = std::filesystem;

void write(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream{file, std::ios::binary} << text;
}

/// Name and bytes of each entry.
std::map<std::string, std::string> entries_of(const fs::path& file) {
  const std::unique_ptr<archive, decltype(&archive_read_free)> zip{archive_read_new(),
                                                                   archive_read_free};
  archive_read_support_format_zip(zip.get());
  REQUIRE(archive_read_open_filename(zip.get(), file.c_str(), 10240) == ARCHIVE_OK);
  std::map<std::string, std::string> entries;
  archive_entry* entry = nullptr;
  while (archive_read_next_header(zip.get(), &entry) == ARCHIVE_OK) {
    const std::string name = archive_entry_pathname(entry);
    std::string text(static_cast<std::size_t>(archive_entry_size(entry)), '\0');
    REQUIRE(archive_read_data(zip.get(), text.data(), text.size()) ==
            static_cast<la_ssize_t>(text.size()));
    entries[name] = text;
  }
  return entries;
}

}  // namespace

TEST_CASE("a zip archive holds the files below a directory under relative names", "[zip]") {
  const TempDir directory{fs::temp_directory_path()};
  const auto content = directory.path() / "content";
  const std::string large(300'000, 'm');
  write(content / "package.yaml", "packageName: otter\n");
  write(content / "1.0.0" / "crd.yaml", large);
  write(content / "1.0.0" / "empty.yaml", "");
  write(content / "1.0.0" / "\xc3\xa9.yaml", "e");
  fs::create_symlink("/etc/passwd", content / "link");
  io::write_zip(content, directory.path() / "a.zip");
  CHECK(entries_of(directory.path() / "a.zip") ==
        std::map<std::string, std::string>{{"package.yaml", "packageName: otter\n"},
                                           {"1.0.0/crd.yaml", large},
                                           {"1.0.0/empty.yaml", ""},
                                           {"1.0.0/\xc3\xa9.yaml", "e"}});
}

TEST_CASE("the same files give the same bytes of a zip archive", "[zip]") {
  const TempDir directory{fs::temp_directory_path()};
  for (const auto* name : {"one", "two"}) {
    write(directory.path() / name / "b.yaml", "b");
    write(directory.path() / name / "a.yaml", "a");
    io::write_zip(directory.path() / name, directory.path() / (std::string{name} + ".zip"));
  }
  CHECK(read_file(directory.path() / "one.zip", 10'000) ==
        read_file(directory.path() / "two.zip", 10'000));
}

TEST_CASE("no zip archive is left of a directory that is not there", "[zip]") {
  const TempDir directory{fs::temp_directory_path()};
  CHECK_THROWS_AS(io::write_zip(directory.path() / "none", directory.path() / "a.zip"),
                  ExternalError);
  CHECK_FALSE(fs::exists(directory.path() / "a.zip"));
}

}  // namespace iib::test
