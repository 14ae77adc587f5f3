/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The life of grpc-core in this process: started with the first object that
 * needs it, shut down after the last one, out of the way of exit () and fork (). */

#define _GNU_SOURCE /* dladdr () */

#include "engine/grpc-aio-core-private.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include <glib/gi18n-lib.h>
#include <grpc/grpc.h>
#include <grpc/support/log.h>

#include "engine/grpc-aio-abseil-private.h"
#include "types/grpc-aio-error-private.h"

static GMutex refs_lock;
static guint core_refs;      /* with refs_lock */
static gint core_is_forked;  /* atomic; set for good in a child of fork () */
static GMutex teardown_lock; /* Held around what must not run during exit (). */

static gint core_is_exiting; /* atomic; set for good by exit () */
static gint core_threads;    /* atomic; how often threads are inside what exit () waits for */
static _Thread_local gint entered; /* how often this one is */
static GThread *exiting_thread;
static void (*wake_threads) (void);
static void (*accept_failed) (void);

static _Thread_local char **taken_errors; /* where this thread wants what grpc-core says */

/* How long exit () waits for threads to come out of grpc-core. */
#define EXIT_WAIT_USEC (50 * 1000)

/* grpc-core's own log goes where the rest of a GLib program's log goes. Runs on
 * any thread. */
static void
on_core_log (gpr_log_func_args *args)
{
  g_autofree char *line = g_strdup_printf ("%d", args->line);
  g_autofree char *severity = g_ascii_strdown (gpr_log_severity_string (args->severity), -1);

  if (taken_errors != NULL && args->severity == GPR_LOG_SEVERITY_ERROR)
    {
      g_free (*taken_errors);
      *taken_errors = g_utf8_make_valid (args->message, -1);
    }

  /* There is no other way to learn of that. */
  if (args->severity == GPR_LOG_SEVERITY_ERROR && g_str_has_prefix (args->message, "Failed accept4: ") &&
      accept_failed != NULL)
    accept_failed ();

  /* grpc-core aborts next. */
  if (strstr (args->message, "assertion failed") != NULL)
    g_printerr ("grpc-core: %s:%d: %s\n", args->file, args->line, args->message);

  /* What matters to the program reaches it as a GError: even grpc-core's
   * errors are only details here. */
  g_log_structured ("GrpcAio-core", G_LOG_LEVEL_DEBUG,
                    "CODE_FILE", args->file,
                    "CODE_LINE", line,
                    "GRPC_SEVERITY", severity,
                    "MESSAGE", "%s", args->message);
}

/* Runs before the destructors of grpc-core's static objects, since it was
 * registered after them. A teardown that runs now is waited for, and the lock
 * is kept, so that none can begin any more. Threads are called out of grpc-core
 * and stay out, since its libraries are about to clear up. */
static void
on_exit_process (void)
{
  gint64 end = g_get_monotonic_time () + EXIT_WAIT_USEC;

  if (!grpc_aio_core_is_usable () || g_atomic_int_get (&core_is_exiting))
    return;

  exiting_thread = g_thread_self ();
  g_atomic_int_set (&core_is_exiting, TRUE);
  if (wake_threads != NULL)
    wake_threads ();
  while (g_atomic_int_get (&core_threads) > entered && g_get_monotonic_time () < end)
    g_usleep (100);

  g_mutex_lock (&teardown_lock);
}

/* Around each wait inside grpc-core, and around what our own threads run. FALSE
 * when the process exits in this very thread; others do not come back. */
gboolean
grpc_aio_core_enter (void)
{
  g_atomic_int_inc (&core_threads);
  entered++;
  if (G_LIKELY (!g_atomic_int_get (&core_is_exiting)))
    return TRUE;

  grpc_aio_core_leave ();

  return FALSE;
}

void
grpc_aio_core_leave (void)
{
  g_atomic_int_add (&core_threads, -1);
  entered--;
  if (G_UNLIKELY (g_atomic_int_get (&core_is_exiting)) && g_thread_self () != exiting_thread)
    {
      g_atomic_int_add (&core_threads, -entered);
      while (TRUE)
        g_usleep (G_USEC_PER_SEC);
    }
}

/* Has @text take what grpc-core logs as an error in this thread, until it is NULL:
 * some functions give their reason no other way. */
void
grpc_aio_core_take_errors (char **text)
{
  taken_errors = text;
}

