/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-sts-options-private.h"

/**
 * GrpcAioStsOptions:
 *
 * How to exchange a token for another one at a security token service (RFC
 * 8693), for [ctor@CallCredentials.new_sts].
 *
 * The tokens to exchange are files, read anew for each exchange: the program
 * keeps them up to date.
 *
 * Since: 0.1
 */
struct _GrpcAioStsOptions
{
  GObject parent_instance;

  char *values[GRPC_AIO_STS_N_OPTIONS];
};

#define N_PROPS (GRPC_AIO_STS_N_OPTIONS + 1)

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioStsOptions, grpc_aio_sts_options, G_TYPE_OBJECT)

static void
grpc_aio_sts_options_finalize (GObject *object)
{
  GrpcAioStsOptions *self = GRPC_AIO_STS_OPTIONS (object);

  for (gsize i = 0; i < G_N_ELEMENTS (self->values); i++)
    g_free (self->values[i]);

  G_OBJECT_CLASS (grpc_aio_sts_options_parent_class)->finalize (object);
}

static void
grpc_aio_sts_options_get_property (GObject *object,
                                   guint id,
                                   GValue *value,
                                   GParamSpec *pspec)
{
  GrpcAioStsOptions *self = GRPC_AIO_STS_OPTIONS (object);

  if (id - 1 < GRPC_AIO_STS_N_OPTIONS)
    g_value_set_string (value, self->values[id - 1]);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
grpc_aio_sts_options_set_property (GObject *object,
                                   guint id,
                                   const GValue *value,
                                   GParamSpec *pspec)
{
  GrpcAioStsOptions *self = GRPC_AIO_STS_OPTIONS (object);

  if (id - 1 >= GRPC_AIO_STS_N_OPTIONS)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }

  if (g_strcmp0 (self->values[id - 1], g_value_get_string (value)) == 0)
    return;

  g_free (self->values[id - 1]);
  self->values[id - 1] = g_value_dup_string (value);
  g_object_notify_by_pspec (object, pspec);
}

static GParamSpec *
new_property (const char *name)
{
  return g_param_spec_string (name, NULL, NULL, NULL,
                              G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
}

static void
grpc_aio_sts_options_class_init (GrpcAioStsOptionsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = grpc_aio_sts_options_finalize;
  object_class->get_property = grpc_aio_sts_options_get_property;
  object_class->set_property = grpc_aio_sts_options_set_property;

  /**
   * GrpcAioStsOptions:token-exchange-service-uri:
   *
   * Where the service is: an https or http URL.
   *
   * Since: 0.1
   */
  properties[1 + GRPC_AIO_STS_TOKEN_EXCHANGE_SERVICE_URI] = new_property ("token-exchange-service-uri");

  /**
   * GrpcAioStsOptions:resource:
   *
   * The URI of what the token is to be used for, or `NULL`.
   *
   * Since: 0.1
   */
  properties[1 + GRPC_AIO_STS_RESOURCE] = new_property ("resource");

  /**
   * GrpcAioStsOptions:audience:
   *
   * The name of what the token is to be used for, or `NULL`.
   *
   * Since: 0.1
   */
  properties[1 + GRPC_AIO_STS_AUDIENCE] = new_property ("audience");

  /**
   * GrpcAioStsOptions:scope:
   *
   * What the token is to allow, as names with spaces between them, or `NULL`.
   *
   * Since: 0.1
   */
  properties[1 + GRPC_AIO_STS_SCOPE] = new_property ("scope");

  /**
   * GrpcAioStsOptions:requested-token-type:
   *
   * The kind of token to get, or `NULL` for what the service thinks right.
   *
   * Since: 0.1
   */
  properties[1 + GRPC_AIO_STS_REQUESTED_TOKEN_TYPE] = new_property ("requested-token-type");

  /**
   * GrpcAioStsOptions:subject-token-path:
   *
   * The file with the token of who the calls are made for.
   *
   * Since: 0.1
   */
  properties[1 + GRPC_AIO_STS_SUBJECT_TOKEN_PATH] = new_property ("subject-token-path");

  /**
   * GrpcAioStsOptions:subject-token-type:
   *
   * The kind of that token, such as `urn:ietf:params:oauth:token-type:jwt`.
   *
   * Since: 0.1
   */
  properties[1 + GRPC_AIO_STS_SUBJECT_TOKEN_TYPE] = new_property ("subject-token-type");

  /**
   * GrpcAioStsOptions:actor-token-path:
   *
   * The file with the token of who makes the calls, or `NULL` when it is the
   * same.
   *
   * Since: 0.1
   */
  properties[1 + GRPC_AIO_STS_ACTOR_TOKEN_PATH] = new_property ("actor-token-path");

  /**
   * GrpcAioStsOptions:actor-token-type:
   *
   * The kind of that token; given if and only if the token is.
   *
   * Since: 0.1
   */
  properties[1 + GRPC_AIO_STS_ACTOR_TOKEN_TYPE] = new_property ("actor-token-type");

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_sts_options_init (GrpcAioStsOptions *self)
{
}

const char *
grpc_aio_sts_options_get (GrpcAioStsOptions *self,
                          GrpcAioStsOption option)
{
  const char *value = self->values[option];

  return value != NULL && *value != '\0' ? value : NULL;
}

/**
 * grpc_aio_sts_options_new:
 * @token_exchange_service_uri: where the service is
 * @subject_token_path: the file with the token to exchange
 * @subject_token_type: the kind of that token
 *
 * Creates options with what is needed. All else are properties.
 *
 * Returns: (transfer full): new options
 *
 * Since: 0.1
 */
GrpcAioStsOptions *
grpc_aio_sts_options_new (const char *token_exchange_service_uri,
                          const char *subject_token_path,
                          const char *subject_token_type)
{
  g_return_val_if_fail (token_exchange_service_uri != NULL, NULL);
  g_return_val_if_fail (subject_token_path != NULL, NULL);
  g_return_val_if_fail (subject_token_type != NULL, NULL);

  return g_object_new (GRPC_AIO_TYPE_STS_OPTIONS,
                       "token-exchange-service-uri", token_exchange_service_uri,
                       "subject-token-path", subject_token_path,
                       "subject-token-type", subject_token_type,
                       NULL);
}
