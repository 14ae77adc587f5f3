/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A timer of 16 ms, such as one that draws, while messages pour in: how late
 * it is. */

#include "rel.h"

#include <stdio.h>

#define FRAME_USEC 16000
#define N_STREAMS 4

typedef struct
{
  const char *name;
  const char *method;
  const char *request; /* to each of the streams */
  guint n_streams;
} Flood;

static const Flood floods[] = {
  { "none", NULL, NULL, 0 },
  { "20k/s", "Paced", "5", N_STREAMS },
  { "40k/s", "Paced", "10", N_STREAMS },
  { "unlimited", "Flow", "message", N_STREAMS },
};

/* Of this thread: on the processor, and waiting for one. */
typedef struct
{
  guint64 running_nsec;
  guint64 waiting_nsec;
} Usage;

typedef struct
{
  GSource source;
  gint64 due;
  GArray *lateness;
  guint n_skipped;
  gint64 previous; /* frame */
  Usage usage;     /* then */
  gint64 worst;
  char *worst_text;
} Frames;

static guint n_messages;

static Usage
get_usage (void)
{
  g_autofree char *text = NULL;
  Usage usage = { 0, 0 };

  /* Not every kernel has it. */
  if (g_file_get_contents ("/proc/thread-self/schedstat", &text, NULL, NULL))
    sscanf (text, "%" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT, &usage.running_nsec, &usage.waiting_nsec);

  return usage;
}

/* What this thread did before its worst frame tells whose fault that was. */
static void
note_worst (Frames *frames,
            gint64 late)
{
  Usage usage = get_usage ();
  gint64 now = g_get_monotonic_time ();

  if (late > frames->worst)
    {
      frames->worst = late;
      g_free (frames->worst_text);
      frames->worst_text = g_strdup_printf ("before the worst frame: %.2f ms, of which %.2f running and %.2f waiting for a processor",
                                            (now - frames->previous) / 1e3,
                                            (usage.running_nsec - frames->usage.running_nsec) / 1e6,
                                            (usage.waiting_nsec - frames->usage.waiting_nsec) / 1e6);
    }
  frames->usage = usage;
  frames->previous = now;
}

static gboolean
on_frame (GSource *source,
          GSourceFunc callback,
          gpointer user_data)
{
  Frames *frames = (Frames *) source;
  gint64 late = g_get_monotonic_time () - frames->due;

  g_array_append_val (frames->lateness, late);
  note_worst (frames, late);
  for (frames->due += FRAME_USEC; frames->due <= g_get_monotonic_time (); frames->due += FRAME_USEC)
    frames->n_skipped++;
  g_source_set_ready_time (source, frames->due);

  return G_SOURCE_CONTINUE;
}

static GSourceFuncs frames_funcs = { .dispatch = on_frame };

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error);
  guint *n_ended = user_data;

  if (message != NULL)
    {
      n_messages++;
      grpc_aio_call_read_async (GRPC_AIO_CALL (source), NULL, on_read, n_ended);
    }
  else
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      ++*n_ended;
    }
}

static void
test_frames (gconstpointer user_data)
{
  const Flood *flood = user_data;
  g_autoptr (RelPeer) peer = rel_peer_new ();
  g_autoptr (GrpcAioChannel) channel = rel_channel_new (peer->target);
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GArray) lateness = g_array_new (FALSE, FALSE, sizeof (gint64));
  GSource *source = g_source_new (&frames_funcs, sizeof (Frames));
  Frames *frames = (Frames *) source;
  guint n_ended = 0;
  gint64 start;

  for (guint i = 0; i < flood->n_streams; i++)
    {
      GrpcAioCall *call = rel_call (channel, flood->method, flood->request, -1);

      g_ptr_array_add (calls, call);
      grpc_aio_call_read_async (call, NULL, on_read, &n_ended);
    }
  n_messages = 0;
  if (flood->n_streams > 0)
    rel_iterate_until (&n_messages, 100);

  start = g_get_monotonic_time ();
  n_messages = 0;
  frames->lateness = lateness;
  frames->due = start + FRAME_USEC;
  frames->previous = start;
  frames->usage = get_usage ();
  g_source_set_ready_time (source, frames->due);
  g_source_attach (source, NULL);
  rel_iterate_for (rel_is_full () ? 10 * G_USEC_PER_SEC : G_USEC_PER_SEC / 2);
  g_source_destroy (source);

  g_test_message ("flood %s: %.0f messages/s, %u frames skipped", flood->name, n_messages * 1e6 / (g_get_monotonic_time () - start), frames->n_skipped);
  rel_print_distribution ("frames late", lateness);
  if (frames->worst_text != NULL)
    g_test_message ("%s", frames->worst_text);
  g_free (frames->worst_text);

  /* Neither starves the other. */
  g_assert_cmpuint (lateness->len, >=, 3);
  if (flood->n_streams > 0)
    g_assert_cmpuint (n_messages, >, 100);
  g_source_unref (source);

  for (guint i = 0; i < calls->len; i++)
    grpc_aio_call_cancel (g_ptr_array_index (calls, i));
  rel_iterate_until (&n_ended, flood->n_streams);
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

  for (guint i = 0; i < G_N_ELEMENTS (floods); i++)
    {
      g_autofree char *path = g_strdup_printf ("/rel/frames/%u", i);

      g_test_add_data_func (path, &floods[i], test_frames);
    }

  return g_test_run ();
}
