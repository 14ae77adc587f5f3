/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "types/grpc-aio-channel-options-private.h"

#include "types/grpc-aio-channel-arguments-private.h"
#include "types/grpc-aio-service-config-private.h"

/**
 * GrpcAioChannelOptions:
 *
 * Channel arguments of grpc-core for a [class@Channel] or a [class@Server],
 * such as how long a message may be or how often to ask for a sign of life.
 *
 * Each argument that grpc-core documents, and that makes sense here, is a
 * property. Its name is that of grpc-core without `grpc.`, and with hyphens:
 * `grpc.http2.max_frame_size` is
 * [property@ChannelOptions:http2-max-frame-size]. Times are in milliseconds, as
 * grpc-core counts them, and end in `-ms`; sizes are in bytes. What is not set
 * has grpc-core's default, which is what the property then says.
 *
 * The functions [method@ChannelOptions.set_int] and
 * [method@ChannelOptions.set_string] take grpc-core's own names, also of
 * arguments that are not known here. A value of a known one that is of the wrong
 * kind or out of range is a mistake of the program, and is not set.
 *
 * The same options may serve both ends: each takes what concerns it, so that an
 * argument for servers means nothing to a channel. A channel or server takes a
 * copy of the arguments when it is made: later changes do not reach it. Options
 * may be used in one thread at a time.
 *
 * The guide [Options](options.html) has all arguments in one table.
 *
 * Since: 0.1
 */
struct _GrpcAioChannelOptions
{
  GObject parent_instance;

  GHashTable *arguments; /* name → GVariant of type "s", "i", or "x" for a size */
};

G_DEFINE_FINAL_TYPE (GrpcAioChannelOptions, grpc_aio_channel_options, G_TYPE_OBJECT)

/* The id of an argument's property is one more than its place in the table. */
static GParamSpec **properties;

static void
grpc_aio_channel_options_finalize (GObject *object)
{
  GrpcAioChannelOptions *self = GRPC_AIO_CHANNEL_OPTIONS (object);

  g_hash_table_unref (self->arguments);

  G_OBJECT_CLASS (grpc_aio_channel_options_parent_class)->finalize (object);
}

static void
notify (GrpcAioChannelOptions *self,
        const char *name)
{
  const GrpcAioArgument *argument = grpc_aio_argument_find (name);

  if (argument != NULL && argument->property != NULL)
    g_object_notify_by_pspec (G_OBJECT (self), properties[argument - grpc_aio_arguments + 1]);
}

/* A @value of NULL is for none. */
static void
store (GrpcAioChannelOptions *self,
       const char *name,
       GVariant *value)
{
  g_autoptr (GVariant) new_value = value != NULL ? g_variant_ref_sink (value) : NULL;
  GVariant *old_value = g_hash_table_lookup (self->arguments, name);

  if (old_value == new_value || (old_value != NULL && new_value != NULL && g_variant_equal (old_value, new_value)))
    return;

  if (new_value != NULL)
    g_hash_table_replace (self->arguments, g_strdup (name), g_steal_pointer (&new_value));
  else
    g_hash_table_remove (self->arguments, name);
  notify (self, name);
}

static void
store_text (GrpcAioChannelOptions *self,
            const GrpcAioArgument *argument,
            const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *value = grpc_aio_argument_parse_text (argument, text, &error);

  if (value != NULL)
    store (self, argument->name, g_variant_new_string (value));
  else
    g_critical ("The channel argument %s cannot be \"%s\": %s", argument->name, text, error->message);
}

