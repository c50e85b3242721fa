#include "image_site.hpp"
#include "skip.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <set>

namespace iib::test {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

/// A program of the host that needs no library: what a container can start in an empty image.
constexpr auto kStaticProgram = "/sbin/ldconfig";

Arguments join(Arguments first, const Arguments& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

/// Other people's tools, with storage and policy of their own.
class Host {
 public:
  explicit Host(ImageSite& site) : site_{site} {
    write_file_atomically(policy(), R"({"default":[{"type":"insecureAcceptAnything"}]})");
  }

  [[nodiscard]] fs::path policy() const { return site_.state.path() / "policy.json"; }

  std::string skopeo(const Arguments& arguments) {
    return output_of(site_.runner, "skopeo", join({"--policy", policy()}, arguments));
  }
  std::string podman(const Arguments& arguments) {
    const Arguments global{"--cgroup-manager", "cgroupfs", "--events-backend", "none"};
    return output_of(site_.runner, "podman", join(join(storage("podman"), global), arguments));
  }
  std::string buildah(const Arguments& arguments) {
    return output_of(site_.runner, "buildah", join(storage("buildah"), arguments));
  }
  /// As buildah(), for what may end badly.
  io::Exit try_buildah(const Arguments& arguments) {
    return site_.runner.run({.name = "buildah", .arguments = join(storage("buildah"), arguments)},
                            {});
  }
  [[nodiscard]] Arguments pulling() const {
    return {"--tls-verify=false", "--signature-policy", policy()};
  }

  std::string driver = "vfs";

 private:
  [[nodiscard]] Arguments storage(const std::string& tool) const {
    const auto root = site_.state.path() / fmt::format("{} of {}", driver, tool);
    return {"--root", root / "root", "--runroot", root / "run", "--storage-driver", driver};
  }

  ImageSite& site_;
};

std::string bytes_of(const fs::path& file) {
  std::ifstream stream{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{stream}, {}};
}

}  // namespace

TEMPLATE_LIST_TEST_CASE("skopeo accepts an index, each image of it and all its bytes",
                        "[image][engines][acceptance]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  if (!have_programs({"skopeo"})) IIBD_SKIP("needs skopeo");
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  site.registry.push_base("base", "1", {"amd64", "s390x"});
  const auto index = site.build_index(*engine, "index:1", "the database");
  Host host{site};
  const auto source = "docker://" + site.reference("index:1").text();

  SECTION("looked at") {
    const auto found = io::parse_json(
        host.skopeo({"inspect", "--tls-verify=false", "--override-arch", "s390x", source}));
    CHECK(found["Architecture"] == "s390x");
    CHECK(found["Labels"]["base"] == "yes");
    CHECK(found["Layers"].Size() == 2);
  }
  SECTION("copied with all its images, digests checked and kept") {
    const auto copy = site.state.path() / "copy";
    host.skopeo({"copy", "--all", "--preserve-digests", "--src-tls-verify=false", source,
                 "dir:" + copy.string()});
    CHECK(model::Digest::of(bytes_of(copy / "manifest.json")) == index.list);
  }
  SECTION("turned into OCI") {
    const auto copy = site.state.path() / "oci";
    host.skopeo({"copy", "--all", "--src-tls-verify=false", "--format", "oci", source,
                 "oci:" + copy.string()});
    CHECK(fs::exists(copy / "index.json"));
  }
}

TEMPLATE_LIST_TEST_CASE("podman accepts an index", "[image][engines][acceptance]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  if (!have_programs({"podman"})) IIBD_SKIP("needs podman");
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  site.registry.push_base("base", "1", {"amd64", "s390x"});
  const auto index = site.build_index(*engine, "index:1", "the database");
  Host host{site};
  const auto name = site.reference("index:1").text();

  host.podman(join(join({"pull", "--quiet", "--arch", "s390x"}, host.pulling()), {name}));

  const auto found = io::parse_json(host.podman({"image", "inspect", name}));
  REQUIRE(found.Size() == 1);
  CHECK(found[0]["Architecture"] == "s390x");
  CHECK(found[0]["Config"]["Entrypoint"][0] == "/bin/opm");
  CHECK(found[0]["RootFS"]["Layers"].Size() == 2);
  // Which reads all layers as they lie in the storage.
  const auto archive = site.state.path() / "archive.tar";
  host.podman({"save", "--quiet", "--output", archive, name});
  CHECK(fs::file_size(archive) > 0);
}

TEMPLATE_LIST_TEST_CASE("a container starts from an image and reads its database",
                        "[image][engines][acceptance]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  if (!have_programs({"buildah", kStaticProgram})) IIBD_SKIP("needs buildah and /sbin/ldconfig");
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto program = bytes_of(kStaticProgram);
  const auto base = site.push("base", {});
  const auto directory = site.access().work_directory;
  write_file_atomically(directory / "opm", program, 0600);
  auto content = index_content(directory, "the database");
  content.files.push_back({directory / "opm", "/bin/opm", 0755});
  const auto image = site.build_one(*engine, content, base);
  Host host{site};
  const auto container =
      host.try_buildah(join(join({"from", "--quiet", "--name", "one"}, host.pulling()),
                            {"docker://" + image.reference.text()}));
  CAPTURE(container.error_output);
  REQUIRE(container.status == 0);

  // chroot: what starts in a container of any host, too.
  const auto version =
      host.try_buildah({"run", "--isolation", "chroot", "one", "--", "/bin/opm", "--version"});
  if (version.error_output.find("permitted") != std::string::npos) {
    IIBD_SKIP("this host starts no container: " + version.error_output);
  }
  const auto reading = host.try_buildah(
      {"run", "--isolation", "chroot", "one", "--", "/bin/opm", "-p", "-C", "/database/index.db"});

  CAPTURE(version.error_output, reading.error_output);
  CHECK(version.status == 0);
  CHECK_THAT(version.output, Catch::Contains("ldconfig"));
  // It could open the file, and found no cache of libraries in it.
  CHECK_THAT(reading.error_output, Catch::Contains("not a cache file"));
  host.buildah({"rm", "one"});
}

TEMPLATE_LIST_TEST_CASE("a container has what its image says, and nothing that was removed",
                        "[image][engines][acceptance]", EveryEngine) {
  if (const auto cause = cannot_run(TestType::kind); !cause.empty()) IIBD_SKIP(cause);
  if (!have_programs({"buildah"})) IIBD_SKIP("needs buildah");
  ImageSite site;
  const auto engine = site.make_engine(TestType::kind);
  const auto base =
      site.push("base", base_of({{{"configs/p/a", "old"}, {"configs/q/b", "q"}, {"top", "t"}}}));
  const auto source = site.access().work_directory / "source";
  write_file_atomically(source, "new", 0600);
  const auto image = site.build_one(*engine,
                                    {.files = {{source, "/configs/p/c", 0640, {1001, 5}}},
                                     .directories = {{"/cache", 0770, {1001, 7}}},
                                     .removed = {"/configs/p/a", "/configs/q", "/top"}},
                                    base);
  Host host{site};
  const std::string driver = GENERATE("vfs", "overlay");
  CAPTURE(driver);
  host.driver = driver;
  if (host.try_buildah({"info"}).status != 0) IIBD_SKIP("no " + driver + " here");

  host.buildah(join(join({"from", "--quiet", "--name", "one"}, host.pulling()),
                    {"docker://" + image.reference.text()}));
  auto root = host.buildah({"mount", "one"});
  root.erase(root.find('\n'));

  std::set<std::string> found;
  for (const auto& entry : fs::recursive_directory_iterator{root}) {
    struct stat status {};
    REQUIRE(::lstat(entry.path().c_str(), &status) == 0);
    found.insert(fmt::format("{} {:o} {}:{}", fs::relative(entry, root).string(), status.st_mode,
                             status.st_uid, status.st_gid));
  }
  host.buildah({"umount", "one"});
  host.buildah({"rm", "one"});
  CHECK(found == std::set<std::string>{"cache 40770 1001:7", "configs 40755 0:0",
                                       "configs/p 40755 0:0", "configs/p/c 100640 1001:5"});
}

}  // namespace iib::test
