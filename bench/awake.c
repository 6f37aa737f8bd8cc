
/*
 * Owns: a load that never sleeps: preloaded into wrk, its epoll_wait() asks
 * until there is something or the time is over.  A worker that answers a client
 * which sleeps pays for waking it, the more often the slower it is: that would
 * count as the gate's.
 */


#define _GNU_SOURCE

#include <dlfcn.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <time.h>


typedef int (*wait_pt)(int, struct epoll_event *, int, int);


static wait_pt  next_wait;


static int64_t
now_ms(void)
{
    struct timespec  t;

    clock_gettime(CLOCK_MONOTONIC, &t);

    return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}


static void __attribute__((constructor))
begin(void)
{
    next_wait = (wait_pt) (uintptr_t) dlsym(RTLD_NEXT, "epoll_wait");
}


/* A timeout in milliseconds, -1 for none. */

int
epoll_wait(int fd, struct epoll_event *events, int max, int timeout)
{
    int      n;
    int64_t  end;

    end = now_ms() + timeout;

    do {
        n = next_wait(fd, events, max, 0);
    } while (n == 0 && (timeout < 0 || now_ms() < end));

    return n;
}
