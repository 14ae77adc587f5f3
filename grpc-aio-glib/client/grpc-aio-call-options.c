/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-call-options.h>

#include <grpc-aio-glib/grpc-aio-metadata.h>

/**
 * GrpcAioCallOptions:
 *
 * What may be chosen for one call. One object may serve many calls; a call
 * takes what it needs when it starts.
 *
 * Since: 0.1
 */
struct _GrpcAioCallOptions
{
  GObject parent_instance;

  gint64 timeout_usec;
  GrpcAioMetadata *metadata;
  char *authority;
  gboolean wait_for_ready;
};

enum
{
  PROP_TIMEOUT_USEC = 1,
  PROP_METADATA,
  PROP_WAIT_FOR_READY,
  PROP_AUTHORITY,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioCallOptions, grpc_aio_call_options, G_TYPE_OBJECT)

static void
grpc_aio_call_options_finalize (GObject *object)
{
  GrpcAioCallOptions *self = GRPC_AIO_CALL_OPTIONS (object);

  g_clear_pointer (&self->metadata, grpc_aio_metadata_unref);
  g_clear_pointer (&self->authority, g_free);

  G_OBJECT_CLASS (grpc_aio_call_options_parent_class)->finalize (object);
}

static void
grpc_aio_call_options_get_property (GObject *object,
                                    guint id,
                                    GValue *value,
                                    GParamSpec *pspec)
{
  GrpcAioCallOptions *self = GRPC_AIO_CALL_OPTIONS (object);

  switch (id)
    {
    case PROP_TIMEOUT_USEC:
      g_value_set_int64 (value, self->timeout_usec);
      break;

    case PROP_METADATA:
      g_value_set_boxed (value, self->metadata);
      break;

    case PROP_WAIT_FOR_READY:
      g_value_set_boolean (value, self->wait_for_ready);
      break;

    case PROP_AUTHORITY:
      g_value_set_string (value, self->authority);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_call_options_set_property (GObject *object,
                                    guint id,
                                    const GValue *value,
                                    GParamSpec *pspec)
{
  GrpcAioCallOptions *self = GRPC_AIO_CALL_OPTIONS (object);

  switch (id)
    {
    case PROP_TIMEOUT_USEC:
      grpc_aio_call_options_set_timeout_usec (self, g_value_get_int64 (value));
      break;

    case PROP_METADATA:
      grpc_aio_call_options_set_metadata (self, g_value_get_boxed (value));
      break;

    case PROP_WAIT_FOR_READY:
      grpc_aio_call_options_set_wait_for_ready (self, g_value_get_boolean (value));
      break;

    case PROP_AUTHORITY:
      grpc_aio_call_options_set_authority (self, g_value_get_string (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_call_options_class_init (GrpcAioCallOptionsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->finalize = grpc_aio_call_options_finalize;
  object_class->get_property = grpc_aio_call_options_get_property;
  object_class->set_property = grpc_aio_call_options_set_property;

  /**
   * GrpcAioCallOptions:timeout-usec:
   *
   * After how many microseconds a call fails with
   * `GRPC_AIO_ERROR_DEADLINE_EXCEEDED`, counted from its start; -1 for never.
   *
   * Since: 0.1
   */
  properties[PROP_TIMEOUT_USEC] = g_param_spec_int64 ("timeout-usec", NULL, NULL, -1, G_MAXINT64, -1, flags);

  /**
   * GrpcAioCallOptions:metadata:
   *
   * The initial metadata to send.
   *
   * Since: 0.1
   */
  properties[PROP_METADATA] = g_param_spec_boxed ("metadata", NULL, NULL, GRPC_AIO_TYPE_METADATA, flags);

  /**
   * GrpcAioCallOptions:wait-for-ready:
   *
   * Whether a call waits for a connection, where it otherwise would fail at
   * once with `GRPC_AIO_ERROR_UNAVAILABLE` ("Wait for Ready" of gRPC).
   *
   * Since: 0.1
   */
  properties[PROP_WAIT_FOR_READY] = g_param_spec_boolean ("wait-for-ready", NULL, NULL, FALSE, flags);

  /**
   * GrpcAioCallOptions:authority:
   *
   * The `:authority` to send in place of the channel's, or `NULL`.
   *
   * Since: 0.1
   */
  properties[PROP_AUTHORITY] = g_param_spec_string ("authority", NULL, NULL, NULL, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_call_options_init (GrpcAioCallOptions *self)
{
  self->timeout_usec = -1;
}

/**
 * grpc_aio_call_options_new:
 *
 * Creates options with the defaults.
 *
 * Returns: (transfer full): new options
 *
 * Since: 0.1
 */
GrpcAioCallOptions *
grpc_aio_call_options_new (void)
{
  return g_object_new (GRPC_AIO_TYPE_CALL_OPTIONS, NULL);
}

/**
 * grpc_aio_call_options_get_timeout_usec:
 * @self: options
 *
 * Gets the timeout.
 *
 * Returns: microseconds, or -1 for none
 *
 * Since: 0.1
 */
gint64
grpc_aio_call_options_get_timeout_usec (GrpcAioCallOptions *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self), -1);

  return self->timeout_usec;
}

/**
 * grpc_aio_call_options_set_timeout_usec:
 * @self: options
 * @timeout_usec: microseconds from the start of a call, or -1 for none
 *
 * Sets the timeout.
 *
 * Since: 0.1
 */
void
grpc_aio_call_options_set_timeout_usec (GrpcAioCallOptions *self,
                                        gint64 timeout_usec)
{
  g_return_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self));
  g_return_if_fail (timeout_usec >= -1);

  if (self->timeout_usec == timeout_usec)
    return;

  self->timeout_usec = timeout_usec;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TIMEOUT_USEC]);
}

/**
 * grpc_aio_call_options_get_metadata:
 * @self: options
 *
 * Gets the metadata to send.
 *
 * Returns: (nullable) (transfer none): the metadata, or `NULL` for none
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_call_options_get_metadata (GrpcAioCallOptions *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self), NULL);

  return self->metadata;
}

/**
 * grpc_aio_call_options_set_metadata:
 * @self: options
 * @metadata: (nullable): metadata, or `NULL` for none
 *
 * Sets the metadata to send.
 *
 * Since: 0.1
 */
void
grpc_aio_call_options_set_metadata (GrpcAioCallOptions *self,
                                    GrpcAioMetadata *metadata)
{
  g_return_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self));

  if (self->metadata == metadata)
    return;

  g_clear_pointer (&self->metadata, grpc_aio_metadata_unref);
  if (metadata != NULL)
    self->metadata = grpc_aio_metadata_ref (metadata);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_METADATA]);
}

