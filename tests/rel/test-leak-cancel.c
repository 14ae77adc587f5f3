/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Streams that are cancelled at random points: each ends exactly once, and
 * neither end grows with their number. */

#include "rel.h"

#define N_STREAMS 3000
#define N_STREAMS_FULL 100000
#define N_OUTSTANDING 50
#define N_SAMPLES 10

typedef enum
{
  BEFORE_SEND,
  AFTER_INITIAL_METADATA,
  MID_READ,
  BY_CANCELLABLE,
  WRITING,
  AFTER_TRAILERS,
  N_POINTS,
} Point;

typedef struct
{
  GrpcAioChannel *channel;
  GRand *rand;
  GBytes *message;
  guint n_to_start;
  guint n_ended;
  guint n_points[N_POINTS];
  guint n_cancelled; /* the status was CANCELLED */
} Storm;

typedef struct
{
  Storm *storm;
  GrpcAioCall *call;
  GCancellable *cancellable;
  Point point;
  guint n_reads;   /* before it is cancelled */
  guint n_started; /* operations */
  guint n_finished;
  guint n_done;
  guint n_status;
} Stream;

static void start_stream (Storm *storm);

/* The call has ended and every operation has called back. */
static void
end_if_complete (Stream *self)
{
  Storm *storm = self->storm;

  if (self->n_status == 0 || self->n_done == 0 || self->n_finished < self->n_started)
    return;

  g_assert_cmpuint (self->n_finished, ==, self->n_started);
  g_assert_cmpuint (self->n_status, ==, 1);
  g_assert_cmpuint (self->n_done, ==, 1);
  g_assert_true (grpc_aio_call_is_done (self->call));

  if (g_random_boolean ())
    g_assert_false (grpc_aio_call_cancel (self->call));
  g_signal_handlers_disconnect_by_data (self->call, self);
  g_object_unref (self->call);
  g_object_unref (self->cancellable);
  g_free (self);

  storm->n_ended++;
  if (storm->n_to_start > 0)
    start_stream (storm);
}

static void
on_done (GrpcAioCall *call,
         gpointer user_data)
{
  Stream *self = user_data;

  self->n_done++;
  end_if_complete (self);
}

static void
on_status (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  Stream *self = user_data;
  g_autoptr (GError) error = NULL;
  GrpcAioStatusCode code = grpc_aio_call_status_finish (GRPC_AIO_CALL (source), result, &error);

  g_assert_no_error (error);
  if (self->point == AFTER_TRAILERS)
    g_assert_cmpint (code, ==, GRPC_AIO_STATUS_CODE_OK);
  else
    g_assert_cmpint (code, ==, GRPC_AIO_STATUS_CODE_CANCELLED);
  if (code == GRPC_AIO_STATUS_CODE_CANCELLED)
    self->storm->n_cancelled++;

  self->n_status++;
  if (self->point == AFTER_TRAILERS)
    g_assert_false (grpc_aio_call_cancel (self->call));
  end_if_complete (self);
}

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  Stream *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (self->call, result, &error);

  self->n_finished++;
  if (message != NULL)
    {
      self->n_started++;
      grpc_aio_call_read_async (self->call, self->cancellable, on_read, self);
      if (self->n_reads > 0)
        self->n_reads--;
      else if (self->point == MID_READ)
        grpc_aio_call_cancel (self->call);
      else if (self->point == BY_CANCELLABLE)
        g_cancellable_cancel (self->cancellable);
    }
  else if (self->point == AFTER_TRAILERS)
    {
      g_assert_no_error (error);
    }
  else
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
    }
  end_if_complete (self);
}

static void
on_initial_metadata (GObject *source,
                     GAsyncResult *result,
                     gpointer user_data)
{
  Stream *self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMetadata) metadata = NULL;

  metadata = grpc_aio_call_initial_metadata_finish (self->call, result, &error);
  g_assert_no_error (error);
  g_assert_nonnull (metadata);

  self->n_finished++;
  g_assert_true (grpc_aio_call_cancel (self->call));
  end_if_complete (self);
}

static void
on_written (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  Stream *self = user_data;
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_call_write_finish (self->call, result, &error))
    g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);

  self->n_finished++;
  if (self->n_reads == 0)
    grpc_aio_call_cancel (self->call);
  else
    self->n_reads--;
  end_if_complete (self);
}

