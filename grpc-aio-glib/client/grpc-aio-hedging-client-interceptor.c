/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-hedging-client-interceptor.h>

#include "client/grpc-aio-attempt-private.h"

/**
 * GrpcAioHedgingClientInterceptor:
 *
 * Sends a call again when its answer takes long, and takes the answer that comes first
 * (the hedging of gRFC A6).
 *
 * It makes the slowest answers faster, at the price of more work for the servers: each
 * call may be carried out several times, also at the same time. So use it for methods
 * that are idempotent, and list them.
 *
 * Calls with one request and one response are sent again, the others are not. When one
 * attempt fails with a code that may be tried again, the next one starts at once; with
 * another code the call has failed. The attempts that are left are cancelled.
 *
 * Since: 0.1
 */
struct _GrpcAioHedgingClientInterceptor
{
  GrpcAioClientInterceptor parent_instance;

  char **methods; /* NULL for all */
  guint max_attempts;
  gint64 hedging_delay_usec;
  guint codes; /* atomic; a bit for each that is tried again */
};

enum
{
  PROP_METHODS = 1,
  PROP_MAX_ATTEMPTS,
  PROP_HEDGING_DELAY_USEC,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioHedgingClientInterceptor, grpc_aio_hedging_client_interceptor, GRPC_AIO_TYPE_CLIENT_INTERCEPTOR)

/* One call, and who waits for its attempts. */
typedef struct
{
  guint n_refs;
  GrpcAioHedgingClientInterceptor *interceptor;
  GrpcAioInterceptedCall *call;
  GSource *pause; /* NULL when it is over */
  guint n_started;
  guint n_running;
  gboolean is_answered;
} Hedge;

static void
hedge_unref (Hedge *hedge)
{
  if (--hedge->n_refs > 0)
    return;

  g_object_unref (hedge->interceptor);
  g_object_unref (hedge->call);
  g_free (hedge);
}

static void
stop_pause (Hedge *hedge)
{
  if (hedge->pause == NULL)
    return;

  g_source_destroy (hedge->pause);
  g_clear_pointer (&hedge->pause, g_source_unref);
  hedge_unref (hedge);
}

static void start_next (Hedge *hedge);

static gboolean
on_pause_ended (gpointer data)
{
  Hedge *hedge = data;

  g_clear_pointer (&hedge->pause, g_source_unref);
  if (!hedge->is_answered && !grpc_aio_intercepted_call_is_done (hedge->call))
    start_next (hedge);
  hedge_unref (hedge);

  return G_SOURCE_REMOVE;
}

static void
on_attempt (GrpcAioInterceptedCall *call,
            GrpcAioCall *attempt,
            GrpcAioStatusCode code,
            gpointer user_data)
{
  Hedge *hedge = user_data;
  gboolean may_go_on = grpc_aio_hedging_client_interceptor_get_retriable (hedge->interceptor, code);

  hedge->n_running--;
  if (!hedge->is_answered && !grpc_aio_intercepted_call_is_done (call))
    {
      gboolean is_last = hedge->n_started == hedge->interceptor->max_attempts && hedge->n_running == 0;

      if (!may_go_on || is_last)
        {
          hedge->is_answered = TRUE;
          stop_pause (hedge);
          grpc_aio_intercepted_call_return_call (call, attempt);
        }
      else if (hedge->n_started < hedge->interceptor->max_attempts)
        {
          stop_pause (hedge);
          start_next (hedge);
        }
    }

  hedge_unref (hedge);
}

static void
start_next (Hedge *hedge)
{
  hedge->n_started++;
  hedge->n_running++;
  hedge->n_refs++;
  grpc_aio_attempt_start (hedge->call, on_attempt, hedge);

  if (hedge->n_started < hedge->interceptor->max_attempts)
    {
      hedge->n_refs++;
      hedge->pause = grpc_aio_attempt_new_pause (hedge->call, hedge->interceptor->hedging_delay_usec, on_pause_ended, hedge);
    }
}

static void
grpc_aio_hedging_client_interceptor_intercept (GrpcAioClientInterceptor *interceptor,
                                               GrpcAioInterceptedCall *call,
                                               GError **error)
{
  GrpcAioHedgingClientInterceptor *self = GRPC_AIO_HEDGING_CLIENT_INTERCEPTOR (interceptor);
  Hedge *hedge;

  if (grpc_aio_intercepted_call_get_kind (call) != GRPC_AIO_METHOD_KIND_UNARY_UNARY ||
      !grpc_aio_attempt_is_listed ((const char *const *) self->methods, grpc_aio_intercepted_call_get_method (call)))
    {
      GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (grpc_aio_hedging_client_interceptor_parent_class)->intercept (interceptor, call, error);
      return;
    }

  hedge = g_new0 (Hedge, 1);
  hedge->n_refs = 1;
  hedge->interceptor = g_object_ref (self);
  hedge->call = g_object_ref (call);
  start_next (hedge);
  hedge_unref (hedge);
}

static void
grpc_aio_hedging_client_interceptor_finalize (GObject *object)
{
  g_strfreev (GRPC_AIO_HEDGING_CLIENT_INTERCEPTOR (object)->methods);

  G_OBJECT_CLASS (grpc_aio_hedging_client_interceptor_parent_class)->finalize (object);
}

