/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-call-credentials-private.h"

#include <glib/gi18n-lib.h>
#include <grpc/support/string_util.h>

#include <grpc-aio-glib/grpc-aio-auth-metadata-plugin.h>

#include "engine/grpc-aio-core-private.h"
#include "security/grpc-aio-auth-metadata-context-private.h"

/**
 * GrpcAioCallCredentials:
 *
 * How single calls say who makes them: with metadata such as a token.
 *
 * Give them to a channel for all of its calls
 * ([ctor@ChannelCredentials.new_composite]), or to one call. They are never sent
 * over a connection that is less secure than they demand, which is
 * `GRPC_AIO_SECURITY_LEVEL_PRIVACY_AND_INTEGRITY` for all but plugins: such a call
 * fails with `GRPC_AIO_ERROR_UNAUTHENTICATED`.
 *
 * Since: 0.1
 */
struct _GrpcAioCallCredentials
{
  GObject parent_instance;

  grpc_call_credentials *core;

  /* What to make them of once more. */
  gboolean is_compute_engine;
  GrpcAioPluginHome *home; /* lives as long as core */
  GrpcAioSecurityLevel min_security_level;
};

G_DEFINE_FINAL_TYPE (GrpcAioCallCredentials, grpc_aio_call_credentials, G_TYPE_OBJECT)

G_STATIC_ASSERT ((int) GRPC_AIO_SECURITY_LEVEL_NONE == (int) GRPC_SECURITY_NONE);
G_STATIC_ASSERT ((int) GRPC_AIO_SECURITY_LEVEL_INTEGRITY_ONLY == (int) GRPC_INTEGRITY_ONLY);
G_STATIC_ASSERT ((int) GRPC_AIO_SECURITY_LEVEL_PRIVACY_AND_INTEGRITY == (int) GRPC_PRIVACY_AND_INTEGRITY);

static void
grpc_aio_call_credentials_finalize (GObject *object)
{
  GrpcAioCallCredentials *self = GRPC_AIO_CALL_CREDENTIALS (object);

  if (self->core != NULL && grpc_aio_core_is_usable ())
    grpc_call_credentials_release (self->core);
  grpc_aio_core_unref ();

  G_OBJECT_CLASS (grpc_aio_call_credentials_parent_class)->finalize (object);
}

static void
grpc_aio_call_credentials_class_init (GrpcAioCallCredentialsClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_call_credentials_finalize;
}

static void
grpc_aio_call_credentials_init (GrpcAioCallCredentials *self)
{
  grpc_aio_core_ref ();
}

void
grpc_aio_call_credentials_take_core (GrpcAioCallCredentials *self,
                                     grpc_call_credentials *core)
{
  g_assert (self->core == NULL);

  self->core = core;
}

grpc_call_credentials *
grpc_aio_call_credentials_get_core (GrpcAioCallCredentials *self)
{
  return self->core;
}

gboolean
grpc_aio_credentials_check_token (const char *what,
                                  const char *token,
                                  GError **error)
{
  if (*token == '\0')
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("The argument “%s” is empty"), what);
      return FALSE;
    }

  for (const char *at = token; *at != '\0'; at++)
    {
      if (g_ascii_isprint (*at))
        continue;

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("The argument “%s” has a character that cannot be sent, at position %d: only printable ASCII can"),
                   what, (int) (at - token));
      return FALSE;
    }

  return TRUE;
}

