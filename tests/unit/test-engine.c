/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE /* SCHED_BATCH */

#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib-unix.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include "test-utils.h"

typedef struct
{
  Peer peer;
} Fixture;

static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  peer_set_up (&fixture->peer);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  peer_tear_down (&fixture->peer);
}

static gboolean
is_true (gpointer data)
{
  return *(gboolean *) data;
}

static gboolean
set_true (gpointer data)
{
  *(gboolean *) data = TRUE;

  return G_SOURCE_REMOVE;
}

/* One call that must succeed, from whatever context is the default one. */
static void
assert_echo (Peer *peer)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (peer->channel, "/test.Peer/Echo");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) request = bytes_from ("x");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, store_result, &result);
  response = grpc_aio_multi_callable_invoke_finish (echo, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "x");
}

static void
on_outer (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  Peer *peer = user_data;

  /* A nested loop inside a callback, with calls of its own, twice. */
  if (peer->n_handled < 3)
    {
      g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (peer->channel, "/test.Peer/Echo");
      g_autoptr (GBytes) request = bytes_from ("x");

      grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, on_outer, peer);
      assert_echo (peer);
    }
}

static gboolean
has_handled_all (gpointer data)
{
  return ((Peer *) data)->n_handled >= 3;
}

static void
test_nested (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("x");

  g_test_summary ("Loops nested in callbacks deliver their own calls");

  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, on_outer, &fixture->peer);
  iterate_until (has_handled_all, &fixture->peer);
  assert_echo (&fixture->peer);
}

typedef struct
{
  GWeakRef weak;
  GAsyncResult *kept;
  gboolean has_gone;
  gboolean is_back;
} Results;

static void
on_gone (gpointer data,
         GObject *where)
{
  *(gboolean *) data = TRUE;
}

static void
watch_result (GObject *source,
              GAsyncResult *result,
              gpointer user_data)
{
  Results *results = user_data;

  g_weak_ref_set (&results->weak, result);
  g_object_weak_ref (G_OBJECT (result), on_gone, &results->has_gone);
  results->is_back = TRUE;
}

static void
keep_result (GObject *source,
             GAsyncResult *result,
             gpointer user_data)
{
  Results *results = user_data;

  results->kept = g_object_ref (result);
  results->is_back = TRUE;
}

static void
test_results (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) echo = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GBytes) request = bytes_from ("kept");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GObject) gone = NULL;
  g_autoptr (GError) error = NULL;
  Results results = { .kept = NULL };

  g_test_summary ("A result is the program's as long as it wants it, though objects are used again");

  g_weak_ref_init (&results.weak, NULL);
  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, watch_result, &results);
  iterate_until (is_true, &results.is_back);
  iterate_until (is_true, &results.has_gone);
  gone = g_weak_ref_get (&results.weak);
  g_assert_null (gone);

  results.is_back = FALSE;
  grpc_aio_multi_callable_invoke_async (echo, request, NULL, NULL, keep_result, &results);
  iterate_until (is_true, &results.is_back);
  for (guint i = 0; i < 3; i++)
    assert_echo (&fixture->peer);

  response = grpc_aio_multi_callable_invoke_finish (echo, results.kept, &error);
  g_assert_no_error (error);
  assert_bytes (response, "kept");
  g_object_unref (results.kept);
  g_weak_ref_clear (&results.weak);
}

typedef struct
{
  GrpcAioCall *call;
  guint n_messages;
  guint n_idles;
  guint n_idles_between;
} Flood;

static void
on_flood (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  Flood *flood = user_data;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, NULL);

  if (message == NULL)
    return;

  flood->n_messages++;
  grpc_aio_call_read_async (flood->call, NULL, on_flood, flood);
}

static gboolean
on_low_priority (gpointer data)
{
  Flood *flood = data;

  flood->n_idles++;
  if (flood->n_messages > 0 && flood->n_messages < 20000)
    flood->n_idles_between++;

  return G_SOURCE_CONTINUE;
}

static gboolean
flood_is_over (gpointer data)
{
  return grpc_aio_call_is_done (((Flood *) data)->call);
}

