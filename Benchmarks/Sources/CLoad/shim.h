// Swift's module of glibc leaves epoll out, and its structure is packed.
#include <stdint.h>
#include <sys/epoll.h>
#include <zmq.h>

// Has a descriptor watched for something to read, under a number.
static inline int epoll_watch(int queue, int descriptor, uint32_t number) {
  struct epoll_event event = {.events = EPOLLIN, .data = {.u32 = number}};
  return epoll_ctl(queue, EPOLL_CTL_ADD, descriptor, &event);
}

// The numbers of at most 512 descriptors that are ready, and how many; negative: none.
static inline int epoll_ready(int queue, uint32_t *numbers, int milliseconds) {
  struct epoll_event events[512];
  int count = epoll_wait(queue, events, 512, milliseconds);
  for (int index = 0; index < count; index++) numbers[index] = events[index].data.u32;
  return count;
}
