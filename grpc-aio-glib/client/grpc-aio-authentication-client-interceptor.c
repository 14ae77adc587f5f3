/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-authentication-client-interceptor.h>

#include <grpc-aio-glib/grpc-aio-intercepted-call.h>
#include <grpc-aio-glib/grpc-aio-metadata.h>

#include "client/grpc-aio-attempt-private.h"
#include "client/grpc-aio-intercepted-call-private.h"

/**
 * GrpcAioAuthenticationClientInterceptor:
 *
 * Sends a token with each call, as `authorization: Bearer …`, and has the program fetch
 * a new one when there is none or the server does not accept it any more.
 *
 * [signal@AuthenticationClientInterceptor::refresh] tells that a token is needed. The
 * program fetches it in its own time, and then calls
 * [method@AuthenticationClientInterceptor.set_token], or
 * [method@AuthenticationClientInterceptor.fail]. Calls wait meanwhile, within their
 * deadlines; however many they are, the signal comes once.
 *
 * A call that ends with `GRPC_AIO_STATUS_CODE_UNAUTHENTICATED` is made again with a new
 * token, once: with one request at any rate, with a stream of responses unless the
 * first of them is here. One with a stream of requests is not, but the next call has a
 * new token fetched.
 *
 * The token goes over any channel, also an insecure one, where everybody on the way can
 * read it. [class@CallCredentials] refuse that.
 *
 * Since: 0.1
 */
struct _GrpcAioAuthenticationClientInterceptor
{
  GrpcAioClientInterceptor parent_instance;

  GMutex lock; /* for all that follows */
  char *token;
  GQueue waiting; /* calls, for a token */
  gboolean is_refreshing;
};

enum
{
  SIGNAL_REFRESH,
  N_SIGNALS,
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GrpcAioAuthenticationClientInterceptor, grpc_aio_authentication_client_interceptor, GRPC_AIO_TYPE_CLIENT_INTERCEPTOR)

#define KEY "authorization"

typedef struct
{
  GList link;
  GrpcAioAuthenticationClientInterceptor *interceptor;
  GrpcAioInterceptedCall *call;
  gulong cancelled_id;
  char *token; /* the last one used */
  gboolean is_second;
} Login;

static void
login_free (Login *login)
{
  g_object_unref (login->interceptor);
  g_object_unref (login->call);
  g_free (login->token);
  g_free (login);
}

static void go_on (Login *login);

/* The call ends while it waits. */
static void
on_cancelled (GCancellable *cancellable,
              Login *login)
{
  GrpcAioAuthenticationClientInterceptor *self = login->interceptor;
  gboolean is_waiting;

  g_mutex_lock (&self->lock);
  is_waiting = g_queue_find (&self->waiting, login) != NULL;
  if (is_waiting)
    g_queue_unlink (&self->waiting, &login->link);
  g_mutex_unlock (&self->lock);

  if (!is_waiting)
    return;

  g_signal_handler_disconnect (cancellable, login->cancelled_id);
  login_free (login);
}

/* In the main context of the call. Takes the token there is, or waits for one. Without
 * the one that @login has used. */
static void
get_token (Login *login)
{
  g_autoptr (GrpcAioAuthenticationClientInterceptor) self = g_object_ref (login->interceptor);
  gboolean has_token, is_first = FALSE;

  g_mutex_lock (&self->lock);
  if (login->token != NULL && g_strcmp0 (self->token, login->token) == 0)
    g_clear_pointer (&self->token, g_free);
  has_token = self->token != NULL;
  if (has_token)
    {
      g_free (login->token);
      login->token = g_strdup (self->token);
    }
  else
    {
      GCancellable *cancellable = grpc_aio_intercepted_call_get_cancellable (login->call);

      is_first = !self->is_refreshing;
      self->is_refreshing = TRUE;
      login->link.data = login;
      login->cancelled_id = g_signal_connect (cancellable, "cancelled", G_CALLBACK (on_cancelled), login);
      g_queue_push_tail_link (&self->waiting, &login->link);
    }
  g_mutex_unlock (&self->lock);

  if (has_token)
    go_on (login);
  else if (is_first)
    g_signal_emit (self, signals[SIGNAL_REFRESH], 0);
}

