/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Channels and streams on which nothing happens cost nothing: no thread of
 * ours wakes up. */

#include "rel.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_CHANNELS 100
#define N_STREAMS 10

typedef struct
{
  char *name;
  guint64 n_switches; /* wake-ups */
  guint64 ticks;
} Thread;

static void
thread_free (gpointer data)
{
  Thread *thread = data;

  g_free (thread->name);
  g_free (thread);
}

static Thread *
thread_read (const char *id)
{
  g_autofree char *status_path = g_strdup_printf ("/proc/self/task/%s/status", id);
  g_autofree char *stat_path = g_strdup_printf ("/proc/self/task/%s/stat", id);
  g_autofree char *status = NULL;
  g_autofree char *stat_line = NULL;
  g_auto (GStrv) lines = NULL;
  g_auto (GStrv) fields = NULL;
  Thread *thread;

  /* A thread may end meanwhile. */
  if (!g_file_get_contents (status_path, &status, NULL, NULL) ||
      !g_file_get_contents (stat_path, &stat_line, NULL, NULL))
    return NULL;

  thread = g_new0 (Thread, 1);
  lines = g_strsplit (status, "\n", -1);
  for (guint i = 0; lines[i] != NULL; i++)
    {
      if (g_str_has_prefix (lines[i], "Name:"))
        thread->name = g_strdup (g_strstrip (lines[i] + strlen ("Name:")));
      if (g_str_has_prefix (lines[i], "voluntary_ctxt_switches:"))
        thread->n_switches = g_ascii_strtoull (lines[i] + strlen ("voluntary_ctxt_switches:"), NULL, 10);
    }

  /* After the name, in parentheses: user and system time are the 12th and 13th. */
  fields = g_strsplit (strrchr (stat_line, ')') + 2, " ", -1);
  thread->ticks = g_ascii_strtoull (fields[11], NULL, 10) + g_ascii_strtoull (fields[12], NULL, 10);

  return thread;
}

/* Of id to Thread. */
static GHashTable *
list_threads (void)
{
  GHashTable *threads = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, thread_free);
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  const char *id;

  while ((id = g_dir_read_name (dir)) != NULL)
    {
      Thread *thread = thread_read (id);

      if (thread != NULL)
        g_hash_table_insert (threads, g_strdup (id), thread);
    }

  return threads;
}

/* Whose thread it is. */
static const char *
get_owner (const char *id,
           const Thread *thread)
{
  if (atoi (id) == getpid () || g_str_has_prefix (thread->name, "grpc-aio"))
    return "our";

  if (g_str_equal (thread->name, "gmain"))
    return "GLib's";

  return "grpc-core's";
}

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  guint *n_ended = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_null (grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  ++*n_ended;
}

static void
on_initial_metadata (GObject *source,
                     GAsyncResult *result,
                     gpointer user_data)
{
  guint *n_open = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioMetadata) metadata = NULL;

  metadata = grpc_aio_call_initial_metadata_finish (GRPC_AIO_CALL (source), result, &error);
  g_assert_no_error (error);
  ++*n_open;
}

static void
test_idle (void)
{
  guint n_seconds = rel_is_full () ? 30 : 2;
  g_autoptr (RelPeer) peer = rel_peer_new ();
  g_autoptr (GPtrArray) channels = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) calls = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GHashTable) before = NULL;
  g_autoptr (GHashTable) after = NULL;
  GHashTableIter iter;
  gpointer key, value;
  guint n_open = 0, n_ended = 0;
  guint64 n_wakeups = 0, ticks = 0;

  for (guint i = 0; i < N_CHANNELS; i++)
    {
      GrpcAioChannel *channel = rel_channel_new (peer->target);
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      g_ptr_array_add (channels, channel);
      grpc_aio_channel_ready_async (channel, NULL, rel_store_result, &result);
      grpc_aio_channel_ready_finish (channel, rel_await (&result), &error);
      g_assert_no_error (error);
    }
  for (guint i = 0; i < N_STREAMS; i++)
    {
      GrpcAioCall *call = rel_call (g_ptr_array_index (channels, i), "HangChat", NULL, -1);

      g_ptr_array_add (calls, call);
      grpc_aio_call_initial_metadata_async (call, NULL, on_initial_metadata, &n_open);
      grpc_aio_call_read_async (call, NULL, on_read, &n_ended);
    }
  rel_iterate_until (&n_open, N_STREAMS);

  /* What connecting left to do. */
  rel_iterate_for (G_USEC_PER_SEC);

  before = list_threads ();
  rel_iterate_for (n_seconds * G_USEC_PER_SEC);
  after = list_threads ();

  g_hash_table_iter_init (&iter, after);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      const Thread *now = value;
      const Thread *then = g_hash_table_lookup (before, key);
      guint64 n_switches = now->n_switches - (then != NULL ? then->n_switches : 0);
      guint64 used = now->ticks - (then != NULL ? then->ticks : 0);

      const char *owner = get_owner (key, now);

      g_test_message ("%s thread %s: %" G_GUINT64_FORMAT " wake-ups, %" G_GUINT64_FORMAT " ticks of CPU in %u s",
                      owner,
                      now->name,
                      n_switches,
                      used,
                      n_seconds);
      if (g_str_equal (owner, "our"))
        {
          n_wakeups += n_switches;
          ticks += used;
        }
    }
  g_test_message ("together: %.2f wake-ups per second of ours, one of them by the test's timer; %.3f %% CPU",
                  (double) n_wakeups / n_seconds,
                  ticks * 100. / sysconf (_SC_CLK_TCK) / n_seconds);

  /* Some for what a busy machine had not done before. */
  g_assert_cmpuint (n_wakeups, <, 10);

  for (guint i = 0; i < calls->len; i++)
    grpc_aio_call_cancel (g_ptr_array_index (calls, i));
  rel_iterate_until (&n_ended, N_STREAMS);
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

  g_test_add_func ("/rel/idle", test_idle);

  return g_test_run ();
}
