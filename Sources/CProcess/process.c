#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// Puts a descriptor where a standard stream belongs, without close-on-exec.
static int place(int descriptor, int target) {
  if (descriptor == target) return fcntl(target, F_SETFD, 0);
  return dup2(descriptor, target);
}

static void run_child(const char *path, char *const arguments[], char *const environment[],
                      const int streams[3], int death_signal, int ignored_signal, pid_t parent,
                      int report) {
  // The parent's handlers would run in this process once signals are let through again.
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  if (ignored_signal != 0) signal(ignored_signal, SIG_IGN);
  setpgid(0, 0);
  if (death_signal != 0) {
    prctl(PR_SET_PDEATHSIG, death_signal);
    // The parent may have died before the line above: then no signal comes any more.
    if (getppid() != parent) _exit(127);
  }
  // Descriptors below 3 would be overwritten by a later dup2: lift all three out of the way first.
  int lifted[3];
  for (int i = 0; i < 3; i++) lifted[i] = fcntl(streams[i], F_DUPFD_CLOEXEC, 3);
  for (int i = 0; i < 3; i++) {
    if (lifted[i] < 0 || place(lifted[i], i) < 0) goto failed;
  }
  // What this process was given by mistake ends here: whoever gave it may wait for its end, and a child
  // that stays in the background would hold it open. Old kernels refuse: then it is handed on.
  close_range(3, ~0U, CLOSE_RANGE_CLOEXEC);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  execve(path, arguments, environment);
failed:;
  int problem = errno;
  ssize_t written = write(report, &problem, sizeof problem);
  (void)written;
  _exit(127);
}

pid_t process_spawn(const char *path, char *const arguments[], char *const environment[],
                    int input, int output, int error, int death_signal, int ignored_signal) {
  int report[2];
  if (pipe2(report, O_CLOEXEC) != 0) return -errno;
  const int streams[3] = {input, output, error};
  pid_t parent = getpid();
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pid_t child = fork();
  if (child == 0) {
    // A report below 3 would be closed by the dup2s.
    int lifted = fcntl(report[1], F_DUPFD_CLOEXEC, 3);
    run_child(path, arguments, environment, streams, death_signal, ignored_signal, parent, lifted);
  }
  int problem = child < 0 ? errno : 0;
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  close(report[1]);
  if (child > 0) {
    // Set on both sides, so that it holds whoever runs first.
    setpgid(child, child);
    ssize_t length;
    do length = read(report[0], &problem, sizeof problem);
    while (length < 0 && errno == EINTR);
    if (length != (ssize_t)sizeof problem) problem = 0;
    if (problem != 0) waitpid(child, NULL, 0);
  }
  close(report[0]);
  return problem != 0 ? -problem : child;
}

static const int expected[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
enum { expected_count = sizeof expected / sizeof expected[0] };

/// Which of them have arrived and have not been asked for, and the event that says so.
static atomic_int arrived[expected_count];
static atomic_int signal_event = -1;

/// Runs on whichever thread the kernel picks: those of the BLAS library, too.
static void note_signal(int number) {
  int before = errno;
  for (int i = 0; i < expected_count; i++) {
    if (expected[i] == number) atomic_store(&arrived[i], 1);
  }
  uint64_t one = 1;
  ssize_t written = write(atomic_load(&signal_event), &one, sizeof one);
  (void)written;
  errno = before;
}

int process_open_signals(void) {
  int descriptor = process_open_event();
  if (descriptor < 0) return descriptor;
  atomic_store(&signal_event, descriptor);
  signal(SIGPIPE, SIG_IGN);
  struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
  sigemptyset(&action.sa_mask);
  sigset_t set;
  sigemptyset(&set);
  for (int i = 0; i < expected_count; i++) {
    struct sigaction inherited;
    if (sigaction(expected[i], NULL, &inherited) != 0) return -errno;
    // Children of a process that ignores SIGCHLD vanish without an exit status.
    if (inherited.sa_handler == SIG_IGN && expected[i] != SIGCHLD) continue;
    if (sigaction(expected[i], &action, NULL) != 0) return -errno;
    sigaddset(&set, expected[i]);
  }
  int problem = pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  return problem != 0 ? -problem : descriptor;
}

int process_next_signal(int descriptor) {
  uint64_t count;
  ssize_t length = read(descriptor, &count, sizeof count);
  if (length < 0 && errno != EAGAIN && errno != EINTR) return -errno;
  // Looked at after the event was lowered, so that what arrives from here on raises it again.
  for (int i = 0; i < expected_count; i++) {
    if (atomic_exchange(&arrived[i], 0) != 0) return expected[i];
  }
  return 0;
}

void process_end_by_signal(int number) {
  signal(number, SIG_DFL);
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, number);
  pthread_sigmask(SIG_UNBLOCK, &set, NULL);
  raise(number);
  // Process 1 of a container does not die of a signal that it has no handler for.
  _exit(128 + number);
}

int process_open_event(void) {
  int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  return descriptor < 0 ? -errno : descriptor;
}

int process_open_pipe(int32_t ends[2]) { return pipe2(ends, O_CLOEXEC) == 0 ? 0 : -errno; }

int64_t process_monotonic_nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int process_affinity_count(void) {
  // Machines with more than 1024 processors need a larger set than cpu_set_t.
  for (int processors = 1024; processors <= 1 << 20; processors *= 4) {
    cpu_set_t *set = CPU_ALLOC(processors);
    if (set == NULL) return 1;
    size_t size = CPU_ALLOC_SIZE(processors);
    int status = sched_getaffinity(0, size, set);
    int count = status == 0 ? CPU_COUNT_S(size, set) : 0;
    CPU_FREE(set);
    if (count > 0) return count;
    if (errno != EINVAL) return 1;
  }
  return 1;
}

int64_t process_file_system_type(const char *path) {
  struct statfs information;
  if (statfs(path, &information) != 0) return -errno;
  return (int64_t)information.f_type;
}

int process_terminal_columns(int descriptor) {
  struct winsize size;
  if (!isatty(descriptor) || ioctl(descriptor, TIOCGWINSZ, &size) != 0) return 0;
  return size.ws_col > 0 ? size.ws_col : 80;
}

void process_return_memory(void) { malloc_trim(0); }