static void
test_low_priority (Fixture *fixture,
                   gconstpointer data)
{
  Flood flood = { NULL };
  guint id;

  g_test_summary ("A flood of messages leaves turns to sources of low priority");

  id = g_idle_add_full (G_PRIORITY_LOW, on_low_priority, &flood, NULL);
  flood.call = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "20000", NULL);
  grpc_aio_call_read_async (flood.call, NULL, on_flood, &flood);
  iterate_until (flood_is_over, &flood);
  g_source_remove (id);

  g_assert_cmpuint (flood.n_messages, ==, 20000);
  g_assert_cmpuint (flood.n_idles_between, >, 10);
  g_object_unref (flood.call);
}

static void
test_budget (Fixture *fixture,
             gconstpointer data)
{
  Flood flood = { NULL };
  guint id;

  g_test_summary ("The budget and the priority may be set, and calls still work");

  grpc_aio_main_context_set_budget (NULL, 1, 1);
  grpc_aio_main_context_set_priority (NULL, G_PRIORITY_LOW + 10);

  id = g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, on_low_priority, &flood, NULL);
  flood.call = peer_call (&fixture->peer, "Count", GRPC_AIO_METHOD_KIND_UNARY_STREAM, "100", NULL);
  for (guint i = 0; i < 1000; i++)
    g_main_context_iteration (NULL, FALSE);
  /* The idle source is always ready and comes first. */
  g_assert_cmpuint (flood.n_idles, >=, 1000);
  g_source_remove (id);

  grpc_aio_call_read_async (flood.call, NULL, on_flood, &flood);
  iterate_until (flood_is_over, &flood);
  g_assert_cmpuint (flood.n_messages, ==, 100);
  g_object_unref (flood.call);
}

typedef struct
{
  GMainContext *context;
  Peer *peer;
  guint n_calls;
} Worker;

static gpointer
call_in_thread (gpointer data)
{
  Worker *worker = data;

  g_main_context_push_thread_default (worker->context);
  for (guint i = 0; i < worker->n_calls; i++)
    assert_echo (worker->peer);
  g_main_context_pop_thread_default (worker->context);

  return NULL;
}

static gpointer
peer_in_thread (gpointer data)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  Peer peer = { NULL };

  g_main_context_push_thread_default (context);
  if (GPOINTER_TO_INT (data) % 2 == 1)
    grpc_aio_main_context_accelerate (context);
  peer_set_up (&peer);
  for (guint i = 0; i < 50; i++)
    assert_echo (&peer);
  peer_tear_down (&peer);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_contexts (void)
{
  GThread *threads[4];

  g_test_summary ("Several contexts in several threads have a client and a server each, on either engine");

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("peer", peer_in_thread, GINT_TO_POINTER (i));
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
}

static gboolean
on_readable (int fd,
             GIOCondition condition,
             gpointer user_data)
{
  guint *n = user_data;
  char byte;

  g_assert_cmpint (read (fd, &byte, 1), ==, 1);
  (*n)++;

  return G_SOURCE_CONTINUE;
}

static gpointer
write_pipe (gpointer data)
{
  int fd = GPOINTER_TO_INT (data);

  for (guint i = 0; i < 200; i++)
    {
      g_assert_cmpint (write (fd, "x", 1), ==, 1);
      if (i % 50 == 0)
        g_thread_yield ();
    }

  return NULL;
}

static gboolean
has_200 (gpointer data)
{
  return *(guint *) data == 200;
}

typedef struct
{
  GMainContext *context;
  gboolean *flag;
} Attach;

static gpointer
attach_from_thread (gpointer data)
{
  Attach *attach = data;
  g_autoptr (GSource) source = g_idle_source_new ();

  g_source_set_callback (source, set_true, attach->flag, NULL);
  g_source_attach (source, attach->context);

  return NULL;
}

