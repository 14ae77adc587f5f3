/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-server-auth-interceptor.h>

#include <string.h>

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-handler-call-details.h>
#include <grpc-aio-glib/grpc-aio-metadata.h>
#include <grpc-aio-glib/grpc-aio-server-continuation.h>

/* Where clients say who they are (RFC 9110, section 11.6.2). */
#define KEY "authorization"

/**
 * GrpcAioServerAuthInterceptor:
 *
 * Lets a function check who calls, by the metadata `authorization` of each call,
 * such as `Bearer 2YotnFZFEjr1zCsicMWpAA`.
 *
 * A call without it, or with another scheme, is refused with
 * `GRPC_AIO_STATUS_CODE_UNAUTHENTICATED`, unless
 * [property@ServerAuthInterceptor:optional]. The function may take its time, such
 * as to ask another server. What it finds out a handler gets with
 * [method@ServicerContext.get_identity].
 *
 * Tokens are secrets: use it on ports with TLS, or local ones.
 *
 * Since: 0.1
 */
struct _GrpcAioServerAuthInterceptor
{
  GrpcAioServerInterceptor parent_instance;

  char *scheme;
  gint optional; /* atomic */
  GrpcAioServerAuthFunc func;
  gpointer user_data;
  GDestroyNotify destroy;
};

enum
{
  PROP_SCHEME = 1,
  PROP_OPTIONAL,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioServerAuthInterceptor, grpc_aio_server_auth_interceptor, GRPC_AIO_TYPE_SERVER_INTERCEPTOR)

/* What comes after the scheme, whose name may be written in any case, or NULL. */
static const char *
find_token (GrpcAioServerAuthInterceptor *self,
            const char *authorization)
{
  gsize length = strlen (self->scheme);

  if (g_ascii_strncasecmp (authorization, self->scheme, length) != 0 || authorization[length] != ' ')
    return NULL;

  for (authorization += length; *authorization == ' '; authorization++)
    ;

  return *authorization != '\0' ? authorization : NULL;
}

static void
grpc_aio_server_auth_interceptor_intercept_service (GrpcAioServerInterceptor *interceptor,
                                                    GrpcAioServerContinuation *continuation,
                                                    GrpcAioHandlerCallDetails *details)
{
  GrpcAioServerAuthInterceptor *self = GRPC_AIO_SERVER_AUTH_INTERCEPTOR (interceptor);
  const char *authorization = grpc_aio_metadata_get (grpc_aio_handler_call_details_get_invocation_metadata (details), KEY);
  const char *token = authorization != NULL ? find_token (self, authorization) : NULL;
  g_autoptr (GError) error = NULL;

  if (token != NULL && self->func != NULL)
    {
      self->func (continuation, token, self->user_data);
      return;
    }
  if (authorization == NULL && g_atomic_int_get (&self->optional))
    {
      grpc_aio_server_continuation_pass_on (continuation, NULL);
      return;
    }

  error = g_error_new (GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAUTHENTICATED,
                       _("The call needs the metadata “authorization” with the scheme %s"), self->scheme);
  grpc_aio_server_continuation_return_error (continuation, error);
}

static void
grpc_aio_server_auth_interceptor_finalize (GObject *object)
{
  GrpcAioServerAuthInterceptor *self = GRPC_AIO_SERVER_AUTH_INTERCEPTOR (object);

  g_free (self->scheme);
  if (self->destroy != NULL)
    self->destroy (self->user_data);

  G_OBJECT_CLASS (grpc_aio_server_auth_interceptor_parent_class)->finalize (object);
}

