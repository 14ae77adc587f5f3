/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-service-private.h"

#include <string.h>

#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>

/**
 * GrpcAioService:
 *
 * The methods of one service, with their handlers.
 *
 * Add the methods before a server with this service starts. A handler whose
 * function holds the service keeps it alive for ever.
 *
 * Since: 0.1
 */
typedef struct
{
  char *name;
  GHashTable *methods; /* name → GrpcAioRpcMethodHandler */
} GrpcAioServicePrivate;

enum
{
  PROP_NAME = 1,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_TYPE_WITH_PRIVATE (GrpcAioService, grpc_aio_service, G_TYPE_OBJECT)

static void
grpc_aio_service_finalize (GObject *object)
{
  GrpcAioServicePrivate *priv = grpc_aio_service_get_instance_private (GRPC_AIO_SERVICE (object));

  g_free (priv->name);
  g_hash_table_unref (priv->methods);

  G_OBJECT_CLASS (grpc_aio_service_parent_class)->finalize (object);
}

static void
grpc_aio_service_get_property (GObject *object,
                               guint id,
                               GValue *value,
                               GParamSpec *pspec)
{
  GrpcAioServicePrivate *priv = grpc_aio_service_get_instance_private (GRPC_AIO_SERVICE (object));

  switch (id)
    {
    case PROP_NAME:
      g_value_set_string (value, priv->name);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_service_set_property (GObject *object,
                               guint id,
                               const GValue *value,
                               GParamSpec *pspec)
{
  GrpcAioServicePrivate *priv = grpc_aio_service_get_instance_private (GRPC_AIO_SERVICE (object));

  switch (id)
    {
    case PROP_NAME:
      priv->name = g_value_dup_string (value);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_service_constructed (GObject *object)
{
  GrpcAioServicePrivate *priv = grpc_aio_service_get_instance_private (GRPC_AIO_SERVICE (object));
  const char *name = GRPC_AIO_SERVICE_GET_CLASS (object)->name;

  G_OBJECT_CLASS (grpc_aio_service_parent_class)->constructed (object);

  if (name != NULL && *priv->name == '\0')
    {
      g_free (priv->name);
      priv->name = g_strdup (name);
    }
}

static void
grpc_aio_service_class_init (GrpcAioServiceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->constructed = grpc_aio_service_constructed;
  object_class->finalize = grpc_aio_service_finalize;
  object_class->get_property = grpc_aio_service_get_property;
  object_class->set_property = grpc_aio_service_set_property;

  /**
   * GrpcAioService:name:
   *
   * The name with its package, `package.Service`.
   *
   * Since: 0.1
   */
  properties[PROP_NAME] = g_param_spec_string ("name", NULL, NULL, "",
                                               G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_service_init (GrpcAioService *self)
{
  GrpcAioServicePrivate *priv = grpc_aio_service_get_instance_private (self);

  priv->methods = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
}

void
grpc_aio_service_foreach_method (GrpcAioService *self,
                                 GrpcAioServiceMethodFunc func,
                                 gpointer user_data)
{
  GrpcAioServicePrivate *priv = grpc_aio_service_get_instance_private (self);
  GHashTableIter iter;
  gpointer method, handler;

  g_hash_table_iter_init (&iter, priv->methods);
  while (g_hash_table_iter_next (&iter, &method, &handler))
    {
      g_autofree char *full_name = g_strdup_printf ("/%s/%s", priv->name, (const char *) method);

      func (full_name, handler, user_data);
    }
}

/* @full_name is `/package.Service/Method`, perhaps of another service. */
GrpcAioRpcMethodHandler *
grpc_aio_service_find_method (GrpcAioService *self,
                              const char *full_name)
{
  GrpcAioServicePrivate *priv = grpc_aio_service_get_instance_private (self);
  gsize length = strlen (priv->name);

  if (full_name[0] != '/' || strncmp (full_name + 1, priv->name, length) != 0 || full_name[length + 1] != '/')
    return NULL;

  return g_hash_table_lookup (priv->methods, full_name + length + 2);
}

/**
 * grpc_aio_service_new:
 * @name: the name with its package, such as `helloworld.Greeter`
 *
 * Creates a service without methods.
 *
 * Returns: (transfer full): a new service
 *
 * Since: 0.1
 */
GrpcAioService *
grpc_aio_service_new (const char *name)
{
  g_return_val_if_fail (name != NULL && *name != '\0', NULL);

  return g_object_new (GRPC_AIO_TYPE_SERVICE, "name", name, NULL);
}

/**
 * grpc_aio_service_class_set_name: (skip)
 * @klass: a class derived from [class@Service]
 * @name: a static string: the name with its package
 *
 * Sets the name of the services of a class, and of classes derived from it, that
 * are constructed without one: generated code does so.
 *
 * Since: 0.1
 */
void
grpc_aio_service_class_set_name (GrpcAioServiceClass *klass,
                                 const char *name)
{
  g_return_if_fail (GRPC_AIO_IS_SERVICE_CLASS (klass));
  g_return_if_fail (name != NULL && *name != '\0');

  klass->name = name;
}

/**
 * grpc_aio_service_get_name:
 * @self: a service
 *
 * Gets the name.
 *
 * Returns: the name with its package
 *
 * Since: 0.1
 */
const char *
grpc_aio_service_get_name (GrpcAioService *self)
{
  GrpcAioServicePrivate *priv;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICE (self), NULL);

  priv = grpc_aio_service_get_instance_private (self);

  return priv->name;
}

/**
 * grpc_aio_service_add_method:
 * @self: a service
 * @method: the name of the method alone, such as `SayHello`
 * @handler: what serves it
 *
 * Adds a method, in place of one with the same name.
 *
 * Since: 0.1
 */
void
grpc_aio_service_add_method (GrpcAioService *self,
                             const char *method,
                             GrpcAioRpcMethodHandler *handler)
{
  GrpcAioServicePrivate *priv;

  g_return_if_fail (GRPC_AIO_IS_SERVICE (self));
  g_return_if_fail (method != NULL && *method != '\0' && strchr (method, '/') == NULL);
  g_return_if_fail (GRPC_AIO_IS_RPC_METHOD_HANDLER (handler));

  priv = grpc_aio_service_get_instance_private (self);
  g_hash_table_replace (priv->methods, g_strdup (method), g_object_ref (handler));
}

/**
 * grpc_aio_service_get_method:
 * @self: a service
 * @method: the name of the method alone
 *
 * Gets what serves a method.
 *
 * Returns: (nullable) (transfer none): the handler, or `NULL` without such a
 *   method
 *
 * Since: 0.1
 */
GrpcAioRpcMethodHandler *
grpc_aio_service_get_method (GrpcAioService *self,
                             const char *method)
{
  GrpcAioServicePrivate *priv;

  g_return_val_if_fail (GRPC_AIO_IS_SERVICE (self), NULL);
  g_return_val_if_fail (method != NULL, NULL);

  priv = grpc_aio_service_get_instance_private (self);

  return g_hash_table_lookup (priv->methods, method);
}
