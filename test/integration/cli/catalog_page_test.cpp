#include "files_site.hpp"
#include "package_text.hpp"
#include "shell_output.hpp"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <sstream>
#include <string_view>

using namespace iib::test;  // NOLINT(google-build-using-namespace): a test of these commands

namespace {

namespace fs = std::filesystem;

/// A command of the page, and what the page says that it prints.
struct Example {
  std::string command;
  std::string printed;
};

/// The examples of all blocks for the console, in their order.
std::vector<Example> examples_of(const fs::path& page) {
  std::vector<Example> examples;
  std::istringstream lines{iib::read_file(page, 1UL << 20U)};
  bool inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      inside = line == "```console";
    } else if (inside && line.starts_with("$ ")) {
      examples.push_back({.command = line.substr(2), .printed = {}});
    } else if (inside && examples.back().command.ends_with('\\')) {
      examples.back().command += "\n" + line;
    } else if (inside) {
      examples.back().printed += line + "\n";
    }
  }
  return examples;
}

/// Whether the example needs what this test has not: a registry on that port, Graphviz.
bool needs_more(const Example& example) {
  return example.command.find("127.0.0.1:5000") != std::string::npos ||
         example.command.find("dot -T") != std::string::npos;
}

std::string without_blanks(std::string text) {
  std::erase_if(text, [](char character) { return character == ' ' || character == '\n'; });
  return text;
}

/// Whether `text` is what the page shows, where `...` stands for anything and lines are broken for
/// the reader.
bool is_shown(std::string_view text, std::string_view shown) {
  constexpr std::string_view kAnything = "...";
  auto mark = shown.find(kAnything);
  if (mark == std::string_view::npos) return text == shown;
  if (!text.starts_with(shown.substr(0, mark))) return false;
  text.remove_prefix(mark);
  for (;;) {
    shown.remove_prefix(mark + kAnything.size());
    mark = shown.find(kAnything);
    if (mark == std::string_view::npos) return text.ends_with(shown);
    const auto found = text.find(shown.substr(0, mark));
    if (found == std::string_view::npos) return false;
    text.remove_prefix(found + mark);
  }
}

/// What the page takes for granted.
void prepare(const Commands& commands, FilesSite& site) {
  fs::create_directory(commands.path("bin"));
  fs::create_symlink(IIBD_BINARY, commands.path("bin/iibd"));
  fs::create_directory_symlink(fs::path{IIBD_SOURCE_ROOT} / "test", commands.path("test"));
  site.write("fragment/ibis-operator/catalog.json",
             package_text("ibis-operator", "stable", "ibis-operator.v1.0.0"));
  site.write("heron.json",
             R"({"schema": "olm.deprecations", "package": "heron-operator", "entries": [)"
             R"({"reference": {"schema": "olm.bundle", "name": "heron-operator.v1.0.0"}, )"
             R"("message": "use 1.1.0"}]})");
  for (const auto* file : {"broken/x/catalog.json", "broken/y.json"}) {
    site.write(file, package_text("heron-operator", "stable", "heron-operator.v1.0.0"));
  }
  fs::remove(commands.path("index.db"));
  const auto example = [](const std::string& version) {
    return fmt::format("{}=quay.io/example/otter:{}",
                       directory_of("otter-operator/" + version).string(), version);
  };
  site.ok({"add", "--database", "index.db", example("0.1.0")});
  site.ok({"add", "--database", "before.db", example("0.1.0"), example("0.2.0")});
  site.ok({"add", "--database", "before.db",
           directory_of("heron-operator/1.0.0").string() + "=quay.io/example/heron:1.0.0"});
}

}  // namespace

TEST_CASE("every example of the page about catalogs prints what the page says", "[cli][page]") {
  FilesSite site;
  prepare(site.commands, site);
  std::size_t run = 0;
  for (const auto& example : examples_of(fs::path{IIBD_SOURCE_ROOT} / "docs" / "catalog.md")) {
    if (needs_more(example)) continue;
    const auto printed =
        shell_output(fmt::format("cd '{}' && export PATH=\"$PWD/bin:$PATH\" && {{ {}\n}} 2>&1",
                                 site.commands.directory().string(), example.command));
    INFO("$ " << example.command << "\n" << printed << "\nthe page says:\n" << example.printed);
    // Where the page shows nothing, it does not matter.
    CHECK((example.printed.empty() ||
           is_shown(without_blanks(printed), without_blanks(example.printed))));
    ++run;
  }
  CHECK(run >= 30);
}
