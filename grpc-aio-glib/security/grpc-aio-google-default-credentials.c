/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Credentials for channels to services of Google. */

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-core-private.h"
#include "security/grpc-aio-call-credentials-private.h"
#include "security/grpc-aio-channel-credentials-private.h"
#include "security/grpc-aio-credentials-json-private.h"

#define WELL_KNOWN_FILE ".config/gcloud/application_default_credentials.json"

/* grpc-core does not say what is wrong with a file, and makes credentials of one
 * whose key cannot be read. */
static gboolean
check_file (const char *path,
            GError **error)
{
  g_autofree char *json = NULL;
  g_autoptr (GError) problem = NULL;

  if (g_file_get_contents (path, &json, NULL, &problem) && grpc_aio_credentials_json_check_any (json, &problem))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _("The Google credentials in %s cannot be used: %s"), path, problem->message);

  return FALSE;
}

/* Blocks: reads files, and looks for a metadata server in the network. */
static GrpcAioChannelCredentials *
create (GError **error)
{
  g_autoptr (GrpcAioChannelCredentials) self = NULL;
  g_autofree char *well_known = NULL;
  grpc_channel_credentials *core;
  const char *named = g_getenv (GRPC_GOOGLE_CREDENTIALS_ENV_VAR);

  /* As grpc-core does, which knows of no other home. */
  well_known = g_build_filename (g_getenv ("HOME") != NULL ? g_getenv ("HOME") : "", WELL_KNOWN_FILE, NULL);
  if (named == NULL && !g_file_test (well_known, G_FILE_TEST_EXISTS))
    g_clear_pointer (&well_known, g_free);

  if (!grpc_aio_core_is_usable ())
    {
      g_propagate_error (error, grpc_aio_core_new_forked_error ());
      return NULL;
    }
  if ((named != NULL || well_known != NULL) && !check_file (named != NULL ? named : well_known, error))
    return NULL;

  self = g_object_new (GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, NULL);
  core = grpc_google_default_credentials_create (NULL);
  if (core != NULL)
    {
      grpc_aio_channel_credentials_take_core (self, core);
      return g_steal_pointer (&self);
    }

  if (named != NULL || well_known != NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("The Google credentials in %s cannot be used: %s"), named != NULL ? named : well_known,
                 _("grpc-core does not take these credentials; GRPC_VERBOSITY=error shows why"));
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND,
                 _("There are no Google credentials: %s does not name a file, there is no file ~/%s, and this is no virtual machine of Google Cloud"),
                 GRPC_GOOGLE_CREDENTIALS_ENV_VAR, WELL_KNOWN_FILE);

  return NULL;
}

/**
 * grpc_aio_channel_credentials_new_compute_engine: (constructor)
 * @call_credentials: (nullable): the credentials of the virtual machine's own
 *   service account, made by [ctor@CallCredentials.new_compute_engine] or
 *   [ctor@CallCredentials.new_plugin], or `NULL` for the first of these
 * @error: return location for an error
 *
 * Creates credentials for services of Google, to be used on virtual machines of
 * Google Cloud: TLS, or ALTS where the service is reached directly, and a token
 * of the machine's service account with each call.
 *
 * Other kinds of @call_credentials are refused with `G_IO_ERROR_NOT_SUPPORTED`.
 *
 * gRPC Python calls this `compute_engine_channel_credentials ()`.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_compute_engine (GrpcAioCallCredentials *call_credentials,
                                                 GError **error)
{
  g_autoptr (GrpcAioCallCredentials) own = NULL;
  GrpcAioChannelCredentials *self;
  grpc_call_credentials *call_core;

  g_return_val_if_fail (call_credentials == NULL || GRPC_AIO_IS_CALL_CREDENTIALS (call_credentials), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (call_credentials == NULL)
    call_credentials = own = grpc_aio_call_credentials_new_compute_engine ();

  call_core = grpc_aio_call_credentials_create_core (call_credentials);
  if (call_core == NULL)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                           _("Channels on Google Cloud take credentials of the Compute Engine or of a plugin only"));
      return NULL;
    }

  self = g_object_new (GRPC_AIO_TYPE_CHANNEL_CREDENTIALS, NULL);
  grpc_aio_channel_credentials_take_core (self, grpc_google_default_credentials_create (call_core));

  return self;
}

static void
create_in_thread (GTask *task,
                  gpointer source,
                  gpointer data,
                  GCancellable *cancellable)
{
  GError *error = NULL;
  GrpcAioChannelCredentials *self = create (&error);

  if (self != NULL)
    g_task_return_pointer (task, self, g_object_unref);
  else
    g_task_return_error (task, error);
}

/**
 * grpc_aio_channel_credentials_new_google_default_async:
 * @cancellable: (nullable): a way to give up
 * @callback: (scope async): called once there are credentials, or none
 * @user_data: data for @callback
 *
 * Finds the credentials that this machine has for services of Google
 * ("Application Default Credentials"): those in the file that the environment
 * variable `GOOGLE_APPLICATION_CREDENTIALS` names, those that the `gcloud`
 * command keeps, or those of a virtual machine of Google Cloud.
 *
 * A file that is there but cannot be used is an error, `G_IO_ERROR_INVALID_ARGUMENT`.
 * No credentials at all are `G_IO_ERROR_NOT_FOUND`; to know this takes up to some
 * seconds. A thread does it all, so nothing waits meanwhile.
 *
 * Do not use these credentials for services of others: they would get a token
 * for Google's.
 *
 * Since: 0.1
 */
void
grpc_aio_channel_credentials_new_google_default_async (GCancellable *cancellable,
                                                       GAsyncReadyCallback callback,
                                                       gpointer user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  task = g_task_new (NULL, cancellable, callback, user_data);
  g_task_set_source_tag (task, grpc_aio_channel_credentials_new_google_default_async);
  if (g_task_return_error_if_cancelled (task))
    return;

  g_task_set_return_on_cancel (task, TRUE);
  g_task_run_in_thread (task, create_in_thread);
}

/**
 * grpc_aio_channel_credentials_new_google_default_finish: (constructor)
 * @result: what the callback got
 * @error: return location for an error
 *
 * Finishes what [func@ChannelCredentials.new_google_default_async] began.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_google_default_finish (GAsyncResult *result,
                                                        GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, NULL), NULL);
  g_return_val_if_fail (g_async_result_is_tagged (result, grpc_aio_channel_credentials_new_google_default_async), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * grpc_aio_channel_credentials_new_google_default_sync: (constructor)
 * @cancellable: (nullable): a way to give up before it begins
 * @error: return location for an error
 *
 * Finds the credentials that this machine has for services of Google. The
 * blocking version of [func@ChannelCredentials.new_google_default_async].
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioChannelCredentials *
grpc_aio_channel_credentials_new_google_default_sync (GCancellable *cancellable,
                                                      GError **error)
{
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (g_cancellable_set_error_if_cancelled (cancellable, error))
    return NULL;

  return create (error);
}
