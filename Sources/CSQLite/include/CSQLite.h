#ifndef GROKSWEEP_SQLITE_H
#define GROKSWEEP_SQLITE_H

/// Stops SQLite from counting the memory it uses, which takes a lock at every allocation.
///
/// Has an effect before SQLite's first use in this process alone; nothing here asks for the counts. In C, because Swift
/// cannot call functions with variable arguments.
void sqlite_stop_counting_memory(void);

#endif
