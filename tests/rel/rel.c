/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rel.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <glib-unix.h>

#include "rel-peer.h"

/* A test that takes longer hangs. */
#define GIVE_UP_SECONDS 150
#define GIVE_UP_SECONDS_FULL 3000

static gboolean is_full;
static gint n_calls;
static guint seed;
static char *role;
static char *role_argument;

static void
on_give_up (int number)
{
  static const char text[] = "The test hangs\n";
  gssize written G_GNUC_UNUSED = write (STDERR_FILENO, text, sizeof text - 1);

  abort ();
}

void
rel_init (int *argc,
          char ***argv)
{
  gboolean serve = FALSE;
  gint seed_argument = 0;
  const GOptionEntry entries[] = {
    { "full", 0, 0, G_OPTION_ARG_NONE, &is_full, "Use the loads of the acceptance list", NULL },
    { "calls", 0, 0, G_OPTION_ARG_INT, &n_calls, "Make so many calls", "N" },
    { "seed", 0, 0, G_OPTION_ARG_INT, &seed_argument, "Choose at random like that run", "SEED" },
    { "serve", 0, 0, G_OPTION_ARG_NONE, &serve, "Be the peer", NULL },
    { "role", 0, 0, G_OPTION_ARG_STRING, &role, "Be a child of the test", "ROLE" },
    { "role-argument", 0, 0, G_OPTION_ARG_STRING, &role_argument, "What the child needs to know", "TEXT" },
    { NULL }
  };
  g_autoptr (GOptionContext) options = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (options, entries, NULL);
  g_option_context_set_ignore_unknown_options (options, TRUE);
  if (!g_option_context_parse (options, argc, argv, &error))
    g_error ("%s", error->message);

  signal (SIGALRM, on_give_up);
  alarm (is_full ? GIVE_UP_SECONDS_FULL : GIVE_UP_SECONDS);

  if (serve)
    exit (rel_peer_main ());

  seed = seed_argument != 0 ? (guint) seed_argument : (guint) g_random_int_range (1, G_MAXINT);
  if (role == NULL)
    {
      g_test_init (argc, argv, NULL);
      g_test_message ("seed %u, engine %s", seed, g_getenv ("GRPC_AIO_ENGINE"));
    }
}

gboolean
rel_is_full (void)
{
  return is_full;
}

guint
rel_choose (guint n,
            guint n_full)
{
  if (n_calls > 0)
    return n_calls;

  return is_full ? n_full : n;
}

guint
rel_get_seed (void)
{
  return seed;
}

const char *
rel_get_role (void)
{
  return role;
}

const char *
rel_get_role_argument (void)
{
  return role_argument;
}

/* Processes */

static char *
dup_own_path (void)
{
  g_autoptr (GError) error = NULL;
  char *path = g_file_read_link ("/proc/self/exe", &error);

  g_assert_no_error (error);

  return path;
}

RelPeer *
rel_peer_new (void)
{
  RelPeer *self = g_new0 (RelPeer, 1);
  g_autofree char *path = dup_own_path ();
  const char *argv[] = { path, "--serve", is_full ? "--full" : NULL, NULL };
  g_autoptr (GError) error = NULL;
  char line[16] = { 0 };
  int stdout_fd;

  g_spawn_async_with_pipes (NULL, (char **) argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &self->pid, &self->stdin_fd, &stdout_fd, NULL, &error);
  g_assert_no_error (error);

  /* The line is short, so it comes at once. */
  g_assert_cmpint (read (stdout_fd, line, sizeof line - 1), >, 1);
  close (stdout_fd);
  self->target = g_strdup_printf ("127.0.0.1:%d", atoi (line));

  return self;
}

void
rel_peer_kill (RelPeer *self)
{
  g_assert_no_errno (kill (self->pid, SIGKILL));
}

void
rel_peer_free (RelPeer *self)
{
  int status;

  close (self->stdin_fd);
  while (waitpid (self->pid, &status, 0) < 0)
    ;
  if (!WIFSIGNALED (status) || WTERMSIG (status) != SIGKILL)
    g_assert_cmpint (status, ==, 0);

  g_free (self->target);
  g_free (self);
}

GSubprocess *
rel_spawn_child (const char *child_role,
                 const char *argument,
                 GSubprocessFlags flags)
{
  g_autofree char *path = dup_own_path ();
  g_autofree char *options = g_strconcat (g_getenv ("ASAN_OPTIONS") != NULL ? g_getenv ("ASAN_OPTIONS") : "",
                                          ":detect_leaks=0",
                                          NULL);
  g_autoptr (GSubprocessLauncher) launcher = g_subprocess_launcher_new (flags);
  g_autoptr (GError) error = NULL;
  GSubprocess *child;

  /* A child may end with all it has in use. */
  g_subprocess_launcher_setenv (launcher, "ASAN_OPTIONS", options, TRUE);
  child = g_subprocess_launcher_spawn (launcher, &error, path, "--role", child_role, "--role-argument", argument, NULL);
  g_assert_no_error (error);

  return child;
}

/* What processes use */

/* The allocator counts what its threads keep for the next time as used, which
 * grows for long. The peers inherit that it keeps nothing. */
void
rel_count_heap_exactly (char **argv)
{
  g_autofree char *path = NULL;

  if (g_getenv ("GLIBC_TUNABLES") != NULL)
    return;

  path = dup_own_path ();
  g_setenv ("GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", TRUE);
  execv (path, argv);
  g_assert_not_reached ();
}

