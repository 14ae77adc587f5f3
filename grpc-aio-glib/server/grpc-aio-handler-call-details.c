/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-handler-call-details.h>

#include <grpc-aio-glib/grpc-aio-metadata.h>

/**
 * GrpcAioHandlerCallDetails:
 *
 * What is known of a call before its handler is chosen.
 *
 * Since: 0.1
 */
struct _GrpcAioHandlerCallDetails
{
  GObject parent_instance;

  char *method;
  char *host;
  GrpcAioMetadata *invocation_metadata;
};

enum
{
  PROP_METHOD = 1,
  PROP_HOST,
  PROP_INVOCATION_METADATA,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioHandlerCallDetails, grpc_aio_handler_call_details, G_TYPE_OBJECT)

static void
grpc_aio_handler_call_details_finalize (GObject *object)
{
  GrpcAioHandlerCallDetails *self = GRPC_AIO_HANDLER_CALL_DETAILS (object);

  g_free (self->method);
  g_free (self->host);
  g_clear_pointer (&self->invocation_metadata, grpc_aio_metadata_unref);

  G_OBJECT_CLASS (grpc_aio_handler_call_details_parent_class)->finalize (object);
}

static void
grpc_aio_handler_call_details_get_property (GObject *object,
                                            guint id,
                                            GValue *value,
                                            GParamSpec *pspec)
{
  GrpcAioHandlerCallDetails *self = GRPC_AIO_HANDLER_CALL_DETAILS (object);

  switch (id)
    {
    case PROP_METHOD:
      g_value_set_string (value, self->method);
      break;

    case PROP_HOST:
      g_value_set_string (value, self->host);
      break;

    case PROP_INVOCATION_METADATA:
      g_value_set_boxed (value, self->invocation_metadata);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_handler_call_details_class_init (GrpcAioHandlerCallDetailsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = grpc_aio_handler_call_details_finalize;
  object_class->get_property = grpc_aio_handler_call_details_get_property;

  /**
   * GrpcAioHandlerCallDetails:method:
   *
   * The full name, `/package.Service/Method`.
   *
   * Since: 0.1
   */
  properties[PROP_METHOD] = g_param_spec_string ("method", NULL, NULL, NULL, flags);

  /**
   * GrpcAioHandlerCallDetails:host:
   *
   * The `:authority` that the client named, or `NULL` for a method of a
   * [class@Service].
   *
   * Since: 0.1
   */
  properties[PROP_HOST] = g_param_spec_string ("host", NULL, NULL, NULL, flags);

  /**
   * GrpcAioHandlerCallDetails:invocation-metadata:
   *
   * The initial metadata that the client sent.
   *
   * Since: 0.1
   */
  properties[PROP_INVOCATION_METADATA] = g_param_spec_boxed ("invocation-metadata", NULL, NULL, GRPC_AIO_TYPE_METADATA, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_handler_call_details_init (GrpcAioHandlerCallDetails *self)
{
}

/**
 * grpc_aio_handler_call_details_new:
 * @method: the full name of a method, `/package.Service/Method`
 * @host: (nullable): the `:authority`, or `NULL` if it is not known
 * @invocation_metadata: (nullable): the initial metadata of the client, or `NULL`
 *   for none
 *
 * Creates details, for an interceptor that wants those after it to see others than
 * those of the call.
 *
 * Returns: (transfer full): new details
 *
 * Since: 0.1
 */
GrpcAioHandlerCallDetails *
grpc_aio_handler_call_details_new (const char *method,
                                   const char *host,
                                   GrpcAioMetadata *invocation_metadata)
{
  GrpcAioHandlerCallDetails *self;

  g_return_val_if_fail (method != NULL, NULL);

  self = g_object_new (GRPC_AIO_TYPE_HANDLER_CALL_DETAILS, NULL);
  self->method = g_strdup (method);
  self->host = g_strdup (host);
  self->invocation_metadata = invocation_metadata != NULL ? grpc_aio_metadata_ref (invocation_metadata) : grpc_aio_metadata_new ();

  return self;
}

/**
 * grpc_aio_handler_call_details_get_method:
 * @self: details
 *
 * Gets the full name of the method.
 *
 * Returns: `/package.Service/Method`
 *
 * Since: 0.1
 */
const char *
grpc_aio_handler_call_details_get_method (GrpcAioHandlerCallDetails *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_HANDLER_CALL_DETAILS (self), NULL);

  return self->method;
}

/**
 * grpc_aio_handler_call_details_get_host:
 * @self: details
 *
 * Gets the `:authority` that the client named.
 *
 * Returns: (nullable): the host, or `NULL` for a method of a [class@Service]
 *
 * Since: 0.1
 */
const char *
grpc_aio_handler_call_details_get_host (GrpcAioHandlerCallDetails *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_HANDLER_CALL_DETAILS (self), NULL);

  return self->host;
}

/**
 * grpc_aio_handler_call_details_get_invocation_metadata:
 * @self: details
 *
 * Gets the initial metadata that the client sent.
 *
 * Returns: (transfer none): the metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_handler_call_details_get_invocation_metadata (GrpcAioHandlerCallDetails *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_HANDLER_CALL_DETAILS (self), NULL);

  return self->invocation_metadata;
}
