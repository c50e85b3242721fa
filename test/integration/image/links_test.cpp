#include "iib/base/error.hpp"
#include "image_site.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using EntryKind = LayerEntry::Kind;
using Layers = std::vector<std::vector<LayerEntry>>;

LayerEntry link(const std::string& name, const std::string& target) {
  return {name, target, EntryKind::symbolic_link};
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("a link on the way to a database is followed inside what is read, or not",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const LayerEntry real{"database/real.db", "db"};
  const auto [name, layers, path, expected] =
      GENERATE_REF(table<std::string, Layers, std::string, std::string>({
          {"to its neighbour", {{real, link("database/index.db", "real.db")}}, "/database", "db"},
          {"to its neighbour in a lower layer",
           {{real}, {link("database/index.db", "real.db")}},
           "/database",
           "db"},
          {"over a folder that is a link",
           {{{"database/v1/real.db", "db"},
             link("database/now", "v1"),
             link("database/index.db", "now/real.db")}},
           "/database",
           "db"},
          {"up and back again",
           {{real, link("database/index.db", "../database/real.db")}},
           "/database",
           "db"},
          {"to nothing", {{link("database/index.db", "gone.db")}}, "/database", "absent"},
          {"one that a later layer has made a file",
           {{link("database/index.db", "../etc/passwd")}, {{"database/index.db", "db"}}},
           "/database/index.db",
           "db"},
          {"its folder is a link: nothing lies below it",
           {{{"data/index.db", "db"}, link("database", "data")}},
           "/database/index.db",
           "absent"},
          {"its folder becomes a link",
           {{{"database/index.db", "db"}}, {link("database", "data")}},
           "/database/index.db",
           "absent"},
      }));
  CAPTURE(name);

  CHECK(site.read_database(*engine, base_of(layers), path) == expected);
}

TEMPLATE_LIST_TEST_CASE("a link that leads out of what is read is refused by name",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto [name, entries, path] =
      GENERATE(table<std::string, std::vector<LayerEntry>, std::string>({
          {"absolute", {link("database/index.db", "/etc/passwd")}, "/database"},
          {"up", {link("database/index.db", "../../etc/passwd")}, "/database"},
          {"to another folder of the image",
           {{"etc/real.db", "db"}, link("database/index.db", "../etc/real.db")},
           "/database"},
          {"to a neighbour that is not read",
           {{"database/real.db", "db"}, link("database/index.db", "real.db")},
           "/database/index.db"},
          {"to itself", {link("database/index.db", "index.db")}, "/database"},
          {"by way of a folder that is a link",
           {link("database/up", ".."), link("database/index.db", "up/etc/passwd")},
           "/database"},
      }));
  CAPTURE(name);

  CHECK_THROWS_AS(site.read_database(*engine, base_of({entries}), path), UserError);
  CHECK_THROWS_WITH(site.read_database(*engine, base_of({entries}), path),
                    Catch::Contains("/index@sha256") && Catch::Contains("link"));
}

TEMPLATE_LIST_TEST_CASE("a database is read as often as it is wanted, always as the image has it",
                        "[image][engines]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto image =
      site.push("index", {.layers = {{.entries = {{"database/index.db", "the database"}}}}});
  const std::vector<std::string> paths{"/database/index.db"};

  for (int request = 0; request < 3; ++request) {
    const auto access = site.access();
    engine->extract(image, paths, access.work_directory / "out", access);
    const auto file = access.work_directory / "out/database/index.db";
    CHECK(read_file(file, 100) == "the database");
    CHECK((fs::status(file).permissions() & fs::perms::owner_write) != fs::perms::none);
    write_file_atomically(file, "changed by the request");
    fs::resize_file(file, 3);
  }
}

}  // namespace iib::test
