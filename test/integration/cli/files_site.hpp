#pragma once

#include "commands.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <string>

namespace iib::test {

/// A database `index.db` with the sample packages, and commands that must succeed.
struct FilesSite {
  FilesSite() {
    ok({"add", "--database", "index.db", sample("otter-operator/0.1.0"),
        sample("heron-operator/1.0.0")});
    ok({"add", "--database", "index.db", sample("otter-operator/0.2.0"),
        sample("otter-operator/0.3.0"), sample("heron-operator/1.1.0")});
  }

  std::string ok(const Arguments& arguments) {
    const auto ended = commands.run(arguments);
    INFO(ended.errors);
    CHECK(ended.status == 0);
    return ended.output;
  }

  /// What a refused command tells.
  std::string refused(const Arguments& arguments) {
    const auto ended = commands.run(arguments);
    CHECK(ended.status == 1);
    CHECK(ended.output.empty());
    return ended.errors;
  }

  [[nodiscard]] std::string text(const std::string& name) const {
    constexpr std::size_t kLimit = 16UL << 20U;
    return read_file(commands.path(name), kLimit);
  }

  void write(const std::string& name, const std::string& content) const {
    std::filesystem::create_directories(std::filesystem::path{commands.path(name)}.parent_path());
    std::ofstream{commands.path(name)} << content;
  }

  Commands commands;
};

}  // namespace iib::test
