#include "library_log.hpp"

#include <sqlite3.h>

#include <utility>

namespace iib::app {

SqliteLog::SqliteLog(Log log) : log_{std::move(log)} {
  if (sqlite3_config(SQLITE_CONFIG_LOG, &SqliteLog::take, this) != SQLITE_OK) {
    log_.warning("SQLite is in use already and does not say what happens in it");
  }
}

SqliteLog::~SqliteLog() {
  // Refused while SQLite is in use, so it is put to sleep first: all its databases are closed.
  sqlite3_shutdown();
  sqlite3_config(SQLITE_CONFIG_LOG, nullptr, nullptr);
}

/// Never calls SQLite, as its documentation demands. What fails is reported by whoever asked; this
/// is the background.
void SqliteLog::take(void* self, int code, const char* text) {
  const auto& log = static_cast<const SqliteLog*>(self)->log_;
  constexpr int kPrimary = 0xff;
  if ((code & kPrimary) == SQLITE_NOTICE) {
    log.info("{} (code {})", one_line(text), code);
  } else {
    log.warning("{} (code {})", one_line(text), code);
  }
}

}  // namespace iib::app
