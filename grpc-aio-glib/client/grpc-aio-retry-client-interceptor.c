/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-retry-client-interceptor.h>

#include "client/grpc-aio-attempt-private.h"

/**
 * GrpcAioRetryClientInterceptor:
 *
 * Tries calls again that failed, after a pause that grows each time.
 *
 * grpc-core does this itself where a service config says so, and transparently where
 * it knows that no server saw the call (gRFC A6). This is for channels without a
 * service config, and for what that does not cover: other codes, calls that got an
 * answer. A call may be carried out twice: so list the methods for which that does no
 * harm.
 *
 * Calls with one request are tried again, those with a stream of responses until the
 * first of them is here; those with a stream of requests are not. The deadline of the
 * call holds for all attempts together. Before each pause the server may say how long
 * it is to be, or that it wants no further attempt, with `grpc-retry-pushback-ms`.
 *
 * Since: 0.1
 */
struct _GrpcAioRetryClientInterceptor
{
  GrpcAioClientInterceptor parent_instance;

  char **methods; /* NULL for all */
  guint max_attempts;
  gint64 initial_backoff_usec;
  gint64 max_backoff_usec;
  double backoff_multiplier;
  double jitter;
  guint codes; /* atomic; a bit for each that is tried again */
};

enum
{
  PROP_METHODS = 1,
  PROP_MAX_ATTEMPTS,
  PROP_INITIAL_BACKOFF_USEC,
  PROP_MAX_BACKOFF_USEC,
  PROP_BACKOFF_MULTIPLIER,
  PROP_JITTER,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioRetryClientInterceptor, grpc_aio_retry_client_interceptor, GRPC_AIO_TYPE_CLIENT_INTERCEPTOR)

/* One call, between its attempts. */
typedef struct
{
  GrpcAioRetryClientInterceptor *interceptor;
  GrpcAioInterceptedCall *call;
  guint n_attempts;
} Retry;

static void start_attempt (Retry *retry);

static void
retry_free (Retry *retry)
{
  g_object_unref (retry->interceptor);
  g_object_unref (retry->call);
  g_free (retry);
}

static gint64
get_pause (Retry *retry)
{
  GrpcAioRetryClientInterceptor *self = retry->interceptor;
  double pause_usec = (double) self->initial_backoff_usec;

  for (guint i = 1; i < retry->n_attempts && pause_usec < (double) self->max_backoff_usec; i++)
    pause_usec *= self->backoff_multiplier;
  pause_usec = MIN (pause_usec, (double) self->max_backoff_usec);
  pause_usec *= 1 + self->jitter * g_random_double_range (-1, 1);

  return (gint64) MIN (pause_usec, (double) (G_MAXINT64 / 4));
}

static gboolean
on_pause_ended (gpointer data)
{
  Retry *retry = data;

  if (grpc_aio_intercepted_call_is_done (retry->call))
    retry_free (retry);
  else
    start_attempt (retry);

  return G_SOURCE_REMOVE;
}

static void
on_attempt (GrpcAioInterceptedCall *call,
            GrpcAioCall *attempt,
            GrpcAioStatusCode code,
            gpointer user_data)
{
  Retry *retry = user_data;
  gint64 pause_usec = G_MAXINT64;

  if (!grpc_aio_intercepted_call_is_done (call) && retry->n_attempts < retry->interceptor->max_attempts &&
      grpc_aio_retry_client_interceptor_get_retriable (retry->interceptor, code))
    {
      pause_usec = grpc_aio_attempt_get_pushback (attempt);
      if (pause_usec < 0)
        pause_usec = get_pause (retry);
    }

  if (pause_usec == G_MAXINT64)
    {
      grpc_aio_intercepted_call_return_call (call, attempt);
      retry_free (retry);
      return;
    }

  g_source_unref (grpc_aio_attempt_new_pause (call, pause_usec, on_pause_ended, retry));
}

static void
start_attempt (Retry *retry)
{
  retry->n_attempts++;
  grpc_aio_attempt_start (retry->call, on_attempt, retry);
}

