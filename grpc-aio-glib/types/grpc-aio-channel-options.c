/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "types/grpc-aio-channel-options-private.h"

/**
 * GrpcAioChannelOptions:
 *
 * Channel arguments of grpc-core for a [class@Channel] or a [class@Server],
 * such as `grpc.max_receive_message_length` or `grpc.keepalive_time_ms`.
 *
 * The names are those of grpc-core's documentation ("Channel arguments").
 * A channel or server takes a copy of the arguments when it is made: later
 * changes do not reach it.
 *
 * Since: 0.1
 */
struct _GrpcAioChannelOptions
{
  GObject parent_instance;

  GHashTable *arguments; /* name → GVariant of type "s" or "i" */
};

G_DEFINE_FINAL_TYPE (GrpcAioChannelOptions, grpc_aio_channel_options, G_TYPE_OBJECT)

static void
grpc_aio_channel_options_finalize (GObject *object)
{
  GrpcAioChannelOptions *self = GRPC_AIO_CHANNEL_OPTIONS (object);

  g_hash_table_unref (self->arguments);

  G_OBJECT_CLASS (grpc_aio_channel_options_parent_class)->finalize (object);
}

static void
grpc_aio_channel_options_class_init (GrpcAioChannelOptionsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_channel_options_finalize;
}

static void
grpc_aio_channel_options_init (GrpcAioChannelOptions *self)
{
  self->arguments = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
}

void
grpc_aio_channel_options_foreach (GrpcAioChannelOptions *self,
                                  GrpcAioChannelOptionFunc func,
                                  gpointer user_data)
{
  GHashTableIter iter;
  gpointer name, value;

  g_hash_table_iter_init (&iter, self->arguments);
  while (g_hash_table_iter_next (&iter, &name, &value))
    {
      if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT32))
        func (name, NULL, g_variant_get_int32 (value), user_data);
      else
        func (name, g_variant_get_string (value, NULL), 0, user_data);
    }
}

guint
grpc_aio_channel_options_get_size (GrpcAioChannelOptions *self)
{
  return g_hash_table_size (self->arguments);
}

/* Empty options for NULL. */
GrpcAioChannelOptions *
grpc_aio_channel_options_copy (GrpcAioChannelOptions *self)
{
  GrpcAioChannelOptions *copy = grpc_aio_channel_options_new ();
  GHashTableIter iter;
  gpointer name, value;

  if (self == NULL)
    return copy;

  g_hash_table_iter_init (&iter, self->arguments);
  while (g_hash_table_iter_next (&iter, &name, &value))
    g_hash_table_insert (copy->arguments, g_strdup (name), g_variant_ref (value));

  return copy;
}

/**
 * grpc_aio_channel_options_new:
 *
 * Creates options in which nothing is set.
 *
 * Returns: (transfer full): new options
 *
 * Since: 0.1
 */
GrpcAioChannelOptions *
grpc_aio_channel_options_new (void)
{
  return g_object_new (GRPC_AIO_TYPE_CHANNEL_OPTIONS, NULL);
}

/**
 * grpc_aio_channel_options_set_int:
 * @self: options
 * @name: the name of a channel argument
 * @value: its value
 *
 * Sets a channel argument that is a number. Truth values are 0 and 1.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_options_set_int (GrpcAioChannelOptions *self,
                                  const char *name,
                                  int value)
{
  g_return_if_fail (GRPC_AIO_IS_CHANNEL_OPTIONS (self));
  g_return_if_fail (name != NULL && *name != '\0');

  g_hash_table_replace (self->arguments, g_strdup (name), g_variant_ref_sink (g_variant_new_int32 (value)));
}

/**
 * grpc_aio_channel_options_set_string:
 * @self: options
 * @name: the name of a channel argument
 * @value: its value
 *
 * Sets a channel argument that is a text.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_options_set_string (GrpcAioChannelOptions *self,
                                     const char *name,
                                     const char *value)
{
  g_return_if_fail (GRPC_AIO_IS_CHANNEL_OPTIONS (self));
  g_return_if_fail (name != NULL && *name != '\0');
  g_return_if_fail (value != NULL && g_utf8_validate (value, -1, NULL));

  g_hash_table_replace (self->arguments, g_strdup (name), g_variant_ref_sink (g_variant_new_string (value)));
}

/**
 * grpc_aio_channel_options_unset:
 * @self: options
 * @name: the name of a channel argument
 *
 * Goes back to grpc-core's default for a channel argument.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_options_unset (GrpcAioChannelOptions *self,
                                const char *name)
{
  g_return_if_fail (GRPC_AIO_IS_CHANNEL_OPTIONS (self));
  g_return_if_fail (name != NULL);

  g_hash_table_remove (self->arguments, name);
}

/**
 * grpc_aio_channel_options_get_int:
 * @self: options
 * @name: the name of a channel argument
 * @value: (out) (optional): where to put its value
 *
 * Gets a channel argument that is a number.
 *
 * Returns: whether the argument is set, to a number
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_options_get_int (GrpcAioChannelOptions *self,
                                  const char *name,
                                  int *value)
{
  GVariant *argument;

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL_OPTIONS (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  argument = g_hash_table_lookup (self->arguments, name);
  if (argument == NULL || !g_variant_is_of_type (argument, G_VARIANT_TYPE_INT32))
    return FALSE;

  if (value != NULL)
    *value = g_variant_get_int32 (argument);

  return TRUE;
}

/**
 * grpc_aio_channel_options_get_string:
 * @self: options
 * @name: the name of a channel argument
 *
 * Gets a channel argument that is a text.
 *
 * Returns: (nullable): the text, or `NULL` if the argument is not set to one
 *
 * Since: 0.1
 */
const char *
grpc_aio_channel_options_get_string (GrpcAioChannelOptions *self,
                                     const char *name)
{
  GVariant *argument;

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL_OPTIONS (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  argument = g_hash_table_lookup (self->arguments, name);
  if (argument == NULL || !g_variant_is_of_type (argument, G_VARIANT_TYPE_STRING))
    return NULL;

  return g_variant_get_string (argument, NULL);
}
