#pragma once

#include "iib/base/log.hpp"

namespace iib::app {

/// Hands what SQLite tells of itself to a log, for as long as it lives. SQLite has one such place
/// for a process, and only takes it before its first use: there can be one of these, made first.
class SqliteLog {
 public:
  explicit SqliteLog(Log log);
  SqliteLog(const SqliteLog&) = delete;
  SqliteLog& operator=(const SqliteLog&) = delete;
  ~SqliteLog();

 private:
  static void take(void* self, int code, const char* text);

  Log log_;
};

}  // namespace iib::app
