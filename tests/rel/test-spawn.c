/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Other programs are started in every way while streams flow: the streams do
 * not notice, and the programs get nothing of theirs. A forked child gets clean
 * errors from the library, and ends cleanly. */

#include "rel.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define N_STREAMS 10
#define N_PROGRAMS 20
#define N_PROGRAMS_FULL 1000

typedef struct
{
  RelPeer *peer;
  GrpcAioChannel *channel;
  GPtrArray *calls;
  guint n_messages;
  guint n_ended;
} Fixture;

static void
on_read (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  Fixture *fixture = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error);

  if (message != NULL)
    {
      fixture->n_messages++;
      grpc_aio_call_read_async (GRPC_AIO_CALL (source), NULL, on_read, fixture);
    }
  else
    {
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      fixture->n_ended++;
    }
}

static void
fixture_set_up (Fixture *fixture,
                gconstpointer user_data)
{
  fixture->peer = rel_peer_new ();
  fixture->channel = rel_channel_new (fixture->peer->target);
  fixture->calls = g_ptr_array_new_with_free_func (g_object_unref);
  for (guint i = 0; i < N_STREAMS; i++)
    {
      GrpcAioCall *call = rel_call (fixture->channel, "Paced", "1", -1);

      g_ptr_array_add (fixture->calls, call);
      grpc_aio_call_read_async (call, NULL, on_read, fixture);
    }
  rel_iterate_until (&fixture->n_messages, N_STREAMS);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer user_data)
{
  /* The streams are alive. */
  g_assert_cmpuint (fixture->n_ended, ==, 0);
  rel_iterate_until (&fixture->n_messages, fixture->n_messages + 100);

  for (guint i = 0; i < fixture->calls->len; i++)
    grpc_aio_call_cancel (g_ptr_array_index (fixture->calls, i));
  rel_iterate_until (&fixture->n_ended, N_STREAMS);
  g_ptr_array_unref (fixture->calls);
  g_assert_finalize_object (fixture->channel);
  rel_peer_free (fixture->peer);
}

/* The program that is started: counts the descriptors it was given. */
static int
play_program (void)
{
  int n = 0;

  for (int fd = STDERR_FILENO + 1; fd < 1024; fd++)
    {
      g_autofree char *path = g_strdup_printf ("/proc/self/fd/%d", fd);
      g_autofree char *what = g_file_read_link (path, NULL);

      if (what != NULL && (g_str_has_prefix (what, "socket:") || g_str_has_prefix (what, "anon_inode:")))
        {
          fprintf (stderr, "descriptor %d is %s\n", fd, what);
          n++;
        }
    }

  return n == 0 ? 0 : 1;
}

static void
on_program_ended (GObject *source,
                  GAsyncResult *result,
                  gpointer user_data)
{
  guint *n_ended = user_data;
  g_autoptr (GError) error = NULL;

  g_assert_true (g_subprocess_wait_check_finish (G_SUBPROCESS (source), result, &error));
  g_assert_no_error (error);
  ++*n_ended;
}

static void
test_subprocess (Fixture *fixture,
                 gconstpointer user_data)
{
  guint n = rel_choose (N_PROGRAMS, N_PROGRAMS_FULL);
  guint n_ended = 0;

  g_test_summary ("GSubprocess runs programs");

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GSubprocess) program = rel_spawn_child ("program", "", G_SUBPROCESS_FLAGS_NONE);

      g_subprocess_wait_check_async (program, NULL, on_program_ended, &n_ended);
      rel_iterate_until (&n_ended, i + 1 > 4 ? i + 1 - 4 : 0);
    }
  rel_iterate_until (&n_ended, n);
}

static void
wait_for (pid_t pid)
{
  int status;

  g_assert_cmpint (waitpid (pid, &status, 0), ==, pid);
  if (WIFSIGNALED (status))
    g_test_message ("killed by signal %d", WTERMSIG (status));
  g_assert_true (WIFEXITED (status));
  g_assert_cmpint (WEXITSTATUS (status), ==, 0);
}