static void
test_accelerated (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  gboolean expected = g_strcmp0 (g_getenv ("GRPC_AIO_ENGINE"), "thread") != 0;
  Peer peer = { NULL };

  g_test_summary ("An accelerated context also serves descriptors, timers and other threads");

  g_main_context_push_thread_default (context);
  g_assert_cmpint (grpc_aio_main_context_accelerate (context), ==, expected);
  g_assert_cmpint (grpc_aio_main_context_accelerate (context), ==, expected);
  peer_set_up (&peer);
  assert_echo (&peer);

  for (guint round = 0; round < 20; round++)
    {
      g_autoptr (GSource) readable = NULL, timeout = NULL;
      gboolean has_fired = FALSE, is_attached = FALSE;
      Attach attach = { context, &is_attached };
      guint n_read = 0;
      int fds[2];
      GThread *writer;

      /* The pipes of each round have the same numbers as those before. */
      g_assert_true (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
      readable = g_unix_fd_source_new (fds[0], G_IO_IN);
      g_source_set_callback (readable, G_SOURCE_FUNC (on_readable), &n_read, NULL);
      g_source_attach (readable, context);

      writer = g_thread_new ("writer", write_pipe, GINT_TO_POINTER (fds[1]));
      assert_echo (&peer);
      iterate_until (has_200, &n_read);
      g_thread_join (writer);
      g_source_destroy (readable);
      close (fds[0]);
      close (fds[1]);

      timeout = g_timeout_source_new (1);
      g_source_set_callback (timeout, set_true, &has_fired, NULL);
      g_source_attach (timeout, context);
      iterate_until (is_true, &has_fired);

      writer = g_thread_new ("attach", attach_from_thread, &attach);
      iterate_until (is_true, &is_attached);
      g_thread_join (writer);
      assert_echo (&peer);
    }

  peer_tear_down (&peer);
  g_main_context_pop_thread_default (context);
}

static int
own_poll (GPollFD *fds,
          guint n_fds,
          int timeout)
{
  return g_poll (fds, n_fds, timeout);
}

static void
test_not_accelerated (void)
{
  g_autoptr (GMainContext) used = g_main_context_new ();
  g_autoptr (GMainContext) own = g_main_context_new ();
  g_autoptr (GrpcAioChannel) channel = NULL;

  g_test_summary ("A context with a poll function of its own is left alone");

  g_main_context_set_poll_func (own, own_poll);
  g_assert_false (grpc_aio_main_context_accelerate (own));
  g_assert_true (g_main_context_get_poll_func (own) == own_poll);

  /* One in use keeps its engine, whichever that is. */
  g_main_context_push_thread_default (used);
  channel = grpc_aio_channel_new ("localhost:1", NULL);
  g_main_context_pop_thread_default (used);
  g_assert_cmpint (grpc_aio_main_context_accelerate (used), ==, g_strcmp0 (g_getenv ("GRPC_AIO_ENGINE"), "loop") == 0);
}

/* The program's own use of grpc-core, in the same process. */
static void
use_core (const char *target)
{
  grpc_completion_queue *queue;
  grpc_channel_credentials *credentials;
  grpc_channel *channel;
  grpc_event event;

  grpc_init ();
  queue = grpc_completion_queue_create_for_next (NULL);
  credentials = grpc_insecure_credentials_create ();
  channel = grpc_channel_create (target, credentials, NULL);
  grpc_channel_credentials_release (credentials);

  for (grpc_connectivity_state state = grpc_channel_check_connectivity_state (channel, TRUE);
       state != GRPC_CHANNEL_READY;
       state = grpc_channel_check_connectivity_state (channel, TRUE))
    {
      grpc_channel_watch_connectivity_state (channel, state, gpr_inf_future (GPR_CLOCK_REALTIME), queue, &event);
      event = grpc_completion_queue_next (queue, gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
      g_assert_cmpint (event.type, ==, GRPC_OP_COMPLETE);
    }

  grpc_channel_destroy (channel);
  grpc_completion_queue_shutdown (queue);
  while (grpc_completion_queue_next (queue, gpr_inf_future (GPR_CLOCK_REALTIME), NULL).type != GRPC_QUEUE_SHUTDOWN)
    ;
  grpc_completion_queue_destroy (queue);
  grpc_shutdown ();
}

static gpointer
core_in_thread (gpointer data)
{
  use_core (data);

  return NULL;
}

static void
test_with_core (void)
{
  Peer peer = { NULL };
  GThread *thread;

  g_test_summary ("The program may use grpc-core itself, beside us and after us");

  peer_set_up (&peer);
  use_core (peer.target);
  thread = g_thread_new ("core", core_in_thread, peer.target);
  for (guint i = 0; i < 20; i++)
    assert_echo (&peer);
  g_thread_join (thread);
  peer_tear_down (&peer);

  grpc_init ();
  grpc_shutdown ();

  peer_set_up (&peer);
  assert_echo (&peer);
  peer_tear_down (&peer);
}

static gpointer
run_server (gpointer data)
{
  GMainLoop *loop = data;

  g_main_context_push_thread_default (g_main_loop_get_context (loop));
  g_main_loop_run (loop);
  g_main_context_pop_thread_default (g_main_loop_get_context (loop));

  return NULL;
}

static gboolean
quit_loop (gpointer data)
{
  g_main_loop_quit (data);

  return G_SOURCE_REMOVE;
}

static void
on_blocking_read (GrpcAioServicerContext *context,
                  GBytes *request,
                  gpointer user_data)
{
  guint *depth = user_data;
  g_autoptr (GBytes) message = NULL;
  g_autoptr (GError) error = NULL;

  /* One handler at a time, however many calls have come. */
  (*depth)++;
  g_assert_cmpuint (*depth, ==, 1);
  message = grpc_aio_servicer_context_read_sync (context, NULL, &error);
  g_assert_no_error (error);
  (*depth)--;
  grpc_aio_servicer_context_complete (context, message);
}

static void
test_blocking_handlers (void)
{
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (context, FALSE);
  g_autoptr (GrpcAioServer) server = grpc_aio_server_new ();
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Blocking");
  g_autoptr (GrpcAioRpcMethodHandler) handler = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GSource) quit = g_idle_source_new ();
  g_autoptr (GBytes) message = bytes_from ("x");
  g_autoptr (GError) error = NULL;
  g_autofree char *target = NULL;
  GrpcAioCall *calls[20];
  guint depth = 0;
  GThread *thread;

  g_test_summary ("Handlers that block do not pile up on the stack");

  handler = grpc_aio_rpc_method_handler_new_stream_unary (on_blocking_read, &depth, NULL);
  grpc_aio_service_add_method (service, "Read", handler);
  grpc_aio_server_add_service (server, service);
  target = g_strdup_printf ("127.0.0.1:%d", grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error));
  g_assert_no_error (error);
  g_main_context_push_thread_default (context);
  g_assert_true (grpc_aio_server_start (server, &error));
  g_main_context_pop_thread_default (context);
  thread = g_thread_new ("server", run_server, loop);

  channel = grpc_aio_channel_new (target, NULL);
  method = grpc_aio_channel_stream_unary (channel, "/test.Blocking/Read");
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    calls[i] = grpc_aio_multi_callable_call (method, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    grpc_aio_call_write_async (calls[i], message, NULL, NULL, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (calls); i++)
    {
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) response = NULL;

      grpc_aio_call_response_async (calls[i], NULL, store_result, &result);
      response = grpc_aio_call_response_finish (calls[i], await (&result), &error);
      g_assert_no_error (error);
      assert_bytes (response, "x");
      g_object_unref (calls[i]);
    }

  g_source_set_callback (quit, quit_loop, loop, NULL);
  g_source_attach (quit, context);
  g_thread_join (thread);
  g_assert_true (grpc_aio_server_stop_sync (server, 0, NULL, &error));
}

