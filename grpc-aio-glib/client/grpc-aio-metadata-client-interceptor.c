/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-metadata-client-interceptor.h>

#include <grpc-aio-glib/grpc-aio-intercepted-call.h>
#include <grpc-aio-glib/grpc-aio-metadata.h>

/**
 * GrpcAioMetadataClientInterceptor:
 *
 * Sends the same metadata with each call of a channel, after that of the call.
 *
 * Since: 0.1
 */
struct _GrpcAioMetadataClientInterceptor
{
  GrpcAioClientInterceptor parent_instance;

  GrpcAioMetadata *metadata;
};

enum
{
  PROP_METADATA = 1,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioMetadataClientInterceptor, grpc_aio_metadata_client_interceptor, GRPC_AIO_TYPE_CLIENT_INTERCEPTOR)

static void
grpc_aio_metadata_client_interceptor_intercept (GrpcAioClientInterceptor *interceptor,
                                                GrpcAioInterceptedCall *call,
                                                GError **error)
{
  GrpcAioMetadataClientInterceptor *self = GRPC_AIO_METADATA_CLIENT_INTERCEPTOR (interceptor);
  GrpcAioMetadata *metadata = grpc_aio_intercepted_call_get_metadata (call);
  guint n = self->metadata != NULL ? grpc_aio_metadata_get_size (self->metadata) : 0;

  for (guint i = 0; i < n; i++)
    {
      const char *key = grpc_aio_metadata_get_nth_key (self->metadata, i);
      gboolean appended;

      if (g_str_has_suffix (key, "-bin"))
        {
          appended = grpc_aio_metadata_append_bytes (metadata, key, grpc_aio_metadata_get_nth_bytes (self->metadata, i), error);
        }
      else
        {
          appended = grpc_aio_metadata_append (metadata, key, grpc_aio_metadata_get_nth_value (self->metadata, i), error);
        }
      if (!appended)
        return;
    }

  GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (grpc_aio_metadata_client_interceptor_parent_class)->intercept (interceptor, call, error);
}

static void
grpc_aio_metadata_client_interceptor_finalize (GObject *object)
{
  g_clear_pointer (&GRPC_AIO_METADATA_CLIENT_INTERCEPTOR (object)->metadata, grpc_aio_metadata_unref);

  G_OBJECT_CLASS (grpc_aio_metadata_client_interceptor_parent_class)->finalize (object);
}

static void
grpc_aio_metadata_client_interceptor_get_property (GObject *object,
                                                   guint id,
                                                   GValue *value,
                                                   GParamSpec *pspec)
{
  switch (id)
    {
    case PROP_METADATA:
      g_value_set_boxed (value, GRPC_AIO_METADATA_CLIENT_INTERCEPTOR (object)->metadata);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_metadata_client_interceptor_set_property (GObject *object,
                                                   guint id,
                                                   const GValue *value,
                                                   GParamSpec *pspec)
{
  GrpcAioMetadataClientInterceptor *self = GRPC_AIO_METADATA_CLIENT_INTERCEPTOR (object);

  switch (id)
    {
    case PROP_METADATA:
      if (g_value_get_boxed (value) != NULL)
        self->metadata = grpc_aio_metadata_copy (g_value_get_boxed (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_metadata_client_interceptor_class_init (GrpcAioMetadataClientInterceptorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = grpc_aio_metadata_client_interceptor_finalize;
  object_class->get_property = grpc_aio_metadata_client_interceptor_get_property;
  object_class->set_property = grpc_aio_metadata_client_interceptor_set_property;
  GRPC_AIO_CLIENT_INTERCEPTOR_CLASS (klass)->intercept = grpc_aio_metadata_client_interceptor_intercept;

  /**
   * GrpcAioMetadataClientInterceptor:metadata:
   *
   * What to send with each call. What it holds when the interceptor is made counts.
   *
   * Since: 0.1
   */
  properties[PROP_METADATA] = g_param_spec_boxed ("metadata", NULL, NULL, GRPC_AIO_TYPE_METADATA,
                                                  G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_metadata_client_interceptor_init (GrpcAioMetadataClientInterceptor *self)
{
}

/**
 * grpc_aio_metadata_client_interceptor_new:
 * @metadata: what to send with each call
 *
 * Creates an interceptor that sends metadata.
 *
 * Returns: (transfer full): a new interceptor
 *
 * Since: 0.1
 */
GrpcAioMetadataClientInterceptor *
grpc_aio_metadata_client_interceptor_new (GrpcAioMetadata *metadata)
{
  g_return_val_if_fail (metadata != NULL, NULL);

  return g_object_new (GRPC_AIO_TYPE_METADATA_CLIENT_INTERCEPTOR, "metadata", metadata, NULL);
}

/**
 * grpc_aio_metadata_client_interceptor_get_metadata:
 * @self: an interceptor
 *
 * Gets what is sent with each call.
 *
 * Returns: (nullable) (transfer none): the metadata, not to be changed, or `NULL` for
 *   none
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_metadata_client_interceptor_get_metadata (GrpcAioMetadataClientInterceptor *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_METADATA_CLIENT_INTERCEPTOR (self), NULL);

  return self->metadata;
}