static void
grpc_aio_hedging_client_interceptor_get_property (GObject *object,
                                                  guint id,
                                                  GValue *value,
                                                  GParamSpec *pspec)
{
  GrpcAioHedgingClientInterceptor *self = GRPC_AIO_HEDGING_CLIENT_INTERCEPTOR (object);

  switch (id)
    {
    case PROP_METHODS:
      g_value_set_boxed (value, self->methods);
      break;

    case PROP_MAX_ATTEMPTS:
      g_value_set_uint (value, self->max_attempts);
      break;

    case PROP_HEDGING_DELAY_USEC:
      g_value_set_int64 (value, self->hedging_delay_usec);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_hedging_client_interceptor_set_property (GObject *object,
                                                  guint id,
                                                  const GValue *value,
                                                  GParamSpec *pspec)
{
  GrpcAioHedgingClientInterceptor *self = GRPC_AIO_HEDGING_CLIENT_INTERCEPTOR (object);

  switch (id)
    {
    case PROP_METHODS:
      self->methods = g_value_dup_boxed (value);
      break;

    case PROP_MAX_ATTEMPTS:
      self->max_attempts = g_value_get_uint (value);
      break;

    case PROP_HEDGING_DELAY_USEC:
      self->hedging_delay_usec = g_value_get_int64 (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_hedging_client_interceptor_class_init (GrpcAioHedgingClientInterceptorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = grpc_aio_hedging_client_interceptor_finalize;
  object_class->get_property = grpc_aio_hedging_client_interceptor_get_property;
  object_class->set_property = grpc_aio_hedging_client_interceptor_set_property;
  GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (klass)->intercept = grpc_aio_hedging_client_interceptor_intercept;

  /**
   * GrpcAioHedgingClientInterceptor:methods:
   *
   * Which methods may be sent several times: full names, `/package.Service/Method`, or
   * `/package.Service/` for all of a service; `NULL` for all methods of the channel.
   *
   * Since: 0.1
   */
  properties[PROP_METHODS] = g_param_spec_boxed ("methods", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * GrpcAioHedgingClientInterceptor:max-attempts:
   *
   * How often a call is sent at the most, the first time included.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_ATTEMPTS] = g_param_spec_uint ("max-attempts", NULL, NULL, 1, G_MAXUINT, 3, flags);

  /**
   * GrpcAioHedgingClientInterceptor:hedging-delay-usec:
   *
   * After how many microseconds without an answer a call is sent again.
   *
   * Since: 0.1
   */
  properties[PROP_HEDGING_DELAY_USEC] = g_param_spec_int64 ("hedging-delay-usec", NULL, NULL, 0, G_MAXINT64 / 4, G_USEC_PER_SEC / 2, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_hedging_client_interceptor_init (GrpcAioHedgingClientInterceptor *self)
{
  self->codes = 1u << GRPC_AIO_STATUS_CODE_UNAVAILABLE;
}

/**
 * grpc_aio_hedging_client_interceptor_new:
 * @methods: (nullable) (array zero-terminated=1): which methods may be sent several times, see
 *   [property@HedgingClientInterceptor:methods]; `NULL` for all
 *
 * Creates an interceptor with the defaults.
 *
 * Returns: (transfer full): a new interceptor
 *
 * Since: 0.1
 */
GrpcAioHedgingClientInterceptor *
grpc_aio_hedging_client_interceptor_new (const char *const *methods)
{
  return g_object_new (GRPC_AIO_TYPE_HEDGING_CLIENT_INTERCEPTOR, "methods", methods, NULL);
}

/**
 * grpc_aio_hedging_client_interceptor_get_methods:
 * @self: an interceptor
 *
 * Gets which methods may be sent several times.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): their names, or `NULL`
 *   for all
 *
 * Since: 0.1
 */
const char *const *
grpc_aio_hedging_client_interceptor_get_methods (GrpcAioHedgingClientInterceptor *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_HEDGING_CLIENT_INTERCEPTOR (self), NULL);

  return (const char *const *) self->methods;
}

/**
 * grpc_aio_hedging_client_interceptor_get_retriable:
 * @self: an interceptor
 * @code: a status code
 *
 * Gets whether a call that ends with @code is tried again.
 *
 * Returns: whether it is
 *
 * Since: 0.1
 */
gboolean
grpc_aio_hedging_client_interceptor_get_retriable (GrpcAioHedgingClientInterceptor *self,
                                                   GrpcAioStatusCode code)
{
  g_return_val_if_fail (GRPC_AIO_IS_HEDGING_CLIENT_INTERCEPTOR (self), FALSE);
  g_return_val_if_fail ((guint) code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED, FALSE);

  return (g_atomic_int_get (&self->codes) & (1u << code)) != 0;
}

/**
 * grpc_aio_hedging_client_interceptor_set_retriable:
 * @self: an interceptor
 * @code: a status code other than OK
 * @retriable: whether a call that ends with it is tried again
 *
 * Sets whether a call that ends with @code is tried again. At first only
 * `GRPC_AIO_STATUS_CODE_UNAVAILABLE` is such a code.
 *
 * Since: 0.1
 */
void
grpc_aio_hedging_client_interceptor_set_retriable (GrpcAioHedgingClientInterceptor *self,
                                                   GrpcAioStatusCode code,
                                                   gboolean retriable)
{
  g_return_if_fail (GRPC_AIO_IS_HEDGING_CLIENT_INTERCEPTOR (self));
  g_return_if_fail (code > GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);

  if (retriable)
    g_atomic_int_or (&self->codes, 1u << code);
  else
    g_atomic_int_and (&self->codes, ~(1u << code));
}
