#include "CSQLite.h"

#include <sqlite3.h>

void sqlite_stop_counting_memory(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

int sqlite_check_references(struct sqlite3 *database, int checks) {
  int checks_now = -1;
  sqlite3_db_config(database, SQLITE_DBCONFIG_ENABLE_FKEY, checks, &checks_now);
  return checks_now == checks;
}
