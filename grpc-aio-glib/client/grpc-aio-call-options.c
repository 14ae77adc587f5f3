/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "client/grpc-aio-call-options-private.h"

#include <grpc-aio-glib/grpc-aio-enums.h>

#include "security/grpc-aio-call-credentials-private.h"

/**
 * GrpcAioCallOptions:
 *
 * What may be chosen for one call. One object may serve many calls; a call
 * takes what it needs when it starts.
 *
 * Since: 0.1
 */
enum
{
  PROP_TIMEOUT_USEC = 1,
  PROP_METADATA,
  PROP_WAIT_FOR_READY,
  PROP_AUTHORITY,
  PROP_DEADLINE_USEC,
  PROP_CREDENTIALS,
  PROP_COMPRESSION,
  PROP_COMPRESSION_SET,
  PROP_PARENT,
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
  g_clear_object (&self->credentials);
  g_clear_object (&self->parent);

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

    case PROP_DEADLINE_USEC:
      g_value_set_int64 (value, self->deadline_usec);
      break;

    case PROP_CREDENTIALS:
      g_value_set_object (value, self->credentials);
      break;

    case PROP_COMPRESSION:
      g_value_set_enum (value, self->compression);
      break;

    case PROP_COMPRESSION_SET:
      g_value_set_boolean (value, self->compression_set);
      break;

    case PROP_PARENT:
      g_value_set_object (value, self->parent);
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

    case PROP_DEADLINE_USEC:
      grpc_aio_call_options_set_deadline_usec (self, g_value_get_int64 (value));
      break;

    case PROP_CREDENTIALS:
      grpc_aio_call_options_set_credentials (self, g_value_get_object (value));
      break;

    case PROP_COMPRESSION:
      grpc_aio_call_options_set_compression (self, g_value_get_enum (value));
      break;

    case PROP_COMPRESSION_SET:
      grpc_aio_call_options_set_compression_set (self, g_value_get_boolean (value));
      break;

    case PROP_PARENT:
      grpc_aio_call_options_set_parent (self, g_value_get_object (value));
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

  /**
   * GrpcAioCallOptions:deadline-usec:
   *
   * When a call fails with `GRPC_AIO_ERROR_DEADLINE_EXCEEDED`, in the time of
   * [func@GLib.get_monotonic_time]; -1 for never. Of this, the timeout and the
   * deadline of the parent the one that ends first counts.
   *
   * Since: 0.1
   */
  properties[PROP_DEADLINE_USEC] = g_param_spec_int64 ("deadline-usec", NULL, NULL, -1, G_MAXINT64, -1, flags);

  /**
   * GrpcAioCallOptions:credentials:
   *
   * What the caller proves who it is with, beside what the channel has. It takes
   * a secure channel: on another one a call fails with
   * `GRPC_AIO_ERROR_UNAUTHENTICATED`, and sends nothing.
   *
   * Since: 0.1
   */
  properties[PROP_CREDENTIALS] = g_param_spec_object ("credentials", NULL, NULL, GRPC_AIO_TYPE_CALL_CREDENTIALS, flags);

  /**
   * GrpcAioCallOptions:compression:
   *
   * How the messages that a call sends are compressed, in place of what the
   * channel says. Setting it sets [property@CallOptions:compression-set], too.
   *
   * A message that would not get smaller goes as it is.
   *
   * Since: 0.1
   */
  properties[PROP_COMPRESSION] = g_param_spec_enum ("compression", NULL, NULL, GRPC_AIO_TYPE_COMPRESSION,
                                                    GRPC_AIO_COMPRESSION_NONE, flags);

  /**
   * GrpcAioCallOptions:compression-set:
   *
   * Whether [property@CallOptions:compression] counts, and not what the channel
   * says.
   *
   * Since: 0.1
   */
  properties[PROP_COMPRESSION_SET] = g_param_spec_boolean ("compression-set", NULL, NULL, FALSE, flags);

  /**
   * GrpcAioCallOptions:parent:
   *
   * The call that a handler serves with the help of this one. The call ends no
   * later than its parent: it inherits the deadline, and is cancelled when the
   * parent is over, also when that was answered.
   *
   * The options keep the parent alive: drop them with it.
   *
   * Since: 0.1
   */
  properties[PROP_PARENT] = g_param_spec_object ("parent", NULL, NULL, GRPC_AIO_TYPE_SERVICER_CONTEXT, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_call_options_init (GrpcAioCallOptions *self)
{
  self->timeout_usec = -1;
  self->deadline_usec = -1;
}

/* What is changed in the one from now on does not show in the other. */
GrpcAioCallOptions *
grpc_aio_call_options_copy (const GrpcAioCallOptions *self)
{
  GrpcAioCallOptions *copy = grpc_aio_call_options_new ();
  g_autofree GParamSpec **pspecs = NULL;
  guint n_pspecs;

  pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (self), &n_pspecs);
  for (guint i = 0; i < n_pspecs; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_object_get_property (G_OBJECT (self), pspecs[i]->name, &value);
      g_object_set_property (G_OBJECT (copy), pspecs[i]->name, &value);
    }
  if (self->metadata != NULL)
    {
      g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_copy (self->metadata);

      grpc_aio_call_options_set_metadata (copy, metadata);
    }
  copy->is_started_apart = self->is_started_apart;

  return copy;
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
 * grpc_aio_call_options_get_deadline_usec:
 * @self: options
 *
 * Gets the deadline.
 *
 * Returns: a time of [func@GLib.get_monotonic_time], or -1 for none
 *
 * Since: 0.1
 */
gint64
grpc_aio_call_options_get_deadline_usec (GrpcAioCallOptions *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self), -1);

