/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/grpc-aio-inbox-private.h"

/* How often a visitor looks whether another thread left work behind. */
#define LOOK_AGAIN_USEC (50 * 1000)

struct _GrpcAioInbox
{
  gatomicrefcount refs; /* of the owner and of the source */
  GMainContext *context;
  GThread *thread; /* that made it */
  GSource *source;

  /* With the lock. */
  GrpcAioErrand *errands; /* oldest first */
  GrpcAioErrand **tail;
  GList link; /* in `full` while there are errands */
};

struct _GrpcAioVisitor
{
  gatomicrefcount refs; /* of the blocking thread, its source, its errands, the rest, the queue */
  GMainContext *context;
  GrpcAioQueue *queue; /* until it leaves */
  GMainContext *home; /* of the first errand: where the rest goes */
  GSource *source;
  GList link; /* in `visitors`, with the lock */
  gint n_errands; /* atomic */

  GrpcAioCompletion bell; /* gets the thread out of its sleep in grpc-core */
  gint is_ringing;        /* atomic */
};

typedef struct
{
  GSource parent;
  GrpcAioInbox *inbox;
} InboxSource;

typedef struct
{
  GSource parent;
  GrpcAioVisitor *visitor;
} VisitorSource;

/* Runs a private context inside of another one. */
typedef struct
{
  GSource parent;
  GrpcAioVisitor *visitor;
  GPollFD *fds;
  int n_fds;
  gint64 end; /* of the inner context's sleep */
} RestSource;

static GMutex lock;
static GQueue full = G_QUEUE_INIT;     /* with the lock; inboxes with errands */
static GQueue visitors = G_QUEUE_INIT; /* with the lock */
static gint n_inboxes;                 /* atomic */

static void
inbox_unref (GrpcAioInbox *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_assert (self->errands == NULL);
  g_main_context_unref (self->context);
  g_free (self);
}

static void
visitor_unref (GrpcAioVisitor *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_main_context_unref (self->context);
  g_free (self);
}

/* With the lock. */
static GrpcAioErrand *
pop (GrpcAioInbox *self)
{
  GrpcAioErrand *errand = self->errands;

  if (errand == NULL)
    return NULL;

  self->errands = errand->next;
  if (self->errands == NULL)
    {
      self->tail = &self->errands;
      g_queue_unlink (&full, &self->link);
    }

  return errand;
}

/* One after the other, since each may run a loop of its own. */
static gboolean
inbox_dispatch (GSource *source,
                GSourceFunc callback,
                gpointer user_data)
{
  GrpcAioInbox *self = ((InboxSource *) source)->inbox;
  GrpcAioErrand *errand;

  g_source_set_ready_time (source, -1);
  g_main_context_push_thread_default (self->context);
  do
    {
      g_mutex_lock (&lock);
      errand = pop (self);
      g_mutex_unlock (&lock);

      if (errand != NULL)
        errand->run (errand);
    }
  while (errand != NULL);
  g_main_context_pop_thread_default (self->context);

  return G_SOURCE_CONTINUE;
}

static void
inbox_source_finalize (GSource *source)
{
  inbox_unref (((InboxSource *) source)->inbox);
}

GrpcAioInbox *
grpc_aio_inbox_new (GMainContext *context)
{
  static GSourceFuncs funcs = {
    .dispatch = inbox_dispatch,
    .finalize = inbox_source_finalize,
  };
  GrpcAioInbox *self = g_new0 (GrpcAioInbox, 1);

  g_atomic_ref_count_init (&self->refs);
  g_atomic_ref_count_inc (&self->refs);
  self->context = g_main_context_ref (context);
  self->thread = g_thread_self ();
  self->tail = &self->errands;
  self->link.data = self;

  self->source = g_source_new (&funcs, sizeof (InboxSource));
  ((InboxSource *) self->source)->inbox = self;
  g_source_set_static_name (self->source, "grpc-aio-inbox");
  g_source_set_can_recurse (self->source, TRUE);
  g_source_attach (self->source, context);

  g_atomic_int_inc (&n_inboxes);

  return self;
}

/* Nothing may be in it or come any more. */
void
grpc_aio_inbox_close (GrpcAioInbox *self)
{
  g_atomic_int_add (&n_inboxes, -1);
  g_source_destroy (self->source);
  g_source_unref (self->source);
  inbox_unref (self);
}

/* Whether this thread may do at once what belongs into the context. */
gboolean
grpc_aio_inbox_is_here (GrpcAioInbox *self)
{
  return self->thread == g_thread_self () || g_main_context_is_owner (self->context);
}

