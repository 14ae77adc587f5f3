/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A completion queue of grpc-core and the GSource that runs its completions in
 * one GMainContext.
 *
 * grpc-core completes an operation on whichever thread gets there. Those that
 * the context's own thread meets go on the list `local`. All others are pushed
 * on the lock-free `stack`, and the context is woken when that was empty.
 *
 * Who calls grpc_completion_queue_next () depends on the engine:
 * - thread: a polling thread, always inside next (). Right in every case.
 * - loop: the context's own thread, in place of poll () (grpc-aio-loop.c).
 * - private: the thread that blocks in a _sync function.
 */

#define _GNU_SOURCE /* SCHED_BATCH */

#include "engine/grpc-aio-queue-private.h"

#include <errno.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <glib-unix.h>

#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-loop-private.h"

/* How many turns without a rest, before others get theirs. */
#define MAX_TURNS 16

#define DEFAULT_MAX_EVENTS 1024
#define DEFAULT_MAX_USEC 2000

#define POLLER_NICE 5

/* Of the poller's looks for further events. */
#define LOOK_AGAIN 16
#define LUCK_MAX 8
#define MAX_MORE 32

/* Beside the number of references: who runs the context waits for the others to
 * go. */
#define IS_LEAVING (1 << 30)
#define COUNT_OF(refs) ((refs) & ~IS_LEAVING)

struct _GrpcAioQueue
{
  gint refs;   /* atomic; of those who start operations here */
  gint holds;  /* atomic; of those who may touch this memory */
  gint orphan; /* atomic; the context is gone */
  gboolean is_pinned; /* with registry_lock; the context has a reference */
  gboolean has_left;  /* with registry_lock; who ran the context needs no wake-up */
  GThread *acquirer;  /* with registry_lock; a thread that blocks has the context */
  guint n_acquired;   /* with registry_lock */
  guint n_nested;     /* of the owner; blocking waits inside its callbacks */
  GrpcAioCompletion *deferred; /* with registry_lock; until they end, newest first */

  GMainContext *context; /* atomic; not a reference; NULL when it is gone */
  grpc_completion_queue *core;
  GSource *source;
  GrpcAioLoop *loop;
  int event_fd;

  GrpcAioCompletion *stack;       /* atomic; pushed by any thread, newest first */
  GrpcAioCompletion *local;       /* of the thread that owns the context */
  GrpcAioCompletion **local_tail; /* of the same */
  gboolean yield;                 /* of the same; let others run once */
  guint n_turns;                  /* of the same; without a rest */

  gint max_events;    /* atomic */
  gint max_usec;      /* atomic */

  gint blocked; /* atomic; the owner sleeps, or is about to, in next () or poll () */
  GMutex kick_lock;
  grpc_channel *kick_channel; /* with kick_lock */
  grpc_call *kick_call;       /* with kick_lock */
  gboolean is_shut;           /* with kick_lock; grpc-core takes nothing any more */
  GrpcAioCompletion kick;
};

typedef struct
{
  GSource parent;
  GrpcAioQueue *queue;
  GPollFD poll_fd; /* zeroed without a descriptor */
} GrpcAioQueueSource;

static _Thread_local GrpcAioTurn turn;
static _Thread_local GrpcAioQueue *foreign; /* that this thread must not run */
static _Thread_local guint64 last_turn;

static GMutex registry_lock;
static GCond registry_cond; /* an acquirer released its context */
static GHashTable *registry; /* with registry_lock; GMainContext → GrpcAioQueue, neither owned */

GrpcAioQueue *
grpc_aio_queue_hold (GrpcAioQueue *self)
{
  g_atomic_int_inc (&self->holds);

  return self;
}