static void
start_stream (Storm *storm)
{
  static const char *const methods[N_POINTS] = { "Chat", "HangChat", "Flow", "Flow", "Chat", "Count" };
  Stream *self = g_new0 (Stream, 1);

  storm->n_to_start--;
  self->storm = storm;
  self->cancellable = g_cancellable_new ();
  self->point = g_rand_int_range (storm->rand, 0, N_POINTS);
  self->n_reads = g_rand_int_range (storm->rand, 0, 5);
  storm->n_points[self->point]++;
  self->call = rel_call (storm->channel, methods[self->point], "3", -1);
  g_signal_connect (self->call, "done", G_CALLBACK (on_done), self);
  grpc_aio_call_status_async (self->call, NULL, on_status, self);

  switch (self->point)
    {
    case BEFORE_SEND:
      g_assert_true (grpc_aio_call_cancel (self->call));
      break;

    case AFTER_INITIAL_METADATA:
      self->n_started++;
      grpc_aio_call_initial_metadata_async (self->call, NULL, on_initial_metadata, self);
      break;

    case MID_READ:
    case BY_CANCELLABLE:
    case AFTER_TRAILERS:
      self->n_started++;
      grpc_aio_call_read_async (self->call, self->cancellable, on_read, self);
      break;

    case WRITING:
      for (guint i = 0; i < 5; i++)
        {
          self->n_started++;
          grpc_aio_call_write_async (self->call, storm->message, NULL, on_written, self);
        }
      break;

    default:
      g_assert_not_reached ();
    }
}

static void
run_storm (Storm *storm,
           RelPeer *peer,
           guint n,
           RelStats *own,
           RelStats *other)
{
  storm->n_ended = 0;
  storm->n_to_start = n;
  for (guint i = 0; i < N_OUTSTANDING; i++)
    start_stream (storm);
  rel_iterate_until (&storm->n_ended, n);
  g_assert_cmpuint (storm->n_ended, ==, n);

  /* Every handler is told, and lets go. */
  do
    rel_peer_get_stats (peer, storm->channel, other);
  while (other->n_freed < other->n_started);
  rel_get_own_stats (own);
}

static void
test_leak_cancel (void)
{
  guint n = rel_choose (N_STREAMS, N_STREAMS_FULL);
  g_autoptr (RelPeer) peer = rel_peer_new ();
  g_autoptr (GrpcAioChannel) channel = rel_channel_new (peer->target);
  g_autoptr (GRand) rand = g_rand_new_with_seed (rel_get_seed ());
  g_autoptr (GBytes) message = g_bytes_new_static ("message", 7);
  Storm storm = { .channel = channel, .rand = rand, .message = message };
  RelStats own[N_SAMPLES] = { 0 }, other[N_SAMPLES] = { 0 };
  gint64 start;

  start = g_get_monotonic_time ();
  for (guint i = 0; i < N_SAMPLES; i++)
    run_storm (&storm, peer, n / N_SAMPLES, &own[i], &other[i]);
  g_test_message ("%.0f streams/s", n * 1e6 / (g_get_monotonic_time () - start));
  for (guint i = 0; i < N_POINTS; i++)
    g_test_message ("point %u: %u", i, storm.n_points[i]);
  g_test_message ("server: started %" G_GUINT64_FORMAT ", freed %" G_GUINT64_FORMAT ", cancelled %" G_GUINT64_FORMAT,
                  other[N_SAMPLES - 1].n_started,
                  other[N_SAMPLES - 1].n_freed,
                  other[N_SAMPLES - 1].n_cancelled);

  g_assert_cmpuint (storm.n_cancelled, ==, n - storm.n_points[AFTER_TRAILERS]);

  /* A leaked stream would cost kilobytes. */
  rel_check_growth ("client", own, N_SAMPLES, n / N_SAMPLES, rel_is_full () ? 1 : 128, rel_is_full () ? 4 : 1024);
  rel_check_growth ("server", other, N_SAMPLES, n / N_SAMPLES, rel_is_full () ? 1 : 128, rel_is_full () ? 4 : 1024);
}

int
main (int argc,
      char **argv)
{
  rel_count_heap_exactly (argv);
  rel_init (&argc, &argv);

  g_test_add_func ("/rel/leak-cancel", test_leak_cancel);

  return g_test_run ();
}
