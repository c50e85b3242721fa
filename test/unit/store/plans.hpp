#pragma once

#include "store/connection.hpp"

#include <catch2/catch.hpp>
#include <sqlite3.h>

#include <string>
#include <utility>
#include <vector>

namespace iib::store::test {

/// The statements that a connection has prepared: the store's own, not copies of them.
inline std::vector<sqlite3_stmt*> statements_of(Connection& connection) {
  std::vector<sqlite3_stmt*> found;
  sqlite3* const handle = connection.database().getHandle();
  for (auto* next = sqlite3_next_stmt(handle, nullptr); next != nullptr;
       next = sqlite3_next_stmt(handle, next)) {
    found.push_back(next);
  }
  return found;
}

/// Steps of the plan of `sql` that read a whole table or an index made for the occasion.
inline std::vector<std::string> costly_steps(Connection& connection, const std::string& sql) {
  SQLite::Statement plan{connection.database(), "EXPLAIN QUERY PLAN " + sql};
  std::vector<std::string> costly;
  while (plan.executeStep()) {
    auto step = plan.getColumn("detail").getString();
    const bool scan = Catch::startsWith(step, "SCAN") && step != "SCAN CONSTANT ROW";
    if (scan || Catch::contains(step, "AUTOMATIC")) costly.push_back(std::move(step));
  }
  return costly;
}

/// How much SQLite counted of one thing since the last time, over all statements.
inline int counted(Connection& connection, int what) {
  int sum = 0;
  for (auto* statement : statements_of(connection)) {
    sum += sqlite3_stmt_status(statement, what, 1);
  }
  return sum;
}

}  // namespace iib::store::test
