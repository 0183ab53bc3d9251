#define _GNU_SOURCE
#include "CProcess.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/// The state's number in TCP_INFO; the C library's header that names it cannot be included beside the kernel's, whose
/// structure is the longer one.
enum { ESTABLISHED = 1 };

static int read_information(int descriptor, struct tcp_info *information) {
  socklen_t length = sizeof *information;
  if (getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, information, &length) != 0) return -errno;
  size_t needed = offsetof(struct tcp_info, tcpi_bytes_received) + sizeof information->tcpi_bytes_received;
  return length < needed ? -EOPNOTSUPP : 0;
}

int64_t connection_bytes_received(int descriptor) {
  struct tcp_info information;
  int problem = read_information(descriptor, &information);
  return problem != 0 ? problem : (int64_t)information.tcpi_bytes_received;
}

int connection_was_left(int twin) {
  struct tcp_info information;
  if (read_information(twin, &information) != 0) return 0;
  if (information.tcpi_state == ESTABLISHED) return 1;
  int unread = 0;
  return ioctl(twin, SIOCINQ, &unread) == 0 && unread > 0;
}

int connection_open_twin(int descriptor) {
  int twin = fcntl(descriptor, F_DUPFD_CLOEXEC, 3);
  if (twin < 0) return -errno;
  struct stat information;
  if (fstat(twin, &information) == 0 && S_ISSOCK(information.st_mode)) return twin;
  // Some file has got the number meanwhile. To close it would release the locks that this process has on that file,
  // a database's perhaps: the descriptor is left open.
  return -EBADF;
}

void connection_abort(int descriptor) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  shutdown(descriptor, SHUT_RDWR);
}

int descriptors_wait(int first, int second, int64_t nanoseconds) {
  struct pollfd items[] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
  struct timespec patience = {.tv_sec = nanoseconds / 1000000000, .tv_nsec = nanoseconds % 1000000000};
  return ppoll(items, 2, &patience, NULL) > 0 && items[1].revents != 0;
}
