/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The same work as bench-core, by the public API of grpc-aio-glib and in a
 * GLib main loop. The environment variable GRPC_AIO_ENGINE chooses the engine. */

#include "bench-aio.h"

int
main (int argc,
      char **argv)
{
  BenchOptions options;

  bench_options_parse (&options, argc, argv);
  if (options.server)
    bench_memory_init ();

  /* With workers this one only waits for the end. */
  if (options.workers == 0)
    grpc_aio_main_context_accelerate (NULL);

  if (options.server)
    aio_server (&options);
  else
    aio_client (&options);

  return 0;
}