static void
test_many_channels (Fixture *fixture,
                    gconstpointer data)
{
  g_autoptr (GPtrArray) channels = g_ptr_array_new_with_free_func (g_object_unref);
  GAsyncResult *results[100] = { NULL };

  g_test_summary ("Many channels connect and go");

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
      GrpcAioChannel *channel;

      grpc_aio_channel_options_set_int (options, "grpc.use_local_subchannel_pool", 1);
      channel = grpc_aio_channel_new_with_options (fixture->peer.target, NULL, options);
      g_ptr_array_add (channels, channel);
      grpc_aio_channel_ready_async (channel, NULL, store_result, &results[i]);
    }

  for (guint i = 0; i < G_N_ELEMENTS (results); i++)
    {
      g_autoptr (GAsyncResult) result = await (&results[i]);
      g_autoptr (GError) error = NULL;

      g_assert_true (grpc_aio_channel_ready_finish (g_ptr_array_index (channels, i), result, &error));
      g_assert_no_error (error);
    }
}

static void
test_owners (void)
{
  g_autoptr (GMainContext) server_context = g_main_context_new ();
  g_autoptr (GMainLoop) loop = g_main_loop_new (server_context, FALSE);
  g_autoptr (GMainContext) context = g_main_context_new ();
  g_autoptr (GSource) quit = g_idle_source_new ();
  Peer peer = { NULL };
  Worker worker = { .context = context, .peer = &peer, .n_calls = 20 };
  GThread *server;

  g_test_summary ("A context may be run by one thread after the other");

  g_main_context_push_thread_default (server_context);
  peer_set_up (&peer);
  g_main_context_pop_thread_default (server_context);
  server = g_thread_new ("server", run_server, loop);

  for (guint i = 0; i < 5; i++)
    {
      call_in_thread (&worker);
      g_thread_join (g_thread_new ("owner", call_in_thread, &worker));
    }

  g_source_set_callback (quit, quit_loop, loop, NULL);
  g_source_attach (quit, server_context);
  g_thread_join (server);
  g_main_context_push_thread_default (server_context);
  peer_tear_down (&peer);
  g_main_context_pop_thread_default (server_context);
}

