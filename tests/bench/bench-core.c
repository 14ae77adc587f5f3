/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The yardstick: grpc-core alone, used as well as it can be. One completion
 * queue, one thread that waits in it without a limit, registered methods, as
 * few batches as the protocol allows, no copies, no allocations of its own. */

#include "bench-core.h"

#include <grpc/byte_buffer_reader.h>

#include "engine/grpc-aio-abseil-private.h"

void
core_start_batch (grpc_call *call,
                  const grpc_op *ops,
                  size_t n_ops,
                  CoreTag *tag)
{
  grpc_call_error error = grpc_call_start_batch (call, ops, n_ops, tag, NULL);

  if (error != GRPC_CALL_OK)
    bench_fail ("grpc-core refused a batch: error %d", (int) error);
}

void
core_loop (grpc_completion_queue *queue,
           const bool *finished)
{
  const gpr_timespec forever = gpr_inf_future (GPR_CLOCK_REALTIME);

  while (!*finished)
    {
      grpc_event event = grpc_completion_queue_next (queue, forever, NULL);
      CoreTag *tag = event.tag;

      tag->done (tag, event.success);
    }
}

void
core_buffer_refill (grpc_byte_buffer *buffer,
                    grpc_slice slice)
{
  grpc_slice_buffer *slices = &buffer->data.raw.slice_buffer;

  grpc_slice_buffer_reset_and_unref (slices);
  grpc_slice_buffer_add (slices, grpc_slice_ref (slice));
}

size_t
core_buffer_consume (grpc_byte_buffer *buffer,
                     bool in_one_piece)
{
  size_t length = grpc_byte_buffer_length (buffer);

  if (in_one_piece && buffer->data.raw.slice_buffer.count > 1)
    {
      grpc_byte_buffer_reader reader;

      grpc_byte_buffer_reader_init (&reader, buffer);
      grpc_slice_unref (grpc_byte_buffer_reader_readall (&reader));
      grpc_byte_buffer_reader_destroy (&reader);
    }

  grpc_byte_buffer_destroy (buffer);

  return length;
}

int
main (int argc,
      char **argv)
{
  BenchOptions options;

  bench_options_parse (&options, argc, argv);
  if (options.server)
    bench_memory_init ();

#ifdef HAVE_ABSEIL
  if (options.tuned)
    grpc_aio_abseil_set_up ();
#endif
  grpc_init ();

  if (options.server)
    core_server (&options);

  core_client (&options);

  grpc_shutdown ();

  return 0;
}
