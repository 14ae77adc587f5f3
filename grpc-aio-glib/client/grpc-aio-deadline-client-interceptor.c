/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-deadline-client-interceptor.h>

#include <grpc-aio-glib/grpc-aio-call-options.h>
#include <grpc-aio-glib/grpc-aio-intercepted-call.h>

/**
 * GrpcAioDeadlineClientInterceptor:
 *
 * Gives a deadline to calls that have none of their own.
 *
 * A call without a deadline may wait for ever for a server that hangs. Calls that
 * are to go on for long set a timeout themselves, or go over a channel without this.
 *
 * Since: 0.1
 */
struct _GrpcAioDeadlineClientInterceptor
{
  GrpcAioClientInterceptor parent_instance;

  gint64 timeout_usec;
};

enum
{
  PROP_TIMEOUT_USEC = 1,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioDeadlineClientInterceptor, grpc_aio_deadline_client_interceptor, GRPC_AIO_TYPE_CLIENT_INTERCEPTOR)

static void
grpc_aio_deadline_client_interceptor_intercept (GrpcAioClientInterceptor *interceptor,
                                                GrpcAioInterceptedCall *call,
                                                GError **error)
{
  GrpcAioDeadlineClientInterceptor *self = GRPC_AIO_DEADLINE_CLIENT_INTERCEPTOR (interceptor);
  GrpcAioCallOptions *options = grpc_aio_intercepted_call_get_options (call);

  if (grpc_aio_call_options_get_timeout_usec (options) < 0 && grpc_aio_call_options_get_deadline_usec (options) < 0)
    grpc_aio_call_options_set_timeout_usec (options, self->timeout_usec);

  GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (grpc_aio_deadline_client_interceptor_parent_class)->intercept (interceptor, call, error);
}

static void
grpc_aio_deadline_client_interceptor_get_property (GObject *object,
                                                   guint id,
                                                   GValue *value,
                                                   GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_TIMEOUT_USEC:
      g_value_set_int64 (value, GRPC_AIO_DEADLINE_CLIENT_INTERCEPTOR (object)->timeout_usec);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_deadline_client_interceptor_set_property (GObject *object,
                                                   guint id,
                                                   const GValue *value,
                                                   GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_TIMEOUT_USEC:
      GRPC_AIO_DEADLINE_CLIENT_INTERCEPTOR (object)->timeout_usec = g_value_get_int64 (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_deadline_client_interceptor_class_init (GrpcAioDeadlineClientInterceptorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = grpc_aio_deadline_client_interceptor_get_property;
  object_class->set_property = grpc_aio_deadline_client_interceptor_set_property;
  GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (klass)->intercept = grpc_aio_deadline_client_interceptor_intercept;

  /**
   * GrpcAioDeadlineClientInterceptor:timeout-usec:
   *
   * How many microseconds a call may take that does not say so itself.
   *
   * Since: 0.1
   */
  properties[PROP_TIMEOUT_USEC] = g_param_spec_int64 ("timeout-usec", NULL, NULL, 0, G_MAXINT64, 60 * G_USEC_PER_SEC,
                                                      G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_deadline_client_interceptor_init (GrpcAioDeadlineClientInterceptor *self)
{
}

/**
 * grpc_aio_deadline_client_interceptor_new:
 * @timeout_usec: how many microseconds a call may take that does not say so itself
 *
 * Creates an interceptor that sets deadlines.
 *
 * Returns: (transfer full): a new interceptor
 *
 * Since: 0.1
 */
GrpcAioDeadlineClientInterceptor *
grpc_aio_deadline_client_interceptor_new (gint64 timeout_usec)
{
  g_return_val_if_fail (timeout_usec >= 0, NULL);

  return g_object_new (GRPC_AIO_TYPE_DEADLINE_CLIENT_INTERCEPTOR, "timeout-usec", timeout_usec, NULL);
}

/**
 * grpc_aio_deadline_client_interceptor_get_timeout_usec:
 * @self: an interceptor
 *
 * Gets the timeout of calls that have none of their own.
 *
 * Returns: microseconds
 *
 * Since: 0.1
 */
gint64
grpc_aio_deadline_client_interceptor_get_timeout_usec (GrpcAioDeadlineClientInterceptor *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_DEADLINE_CLIENT_INTERCEPTOR (self), 0);

  return self->timeout_usec;
}
