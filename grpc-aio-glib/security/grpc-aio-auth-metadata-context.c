/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-auth-metadata-context-private.h"

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-auth-metadata-plugin.h>
#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-metadata.h>

#include "engine/grpc-aio-core-metadata-private.h"
#include "engine/grpc-aio-core-private.h"
#include "security/grpc-aio-auth-context-private.h"

struct _GrpcAioPluginHome
{
  gatomicrefcount refs; /* of the credentials in grpc-core and of requests */
  GrpcAioAuthMetadataPlugin *plugin;
  GrpcAioInbox *inbox;
  GrpcAioErrand farewell;
};

/**
 * GrpcAioAuthMetadataContext:
 *
 * A request for the metadata of one call, made to a
 * [iface@AuthMetadataPlugin].
 *
 * It is answered once, on any thread.
 *
 * Since: 0.1
 */
struct _GrpcAioAuthMetadataContext
{
  GObject parent_instance;

  GrpcAioPluginHome *home;
  GrpcAioErrand errand;
  char *service_url;
  char *method_name;
  GrpcAioAuthContext *auth_context;

  gint is_answered; /* atomic */
  grpc_credentials_plugin_metadata_cb answer;
  gpointer answer_data;
};

enum
{
  PROP_SERVICE_URL = 1,
  PROP_METHOD_NAME,
  PROP_AUTH_CONTEXT,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (GrpcAioAuthMetadataContext, grpc_aio_auth_metadata_context, G_TYPE_OBJECT)

/* Nothing of @self may be used after grpc-core's function, which may take the
 * credentials down. FALSE when there was an answer before. */
static gboolean
answer (GrpcAioAuthMetadataContext *self,
        GrpcAioMetadata *metadata,
        const char *problem)
{
  GrpcAioCoreMetadata core_metadata;

  if (!g_atomic_int_compare_and_exchange (&self->is_answered, FALSE, TRUE))
    return FALSE;

  grpc_aio_inbox_finish (&self->errand);
  if (self->answer == NULL || !grpc_aio_core_is_usable ())
    return TRUE;

  grpc_aio_core_metadata_init (&core_metadata, metadata);
  self->answer (self->answer_data, core_metadata.entries, core_metadata.n_entries,
                problem == NULL ? GRPC_STATUS_OK : GRPC_STATUS_UNAUTHENTICATED, problem);
  grpc_aio_core_metadata_clear (&core_metadata);

  return TRUE;
}

static void
grpc_aio_auth_metadata_context_dispose (GObject *object)
{
  GrpcAioAuthMetadataContext *self = GRPC_AIO_AUTH_METADATA_CONTEXT (object);

  answer (self, NULL, _("The plugin gave no answer"));

  G_OBJECT_CLASS (grpc_aio_auth_metadata_context_parent_class)->dispose (object);
}

static void
grpc_aio_auth_metadata_context_finalize (GObject *object)
{
  GrpcAioAuthMetadataContext *self = GRPC_AIO_AUTH_METADATA_CONTEXT (object);

  g_clear_pointer (&self->home, grpc_aio_plugin_home_unref);
  g_free (self->service_url);
  g_free (self->method_name);
  g_clear_object (&self->auth_context);

  G_OBJECT_CLASS (grpc_aio_auth_metadata_context_parent_class)->finalize (object);
}

static void
grpc_aio_auth_metadata_context_get_property (GObject *object,
                                             guint id,
                                             GValue *value,
                                             GParamSpec *pspec)
{
  GrpcAioAuthMetadataContext *self = GRPC_AIO_AUTH_METADATA_CONTEXT (object);

  switch (id)
    {
    case PROP_SERVICE_URL:
      g_value_set_string (value, self->service_url);
      break;

    case PROP_METHOD_NAME:
      g_value_set_string (value, self->method_name);
      break;

    case PROP_AUTH_CONTEXT:
      g_value_set_object (value, self->auth_context);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_auth_metadata_context_class_init (GrpcAioAuthMetadataContextClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = grpc_aio_auth_metadata_context_dispose;
  object_class->finalize = grpc_aio_auth_metadata_context_finalize;
  object_class->get_property = grpc_aio_auth_metadata_context_get_property;

  /**
   * GrpcAioAuthMetadataContext:service-url:
   *
   * The server and the service, such as `https://example.org/package.Service`.
   *
   * Since: 0.1
   */
  properties[PROP_SERVICE_URL] = g_param_spec_string ("service-url", NULL, NULL, NULL,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioAuthMetadataContext:method-name:
   *
   * The method, without its service.
   *
   * Since: 0.1
   */
  properties[PROP_METHOD_NAME] = g_param_spec_string ("method-name", NULL, NULL, NULL,
                                                      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioAuthMetadataContext:auth-context: (getter get_auth_context)
   *
   * What the connection tells about the server.
   *
   * Since: 0.1
   */
  properties[PROP_AUTH_CONTEXT] = g_param_spec_object ("auth-context", NULL, NULL, GRPC_AIO_TYPE_AUTH_CONTEXT,
                                                       G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
grpc_aio_auth_metadata_context_init (GrpcAioAuthMetadataContext *self)
{
}

GrpcAioPluginHome *
grpc_aio_plugin_home_new (GrpcAioAuthMetadataPlugin *plugin)
{
  g_autoptr (GMainContext) context = g_main_context_ref_thread_default ();
  GrpcAioPluginHome *self = g_new0 (GrpcAioPluginHome, 1);

  g_atomic_ref_count_init (&self->refs);
  self->plugin = g_object_ref (plugin);
  self->inbox = grpc_aio_inbox_new (context);

  return self;
}

GrpcAioPluginHome *
grpc_aio_plugin_home_ref (GrpcAioPluginHome *self)
{
  g_atomic_ref_count_inc (&self->refs);

  return self;
}

static void
grpc_aio_plugin_home_free (GrpcAioPluginHome *self)
{
  g_object_unref (self->plugin);
  grpc_aio_inbox_close (self->inbox);
  g_free (self);
}

static void
on_farewell (GrpcAioErrand *errand)
{
  GrpcAioPluginHome *self = (GrpcAioPluginHome *) ((guint8 *) errand - G_STRUCT_OFFSET (GrpcAioPluginHome, farewell));

  grpc_aio_inbox_finish (errand);
  grpc_aio_plugin_home_free (self);
}

void
grpc_aio_plugin_home_unref (GrpcAioPluginHome *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  if (grpc_aio_inbox_is_here (self->inbox))
    {
      grpc_aio_plugin_home_free (self);
      return;
    }

  self->farewell.run = on_farewell;
  grpc_aio_inbox_push (self->inbox, &self->farewell);
}

static void
on_errand (GrpcAioErrand *errand)
{
  g_autoptr (GrpcAioAuthMetadataContext) self = NULL;

  self = (GrpcAioAuthMetadataContext *) ((guint8 *) errand - G_STRUCT_OFFSET (GrpcAioAuthMetadataContext, errand));
  grpc_aio_auth_metadata_plugin_get_metadata (self->home->plugin, self);
}

/* Runs on any thread, inside of grpc-core, which must not be called back before
 * this has returned. */
void
grpc_aio_plugin_home_ask (GrpcAioPluginHome *self,
                          const grpc_auth_metadata_context *core_context,
                          grpc_credentials_plugin_metadata_cb core_answer,
                          gpointer answer_data)
{
  GrpcAioAuthMetadataContext *context = g_object_new (GRPC_AIO_TYPE_AUTH_METADATA_CONTEXT, NULL);

  context->home = grpc_aio_plugin_home_ref (self);
  context->errand.run = on_errand;
  context->service_url = g_strdup (core_context->service_url);
  context->method_name = g_strdup (core_context->method_name);
  context->auth_context = grpc_aio_auth_context_new_for_core (core_context->channel_auth_context);
  context->answer = core_answer;
  context->answer_data = answer_data;

  grpc_aio_inbox_push (self->inbox, &context->errand);
}

/**
 * grpc_aio_auth_metadata_context_get_service_url:
 * @self: a request for metadata
 *
 * Gets the server and the service, such as
 * `https://example.org/package.Service`: the audience of a token.
 *
 * Returns: the URL
 *
 * Since: 0.1
 */
const char *
grpc_aio_auth_metadata_context_get_service_url (GrpcAioAuthMetadataContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_AUTH_METADATA_CONTEXT (self), NULL);

  return self->service_url;
}

/**
 * grpc_aio_auth_metadata_context_get_method_name:
 * @self: a request for metadata
 *
 * Gets the method, without its service.
 *
 * Returns: the name
 *
 * Since: 0.1
 */
const char *
grpc_aio_auth_metadata_context_get_method_name (GrpcAioAuthMetadataContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_AUTH_METADATA_CONTEXT (self), NULL);

  return self->method_name;
}

/**
 * grpc_aio_auth_metadata_context_get_auth_context:
 * @self: a request for metadata
 *
 * Gets what the connection tells about the server, such as its certificate.
 *
 * Returns: (transfer none): the properties of the connection
 *
 * Since: 0.1
 */
GrpcAioAuthContext *
grpc_aio_auth_metadata_context_get_auth_context (GrpcAioAuthMetadataContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_AUTH_METADATA_CONTEXT (self), NULL);

  return self->auth_context;
}

/**
 * grpc_aio_auth_metadata_context_complete:
 * @self: a request for metadata
 * @metadata: (nullable): what to send with the call, or `NULL` for nothing
 *
 * Answers the request: the call goes on with @metadata. Any thread may do this,
 * once.
 *
 * Since: 0.1
 */
void
grpc_aio_auth_metadata_context_complete (GrpcAioAuthMetadataContext *self,
                                         GrpcAioMetadata *metadata)
{
  g_autoptr (GrpcAioAuthMetadataContext) kept = NULL;

  g_return_if_fail (GRPC_AIO_IS_AUTH_METADATA_CONTEXT (self));

  kept = g_object_ref (self);
  if (!answer (self, metadata, NULL))
    g_critical ("The request for the metadata of %s/%s was answered before", self->service_url, self->method_name);
}

/**
 * grpc_aio_auth_metadata_context_complete_with_error:
 * @self: a request for metadata
 * @error: why there is no metadata
 *
 * Answers the request: the call fails with `GRPC_AIO_ERROR_UNAVAILABLE`, whatever
 * @error is, and with its message. Any thread may do this, once.
 *
 * Since: 0.1
 */
void
grpc_aio_auth_metadata_context_complete_with_error (GrpcAioAuthMetadataContext *self,
                                                    const GError *error)
{
  g_autoptr (GrpcAioAuthMetadataContext) kept = NULL;

  g_return_if_fail (GRPC_AIO_IS_AUTH_METADATA_CONTEXT (self));
  g_return_if_fail (error != NULL);

  kept = g_object_ref (self);
  if (!answer (self, NULL, error->message))
    g_critical ("The request for the metadata of %s/%s was answered before", self->service_url, self->method_name);
}
