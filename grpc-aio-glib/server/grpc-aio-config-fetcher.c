/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What an xDS control plane tells a server to do, and how that is told to the
 * program. */

#include "server/grpc-aio-config-fetcher-private.h"

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-core-private.h"

/* grpc-core may report after it has given back the server: it gets a number that
 * is looked up, not a pointer. */
typedef struct
{
  GWeakRef server;
  GrpcAioServingStatusFunc func;
  GMainContext *context;
} Listener;

typedef struct
{
  guint id;
  char *address;
  GrpcAioStatusCode code;
  char *message;
} Report;

static GMutex listeners_lock;
static GHashTable *listeners; /* with the lock; number → Listener */
static guint last_id;         /* with the lock */

static void
listener_free (gpointer data)
{
  Listener *listener = data;

  g_weak_ref_clear (&listener->server);
  g_main_context_unref (listener->context);
  g_free (listener);
}

static void
report_free (gpointer data)
{
  Report *report = data;

  g_free (report->address);
  g_free (report->message);
  g_free (report);
}

static gboolean
on_report (gpointer data)
{
  const Report *report = data;
  g_autoptr (GrpcAioServer) server = NULL;
  GrpcAioServingStatusFunc func = NULL;
  Listener *listener;

  g_mutex_lock (&listeners_lock);
  listener = g_hash_table_lookup (listeners, GUINT_TO_POINTER (report->id));
  if (listener != NULL)
    {
      server = g_weak_ref_get (&listener->server);
      func = listener->func;
    }
  g_mutex_unlock (&listeners_lock);

  if (server != NULL)
    func (server, report->address, report->code, report->message);

  return G_SOURCE_REMOVE;
}

/* Runs on threads of grpc-core, which may hold locks of its own. */
static void
on_serving_status (void *user_data,
                   const char *address,
                   grpc_serving_status_update update)
{
  guint id = GPOINTER_TO_UINT (user_data);
  Listener *listener;

  g_mutex_lock (&listeners_lock);
  listener = g_hash_table_lookup (listeners, user_data);
  if (listener != NULL)
    {
      g_autoptr (GSource) source = g_idle_source_new ();
      Report *report = g_new (Report, 1);

      report->id = id;
      report->address = g_utf8_make_valid (address, -1);
      report->code = (GrpcAioStatusCode) update.code;
      report->message = update.error_message != NULL ? g_utf8_make_valid (update.error_message, -1) : g_strdup ("");
      g_source_set_priority (source, G_PRIORITY_DEFAULT);
      g_source_set_static_name (source, "grpc-aio-serving-status");
      g_source_set_callback (source, on_report, report, report_free);
      g_source_attach (source, listener->context);
    }
  g_mutex_unlock (&listeners_lock);
}

/* grpc-core takes what it returns. */
grpc_server_config_fetcher *
grpc_aio_config_fetcher_new (GrpcAioServer *server,
                             GrpcAioServingStatusFunc func,
                             const grpc_channel_args *args,
                             guint *id,
                             GError **error)
{
  Listener *listener = g_new (Listener, 1);
  grpc_server_xds_status_notifier notifier = { .on_serving_status_update = on_serving_status };
  grpc_server_config_fetcher *fetcher;
  g_autofree char *reason = NULL;

  g_weak_ref_init (&listener->server, server);
  listener->func = func;
  listener->context = g_main_context_ref_thread_default ();

  g_mutex_lock (&listeners_lock);
  if (listeners == NULL)
    listeners = g_hash_table_new_full (NULL, NULL, NULL, listener_free);
  *id = ++last_id;
  g_hash_table_insert (listeners, GUINT_TO_POINTER (*id), listener);
  g_mutex_unlock (&listeners_lock);

  notifier.user_data = GUINT_TO_POINTER (*id);
  grpc_aio_core_take_errors (&reason);
  fetcher = grpc_server_config_fetcher_xds_create (notifier, args);
  grpc_aio_core_take_errors (NULL);

  if (fetcher == NULL)
    {
      grpc_aio_config_fetcher_forget (*id);
      *id = 0;
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _("The server cannot use xDS: %s"),
                   reason != NULL ? reason : _("its bootstrap configuration (GRPC_XDS_BOOTSTRAP) is missing or wrong"));
    }

  return fetcher;
}

void
grpc_aio_config_fetcher_forget (guint id)
{
  g_mutex_lock (&listeners_lock);
  g_hash_table_remove (listeners, GUINT_TO_POINTER (id));
  g_mutex_unlock (&listeners_lock);
}
