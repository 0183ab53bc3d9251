#ifndef GROKSWEEP_PROCESS_H
#define GROKSWEEP_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

/// Starts a program in a process group of its own, with three given descriptors as its standard streams.
///
/// posix_spawn cannot ask for a signal at the parent's death, so this is fork and exec. Between the
/// two only async-signal-safe functions are called. In the child every signal has its default effect
/// and none is blocked; `ignored_signal` is ignored if it is not 0. `death_signal` is sent to the child
/// when the thread that called this function ends.
///
/// Returns the process id, or minus the error number when the program cannot be started.
pid_t process_spawn(const char *path, char *const arguments[], char *const environment[],
                    int input, int output, int error, int death_signal, int ignored_signal);

/// Takes SIGINT, SIGTERM, SIGHUP and SIGCHLD on whichever thread they arrive, and returns a descriptor
/// that can be read once one has; minus the error number on failure. Called once a process.
///
/// Handlers, because a mask would not do: libraries start threads of their own before `main`, whose
/// masks nobody can set. The first three stay ignored where whoever started this process had them
/// ignored (`cmd &` in a script, nohup). SIGPIPE is ignored from then on.
int process_open_signals(void);

/// One of the signals that have arrived, 0 when there is none, minus the error number on failure.
/// Equal signals that arrive before they are asked for count as one. Ask until there is none.
int process_next_signal(int descriptor);

/// Ends this process by a signal's default effect, so that its parent sees that signal.
__attribute__((noreturn)) void process_end_by_signal(int number);

/// A non-blocking, close-on-exec event counter; minus the error number on failure.
int process_open_event(void);

/// Opens a pipe whose two ends, to read and to write, are closed in programs that are started.
/// Returns 0, or minus the error number.
int process_open_pipe(int32_t ends[2]);

/// Monotonic nanoseconds since an arbitrary instant; goes on while the machine sleeps.
int64_t process_monotonic_nanoseconds(void);

/// The number of processors that the affinity mask of this process leaves it.
int process_affinity_count(void);

/// The magic number of the file system that holds a path, minus the error number on failure.
int64_t process_file_system_type(const char *path);

/// The width of the terminal behind a descriptor in columns; 0 when there is none.
int process_terminal_columns(int descriptor);

/// Gives memory that was freed back to the system, all over the heap and not only at its end.
void process_return_memory(void);

/// The bytes that have come over a TCP connection since it was made; minus the error number on failure, and for
/// anything that is no TCP connection.
int64_t connection_bytes_received(int descriptor);

/// A second descriptor of a socket, which outlives the first; minus the error number on failure, EBADF where that one is no
/// socket any more.
int connection_open_twin(int descriptor);

/// 1 if it is this side that leaves a TCP connection: the other one has not closed it, or has sent what nobody read;
/// 0 otherwise, and where that cannot be told. To be asked by the twin of a descriptor.
int connection_was_left(int twin);

/// Sleeps until one of two descriptors can be read, a signal arrives, or the time has passed: less than the milliseconds
/// of poll(2). A negative descriptor is none.
///
/// @return whether the second can be read.
int descriptors_wait(int first, int second, int64_t nanoseconds);

/// Ends a connection for whoever reads it. The other side is told so by a reset once its descriptors are closed: with an
/// orderly end, one that goes on sending would wait for a minute.
void connection_abort(int descriptor);

#endif