static void
on_bell (GrpcAioCompletion *completion,
         gboolean ok)
{
  GrpcAioVisitor *self = (GrpcAioVisitor *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioVisitor, bell));

  g_atomic_int_set (&self->is_ringing, FALSE);
  visitor_unref (self);
}

/* With the lock. */
static void
call_visitor (gpointer data,
              gpointer user_data)
{
  GrpcAioVisitor *self = data;

  g_source_set_ready_time (self->source, 0);

  if (grpc_aio_queue_get_event_fd (self->queue) < 0 && g_atomic_int_compare_and_exchange (&self->is_ringing, FALSE, TRUE))
    {
      g_atomic_ref_count_inc (&self->refs);
      grpc_aio_queue_push (self->queue, &self->bell);
    }
}

/* The caller sees to it that the inbox stays open until the errand has run. */
void
grpc_aio_inbox_push (GrpcAioInbox *self,
                     GrpcAioErrand *errand)
{
  errand->next = NULL;

  g_mutex_lock (&lock);
  if (self->errands == NULL)
    g_queue_push_tail_link (&full, &self->link);
  *self->tail = errand;
  self->tail = &errand->next;
  g_source_set_ready_time (self->source, 0);
  g_queue_foreach (&visitors, call_visitor, NULL);
  g_mutex_unlock (&lock);
}

/* What @errand brought about is over. */
void
grpc_aio_inbox_finish (GrpcAioErrand *errand)
{
  GrpcAioVisitor *visitor = g_steal_pointer (&errand->visitor);

  if (visitor == NULL)
    return;

  /* Whoever waits for this may sleep in the context. */
  if (g_atomic_int_dec_and_test (&visitor->n_errands))
    g_main_context_wakeup (visitor->context);
  visitor_unref (visitor);
}

/* Takes one errand that this thread may run, and makes it the owner of the
 * context. */
static GrpcAioErrand *
take (GrpcAioVisitor *self,
      GMainContext **context,
      gboolean *is_left)
{
  GrpcAioErrand *errand = NULL;

  *is_left = FALSE;

  g_mutex_lock (&lock);
  for (GList *at = full.head; at != NULL && errand == NULL; at = at->next)
    {
      GrpcAioInbox *inbox = at->data;

      if (!g_main_context_acquire (inbox->context))
        {
          *is_left = TRUE;
          continue;
        }

      *context = g_main_context_ref (inbox->context);
      errand = pop (inbox);
      break;
    }
  g_mutex_unlock (&lock);

  return errand;
}

/* Watches what the inner context waits for. */
static void
rest_watch (RestSource *self,
            GPollFD *fds,
            int n_fds)
{
  gboolean is_same = n_fds == self->n_fds;

  for (int i = 0; i < n_fds && is_same; i++)
    is_same = fds[i].fd == self->fds[i].fd && fds[i].events == self->fds[i].events;

  if (is_same)
    {
      g_free (fds);
      return;
    }

  for (int i = 0; i < self->n_fds; i++)
    g_source_remove_poll (&self->parent, &self->fds[i]);
  g_free (self->fds);

  self->fds = fds;
  self->n_fds = n_fds;
  for (int i = 0; i < n_fds; i++)
    g_source_add_poll (&self->parent, &self->fds[i]);
}

static gboolean
rest_prepare (GSource *source,
              int *timeout)
{
  RestSource *self = (RestSource *) source;
  GMainContext *inner = self->visitor->context;
  GPollFD *fds = NULL;
  int size, n_fds = 1, priority;
  gboolean is_ready;

  self->end = G_MAXINT64;
  *timeout = 0;
  if (g_atomic_int_get (&self->visitor->n_errands) == 0)
    return TRUE;

  if (!g_main_context_acquire (inner))
    {
      *timeout = LOOK_AGAIN_USEC / 1000;
      self->end = g_source_get_time (source) + LOOK_AGAIN_USEC;
      return FALSE;
    }

  is_ready = g_main_context_prepare (inner, &priority);
  do
    {
      size = n_fds;
      fds = g_renew (GPollFD, fds, size);
      n_fds = g_main_context_query (inner, G_MAXINT, timeout, fds, size);
    }
  while (n_fds > size);
  g_main_context_release (inner);

  rest_watch (self, fds, n_fds);
  if (*timeout >= 0)
    self->end = g_get_monotonic_time () + (gint64) *timeout * 1000;

  return is_ready;
}

static gboolean
rest_check (GSource *source)
{
  RestSource *self = (RestSource *) source;

  for (int i = 0; i < self->n_fds; i++)
    {
      if (self->fds[i].revents != 0)
        return TRUE;
    }

  return g_source_get_time (source) >= self->end;
}

