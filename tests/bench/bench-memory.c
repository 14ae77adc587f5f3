/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench.h"

#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>

#ifdef HAVE_CALLGRIND
#include <valgrind/callgrind.h>
#else
#define CALLGRIND_ZERO_STATS
#define CALLGRIND_DUMP_STATS
#endif

void
bench_count_begin (void)
{
  CALLGRIND_ZERO_STATS;
}

void
bench_count_end (void)
{
  CALLGRIND_DUMP_STATS;
}

/* What is allocated and not freed, in all arenas. */
static void
print_heap (const char *step)
{
  struct mallinfo2 info = mallinfo2 ();

  printf ("{\"step\": \"%s\", \"heap\": %zu}\n", step, info.uordblks + info.hblkhd);
  fflush (stdout);
}

static void *
answer (void *data)
{
  sigset_t *signals = data;
  int signal_number;

  while (sigwait (signals, &signal_number) == 0)
    {
      bench_count_end ();
      print_heap ("server");
    }

  return NULL;
}

void
bench_memory_init (void)
{
  static sigset_t signals;
  pthread_t thread;

  sigemptyset (&signals);
  sigaddset (&signals, SIGUSR1);
  pthread_sigmask (SIG_BLOCK, &signals, NULL);
  if (pthread_create (&thread, NULL, answer, &signals) != 0)
    bench_fail ("Cannot start a thread");
  pthread_detach (thread);
}

void
bench_memory_report (const BenchOptions *options,
                     const char *step)
{
  char line[16];

  print_heap (step);
  if (options->slices && fgets (line, sizeof line, stdin) == NULL)
    bench_fail ("The measurement was left");
}
