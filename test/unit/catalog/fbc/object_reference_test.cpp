// Which file the `ref` of an olm.bundle.object may name: one of the catalog, and no other of this
// host, whoever reads it.

#include "../index_fixture.hpp"
#include "iib/base/base64.hpp"
#include "iib/base/error.hpp"
#include "iib/base/files.hpp"
#include "iib/catalog/fbc_cache.hpp"
#include "iib/catalog/fbc_render.hpp"
#include "iib/io/json.hpp"
#include "tree_support.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include <filesystem>
#include <sstream>
#include <string>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
namespace fbc = catalog::fbc;
using Catch::Matchers::Contains;

constexpr auto kSecret = R"({"kind":"ConfigMap","data":{"auth":"of-this-host"}})";

/// The package p, whose bundle has an object at `reference`.
std::string package_with(const std::string& reference) {
  auto text = small_package("p");
  const std::string first = R"({"type":"olm.package")";
  text.insert(text.find(first),
              fmt::format(R"({{"type":"olm.bundle.object","value":{{"ref":"{}"}}}},)", reference));
  return text;
}

/// The directory `p/objects` of a catalog, of which nothing is loaded as such.
void write_objects(const fs::path& root) {
  const auto objects = root / "p" / "objects";
  fs::create_directories(objects);
  write_file_atomically(root / "p" / ".indexignore", "objects/\n", 0644);
  write_file_atomically(objects / "map.yaml", "kind: ConfigMap\n", 0644);
  fs::create_symlink("map.yaml", objects / "link.yaml");
  fs::create_symlink("../../../secret.json", objects / "out.json");
  fs::create_symlink("../../..", objects / "above");
  fs::create_symlink("../..", objects / "root");
}

/// A catalog in a directory that holds a secret, too.
struct Site {
  Site() {
    write_file_atomically(above / "secret.json", kSecret);
    write_objects(tree.root());
    ::mkfifo((tree.root() / "p" / "objects" / "pipe").c_str(), 0600);
  }

  /// The same catalog with another package, and its cache, from which updates begin.
  [[nodiscard]] fbc::CachedCatalog earlier() const {
    const auto root = above / "earlier";
    write_objects(root);
    write_file_atomically(root / "q.json", small_package("q"), 0644);
    fbc::write_cache(root, above / "earlier-cache");
    return {.root = root, .directory = above / "earlier-cache"};
  }

  /// Whether a file of the cache has this part.
  [[nodiscard]] bool serves(const std::string& part) const {
    for (const auto& entry : fs::directory_iterator{served / "cache"}) {
      if (read_file(entry.path(), 1UL << 20U).find(part) != std::string::npos) return true;
    }
    return false;
  }

  [[nodiscard]] std::string rendered() const {
    const IndexFixture fixture;
    std::ostringstream out;
    const fbc::RenderSource source =
        catalog::Catalog{.kind = catalog::CatalogKind::file_based, .path = tree.root()};
    fbc::render({&source, 1}, out, {}, fixture.work());
    return out.str();
  }

  CatalogTree tree;
  fs::path above = tree.root().parent_path();
  fs::path served = above / "served";
};

/// What the UserError says with which `work` ends.
template <class Work>
std::string refusal(const Work& work) {
  try {
    work();
  } catch (const UserError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("an object is read of no file out of its catalog", "[fbc][badinput]") {
  const auto [reference, reason] = GENERATE(table<std::string, std::string>({
      {"/etc/hostname", "is absolute"},
      {"../../secret.json", "leads out of the catalog"},
      {"objects/../../../secret.json", "leads out of the catalog"},
      {"objects/out.json", "leads out of the catalog"},
      {"objects/above/secret.json", "leads out of the catalog"},
      // Where the link leads, `..` is another directory than where it stands.
      {"objects/root/../secret.json", "is not there"},
      {"objects/pipe", "is no file"},
      {"objects", "is no file"},
      {"objects/gone.yaml", "is not there"},
  }));
  CAPTURE(reference);
  const Site site;
  site.tree.write("p/catalog.json", package_with(reference));
  const auto told = "the ref " + reference + " of its olm.bundle.object " + reason;

  SECTION("for a cache") {
    CHECK_THAT(refusal([&] { fbc::write_cache(site.tree.root(), site.served); }),
               Contains("bundle p.v1 of package p") && Contains(told));
    CHECK_FALSE(site.serves("of-this-host"));
  }
  SECTION("for a cache that is brought up to date") {
    CHECK_THAT(refusal([&] { fbc::update_cache(site.earlier(), site.tree.root(), site.served); }),
               Contains("bundle p.v1 of package p") && Contains(told));
    CHECK_FALSE(site.serves("of-this-host"));
  }
  SECTION("for a catalog in one piece") {
    CHECK_THAT(refusal([&] { static_cast<void>(site.rendered()); }),
               Contains("p/catalog.json, blob 3") && Contains(told));
  }
}

TEST_CASE("an object is read of any file of its catalog", "[fbc]") {
  const Site site;
  const std::string reference = GENERATE("objects/map.yaml", "../p/objects/map.yaml",
                                         "objects/link.yaml", "objects/root/p/objects/map.yaml");
  CAPTURE(reference);
  site.tree.write("p/catalog.json", package_with(reference));

  CHECK_THAT(site.rendered(), Contains(to_base64(R"({"kind":"ConfigMap"})")));
  // What is neither file nor directory cannot be served.
  fs::remove(site.tree.root() / "p" / "objects" / "pipe");
  fbc::write_cache(site.tree.root(), site.served);
  CHECK(site.serves("ConfigMap"));
}

TEST_CASE("the files of a bundle's objects have a bound together", "[fbc][badinput]") {
  const Site site;
  auto text = package_with("objects/large.json");
  const std::string object =
      R"({"type":"olm.bundle.object","value":{"ref":"objects/large.json"}},)";
  text.insert(text.find(object), object);
  site.tree.write("p/catalog.json", text);
  site.tree.write("p/objects/large.json", R"({"a":")" + std::string(33UL << 20U, 'x') + "\"}");

  CHECK_THAT(refusal([&] { fbc::write_cache(site.tree.root(), site.served); }),
             Contains("objects up to object 2") && Contains("67108864 bytes"));
}

}  // namespace iib::test