static void
on_attempt (GrpcAioInterceptedCall *call,
            GrpcAioCall *attempt,
            GrpcAioStatusCode code,
            gpointer user_data)
{
  Login *login = user_data;

  if (code == GRPC_AIO_STATUS_CODE_UNAUTHENTICATED && !login->is_second && !grpc_aio_intercepted_call_is_done (call))
    {
      login->is_second = TRUE;
      get_token (login);
      return;
    }

  grpc_aio_intercepted_call_return_call (call, attempt);
  login_free (login);
}

/* Of a call that is not made again. */
static void
on_status (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  Login *login = user_data;
  GrpcAioAuthenticationClientInterceptor *self = login->interceptor;

  if (grpc_aio_call_status_finish (GRPC_AIO_CALL (source), result, NULL) == GRPC_AIO_STATUS_CODE_UNAUTHENTICATED)
    {
      g_mutex_lock (&self->lock);
      if (g_strcmp0 (self->token, login->token) == 0)
        g_clear_pointer (&self->token, g_free);
      g_mutex_unlock (&self->lock);
    }
  login_free (login);
}

/* In the main context of the call, with a token. */
static void
go_on (Login *login)
{
  GrpcAioMetadata *metadata = grpc_aio_intercepted_call_get_metadata (login->call);
  g_autofree char *value = g_strconcat ("Bearer ", login->token, NULL);
  g_autoptr (GrpcAioCall) next = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_metadata_remove (metadata, KEY);
  if (!grpc_aio_metadata_append (metadata, KEY, value, &error))
    {
      grpc_aio_intercepted_call_return_error (login->call, error);
      login_free (login);
      return;
    }

  if (grpc_aio_intercepted_call_get_request (login->call) != NULL)
    {
      grpc_aio_attempt_start (login->call, on_attempt, login);
      return;
    }

  next = grpc_aio_intercepted_call_proceed (login->call);
  grpc_aio_intercepted_call_return_call (login->call, next);
  grpc_aio_call_status_async (next, NULL, on_status, login);
}

static void
grpc_aio_authentication_client_interceptor_intercept (GrpcAioClientInterceptor *interceptor,
                                                      GrpcAioInterceptedCall *call,
                                                      GError **error)
{
  Login *login = g_new0 (Login, 1);

  login->interceptor = g_object_ref (GRPC_AIO_AUTHENTICATION_CLIENT_INTERCEPTOR (interceptor));
  login->call = g_object_ref (call);
  get_token (login);
}

static void
grpc_aio_authentication_client_interceptor_finalize (GObject *object)
{
  GrpcAioAuthenticationClientInterceptor *self = GRPC_AIO_AUTHENTICATION_CLIENT_INTERCEPTOR (object);

  g_free (self->token);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (grpc_aio_authentication_client_interceptor_parent_class)->finalize (object);
}