/**
 * grpc_aio_call_credentials_new_access_token:
 * @access_token: an OAuth 2 access token, which the program got elsewhere
 * @error: return location for an error
 *
 * Creates credentials that send a token as `authorization: Bearer TOKEN`
 * (RFC 6750).
 *
 * A token that cannot be sent is refused with `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_credentials_new_access_token (const char *access_token,
                                            GError **error)
{
  GrpcAioCallCredentials *self;

  g_return_val_if_fail (access_token != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!grpc_aio_credentials_check_token ("access_token", access_token, error))
    return NULL;

  self = g_object_new (GRPC_AIO_TYPE_CALL_CREDENTIALS, NULL);
  self->core = grpc_access_token_credentials_create (access_token, NULL);

  return self;
}

/**
 * grpc_aio_call_credentials_new_composite: (constructor)
 * @first: credentials
 * @second: further credentials
 *
 * Creates credentials that send what both of @first and @second send, in this
 * order.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_credentials_new_composite (GrpcAioCallCredentials *first,
                                         GrpcAioCallCredentials *second)
{
  GrpcAioCallCredentials *self;

  g_return_val_if_fail (GRPC_AIO_IS_CALL_CREDENTIALS (first), NULL);
  g_return_val_if_fail (GRPC_AIO_IS_CALL_CREDENTIALS (second), NULL);
  g_return_val_if_fail (first->core != NULL, NULL);
  g_return_val_if_fail (second->core != NULL, NULL);

  self = g_object_new (GRPC_AIO_TYPE_CALL_CREDENTIALS, NULL);
  self->core = grpc_composite_call_credentials_create (first->core, second->core, NULL);

  return self;
}

/* Runs on any thread, inside of grpc-core. */
static int
on_get_metadata (void *state,
                 grpc_auth_metadata_context context,
                 grpc_credentials_plugin_metadata_cb answer,
                 void *answer_data,
                 grpc_metadata metadata[GRPC_METADATA_CREDENTIALS_PLUGIN_SYNC_MAX],
                 size_t *n_metadata,
                 grpc_status_code *status,
                 const char **error_details)
{
  grpc_aio_plugin_home_ask (state, &context, answer, answer_data);

  return 0;
}

static char *
on_debug_string (void *state)
{
  return gpr_strdup ("GrpcAioAuthMetadataPlugin");
}

static void
on_destroy (void *state)
{
  grpc_aio_plugin_home_unref (state);
}

static grpc_call_credentials *
create_plugin (GrpcAioCallCredentials *self)
{
  const grpc_metadata_credentials_plugin core_plugin = {
    .get_metadata = on_get_metadata,
    .debug_string = on_debug_string,
    .destroy = on_destroy,
    .state = self->home,
    .type = "GrpcAioAuthMetadataPlugin",
  };

  return grpc_metadata_credentials_create_from_plugin (core_plugin, (grpc_security_level) self->min_security_level, NULL);
}

grpc_call_credentials *
grpc_aio_call_credentials_create_core (GrpcAioCallCredentials *self)
{
  if (self->is_compute_engine)
    return grpc_google_compute_engine_credentials_create (NULL);
  if (self->home == NULL)
    return NULL;

  grpc_aio_plugin_home_ref (self->home);

  return create_plugin (self);
}

/**
 * grpc_aio_call_credentials_new_compute_engine:
 *
 * Creates credentials that ask the metadata server of a virtual machine of
 * Google Cloud for a token, when one is needed. Do not use them for services of
 * others: these would get a token for Google's.
 *
 * Where there is no metadata server, calls fail with `GRPC_AIO_ERROR_UNKNOWN`.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_credentials_new_compute_engine (void)
{
  GrpcAioCallCredentials *self = g_object_new (GRPC_AIO_TYPE_CALL_CREDENTIALS, NULL);

  self->is_compute_engine = TRUE;
  self->core = grpc_aio_call_credentials_create_core (self);

  return self;
}

/**
 * grpc_aio_call_credentials_new_plugin:
 * @plugin: finds the metadata for each call
 * @min_security_level: how secure a connection must be that gets to see the
 *   metadata
 *
 * Creates credentials that ask @plugin for each call. It runs in the
 * thread-default main context of the thread that calls this, see
 * [iface@AuthMetadataPlugin].
 *
 * gRPC Python calls this `metadata_call_credentials ()`.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_credentials_new_plugin (GrpcAioAuthMetadataPlugin *plugin,
                                      GrpcAioSecurityLevel min_security_level)
{
  GrpcAioCallCredentials *self;

  g_return_val_if_fail (GRPC_AIO_IS_AUTH_METADATA_PLUGIN (plugin), NULL);
  g_return_val_if_fail (min_security_level <= GRPC_AIO_SECURITY_LEVEL_PRIVACY_AND_INTEGRITY, NULL);

  self = g_object_new (GRPC_AIO_TYPE_CALL_CREDENTIALS, NULL);
  self->min_security_level = min_security_level;
  self->home = grpc_aio_plugin_home_new (plugin);
  self->core = create_plugin (self);

  return self;
}