static void
grpc_aio_channel_options_get_property (GObject *object,
                                       guint id,
                                       GValue *value,
                                       GParamSpec *pspec)
{
  GrpcAioChannelOptions *self = GRPC_AIO_CHANNEL_OPTIONS (object);
  const GrpcAioArgument *argument = &grpc_aio_arguments[id - 1];
  GVariant *stored = g_hash_table_lookup (self->arguments, argument->name);

  if (stored == NULL)
    {
      g_param_value_set_default (pspec, value);
      return;
    }

  switch (argument->kind)
    {
    case GRPC_AIO_ARGUMENT_INTEGER:
      g_value_set_int (value, g_variant_get_int32 (stored));
      break;

    case GRPC_AIO_ARGUMENT_BOOLEAN:
      g_value_set_boolean (value, g_variant_get_int32 (stored));
      break;

    case GRPC_AIO_ARGUMENT_COMPRESSION:
      g_value_set_enum (value, g_variant_get_int32 (stored));
      break;

    case GRPC_AIO_ARGUMENT_TEXT:
      g_value_set_string (value, g_variant_get_string (stored, NULL));
      break;

    case GRPC_AIO_ARGUMENT_SIZE:
      g_value_set_int64 (value, g_variant_get_int64 (stored));
      break;

    case GRPC_AIO_ARGUMENT_POINTER:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_channel_options_set_property (GObject *object,
                                       guint id,
                                       const GValue *value,
                                       GParamSpec *pspec)
{
  GrpcAioChannelOptions *self = GRPC_AIO_CHANNEL_OPTIONS (object);
  const GrpcAioArgument *argument = &grpc_aio_arguments[id - 1];

  switch (argument->kind)
    {
    case GRPC_AIO_ARGUMENT_INTEGER:
      store (self, argument->name, g_variant_new_int32 (g_value_get_int (value)));
      break;

    case GRPC_AIO_ARGUMENT_BOOLEAN:
      store (self, argument->name, g_variant_new_int32 (g_value_get_boolean (value)));
      break;

    case GRPC_AIO_ARGUMENT_COMPRESSION:
      store (self, argument->name, g_variant_new_int32 (g_value_get_enum (value)));
      break;

    case GRPC_AIO_ARGUMENT_TEXT:
      if (g_value_get_string (value) == NULL)
        store (self, argument->name, NULL);
      else
        store_text (self, argument, g_value_get_string (value));
      break;

    case GRPC_AIO_ARGUMENT_SIZE:
      store (self, argument->name, g_variant_new_int64 (g_value_get_int64 (value)));
      break;

    case GRPC_AIO_ARGUMENT_POINTER:
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_channel_options_class_init (GrpcAioChannelOptionsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  guint n = 1;

  object_class->finalize = grpc_aio_channel_options_finalize;
  object_class->get_property = grpc_aio_channel_options_get_property;
  object_class->set_property = grpc_aio_channel_options_set_property;

  /* Those that are no property are at the end of the table. */
  properties = g_new0 (GParamSpec *, grpc_aio_n_arguments + 1);
  for (guint i = 0; i < grpc_aio_n_arguments; i++)
    {
      properties[n] = grpc_aio_argument_new_pspec (&grpc_aio_arguments[i]);
      if (properties[n] != NULL)
        n++;
    }
  g_object_class_install_properties (object_class, n, properties);
}

static void
grpc_aio_channel_options_init (GrpcAioChannelOptions *self)
{
  self->arguments = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_variant_unref);
}

/* Tells @func of all but sizes. */
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
      else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
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
 * grpc_aio_channel_options_new_hardened:
 *
 * Creates options for a server whose clients are not to be trusted.
 *
 * They bound what one client can take: 100 calls at a time in a connection,
 * 1 MiB for a message and 8 KiB for metadata, two pings that come too early,
 * 10 seconds to say hello, 5 minutes without a call, an hour for a connection and
 * 5 minutes more for its calls. A client that is silent for a minute is asked for
 * a sign of life, and has 20 seconds for it. All connections together have 256 MiB
 * of memory.
 *
 * Each of these is an option that can be changed afterwards. The number of
 * connections is not bounded: grpc-core 1.51 has no means for that. See also
 * [property@Server:maximum-concurrent-rpcs].
 *
 * Returns: (transfer full): new options
 *
 * Since: 0.1
 */
GrpcAioChannelOptions *
grpc_aio_channel_options_new_hardened (void)
{
  const int second = 1000;
  const int minute = 60 * second;

  return g_object_new (GRPC_AIO_TYPE_CHANNEL_OPTIONS,
                       "max-concurrent-streams", 100,
                       "max-receive-message-length", 1024 * 1024,
                       "max-metadata-size", 8 * 1024,
                       "http2-max-frame-size", 16 * 1024,
                       "http2-hpack-table-size-decoder", 4 * 1024,
                       "http2-min-ping-interval-without-data-ms", 5 * minute,
                       "http2-max-ping-strikes", 2,
                       "keepalive-permit-without-calls", FALSE,
                       "keepalive-time-ms", minute,
                       "keepalive-timeout-ms", 20 * second,
                       "server-handshake-timeout-ms", 10 * second,
                       "max-connection-idle-ms", 5 * minute,
                       "max-connection-age-ms", 60 * minute,
                       "max-connection-age-grace-ms", 5 * minute,
                       "resource-quota", G_GINT64_CONSTANT (256) * 1024 * 1024,
                       NULL);
}

/**
 * grpc_aio_channel_options_set_int:
 * @self: options
 * @name: the name of a channel argument
 * @value: its value
 *
 * Sets a channel argument that is a number, with grpc-core's name. Truth values
 * are 0 and 1.
 *
 * It is meant for arguments that have no property. Of those that have one, the
 * kind and the range are checked here, too.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_options_set_int (GrpcAioChannelOptions *self,
                                  const char *name,
                                  int value)
{
  const GrpcAioArgument *argument;
  g_autoptr (GError) error = NULL;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL_OPTIONS (self));
  g_return_if_fail (name != NULL && *name != '\0');

  argument = grpc_aio_argument_find (name);
  if (argument != NULL && !grpc_aio_argument_check_int (argument, value, &error))
    {
      g_critical ("The channel argument %s cannot be %d: %s", name, value, error->message);
      return;
    }

  store (self, name, g_variant_new_int32 (value));
}

/**
 * grpc_aio_channel_options_set_string:
 * @self: options
 * @name: the name of a channel argument
 * @value: its value
 *
 * Sets a channel argument that is a text, with grpc-core's name.
 *
 * It is meant for arguments that have no property. Of those that have one, the
 * kind and the value are checked here, too.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_options_set_string (GrpcAioChannelOptions *self,
                                     const char *name,
                                     const char *value)
{
  const GrpcAioArgument *argument;

  g_return_if_fail (GRPC_AIO_IS_CHANNEL_OPTIONS (self));
  g_return_if_fail (name != NULL && *name != '\0');
  g_return_if_fail (value != NULL && g_utf8_validate (value, -1, NULL));

  argument = grpc_aio_argument_find (name);
  if (argument != NULL)
    store_text (self, argument, value);
  else
    store (self, name, g_variant_new_string (value));
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

  store (self, name, NULL);
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

/**
 * grpc_aio_channel_options_set_service_config:
 * @self: options
 * @json: (nullable): a service config, or `NULL` for none
 * @error: where to put an error
 *
 * Says for each method how its calls are retried, time out and wait for a
 * connection, and how calls are spread over servers.
 *
 * The service config is JSON as in gRPC's document "Service Config in gRPC", with
 * retries as in gRFC A6 and load balancing as in gRFC A24. All of it is checked
 * here: what grpc-core would not understand, or would leave out without a word,
 * is refused with an error of `G_IO_ERROR_INVALID_ARGUMENT` that says where the
 * mistake is, such as at `methodConfig[0].retryPolicy.maxAttempts`, and what it
 * is. The options then stay as they were.
 *
 * It holds unless the name service has a service config of its own, and the
 * channel asks for it: [property@ChannelOptions:service-config-disable-resolution].
 *
 * Returns: whether @json is a service config
 *
 * Since: 0.1
 */
gboolean
grpc_aio_channel_options_set_service_config (GrpcAioChannelOptions *self,
                                             const char *json,
                                             GError **error)
{
  g_autofree char *parsed = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL_OPTIONS (self), FALSE);

  if (json == NULL)
    {
      store (self, "grpc.service_config", NULL);
      return TRUE;
    }

  parsed = grpc_aio_service_config_parse (json, error);
  if (parsed == NULL)
    return FALSE;

  store (self, "grpc.service_config", g_variant_new_string (parsed));

  return TRUE;
}

/**
 * grpc_aio_channel_options_get_service_config:
 * @self: options
 *
 * Gets the service config: the JSON that was set, without blanks.
 *
 * Returns: (nullable): the service config, or `NULL` if there is none
 *
 * Since: 0.1
 */
const char *
grpc_aio_channel_options_get_service_config (GrpcAioChannelOptions *self)
{
  return grpc_aio_channel_options_get_string (self, "grpc.service_config");
}