  return self->deadline_usec;
}

/**
 * grpc_aio_call_options_set_deadline_usec:
 * @self: options
 * @deadline_usec: a time of [func@GLib.get_monotonic_time], or -1 for none
 *
 * Sets the deadline. A call that starts after it has failed at once.
 *
 * Since: 0.1
 */
void
grpc_aio_call_options_set_deadline_usec (GrpcAioCallOptions *self,
                                         gint64 deadline_usec)
{
  g_return_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self));
  g_return_if_fail (deadline_usec >= -1);

  if (self->deadline_usec == deadline_usec)
    return;

  self->deadline_usec = deadline_usec;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DEADLINE_USEC]);
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

/**
 * grpc_aio_call_options_get_credentials:
 * @self: options
 *
 * Gets what the caller proves who it is with.
 *
 * Returns: (nullable) (transfer none): credentials, or `NULL` for those of the
 *   channel alone
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_options_get_credentials (GrpcAioCallOptions *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self), NULL);

  return self->credentials;
}

/**
 * grpc_aio_call_options_set_credentials:
 * @self: options
 * @credentials: (nullable): credentials, or `NULL` for those of the channel alone
 *
 * Sets what the caller proves who it is with. It takes a secure channel.
 *
 * Since: 0.1
 */
void
grpc_aio_call_options_set_credentials (GrpcAioCallOptions *self,
                                       GrpcAioCallCredentials *credentials)
{
  g_return_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self));
  g_return_if_fail (credentials == NULL || GRPC_AIO_IS_CALL_CREDENTIALS (credentials));
  g_return_if_fail (credentials == NULL || grpc_aio_call_credentials_get_core (credentials) != NULL);

  if (g_set_object (&self->credentials, credentials))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CREDENTIALS]);
}

/**
 * grpc_aio_call_options_get_compression:
 * @self: options
 *
 * Gets how messages are compressed, if [property@CallOptions:compression-set].
 *
 * Returns: the compression
 *
 * Since: 0.1
 */
GrpcAioCompression
grpc_aio_call_options_get_compression (GrpcAioCallOptions *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self), GRPC_AIO_COMPRESSION_NONE);

  return self->compression;
}

/**
 * grpc_aio_call_options_set_compression:
 * @self: options
 * @compression: a compression; `GRPC_AIO_COMPRESSION_NONE` for none, even if the
 *   channel has one
 *
 * Sets how messages are compressed.
 *
 * Since: 0.1
 */
void
grpc_aio_call_options_set_compression (GrpcAioCallOptions *self,
                                       GrpcAioCompression compression)
{
  g_return_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self));
  g_return_if_fail (compression >= GRPC_AIO_COMPRESSION_NONE && compression <= GRPC_AIO_COMPRESSION_GZIP);

  if (self->compression != compression)
    {
      self->compression = compression;
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COMPRESSION]);
    }
  grpc_aio_call_options_set_compression_set (self, TRUE);
}

/**
 * grpc_aio_call_options_get_compression_set:
 * @self: options
 *
 * Gets whether the compression of the options counts.
 *
 * Returns: whether it counts, and not what the channel says
 *
 * Since: 0.1
 */
gboolean
grpc_aio_call_options_get_compression_set (GrpcAioCallOptions *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self), FALSE);

  return self->compression_set;
}

/**
 * grpc_aio_call_options_set_compression_set:
 * @self: options
 * @compression_set: whether the compression of the options counts
 *
 * Sets whether the compression of the options counts, and not what the channel
 * says.
 *
 * Since: 0.1
 */
void
grpc_aio_call_options_set_compression_set (GrpcAioCallOptions *self,
                                           gboolean compression_set)
{
  g_return_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self));

  compression_set = !!compression_set;
  if (self->compression_set == compression_set)
    return;

  self->compression_set = compression_set;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COMPRESSION_SET]);
}

/**
 * grpc_aio_call_options_get_parent:
 * @self: options
 *
 * Gets the call that a handler serves with the help of this one.
 *
 * Returns: (nullable) (transfer none): the parent, or `NULL` for none
 *
 * Since: 0.1
 */
GrpcAioServicerContext *
grpc_aio_call_options_get_parent (GrpcAioCallOptions *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self), NULL);

  return self->parent;
}

/**
 * grpc_aio_call_options_set_parent:
 * @self: options
 * @parent: (nullable): the call that a handler serves, or `NULL` for none
 *
 * Sets the call that a handler serves with the help of this one.
 *
 * Since: 0.1
 */
void
grpc_aio_call_options_set_parent (GrpcAioCallOptions *self,
                                  GrpcAioServicerContext *parent)
{
  g_return_if_fail (GRPC_AIO_IS_CALL_OPTIONS (self));
  g_return_if_fail (parent == NULL || GRPC_AIO_IS_SERVICER_CONTEXT (parent));

  if (g_set_object (&self->parent, parent))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PARENT]);
}