static void
grpc_aio_server_auth_interceptor_get_property (GObject *object,
                                               guint id,
                                               GValue *value,
                                               GParamSpec *pspec)
{
  GrpcAioServerAuthInterceptor *self = GRPC_AIO_SERVER_AUTH_INTERCEPTOR (object);

  switch (id)
    {
    case PROP_SCHEME:
      g_value_set_string (value, self->scheme);
      break;

    case PROP_OPTIONAL:
      g_value_set_boolean (value, g_atomic_int_get (&self->optional));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_server_auth_interceptor_set_property (GObject *object,
                                               guint id,
                                               const GValue *value,
                                               GParamSpec *pspec)
{
  GrpcAioServerAuthInterceptor *self = GRPC_AIO_SERVER_AUTH_INTERCEPTOR (object);

  switch (id)
    {
    case PROP_SCHEME:
      self->scheme = g_value_dup_string (value);
      break;

    case PROP_OPTIONAL:
      grpc_aio_server_auth_interceptor_set_optional (self, g_value_get_boolean (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_server_auth_interceptor_class_init (GrpcAioServerAuthInterceptorClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = grpc_aio_server_auth_interceptor_finalize;
  object_class->get_property = grpc_aio_server_auth_interceptor_get_property;
  object_class->set_property = grpc_aio_server_auth_interceptor_set_property;
  GRPC_AIO_SERVER_INTERCEPTOR_CLASS (klass)->intercept_service = grpc_aio_server_auth_interceptor_intercept_service;

  /**
   * GrpcAioServerAuthInterceptor:scheme:
   *
   * The scheme that the metadata has to name, in any case.
   *
   * Since: 0.1
   */
  properties[PROP_SCHEME] = g_param_spec_string ("scheme", NULL, NULL, "Bearer",
                                                 G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioServerAuthInterceptor:optional:
   *
   * Whether a call without the metadata passes, with nobody known as the caller.
   *
   * Since: 0.1
   */
  properties[PROP_OPTIONAL] = g_param_spec_boolean ("optional", NULL, NULL, FALSE,
                                                    G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_server_auth_interceptor_init (GrpcAioServerAuthInterceptor *self)
{
}

/**
 * grpc_aio_server_auth_interceptor_new:
 * @scheme: (nullable): the scheme, or `NULL` for `Bearer`
 * @func: (scope notified) (closure user_data) (destroy destroy): checks who calls
 * @user_data: data for @func
 * @destroy: frees @user_data
 *
 * Creates an interceptor that checks who calls.
 *
 * Returns: (transfer full): a new interceptor
 *
 * Since: 0.1
 */
GrpcAioServerAuthInterceptor *
grpc_aio_server_auth_interceptor_new (const char *scheme,
                                      GrpcAioServerAuthFunc func,
                                      gpointer user_data,
                                      GDestroyNotify destroy)
{
  GrpcAioServerAuthInterceptor *self;

  g_return_val_if_fail (scheme == NULL || (*scheme != '\0' && strchr (scheme, ' ') == NULL), NULL);
  g_return_val_if_fail (func != NULL, NULL);

  self = g_object_new (GRPC_AIO_TYPE_SERVER_AUTH_INTERCEPTOR, "scheme", scheme != NULL ? scheme : "Bearer", NULL);
  self->func = func;
  self->user_data = user_data;
  self->destroy = destroy;

  return self;
}

/**
 * grpc_aio_server_auth_interceptor_get_scheme:
 * @self: an interceptor
 *
 * Gets the scheme that the metadata has to name.
 *
 * Returns: the scheme
 *
 * Since: 0.1
 */
const char *
grpc_aio_server_auth_interceptor_get_scheme (GrpcAioServerAuthInterceptor *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER_AUTH_INTERCEPTOR (self), NULL);

  return self->scheme;
}

/**
 * grpc_aio_server_auth_interceptor_get_optional:
 * @self: an interceptor
 *
 * Whether a call without the metadata passes.
 *
 * Returns: whether it passes
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_auth_interceptor_get_optional (GrpcAioServerAuthInterceptor *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_SERVER_AUTH_INTERCEPTOR (self), FALSE);

  return g_atomic_int_get (&self->optional);
}

/**
 * grpc_aio_server_auth_interceptor_set_optional:
 * @self: an interceptor
 * @optional: whether a call without the metadata passes
 *
 * Sets whether a call without the metadata passes, with nobody known as the
 * caller. One with the wrong metadata never does.
 *
 * Since: 0.1
 */
void
grpc_aio_server_auth_interceptor_set_optional (GrpcAioServerAuthInterceptor *self,
                                               gboolean optional)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER_AUTH_INTERCEPTOR (self));

  if (grpc_aio_server_auth_interceptor_get_optional (self) != (optional != FALSE))
    {
      g_atomic_int_set (&self->optional, optional != FALSE);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_OPTIONAL]);
    }
}