/* Nothing is outstanding any more, so the queue drains at once. */
static void
destroy_core_queue (GrpcAioQueue *self)
{
  grpc_event event;

  grpc_completion_queue_shutdown (self->core);
  do
    event = grpc_completion_queue_next (self->core, gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
  while (event.type != GRPC_QUEUE_SHUTDOWN);

  grpc_completion_queue_destroy (self->core);
}

void
grpc_aio_queue_let_go (GrpcAioQueue *self)
{
  if (!g_atomic_int_dec_and_test (&self->holds))
    return;

  if (grpc_aio_core_is_usable ())
    {
      grpc_aio_core_begin_teardown ();
      g_clear_pointer (&self->kick_call, grpc_call_unref);
      g_clear_pointer (&self->kick_channel, grpc_channel_destroy);
      destroy_core_queue (self);
      grpc_aio_core_end_teardown ();
      grpc_aio_core_unref ();
    }

  if (self->event_fd >= 0)
    close (self->event_fd);
  g_mutex_clear (&self->kick_lock);
  g_free (self);
}

static inline void
append_local (GrpcAioQueue *self,
              GrpcAioCompletion *completion)
{
  completion->next = NULL;
  *self->local_tail = completion;
  self->local_tail = &completion->next;
}

static inline GrpcAioCompletion *
pop_local (GrpcAioQueue *self)
{
  GrpcAioCompletion *completion = self->local;

  if (completion == NULL)
    return NULL;

  self->local = completion->next;
  if (self->local == NULL)
    self->local_tail = &self->local;

  return completion;
}

/* Takes all that was pushed, oldest first. */
static GrpcAioCompletion *
take_stack (GrpcAioQueue *self)
{
  GrpcAioCompletion *newest, *oldest = NULL;

  if (g_atomic_pointer_get (&self->stack) == NULL)
    return NULL;

  newest = g_atomic_pointer_exchange (&self->stack, NULL);
  while (newest != NULL)
    {
      GrpcAioCompletion *next = newest->next;

      newest->next = oldest;
      oldest = newest;
      newest = next;
    }

  return oldest;
}

/* Moves what other threads pushed to the owner's list. Clear, then take; the
 * others push, then write: no wake-up is lost. */
static void
collect (GrpcAioQueue *self,
         gboolean is_readable)
{
  GrpcAioCompletion *completion;

  if (is_readable)
    {
      guint64 count;
      gssize got G_GNUC_UNUSED = read (self->event_fd, &count, sizeof count);
    }

  completion = take_stack (self);
  while (completion != NULL)
    {
      GrpcAioCompletion *next = completion->next;

      append_local (self, completion);
      completion = next;
    }
}

/* Without a context the completions only give back what they hold, on the
 * thread that finds them. */
static void
run_orphans (GrpcAioQueue *self)
{
  GrpcAioCompletion *completion;

  while ((completion = take_stack (self)) != NULL)
    {
      while (completion != NULL)
        {
          GrpcAioCompletion *next = completion->next;

          completion->run (completion, completion->ok);
          completion = next;
        }
    }
}

/* Puts an empty batch on a call of our own: whoever is inside next () comes
 * out with it. */
static void
kick (GrpcAioQueue *self)
{
  g_mutex_lock (&self->kick_lock);
  if (self->is_shut)
    {
      g_mutex_unlock (&self->kick_lock);
      return;
    }
  if (self->kick_call == NULL)
    {
      grpc_slice method = grpc_slice_from_static_string ("/");

      self->kick_channel = grpc_lame_client_channel_create ("", GRPC_STATUS_UNKNOWN, "");
      self->kick_call = grpc_channel_create_call (self->kick_channel, NULL, GRPC_PROPAGATE_DEFAULTS, self->core,
                                                  method, NULL, gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
    }
  grpc_call_start_batch (self->kick_call, NULL, 0, &self->kick, NULL);
  g_mutex_unlock (&self->kick_lock);
}

void
grpc_aio_queue_set_blocked (GrpcAioQueue *self,
                            gboolean blocked)
{
  g_atomic_int_set (&self->blocked, blocked);
}

/* Gets the owner out of its sleep. */
void
grpc_aio_queue_wake (GrpcAioQueue *self)
{
  guint64 one = 1;
  gssize written G_GNUC_UNUSED;

  if (!g_atomic_int_compare_and_exchange (&self->blocked, TRUE, FALSE))
    return;

  if (self->event_fd < 0)
    {
      kick (self);
      return;
    }

  /* The counter cannot overflow: this never blocks. */
  do
    written = write (self->event_fd, &one, sizeof one);
  while (written < 0 && errno == EINTR);
}

/* Runs @completion after what is there, also in a nested loop. */
void
grpc_aio_queue_push_local (GrpcAioQueue *self,
                           GrpcAioCompletion *completion)
{
  completion->ok = TRUE;
  append_local (self, completion);
}

/* The owner may sleep: it has to be woken after this. */
static void
put_on_stack (GrpcAioQueue *self,
              GrpcAioCompletion *completion)
{
  GrpcAioCompletion *newest;

  do
    {
      newest = g_atomic_pointer_get (&self->stack);
      completion->next = newest;
    }
  while (!g_atomic_pointer_compare_and_exchange (&self->stack, newest, completion));

  if (g_atomic_int_get (&self->orphan))
    run_orphans (self);
}

/* Runs @completion in the queue's context. Safe on any thread. */
void
grpc_aio_queue_push (GrpcAioQueue *self,
                     GrpcAioCompletion *completion)
{
  put_on_stack (self, completion);
  grpc_aio_queue_wake (self);
}

/* At exit. A thread that is inside next () comes out. */
static void
kick_all (void)
{
  GHashTableIter iter;
  gpointer queue;

  g_mutex_lock (&registry_lock);
  g_hash_table_iter_init (&iter, registry);
  while (g_hash_table_iter_next (&iter, NULL, &queue))
    kick (queue);
  g_mutex_unlock (&registry_lock);
}

/* A poller that interrupts the thread it works for is in the way: it meets
 * grpc-core's locks in that thread's hands, and grpc-core passes the work on to a
 * third thread. So the poller takes a core that is free. */
static void
give_way (void)
{
  const struct sched_param param = { 0 };

  /* A program that has chosen how its threads run knows best. A filter of system
   * calls might end the process for this. */
  if (sched_getscheduler (0) != SCHED_OTHER || prctl (PR_GET_SECCOMP) != 0)
    return;

  sched_setscheduler (0, SCHED_BATCH, &param);
  setpriority (PRIO_PROCESS, 0, getpriority (PRIO_PROCESS, 0) + POLLER_NICE);
}

/* Waits for an event until @deadline. */
static grpc_completion_type
poll_core (GrpcAioQueue *self,
           gpr_timespec deadline)
{
  grpc_event event;

  grpc_aio_core_enter ();
  event = grpc_completion_queue_next (self->core, deadline, NULL);
  grpc_aio_core_leave ();

  if (event.type == GRPC_OP_COMPLETE && event.tag != &self->kick)
    {
      GrpcAioCompletion *completion = event.tag;

      completion->ok = event.success;
      put_on_stack (self, completion);
    }

  return event.type;
}

/* The owner interrupts this thread as soon as it is woken. So where several
 * events came together lately it gets all at once; where a look does not come to
 * an end, both threads have enough to do. */
static gpointer
poll_in_thread (gpointer data)
{
  GrpcAioQueue *self = data;
  guint luck = 0;
  guint n_waits = 0;

  give_way ();

  while (poll_core (self, gpr_inf_future (GPR_CLOCK_REALTIME)) != GRPC_QUEUE_SHUTDOWN)
    {
      if (luck > 0 || ++n_waits % LOOK_AGAIN == 0)
        {
          guint n = 0;

          while (n < MAX_MORE && poll_core (self, gpr_time_0 (GPR_CLOCK_MONOTONIC)) == GRPC_OP_COMPLETE)
            n++;
          if (n == MAX_MORE)
            luck = 0;
          else if (n > 0)
            luck = LUCK_MAX;
          else if (luck > 0)
            luck--;
        }

      grpc_aio_queue_wake (self);
    }

  grpc_aio_queue_let_go (self);

  return NULL;
}

static void
start_poller (GrpcAioQueue *self)
{
  /* In a child of fork () it would take the parent's events. */
  if (!grpc_aio_core_is_usable ())
    return;

  g_thread_unref (grpc_aio_core_new_thread ("grpc-aio-poll", poll_in_thread, grpc_aio_queue_hold (self)));
}

static inline gboolean
is_readable (GSource *source)
{
  GrpcAioQueueSource *self = (GrpcAioQueueSource *) source;

  return self->poll_fd.revents != 0;
}

static gboolean
grpc_aio_queue_source_prepare (GSource *source,
                               int *timeout)
{
  GrpcAioQueue *self = ((GrpcAioQueueSource *) source)->queue;

  if (self->loop != NULL)
    grpc_aio_loop_prepare (self->loop);

  if (!grpc_aio_queue_prepare (self))
    {
      self->n_turns = 0;
      *timeout = -1;
      return FALSE;
    }

  *timeout = 0;

  /* A source that stays ready hides those of lower priority. After a full
   * budget, or many turns, this one is not ready for once. */
  return !self->yield;
}

static gboolean
grpc_aio_queue_source_check (GSource *source)
{
  GrpcAioQueue *self = ((GrpcAioQueueSource *) source)->queue;

  grpc_aio_queue_set_blocked (self, FALSE);

  if (self->yield)
    {
      self->yield = FALSE;
      return FALSE;
    }

  return grpc_aio_queue_has_work (self) || is_readable (source);
}

static gboolean
grpc_aio_queue_source_dispatch (GSource *source,
                                GSourceFunc callback,
                                gpointer user_data)
{
  GrpcAioQueue *self = ((GrpcAioQueueSource *) source)->queue;

  collect (self, is_readable (source));
  grpc_aio_queue_dispatch (self, g_source_get_context (source));

  return G_SOURCE_CONTINUE;
}

static void
grpc_aio_queue_source_finalize (GSource *source)
{
  grpc_aio_queue_let_go (((GrpcAioQueueSource *) source)->queue);
}

static gboolean
never_called (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

/* Nothing is started here any more. The polling thread ends, if there is one. */
static void
shut_down (GrpcAioQueue *self)
{
  if (!grpc_aio_core_is_usable ())
    return;

  g_mutex_lock (&self->kick_lock);
  self->is_shut = TRUE;
  grpc_completion_queue_shutdown (self->core);
  g_mutex_unlock (&self->kick_lock);
}

/* Whether only who runs the context has a reference, beside @n_others. */
static gboolean
is_left_alone (GrpcAioQueue *self,
               gint n_others)
{
  gint refs = g_atomic_int_get (&self->refs);

  return (refs & IS_LEAVING) != 0 && COUNT_OF (refs) == 1 + self->is_pinned + n_others;
}

/* Runs when the context goes before the queue, or the queue before it. */
static void
on_source_destroyed (gpointer data)
{
  GrpcAioQueue *self = data;
  GrpcAioCompletion *completion;
  gboolean is_left;

  g_mutex_lock (&registry_lock);
  if (COUNT_OF (g_atomic_int_get (&self->refs)) == 0)
    {
      g_mutex_unlock (&registry_lock);
      return;
    }
  grpc_aio_queue_ref (self);
  /* A context may go though a thread owns it, which runs our list then. */
  while (self->n_acquired > 0 && self->acquirer != g_thread_self ())
    g_cond_wait (&registry_cond, &registry_lock);
  g_hash_table_remove (registry, self->context);
  g_atomic_pointer_set (&self->context, NULL);
  is_left = is_left_alone (self, 1);
  g_mutex_unlock (&registry_lock);

  /* Nobody owns the context any more: the list is ours. */
  g_atomic_int_set (&self->orphan, TRUE);
  while ((completion = pop_local (self)) != NULL)
    completion->run (completion, completion->ok);
  run_orphans (self);

  if (self->loop != NULL)
    {
      g_clear_pointer (&self->loop, grpc_aio_loop_stop);
      if (!is_left)
        start_poller (self);
    }
  else if (is_left)
    {
      shut_down (self);
    }

  if (self->is_pinned)
    grpc_aio_queue_unref (self);
  grpc_aio_queue_unref (self);
}

static GrpcAioQueue *
grpc_aio_queue_new (GMainContext *context)
{
  GrpcAioQueue *self;

  grpc_aio_core_ref ();

  self = g_new0 (GrpcAioQueue, 1);
  self->refs = 1;
  self->holds = 1;
  self->context = context;
  self->local_tail = &self->local;
  self->max_events = DEFAULT_MAX_EVENTS;
  self->max_usec = DEFAULT_MAX_USEC;
  self->event_fd = -1;
  self->core = grpc_completion_queue_create_for_next (NULL);
  g_mutex_init (&self->kick_lock);

  return self;
}

static void
attach (GrpcAioQueue *self)
{
  static GSourceFuncs funcs = {
    .prepare = grpc_aio_queue_source_prepare,
    .check = grpc_aio_queue_source_check,
    .dispatch = grpc_aio_queue_source_dispatch,
    .finalize = grpc_aio_queue_source_finalize,
  };
  GrpcAioQueueSource *source;

  self->source = g_source_new (&funcs, sizeof *source);
  g_source_set_static_name (self->source, "grpc-aio-queue");
  g_source_set_can_recurse (self->source, TRUE);
  g_source_set_callback (self->source, never_called, self, on_source_destroyed);

  source = (GrpcAioQueueSource *) self->source;
  source->queue = grpc_aio_queue_hold (self);
  if (self->event_fd >= 0)
    {
      /* A source with g_source_add_unix_fd () cannot step aside while it is readable. */
      source->poll_fd.fd = self->event_fd;
      source->poll_fd.events = G_IO_IN;
      g_source_add_poll (self->source, &source->poll_fd);
    }

  g_source_attach (self->source, self->context);
}

/* With registry_lock. */
static GrpcAioQueue *
create_for_context (GMainContext *context,
                    gboolean accelerated)
{
  GrpcAioQueue *self = grpc_aio_queue_new (context);

  if (accelerated)
    {
      /* Threads that run the context use the loop without a lock, so it stays as
       * long as the context: that has the first reference. */
      self->loop = grpc_aio_loop_new (self, context);
      self->is_pinned = TRUE;
    }
  else
    {
      self->event_fd = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
      if (self->event_fd < 0)
        g_error ("Cannot make an event descriptor: %s", g_strerror (errno));
    }

  attach (self);
  if (!accelerated)
    start_poller (self);

  if (registry == NULL)
    {
      registry = g_hash_table_new (NULL, NULL);
      grpc_aio_core_set_wake_threads (kick_all);
    }
  g_hash_table_insert (registry, context, self);

  return self;
}

static gboolean
prefers_loop (void)
{
  static gsize preference = 0;

  if (g_once_init_enter (&preference))
    {
      const char *engine = g_getenv ("GRPC_AIO_ENGINE");

      if (engine != NULL && !g_str_equal (engine, "thread") && !g_str_equal (engine, "loop") && !g_str_equal (engine, "auto"))
        g_warning ("GRPC_AIO_ENGINE is “%s”: only “thread”, “loop” and “auto” are known", engine);
      g_once_init_leave (&preference,
                         g_strcmp0 (engine, "loop") == 0     ? 1
                         : g_strcmp0 (engine, "thread") == 0 ? 2
                                                             : 3);
    }

  return preference == 1;
}

/* The queue of @context, made when there is none. */
GrpcAioQueue *
grpc_aio_queue_get_for_context (GMainContext *context)
{
  GrpcAioQueue *self;
  gboolean is_new;

  g_mutex_lock (&registry_lock);
  self = registry != NULL ? g_hash_table_lookup (registry, context) : NULL;
  is_new = self == NULL;
  if (is_new)
    self = create_for_context (context, prefers_loop () && grpc_aio_loop_is_possible (context));
  if (!is_new || self->is_pinned)
    grpc_aio_queue_ref (self);
  g_mutex_unlock (&registry_lock);

  return self;
}

/* Gives @context a queue of the loop engine, for as long as the context lives. */
gboolean
grpc_aio_queue_accelerate_context (GMainContext *context)
{
  gboolean accelerated;
  GrpcAioQueue *self;

  g_mutex_lock (&registry_lock);
  self = registry != NULL ? g_hash_table_lookup (registry, context) : NULL;
  if (self == NULL && g_strcmp0 (g_getenv ("GRPC_AIO_ENGINE"), "thread") != 0 && grpc_aio_loop_is_possible (context))
    self = create_for_context (context, TRUE);
  accelerated = self != NULL && self->loop != NULL;
  g_mutex_unlock (&registry_lock);

  return accelerated;
}

/* A queue for calls that one thread makes and waits for. */
GrpcAioQueue *
grpc_aio_queue_new_private (GMainContext *context)
{
  return grpc_aio_queue_new (context);
}

/* What was started on a private queue outlives the thread that waited. */
void
grpc_aio_queue_abandon (GrpcAioQueue *self)
{
  gboolean is_left = g_atomic_int_get (&self->refs) > 1;

  if (is_left || grpc_aio_queue_has_work (self))
    {
      GrpcAioCompletion *completion;

      g_atomic_pointer_set (&self->context, NULL);
      g_atomic_int_set (&self->orphan, TRUE);
      while ((completion = pop_local (self)) != NULL)
        completion->run (completion, completion->ok);
      run_orphans (self);
    }
  if (is_left)
    start_poller (self);

  grpc_aio_queue_unref (self);
}

GrpcAioQueue *
grpc_aio_queue_ref (GrpcAioQueue *self)
{
  g_atomic_int_inc (&self->refs);

  return self;
}

/* The last reference goes under the lock, so that nobody finds the queue in the
 * registry meanwhile. */
void
grpc_aio_queue_unref (GrpcAioQueue *self)
{
  gint refs = g_atomic_int_get (&self->refs);
  gboolean is_last;

  while (refs > 1 && (refs & IS_LEAVING) == 0)
    {
      if (g_atomic_int_compare_and_exchange_full (&self->refs, refs, refs - 1, &refs))
        return;
    }

  g_mutex_lock (&registry_lock);
  is_last = COUNT_OF (g_atomic_int_add (&self->refs, -1)) == 1;
  if (is_left_alone (self, 0) && !self->has_left)
    g_main_context_wakeup (self->context);
  if (is_last && registry != NULL && self->source != NULL && g_hash_table_lookup (registry, self->context) == self)
    g_hash_table_remove (registry, self->context);
  g_mutex_unlock (&registry_lock);

  if (!is_last)
    return;

  if (self->source != NULL)
    {
      g_source_destroy (self->source);
      g_clear_pointer (&self->source, g_source_unref);
    }

  if (self->loop != NULL)
    g_clear_pointer (&self->loop, grpc_aio_loop_stop);
  else
    shut_down (self);

  grpc_aio_queue_let_go (self);
}

/* For who runs the context, has one reference and wants to end: whether nobody
 * else has any, so that nothing is under way. Until then the context is woken
 * when that changes. */
gboolean
grpc_aio_queue_leave (GrpcAioQueue *self)
{
  gboolean has_left;

  g_mutex_lock (&registry_lock);
  g_atomic_int_or ((guint *) &self->refs, IS_LEAVING);
  has_left = self->has_left = is_left_alone (self, 0);
  g_mutex_unlock (&registry_lock);

  return has_left;
}

/* For who owns the context and will not run it again: as if it were gone. */
void
grpc_aio_queue_detach (GrpcAioQueue *self)
{
  g_source_destroy (self->source);
}

grpc_completion_queue *
grpc_aio_queue_get_core (GrpcAioQueue *self)
{
  return self->core;
}

gboolean
grpc_aio_queue_is_for (GrpcAioQueue *self,
                       GMainContext *context)
{
  return g_atomic_pointer_get (&self->context) == context;
}

/* Whether the context is gone: no code of the program may run here any more. */
gboolean
grpc_aio_queue_is_orphan (GrpcAioQueue *self)
{
  return g_atomic_int_get (&self->orphan);
}

/* Leaves the completions of @self to the thread that they belong to, even while
 * that does not run them: handlers are among them. */
void
grpc_aio_queue_set_foreign (GrpcAioQueue *self)
{
  foreign = self;
}

/* For who runs a completion. NULL when the context is gone. */
GMainContext *
grpc_aio_queue_dup_context (GrpcAioQueue *self)
{
  GMainContext *context = g_atomic_pointer_get (&self->context);

  return context != NULL ? g_main_context_ref (context) : NULL;
}

/* For a thread that blocks: the right to run the queue's completions. When the
 * context goes meanwhile, that waits until the thread has released it. */
gboolean
grpc_aio_queue_acquire (GrpcAioQueue *self,
                        gboolean *was_owner)
{
  gboolean acquired = FALSE;

  *was_owner = FALSE;
  if (self == foreign)
    return FALSE;

  g_mutex_lock (&registry_lock);
  *was_owner = self->context != NULL && g_main_context_is_owner (self->context);
  if (self->context != NULL)
    acquired = g_main_context_acquire (self->context);
  if (acquired)
    {
      self->n_acquired++;
      self->acquirer = g_thread_self ();
      if (*was_owner)
        self->n_nested++;
    }
  g_mutex_unlock (&registry_lock);

  return acquired;
}

/* Runs what was deferred. Safe on any thread. */
void
grpc_aio_queue_resume (GrpcAioQueue *self)
{
  GrpcAioCompletion *deferred;

  g_mutex_lock (&registry_lock);
  deferred = g_steal_pointer (&self->deferred);
  g_mutex_unlock (&registry_lock);

  while (deferred != NULL)
    {
      GrpcAioCompletion *next = deferred->next;

      grpc_aio_queue_push (self, deferred);
      deferred = next;
    }
}

void
grpc_aio_queue_release (GrpcAioQueue *self,
                        gboolean was_owner)
{
  gboolean is_last = was_owner && --self->n_nested == 0;

  g_mutex_lock (&registry_lock);
  if (self->context != NULL)
    g_main_context_release (self->context);
  self->n_acquired--;
  g_cond_broadcast (&registry_cond);
  g_mutex_unlock (&registry_lock);

  if (is_last)
    grpc_aio_queue_resume (self);
}

/* For who owns the context: whether a callback of it blocks now. */
gboolean
grpc_aio_queue_is_nested (GrpcAioQueue *self)
{
  return self->n_nested > 0;
}

/* Runs @completion again when no callback of the context blocks any more. FALSE
 * when none does. */
gboolean
grpc_aio_queue_defer (GrpcAioQueue *self,
                      GrpcAioCompletion *completion)
{
  if (self->n_nested == 0)
    return FALSE;

  g_mutex_lock (&registry_lock);
  completion->next = self->deferred;
  self->deferred = completion;
  g_mutex_unlock (&registry_lock);

  return TRUE;
}

void
grpc_aio_queue_set_priority (GrpcAioQueue *self,
                             int priority)
{
  g_source_set_priority (self->source, priority);
}

void
grpc_aio_queue_set_budget (GrpcAioQueue *self,
                           guint max_events,
                           gint64 max_usec)
{
  g_atomic_int_set (&self->max_events, (gint) MIN (max_events, G_MAXINT));
  g_atomic_int_set (&self->max_usec, (gint) MIN (max_usec, G_MAXINT));
}

/* A context that runs a completion on this thread is owned by it. One that is the
 * thread's default lives, so it may be asked. */
static gboolean
is_on_owner_thread (GrpcAioQueue *self)
{
  GMainContext *context;

  if (turn.context != NULL && turn.context == g_atomic_pointer_get (&self->context))
    return TRUE;

  context = g_main_context_get_thread_default ();
  if (context == NULL)
    context = g_main_context_default ();

  return g_atomic_pointer_get (&self->context) == context && g_main_context_is_owner (context);
}

/* Runs @completion in the queue's context, after this function has returned: in the
 * same turn of the loop where that is possible. Safe on any thread. */
void
grpc_aio_queue_post (GrpcAioQueue *self,
                     GrpcAioCompletion *completion)
{
  completion->ok = TRUE;
  if (!is_on_owner_thread (self))
    {
      grpc_aio_queue_push (self, completion);
      return;
    }

  append_local (self, completion);
  if (G_UNLIKELY (g_atomic_int_get (&self->blocked)))
    grpc_aio_queue_wake (self);
}

/* Starts operations on a call. What grpc-core completes at once, on the
 * context's own thread, is dispatched without a detour over another one. Batches
 * that wait for the peer need not be looked for (@may_complete). */
grpc_call_error
grpc_aio_queue_start_batch (GrpcAioQueue *self,
                            grpc_call *call,
                            const grpc_op *ops,
                            gsize n_ops,
                            gboolean may_complete,
                            GrpcAioCompletion *completion)
{
  grpc_call_error result;
  gpointer tag;
  int ok;

  if (!may_complete || !is_on_owner_thread (self))
    return grpc_call_start_batch (call, ops, n_ops, completion, NULL);

  grpc_completion_queue_thread_local_cache_init (self->core);
  result = grpc_call_start_batch (call, ops, n_ops, completion, NULL);
  if (grpc_completion_queue_thread_local_cache_flush (self->core, &tag, &ok))
    {
      GrpcAioCompletion *done = tag;

      done->ok = ok;
      append_local (self, done);

      /* Started between the source's prepare and the sleep that follows. */
      if (G_UNLIKELY (g_atomic_int_get (&self->blocked)))
        grpc_aio_queue_wake (self);
    }

  return result;
}

/* Takes one event from grpc-core. FALSE when there was none in time. */
gboolean
grpc_aio_queue_next (GrpcAioQueue *self,
                     gpr_timespec deadline)
{
  GrpcAioCompletion *completion;
  grpc_event event;

  if (!grpc_aio_core_is_usable () || !grpc_aio_core_enter ())
    return FALSE;
  event = grpc_completion_queue_next (self->core, deadline, NULL);
  grpc_aio_core_leave ();

  completion = event.tag;
  if (event.type != GRPC_OP_COMPLETE)
    return FALSE;

  if (completion != &self->kick)
    {
      completion->ok = event.success;
      append_local (self, completion);
    }

  return TRUE;
}

/* Becomes readable with completions of other threads; -1 where the owner has
 * to sleep in grpc-core. */
int
grpc_aio_queue_get_event_fd (GrpcAioQueue *self)
{
  return self->event_fd;
}

/* Whether that descriptor is readable is for who owns the context to say. */
void
grpc_aio_queue_collect (GrpcAioQueue *self,
                        gboolean is_readable)
{
  collect (self, is_readable);
}

/* Sleeps in grpc-core until there is something to run, or @deadline. */
void
grpc_aio_queue_sleep (GrpcAioQueue *self,
                      gpr_timespec deadline)
{
  if (grpc_aio_queue_prepare (self))
    return;

  grpc_aio_queue_next (self, deadline);
  grpc_aio_queue_set_blocked (self, FALSE);
}

/* Before the owner sleeps: FALSE when nothing is there, and whoever pushes from
 * now on wakes it. */
gboolean
grpc_aio_queue_prepare (GrpcAioQueue *self)
{
  if (grpc_aio_queue_has_work (self))
    return TRUE;

  grpc_aio_queue_set_blocked (self, TRUE);
  if (!grpc_aio_queue_has_work (self))
    return FALSE;

  grpc_aio_queue_set_blocked (self, FALSE);

  return TRUE;
}

/* Whether there is something to run without waiting. */
gboolean
grpc_aio_queue_has_work (GrpcAioQueue *self)
{
  return self->local != NULL || g_atomic_pointer_get (&self->stack) != NULL;
}

/* The turn in which this thread runs a completion now, counted from 1; 0 outside
 * of one, or when that is not in @context (unless NULL). */
guint64
grpc_aio_queue_get_turn (GMainContext *context)
{
  if (context != NULL && turn.context != context)
    return 0;

  return turn.number;
}

/* What the thread that owns @context does until the end of the turn counts as if a
 * completion did it. Returns the outer turn. */
GrpcAioTurn
grpc_aio_queue_begin_turn (GMainContext *context)
{
  GrpcAioTurn outer = turn;

  turn.context = context;
  turn.number = ++last_turn;

  return outer;
}

void
grpc_aio_queue_end_turn (GrpcAioTurn outer)
{
  turn = outer;
}

/* Runs what has completed, in order, up to the budget, from a source of
 * @context. A callback may run the context itself, and this function with it. */
void
grpc_aio_queue_dispatch (GrpcAioQueue *self,
                         GMainContext *context)
{
  gint max_events = g_atomic_int_get (&self->max_events);
  gint64 end = 0; /* of the budget, which begins when there is more than one */
  GrpcAioTurn outer = turn;

  grpc_aio_queue_hold (self);

  if (self->event_fd < 0)
    collect (self, FALSE);

  for (gint i = 0; i < max_events; i++)
    {
      GrpcAioCompletion *completion = pop_local (self);

      if (completion == NULL)
        break;

      turn.context = context;
      turn.number = ++last_turn;
      completion->run (completion, completion->ok);
      turn = outer;

      /* Most turns run one completion and what that brings about: they do
       * not look at the time, which costs as much as the rest of this loop. */
      if (self->local == NULL)
        break;
      if (end == 0)
        end = g_get_monotonic_time () + g_atomic_int_get (&self->max_usec);
      else if (g_get_monotonic_time () >= end)
        break;
    }

  self->yield = self->local != NULL || ++self->n_turns % MAX_TURNS == 0;

  grpc_aio_queue_let_go (self);
}
