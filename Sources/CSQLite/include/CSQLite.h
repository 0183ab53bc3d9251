#ifndef GROKSWEEP_SQLITE_H
#define GROKSWEEP_SQLITE_H

struct sqlite3;

// In C, because Swift cannot call functions with variable arguments.

/// Stops SQLite from counting the memory it uses, which takes a lock at every allocation.
///
/// Has an effect before SQLite's first use in this process alone; nothing here asks for the counts.
void sqlite_stop_counting_memory(void);

/// Says whether SQLite looks, at each row that is written, for the rows that it refers to. Takes effect outside of a
/// transaction; statements are prepared anew where it changes something.
///
/// @param checks 0 or 1.
/// @return whether it is so now.
int sqlite_check_references(struct sqlite3 *database, int checks);

#endif