static void
test_fork_exec (Fixture *fixture,
                gconstpointer user_data)
{
  guint n = rel_choose (N_PROGRAMS, N_PROGRAMS_FULL);
  g_autofree char *path = g_file_read_link ("/proc/self/exe", NULL);

  g_test_summary ("fork () and exec () run programs, which inherit no descriptor of ours");

  for (guint i = 0; i < n; i++)
    {
      pid_t pid = fork ();

      if (pid == 0)
        {
          execl (path, path, "--role", "program", NULL);
          _exit (127);
        }
      wait_for (pid);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}

static void
test_system (Fixture *fixture,
             gconstpointer user_data)
{
  guint n = rel_choose (N_PROGRAMS, N_PROGRAMS_FULL);

  g_test_summary ("system () and popen () run programs");

  for (guint i = 0; i < n; i++)
    {
      FILE *pipe;

      g_assert_cmpint (system ("exit 0"), ==, 0);
      pipe = popen ("exit 0", "r");
      g_assert_nonnull (pipe);
      g_assert_cmpint (pclose (pipe), ==, 0);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}

/* In the child of fork (), without exec () */

static gboolean is_forked;

/* The leak checker asks: the threads that hold things are in the parent alone. */
int __lsan_is_turned_off (void);

int
__lsan_is_turned_off (void)
{
  return is_forked;
}

#define CHECK(condition)                                                                                      \
  G_STMT_START                                                                                                \
  {                                                                                                           \
    if (!(condition))                                                                                         \
      {                                                                                                       \
        fprintf (stderr, "%d: %s (%s)\n", __LINE__, #condition, error != NULL ? error->message : "no error"); \
        _exit (1);                                                                                            \
      }                                                                                                       \
  }                                                                                                           \
  G_STMT_END

/* Other threads of the parent may have the locks of the allocator just when it
 * forks. Those of glibc are taken for that; AddressSanitizer does so from GCC 14 on. */
#if defined(__SANITIZE_ADDRESS__) && __GNUC__ < 14
#define CAN_ALLOCATE_FORKED FALSE
#else
#define CAN_ALLOCATE_FORKED TRUE
#endif

/* A call ends with a status, here with one that it gave itself. */
static gboolean
is_refusal (const GError *error)
{
  return g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED) ||
         g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED) ||
         g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_FAILED_PRECONDITION);
}

static void
use_forked (Fixture *fixture)
{
  g_autoptr (GrpcAioMultiCallable) echo = NULL;
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioServer) server = NULL;
  g_autoptr (GrpcAioCall) call = NULL;
  g_autoptr (GBytes) request = g_bytes_new (NULL, 0);
  g_autoptr (GError) error = NULL;

  /* The parent's channel. */
  echo = grpc_aio_channel_unary_unary (fixture->channel, "/rel.Peer/Echo");
  CHECK (grpc_aio_multi_callable_invoke_sync (echo, request, NULL, NULL, &error) == NULL);
  CHECK (is_refusal (error));
  g_clear_error (&error);
  g_clear_object (&echo);

  /* A channel of its own. */
  channel = grpc_aio_channel_new (fixture->peer->target, NULL);
  echo = grpc_aio_channel_unary_unary (channel, "/rel.Peer/Echo");
  CHECK (grpc_aio_multi_callable_invoke_sync (echo, request, NULL, NULL, &error) == NULL);
  CHECK (is_refusal (error));
  g_clear_error (&error);
  call = grpc_aio_multi_callable_call (echo, request, NULL);
  CHECK (grpc_aio_call_response_sync (call, NULL, &error) == NULL);
  CHECK (is_refusal (error));
  g_clear_error (&error);
  CHECK (!grpc_aio_channel_ready_sync (channel, NULL, &error));
  CHECK (is_refusal (error));
  g_clear_error (&error);
  grpc_aio_channel_get_state (channel, TRUE);

  /* A server of its own. */
  server = grpc_aio_server_new ();
  CHECK (grpc_aio_server_add_port (server, "127.0.0.1:0", NULL, &error) == 0);
  CHECK (is_refusal (error));
  g_clear_error (&error);
  CHECK (!grpc_aio_server_start (server, &error));
  CHECK (is_refusal (error));
}