/**
 * grpc_aio_call_options_get_wait_for_ready:
 * @self: options
 *
 * Gets whether a call waits for a connection.
 *
 * Returns: whether it waits
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_options_get_wait_for_ready (GrpcAioCallOptions *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self), FALSE);

  return self->wait_for_ready;
}

/**
 * grpc_aio_call_options_set_wait_for_ready:
 * @self: options
 * @wait_for_ready: whether a call waits for a connection
 *
 * Sets whether a call waits for a connection.
 *
 * Since: 0.1
 */
void
grpc_aio_call_options_set_wait_for_ready (GrpcAioCallOptions *self,
                                          gboolean wait_for_ready)
{
  g_return_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self));

  wait_for_ready = !!wait_for_ready;
  if (self->wait_for_ready == wait_for_ready)
    return;

  self->wait_for_ready = wait_for_ready;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_WAIT_FOR_READY]);
}

/**
 * grpc_aio_call_options_get_authority:
 * @self: options
 *
 * Gets the authority.
 *
 * Returns: (nullable): the authority, or `NULL` for that of the channel
 *
 * Since: 0.1
 */
const char *
grpc_aio_call_options_get_authority (GrpcAioCallOptions *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self), NULL);

  return self->authority;
}

/**
 * grpc_aio_call_options_set_authority:
 * @self: options
 * @authority: (nullable): an authority, or `NULL` for that of the channel
 *
 * Sets the authority.
 *
 * Since: 0.1
 */
void
grpc_aio_call_options_set_authority (GrpcAioCallOptions *self,
                                     const char *authority)
{
  g_return_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self));

  if (g_strcmp0 (self->authority, authority) == 0)
    return;

  g_free (self->authority);
  self->authority = g_strdup (authority);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTHORITY]);
}