static void
grpc_aio_authentication_client_interceptor_class_init (GrpcAioAuthenticationClientInterceptorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_authentication_client_interceptor_finalize;
  GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (klass)->intercept = grpc_aio_authentication_client_interceptor_intercept;

  /**
   * GrpcAioAuthenticationClientInterceptor::refresh:
   * @self: the interceptor
   *
   * Emitted when a token is needed, in the main context of the call that needs it, and
   * not again until the program has answered.
   *
   * Since: 0.1
   */
  signals[SIGNAL_REFRESH] = g_signal_new ("refresh", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
                                          NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
grpc_aio_authentication_client_interceptor_init (GrpcAioAuthenticationClientInterceptor *self)
{
  g_mutex_init (&self->lock);
}

/**
 * grpc_aio_authentication_client_interceptor_new:
 *
 * Creates an interceptor that has no token yet.
 *
 * Returns: (transfer full): a new interceptor
 *
 * Since: 0.1
 */
GrpcAioAuthenticationClientInterceptor *
grpc_aio_authentication_client_interceptor_new (void)
{
  return g_object_new (GRPC_AIO_TYPE_AUTHENTICATION_CLIENT_INTERCEPTOR, NULL);
}

static GQueue
take_waiting (GrpcAioAuthenticationClientInterceptor *self)
{
  GQueue waiting = self->waiting;

  g_queue_init (&self->waiting);
  self->is_refreshing = FALSE;

  return waiting;
}

static void
disconnect (Login *login)
{
  g_signal_handler_disconnect (grpc_aio_intercepted_call_get_cancellable (login->call), login->cancelled_id);
  login->cancelled_id = 0;
}

/* In the main context of the call, which may have ended. */
static void
resume (gpointer data)
{
  Login *login = data;

  disconnect (login);
  if (grpc_aio_intercepted_call_is_done (login->call))
    login_free (login);
  else
    get_token (login);
}

/**
 * grpc_aio_authentication_client_interceptor_set_token:
 * @self: an interceptor
 * @token: (nullable): the token, or `NULL` to forget the last one
 *
 * Sets the token, from any thread. Calls that wait for it go on. `NULL` lets them wait,
 * and has the next call ask for a token.
 *
 * Since: 0.1
 */
void
grpc_aio_authentication_client_interceptor_set_token (GrpcAioAuthenticationClientInterceptor *self,
                                                      const char *token)
{
  GQueue waiting = G_QUEUE_INIT;
  GList *link;

  g_return_if_fail (GRPC_AIO_IS_AUTHENTICATION_CLIENT_INTERCEPTOR (self));

  g_mutex_lock (&self->lock);
  g_free (self->token);
  self->token = g_strdup (token);
  if (token != NULL)
    waiting = take_waiting (self);
  g_mutex_unlock (&self->lock);

  while ((link = g_queue_pop_head_link (&waiting)) != NULL)
    {
      Login *login = link->data;

      /* What was refused is tried again all the same: the program says that it holds. */
      g_clear_pointer (&login->token, g_free);
      grpc_aio_relay_defer (grpc_aio_intercepted_call_get_relay (login->call), resume, login);
    }
}

/**
 * grpc_aio_authentication_client_interceptor_dup_token:
 * @self: an interceptor
 *
 * Gets the token.
 *
 * Returns: (transfer full) (nullable): the token, or `NULL` if there is none
 *
 * Since: 0.1
 */
char *
grpc_aio_authentication_client_interceptor_dup_token (GrpcAioAuthenticationClientInterceptor *self)
{
  char *token;

  g_return_val_if_fail (GRPC_AIO_IS_AUTHENTICATION_CLIENT_INTERCEPTOR (self), NULL);

  g_mutex_lock (&self->lock);
  token = g_strdup (self->token);
  g_mutex_unlock (&self->lock);

  return token;
}

/**
 * grpc_aio_authentication_client_interceptor_fail:
 * @self: an interceptor
 * @error: why there is no token
 *
 * Ends the calls that wait for a token, from any thread. The next call asks for one
 * again.
 *
 * Since: 0.1
 */
void
grpc_aio_authentication_client_interceptor_fail (GrpcAioAuthenticationClientInterceptor *self,
                                                 const GError *error)
{
  GQueue waiting;
  GList *link;

  g_return_if_fail (GRPC_AIO_IS_AUTHENTICATION_CLIENT_INTERCEPTOR (self));
  g_return_if_fail (error != NULL);

  g_mutex_lock (&self->lock);
  waiting = take_waiting (self);
  g_mutex_unlock (&self->lock);

  while ((link = g_queue_pop_head_link (&waiting)) != NULL)
    {
      Login *login = link->data;

      disconnect (login);
      grpc_aio_intercepted_call_return_error (login->call, error);
      login_free (login);
    }
}