/* What the parent has under way. */
static void
use_inherited (Fixture *fixture)
{
  g_autoptr (GBytes) message = g_bytes_new (NULL, 0);
  g_autoptr (GrpcAioCall) chat = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < fixture->calls->len; i++)
    {
      GrpcAioCall *call = g_ptr_array_index (fixture->calls, i);

      grpc_aio_call_get_state (call);
      if (i % 2 == 0)
        grpc_aio_call_cancel (call);
      CHECK (grpc_aio_call_read_sync (call, NULL, &error) == NULL);
      CHECK (error != NULL);
      g_clear_error (&error);
    }

  CHECK (!grpc_aio_channel_ready_sync (fixture->channel, NULL, &error));
  CHECK (error != NULL);
  g_clear_error (&error);
}

static void
test_forked (Fixture *fixture,
             gconstpointer user_data)
{
  gboolean touches = GPOINTER_TO_UINT (user_data) & 1;
  gboolean drops = GPOINTER_TO_UINT (user_data) & 2;
  gboolean goes_on = GPOINTER_TO_UINT (user_data) & 4;
  guint n = rel_choose (3, 100);

  g_test_summary ("A child of fork () gets errors from the library, and exits with and without having asked");

  if (!CAN_ALLOCATE_FORKED)
    {
      g_test_skip ("This AddressSanitizer may lock up in the child of a process with threads");
      return;
    }

  for (guint i = 0; i < n; i++)
    {
      pid_t pid = fork ();

      if (pid == 0)
        {
          is_forked = TRUE;
          alarm (60);
          if (touches)
            use_forked (fixture);
          if (goes_on)
            use_inherited (fixture);
          if (drops)
            {
              g_clear_pointer (&fixture->calls, g_ptr_array_unref);
              g_clear_object (&fixture->channel);
            }
          exit (0);
        }
      wait_for (pid);
      while (g_main_context_iteration (NULL, FALSE))
        ;
    }
}

static void
test_forked_before (void)
{
  pid_t pid;

  g_test_summary ("A process that forked before it used the library can use it in the child");

  /* Nothing in this process has used it: this test comes first, alone. */
  if (g_test_subprocess ())
    {
      pid = fork ();
      if (pid == 0)
        {
          RelPeer *peer = rel_peer_new ();
          GrpcAioChannel *channel = rel_channel_new (peer->target);
          RelStats stats;

          rel_peer_get_stats (peer, channel, &stats);
          g_object_unref (channel);
          rel_peer_free (peer);
          exit (0);
        }
      wait_for (pid);
      return;
    }

  g_test_trap_subprocess (NULL, 0, 0);
  g_test_trap_assert_passed ();
  g_test_trap_assert_stderr ("");
}

int
main (int argc,
      char **argv)
{
  rel_init (&argc, &argv);

  if (rel_get_role () != NULL)
    return play_program ();

#define ADD(name, func, data) \
  g_test_add ("/rel/spawn/" name, Fixture, data, fixture_set_up, func, fixture_tear_down)

  g_test_add_func ("/rel/spawn/forked-before", test_forked_before);
  ADD ("programs", test_subprocess, NULL);
  ADD ("fork-exec", test_fork_exec, NULL);
  ADD ("system", test_system, NULL);
  ADD ("forked/exit", test_forked, GUINT_TO_POINTER (0));
  ADD ("forked/use", test_forked, GUINT_TO_POINTER (1));
  ADD ("forked/drop", test_forked, GUINT_TO_POINTER (2));
  ADD ("forked/inherited", test_forked, GUINT_TO_POINTER (4));
  ADD ("forked/use-and-drop", test_forked, GUINT_TO_POINTER (3));

  return g_test_run ();
}