/* Has exit () call @func to get the threads out. */
void
grpc_aio_core_set_wake_threads (void (*func) (void))
{
  wake_threads = func;
}

/* Has @func called, with locks of grpc-core held, when grpc-core could not accept a
 * connection: then it never accepts one again on that port. */
void
grpc_aio_core_set_accept_failed (void (*func) (void))
{
  accept_failed = func;
}

/* The threads of grpc-core and our own pollers do not exist in the child. */
static void
on_fork_child (void)
{
  g_atomic_int_set (&core_is_forked, TRUE);
}

/* OpenSSL would clean up in a handler of exit () that it registers when grpc-core
 * first makes a connection, so before ours runs, and under the feet of threads
 * that still use it. The system takes the memory back all the same. */
static void
keep_openssl_at_exit (void)
{
  const guint64 no_atexit = 0x00080000; /* OPENSSL_INIT_NO_ATEXIT */
  int (*init_crypto) (guint64 options, gconstpointer settings);
  gpointer library;
  Dl_info info;

  if (dladdr ((gpointer) grpc_init, &info) == 0)
    return;

  library = dlopen (info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);
  if (library == NULL)
    return;

  /* Also finds it in the libraries that grpc-core needs. */
  init_crypto = (int (*) (guint64, gconstpointer)) dlsym (library, "OPENSSL_init_crypto");
  if (init_crypto != NULL)
    init_crypto (no_atexit, NULL);
  dlclose (library);
}

static void
set_up_process (void)
{
  static gsize once = 0;

  if (!g_once_init_enter (&once))
    return;

  grpc_aio_bind_translations ();

  /* What there is once for the process stays alone when the program uses
   * grpc-core itself, and the log when the user asked grpc-core for it. */
  if (!grpc_is_initialized ())
    {
#ifdef HAVE_ABSEIL
      grpc_aio_abseil_set_up ();
#endif
      if (g_getenv ("GRPC_VERBOSITY") == NULL && g_getenv ("GRPC_TRACE") == NULL)
        gpr_set_log_function (on_core_log);
    }

  keep_openssl_at_exit ();
  atexit (on_exit_process);
  pthread_atfork (NULL, NULL, on_fork_child);

  g_once_init_leave (&once, 1);
}

void
grpc_aio_core_begin_teardown (void)
{
  g_mutex_lock (&teardown_lock);
}

void
grpc_aio_core_end_teardown (void)
{
  g_mutex_unlock (&teardown_lock);
}

static gpointer
shut_down_core (gpointer data)
{
  grpc_aio_core_begin_teardown ();
  grpc_shutdown ();
  grpc_aio_core_end_teardown ();

  return NULL;
}

/* Takes a hold on grpc-core. Call it before anything of grpc-core is made. */
void
grpc_aio_core_ref (void)
{
  if (!grpc_aio_core_is_usable ())
    return;

  set_up_process ();

  g_mutex_lock (&refs_lock);
  if (core_refs++ == 0)
    grpc_init ();
  g_mutex_unlock (&refs_lock);
}

/* The last shutdown joins grpc-core's threads. It gets a thread of its own, so
 * that neither the main loop nor a thread of grpc-core waits for that. */
void
grpc_aio_core_unref (void)
{
  gboolean is_last;

  if (!grpc_aio_core_is_usable ())
    return;

  g_mutex_lock (&refs_lock);
  is_last = --core_refs == 0;
  g_mutex_unlock (&refs_lock);

  if (is_last)
    g_thread_unref (grpc_aio_core_new_thread ("grpc-aio-end", shut_down_core, NULL));
}

/* FALSE in a child of fork () that did not call exec (). */
gboolean
grpc_aio_core_is_usable (void)
{
  return !g_atomic_int_get (&core_is_forked);
}

GError *
grpc_aio_core_new_forked_error (void)
{
  return g_error_new_literal (G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                              _("gRPC cannot be used in a forked child process: start another program in it, or use GSubprocess"));
}

/* A thread of the library. The program's signals are for its own threads. */
GThread *
grpc_aio_core_new_thread (const char *name,
                          GThreadFunc func,
                          gpointer data)
{
  sigset_t all, before;
  GThread *thread;

  sigfillset (&all);
  pthread_sigmask (SIG_SETMASK, &all, &before);
  thread = g_thread_new (name, func, data);
  pthread_sigmask (SIG_SETMASK, &before, NULL);

  return thread;
}