/* The id of a thread that polls, 0 without one. */
static id_t
find_poller (void)
{
  g_autoptr (GDir) tasks = g_dir_open ("/proc/self/task", 0, NULL);
  const char *id;

  while (tasks != NULL && (id = g_dir_read_name (tasks)) != NULL)
    {
      g_autofree char *path = g_build_filename ("/proc/self/task", id, "comm", NULL);
      g_autofree char *name = NULL;

      if (g_file_get_contents (path, &name, NULL, NULL) && g_str_has_prefix (name, "grpc-aio-poll"))
        return (id_t) g_ascii_strtoull (id, NULL, 10);
    }

  return 0;
}

static void
test_gives_way (Fixture *fixture,
                gconstpointer data)
{
  id_t poller;

  g_test_summary ("The polling thread gives way to the thread it works for");

  if (sched_getscheduler (0) != SCHED_OTHER || getpriority (PRIO_PROCESS, 0) > 14 || prctl (PR_GET_SECCOMP) != 0)
    {
      g_test_skip ("The test runs with a policy of its own");
      return;
    }

  assert_echo (&fixture->peer);
  poller = find_poller ();
  if (poller == 0)
    {
      g_test_skip ("This engine has no polling thread, or /proc is missing");
      return;
    }

  g_assert_cmpint (sched_getscheduler ((pid_t) poller), ==, SCHED_BATCH);
  g_assert_cmpint (getpriority (PRIO_PROCESS, poller), ==, getpriority (PRIO_PROCESS, 0) + 5);
  g_assert_cmpint (sched_getscheduler (0), ==, SCHED_OTHER);
}

#define ADD(path, func) g_test_add (path, Fixture, NULL, fixture_set_up, func, fixture_tear_down)

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  ADD ("/engine/nested", test_nested);
  ADD ("/engine/low-priority", test_low_priority);
  ADD ("/engine/budget", test_budget);
  ADD ("/engine/many-channels", test_many_channels);
  ADD ("/engine/results", test_results);
  ADD ("/engine/gives-way", test_gives_way);
  g_test_add_func ("/engine/blocking-handlers", test_blocking_handlers);
  g_test_add_func ("/engine/contexts", test_contexts);
  g_test_add_func ("/engine/owners", test_owners);
  g_test_add_func ("/engine/accelerated", test_accelerated);
  g_test_add_func ("/engine/not-accelerated", test_not_accelerated);
  g_test_add_func ("/engine/with-core", test_with_core);

  return g_test_run ();
}