static void
grpc_aio_retry_client_interceptor_intercept (GrpcAioClientInterceptor *interceptor,
                                             GrpcAioInterceptedCall *call,
                                             GError **error)
{
  GrpcAioRetryClientInterceptor *self = GRPC_AIO_RETRY_CLIENT_INTERCEPTOR (interceptor);
  Retry *retry;

  if (grpc_aio_intercepted_call_get_request (call) == NULL ||
      !grpc_aio_attempt_is_listed ((const char *const *) self->methods, grpc_aio_intercepted_call_get_method (call)))
    {
      GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (grpc_aio_retry_client_interceptor_parent_class)->intercept (interceptor, call, error);
      return;
    }

  retry = g_new0 (Retry, 1);
  retry->interceptor = g_object_ref (self);
  retry->call = g_object_ref (call);
  start_attempt (retry);
}

static void
grpc_aio_retry_client_interceptor_finalize (GObject *object)
{
  g_strfreev (GRPC_AIO_RETRY_CLIENT_INTERCEPTOR (object)->methods);

  G_OBJECT_CLASS (grpc_aio_retry_client_interceptor_parent_class)->finalize (object);
}

static void
grpc_aio_retry_client_interceptor_get_property (GObject *object,
                                                guint id,
                                                GValue *value,
                                                GParamSpec *pspec)
{
  GrpcAioRetryClientInterceptor *self = GRPC_AIO_RETRY_CLIENT_INTERCEPTOR (object);

  switch (id)
    {
    case PROP_METHODS:
      g_value_set_boxed (value, self->methods);
      break;

    case PROP_MAX_ATTEMPTS:
      g_value_set_uint (value, self->max_attempts);
      break;

    case PROP_INITIAL_BACKOFF_USEC:
      g_value_set_int64 (value, self->initial_backoff_usec);
      break;

    case PROP_MAX_BACKOFF_USEC:
      g_value_set_int64 (value, self->max_backoff_usec);
      break;

    case PROP_BACKOFF_MULTIPLIER:
      g_value_set_double (value, self->backoff_multiplier);
      break;

    case PROP_JITTER:
      g_value_set_double (value, self->jitter);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_retry_client_interceptor_set_property (GObject *object,
                                                guint id,
                                                const GValue *value,
                                                GParamSpec *pspec)
{
  GrpcAioRetryClientInterceptor *self = GRPC_AIO_RETRY_CLIENT_INTERCEPTOR (object);

  switch (id)
    {
    case PROP_METHODS:
      self->methods = g_value_dup_boxed (value);
      break;

    case PROP_MAX_ATTEMPTS:
      self->max_attempts = g_value_get_uint (value);
      break;

    case PROP_INITIAL_BACKOFF_USEC:
      self->initial_backoff_usec = g_value_get_int64 (value);
      break;

    case PROP_MAX_BACKOFF_USEC:
      self->max_backoff_usec = g_value_get_int64 (value);
      break;

    case PROP_BACKOFF_MULTIPLIER:
      self->backoff_multiplier = g_value_get_double (value);
      break;

    case PROP_JITTER:
      self->jitter = g_value_get_double (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_retry_client_interceptor_class_init (GrpcAioRetryClientInterceptorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS;

  object_class->finalize = grpc_aio_retry_client_interceptor_finalize;
  object_class->get_property = grpc_aio_retry_client_interceptor_get_property;
  object_class->set_property = grpc_aio_retry_client_interceptor_set_property;
  GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (klass)->intercept = grpc_aio_retry_client_interceptor_intercept;

  /**
   * GrpcAioRetryClientInterceptor:methods:
   *
   * Which methods may be tried again: full names, `/package.Service/Method`, or
   * `/package.Service/` for all of a service; `NULL` for all methods of the channel.
   *
   * Since: 0.1
   */
  properties[PROP_METHODS] = g_param_spec_boxed ("methods", NULL, NULL, G_TYPE_STRV, flags);

  /**
   * GrpcAioRetryClientInterceptor:max-attempts:
   *
   * How often a call is tried at the most, the first time included.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_ATTEMPTS] = g_param_spec_uint ("max-attempts", NULL, NULL, 1, G_MAXUINT, 4, flags);

  /**
   * GrpcAioRetryClientInterceptor:initial-backoff-usec:
   *
   * Microseconds before the second attempt.
   *
   * Since: 0.1
   */
  properties[PROP_INITIAL_BACKOFF_USEC] = g_param_spec_int64 ("initial-backoff-usec", NULL, NULL, 0, G_MAXINT64, G_USEC_PER_SEC / 10, flags);

  /**
   * GrpcAioRetryClientInterceptor:max-backoff-usec:
   *
   * Microseconds that a pause does not exceed, but for the jitter.
   *
   * Since: 0.1
   */
  properties[PROP_MAX_BACKOFF_USEC] = g_param_spec_int64 ("max-backoff-usec", NULL, NULL, 0, G_MAXINT64, 5 * G_USEC_PER_SEC, flags);

  /**
   * GrpcAioRetryClientInterceptor:backoff-multiplier:
   *
   * By what each pause is longer than the one before.
   *
   * Since: 0.1
   */
  properties[PROP_BACKOFF_MULTIPLIER] = g_param_spec_double ("backoff-multiplier", NULL, NULL, 1, 1000, 2, flags);

  /**
   * GrpcAioRetryClientInterceptor:jitter:
   *
   * By which part of itself a pause is longer or shorter at random, so that clients
   * that failed together do not come back together.
   *
   * Since: 0.1
   */
  properties[PROP_JITTER] = g_param_spec_double ("jitter", NULL, NULL, 0, 1, 0.2, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_retry_client_interceptor_init (GrpcAioRetryClientInterceptor *self)
{
  self->codes = 1u << GRPC_AIO_STATUS_CODE_UNAVAILABLE;
}

/**
 * grpc_aio_retry_client_interceptor_new:
 * @methods: (nullable) (array zero-terminated=1): which methods may be tried again, see
 *   [property@RetryClientInterceptor:methods]; `NULL` for all
 *
 * Creates an interceptor with the defaults.
 *
 * Returns: (transfer full): a new interceptor
 *
 * Since: 0.1
 */
GrpcAioRetryClientInterceptor *
grpc_aio_retry_client_interceptor_new (const char *const *methods)
{
  return g_object_new (GRPC_AIO_TYPE_RETRY_CLIENT_INTERCEPTOR, "methods", methods, NULL);
}

/**
 * grpc_aio_retry_client_interceptor_get_methods:
 * @self: an interceptor
 *
 * Gets which methods may be tried again.
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): their names, or `NULL`
 *   for all
 *
 * Since: 0.1
 */
const char *const *
grpc_aio_retry_client_interceptor_get_methods (GrpcAioRetryClientInterceptor *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_RETRY_CLIENT_INTERCEPTOR (self), NULL);

  return (const char *const *) self->methods;
}

/**
 * grpc_aio_retry_client_interceptor_get_retriable:
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
grpc_aio_retry_client_interceptor_get_retriable (GrpcAioRetryClientInterceptor *self,
                                                 GrpcAioStatusCode code)
{
  g_return_val_if_fail (GRPC_AIO_IS_RETRY_CLIENT_INTERCEPTOR (self), FALSE);
  g_return_val_if_fail ((guint) code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED, FALSE);

  return (g_atomic_int_get (&self->codes) & (1u << code)) != 0;
}

/**
 * grpc_aio_retry_client_interceptor_set_retriable:
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
grpc_aio_retry_client_interceptor_set_retriable (GrpcAioRetryClientInterceptor *self,
                                                 GrpcAioStatusCode code,
                                                 gboolean retriable)
{
  g_return_if_fail (GRPC_AIO_IS_RETRY_CLIENT_INTERCEPTOR (self));
  g_return_if_fail (code > GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED);

  if (retriable)
    g_atomic_int_or (&self->codes, 1u << code);
  else
    g_atomic_int_and (&self->codes, ~(1u << code));
}