static gboolean
rest_dispatch (GSource *source,
               GSourceFunc callback,
               gpointer user_data)
{
  RestSource *self = (RestSource *) source;
  GMainContext *inner = self->visitor->context;

  if (g_atomic_int_get (&self->visitor->n_errands) == 0)
    return G_SOURCE_REMOVE;
  if (!g_main_context_acquire (inner))
    return G_SOURCE_CONTINUE;

  g_main_context_push_thread_default (inner);
  g_main_context_iteration (inner, FALSE);
  g_main_context_pop_thread_default (inner);
  g_main_context_release (inner);

  return G_SOURCE_CONTINUE;
}

static void
rest_finalize (GSource *source)
{
  RestSource *self = (RestSource *) source;

  g_free (self->fds);
  visitor_unref (self->visitor);
}

/* Has @context run what this thread began in its private one. */
static void
hand_over (GrpcAioVisitor *self,
           GMainContext *context)
{
  static GSourceFuncs funcs = {
    .prepare = rest_prepare,
    .check = rest_check,
    .dispatch = rest_dispatch,
    .finalize = rest_finalize,
  };
  g_autoptr (GSource) source = g_source_new (&funcs, sizeof (RestSource));

  g_atomic_ref_count_inc (&self->refs);
  ((RestSource *) source)->visitor = self;
  g_source_set_static_name (source, "grpc-aio-rest");
  g_source_set_can_recurse (source, TRUE);
  g_source_attach (source, context);
}

static gboolean
visitor_dispatch (GSource *source,
                  GSourceFunc callback,
                  gpointer user_data)
{
  GrpcAioVisitor *self = ((VisitorSource *) source)->visitor;
  GMainContext *context;
  GrpcAioErrand *errand;
  gboolean is_left;

  g_source_set_ready_time (source, -1);
  while ((errand = take (self, &context, &is_left)) != NULL)
    {
      g_atomic_ref_count_inc (&self->refs);
      g_atomic_int_inc (&self->n_errands);
      errand->visitor = self;
      if (self->home == NULL)
        self->home = g_main_context_ref (context);

      errand->run (errand);

      g_main_context_release (context);
      g_main_context_unref (context);
    }

  if (is_left)
    g_source_set_ready_time (source, g_get_monotonic_time () + LOOK_AGAIN_USEC);

  return G_SOURCE_CONTINUE;
}

static void
visitor_source_finalize (GSource *source)
{
  visitor_unref (((VisitorSource *) source)->visitor);
}

/* The visitor of a thread that runs @context, its default, and @queue while it
 * blocks. NULL when there is nothing to visit. */
GrpcAioVisitor *
grpc_aio_visitor_new (GMainContext *context,
                      GrpcAioQueue *queue)
{
  static GSourceFuncs funcs = {
    .dispatch = visitor_dispatch,
    .finalize = visitor_source_finalize,
  };
  GrpcAioVisitor *self;

  if (G_LIKELY (g_atomic_int_get (&n_inboxes) == 0))
    return NULL;

  self = g_new0 (GrpcAioVisitor, 1);
  g_atomic_ref_count_init (&self->refs);
  g_atomic_ref_count_inc (&self->refs);
  self->context = g_main_context_ref (context);
  self->queue = grpc_aio_queue_ref (queue);
  self->bell.run = on_bell;
  self->link.data = self;

  self->source = g_source_new (&funcs, sizeof (VisitorSource));
  ((VisitorSource *) self->source)->visitor = self;
  g_source_set_static_name (self->source, "grpc-aio-visitor");
  g_source_set_can_recurse (self->source, TRUE);
  g_source_set_ready_time (self->source, 0);
  g_source_attach (self->source, context);

  g_mutex_lock (&lock);
  g_queue_push_tail_link (&visitors, &self->link);
  g_mutex_unlock (&lock);

  return self;
}

/* Whether what an errand brought about goes on in the context. */
gboolean
grpc_aio_visitor_is_busy (GrpcAioVisitor *self)
{
  return g_atomic_int_get (&self->n_errands) > 0;
}

void
grpc_aio_visitor_leave (GrpcAioVisitor *self)
{
  g_mutex_lock (&lock);
  g_queue_unlink (&visitors, &self->link);
  g_mutex_unlock (&lock);

  g_clear_pointer (&self->queue, grpc_aio_queue_unref);
  g_source_destroy (self->source);
  g_clear_pointer (&self->source, g_source_unref);

  if (grpc_aio_visitor_is_busy (self))
    hand_over (self, self->home);
  g_clear_pointer (&self->home, g_main_context_unref);

  visitor_unref (self);
}
