#pragma once

#include "catalog/index_database.hpp"
#include "iib/io/json.hpp"
#include "shared_data.hpp"

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace iib::test {

/// Rows as JSON texts, sorted, by table.
using Tables = std::map<std::string, std::vector<std::string>>;

/// Which columns two graphs are compared by.
enum class Depths { compare, ignore };

/// The tables of a golden file.
Tables golden_tables(const io::JsonValue& scenario, Depths depths);

/// The tables of the index at `path`, normalised as the golden files are.
Tables index_tables(const std::filesystem::path& path, Depths depths);

/// What differs, a line for each row that only one side has; empty when equal.
std::string difference(const Tables& expected, const Tables& actual);

}  // namespace iib::test