void
rel_check_growth (const char *name,
                  const RelStats *samples,
                  guint n_samples,
                  guint n_per_sample,
                  double max_heap,
                  double max_rss)
{
  /* The first third is for what is made once and kept. */
  guint third = n_samples / 3;
  RelStats before = samples[third], after = samples[n_samples - 1];
  double n = (double) n_per_sample * third;
  double heap, rss;

  if (before.heap == 0)
    {
      g_test_message ("%s: this allocator does not count", name);
      return;
    }

  for (guint i = 0; i < n_samples; i++)
    {
      RelStats *part = i < n_samples - third ? &before : &after;

      if (i >= third)
        {
          part->heap = MIN (part->heap, samples[i].heap);
          part->rss = MIN (part->rss, samples[i].rss);
        }
      g_test_message ("%s: after %u RSS %.2f, heap %.3f MiB", name, (i + 1) * n_per_sample, samples[i].rss / 1048576., samples[i].heap / 1048576.);
    }

  heap = ((double) after.heap - (double) before.heap) / n;
  rss = ((double) after.rss - (double) before.rss) / n;
  g_test_message ("%s: the heap grows by %.3f bytes per call, RSS by %.3f", name, heap, rss);
  g_assert_cmpfloat (heap, <, max_heap);
  g_assert_cmpfloat (rss, <, max_rss);
}

void
rel_get_own_stats (RelStats *stats)
{
  g_autofree char *status = NULL;
  struct mallinfo2 info;
  const char *line;

  malloc_trim (0);
  info = mallinfo2 ();
  stats->heap = info.uordblks + info.hblkhd;

  g_assert_true (g_file_get_contents ("/proc/self/status", &status, NULL, NULL));
  line = strstr (status, "VmRSS:");
  g_assert_nonnull (line);
  stats->rss = g_ascii_strtoull (line + strlen ("VmRSS:"), NULL, 10) * 1024;
}

void
rel_peer_get_stats (RelPeer *self,
                    GrpcAioChannel *channel,
                    RelStats *stats)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_unary_unary (channel, "/rel.Peer/Stats");
  g_autoptr (GBytes) request = g_bytes_new (NULL, 0);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = grpc_aio_multi_callable_invoke_sync (method, request, NULL, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (g_bytes_get_size (response), ==, sizeof *stats);
  memcpy (stats, g_bytes_get_data (response, NULL), sizeof *stats);
}

/* Calls */

GrpcAioChannel *
rel_channel_new (const char *target)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();

  grpc_aio_channel_options_set_int (options, "grpc.use_local_subchannel_pool", 1);

  return grpc_aio_channel_new_with_options (target, NULL, options);
}

GrpcAioCall *
rel_call (GrpcAioChannel *channel,
          const char *method,
          const char *request,
          gint64 timeout_usec)
{
  g_autofree char *full_name = g_strconcat ("/rel.Peer/", method, NULL);
  g_autoptr (GrpcAioCallOptions) options = NULL;
  g_autoptr (GrpcAioMultiCallable) multi_callable = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (!g_str_has_suffix (method, "Chat"))
    bytes = g_bytes_new (request, request != NULL ? strlen (request) : 0);
  if (timeout_usec >= 0)
    options = g_object_new (GRPC_AIO_TYPE_CALL_OPTIONS, "timeout-usec", timeout_usec, NULL);

  if (g_str_has_suffix (method, "Chat"))
    multi_callable = grpc_aio_channel_stream_stream (channel, full_name);
  else if (g_str_equal (method, "Flow") || g_str_equal (method, "Count") || g_str_equal (method, "Paced"))
    multi_callable = grpc_aio_channel_unary_stream (channel, full_name);
  else
    multi_callable = grpc_aio_channel_unary_unary (channel, full_name);

  return grpc_aio_multi_callable_call (multi_callable, bytes, options);
}

/* Waiting. The alarm of rel_init () ends what waits for ever. */

void
rel_iterate_until (const guint *counter,
                   guint n)
{
  while (*counter < n)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
}

static gboolean
on_time (gpointer user_data)
{
  guint *counter = user_data;

  ++*counter;

  return G_SOURCE_REMOVE;
}

void
rel_iterate_for (gint64 usec)
{
  g_autoptr (GSource) timer = g_timeout_source_new (usec / 1000);
  guint is_over = 0;

  g_source_set_callback (timer, on_time, &is_over, NULL);
  g_source_attach (timer, g_main_context_get_thread_default ());
  rel_iterate_until (&is_over, 1);
}

GMainContext *
rel_push_context (void)
{
  GMainContext *context = g_main_context_new ();

  g_main_context_push_thread_default (context);

  return context;
}

void
rel_pop_context (GMainContext *context)
{
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

void
rel_store_result (GObject *source,
                  GAsyncResult *result,
                  gpointer user_data)
{
  GAsyncResult **stored = user_data;

  g_assert_null (*stored);
  *stored = g_object_ref (result);
}

GAsyncResult *
rel_await (GAsyncResult **result)
{
  while (*result == NULL)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);

  return *result;
}

/* Figures */

static int
compare_usecs (gconstpointer a,
               gconstpointer b)
{
  const gint64 *left = a, *right = b;

  return (*left > *right) - (*left < *right);
}

void
rel_print_distribution (const char *name,
                        GArray *usecs)
{
  const gint64 *values;

  g_assert_cmpuint (usecs->len, >, 0);
  g_array_sort (usecs, compare_usecs);
  values = (const gint64 *) usecs->data;

  g_test_message ("%s: n %u, min %.2f, p50 %.2f, p99 %.2f, max %.2f ms", name, usecs->len, values[0] / 1e3, values[usecs->len / 2] / 1e3, values[usecs->len * 99 / 100] / 1e3, values[usecs->len - 1] / 1e3);
}
