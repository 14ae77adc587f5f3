/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Fills a pool with what a server says of its messages ("GRPC Server Reflection
 * Protocol"): asks for one file after the other, until nothing is missing. */

#include <grpc-aio-glib/grpc-aio-message-pool.h>

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-call.h>
#include <grpc-aio-glib/grpc-aio-channel.h>
#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-multi-callable.h>
#include <grpc-aio-glib/grpc-aio-protobuf.h>

#include "engine/grpc-aio-operation-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "google/protobuf/descriptor.pb-c.h"
#include "grpc/reflection/v1/reflection.pb-c.h"

/* What a server may send before it is not believed. */
#define MAX_FILES 10000
#define MAX_SIZE (64 * 1024 * 1024)

#define REQUEST_CASE(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##name
#define RESPONSE_CASE(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##name

typedef Grpc__Reflection__V1__ServerReflectionRequest Request;
typedef Grpc__Reflection__V1__ServerReflectionResponse Response;

/* The last version first. A server may know only one of them. */
static const char *const methods[] = {
  "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
  "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo",
};

/* One question. */
typedef struct
{
  guint request_case;
  char *text;
  gboolean is_optional; /* the server may not know it */
} Want;

typedef struct
{
  GrpcAioMessagePool *pool;
  GrpcAioChannel *channel;
  char *symbol; /* NULL for all services */
  GCancellable *cancellable;
  GrpcAioOperation *operation;

  guint version;
  GrpcAioCall *call;
  GQueue wants;
  Want *current;
  GHashTable *asked; /* names of files */
  GHashTable *files; /* name → bytes */
  GByteArray *set;   /* the same, as a FileDescriptorSet */
} Fetch;

static void
want_free (Want *want)
{
  if (want == NULL)
    return;

  g_free (want->text);
  g_free (want);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Want, want_free)

static void
forget (Fetch *fetch)
{
  g_clear_object (&fetch->call);
  g_clear_pointer (&fetch->current, want_free);
  g_queue_clear_full (&fetch->wants, (GDestroyNotify) want_free);
  g_hash_table_remove_all (fetch->asked);
  g_hash_table_remove_all (fetch->files);
  g_byte_array_set_size (fetch->set, 0);
}

static void
fetch_free (Fetch *fetch)
{
  forget (fetch);
  g_hash_table_unref (fetch->asked);
  g_hash_table_unref (fetch->files);
  g_byte_array_unref (fetch->set);
  g_object_unref (fetch->pool);
  g_object_unref (fetch->channel);
  g_clear_object (&fetch->cancellable);
  g_free (fetch->symbol);
  g_free (fetch);
}

static void
fail (Fetch *fetch,
      GError *error)
{
  GrpcAioOperation *operation = g_steal_pointer (&fetch->operation);

  if (fetch->call != NULL)
    grpc_aio_call_cancel (fetch->call);
  fetch_free (fetch);
  grpc_aio_operation_return_error (operation, error);
}

static void
want (Fetch *fetch,
      guint request_case,
      const char *text,
      gboolean is_optional)
{
  Want *new_want = g_new0 (Want, 1);

  new_want->request_case = request_case;
  new_want->text = g_strdup (text);
  new_want->is_optional = is_optional;
  g_queue_push_tail (&fetch->wants, new_want);
}

static gboolean
has_file (GrpcAioMessagePool *pool,
          const char *name)
{
  g_autoptr (GBytes) known = grpc_aio_message_pool_dup_file_descriptor (pool, name);

  return known != NULL;
}

/* Whether nobody needs to ask for the file @name any more. */
static gboolean
is_known (Fetch *fetch,
          const char *name)
{
  return g_hash_table_contains (fetch->files, name) ||
         has_file (fetch->pool, name) ||
         has_file (grpc_aio_message_pool_get_default (), name);
}

/* Puts @file, a FileDescriptorProto, into the set. */
static void
append_to_set (GByteArray *set,
               const ProtobufCBinaryData *file)
{
  const guint8 tag = (1 << 3) | 2;
  guint8 length[10];
  gsize rest = file->len;
  guint n = 0;

  do
    {
      length[n++] = (guint8) ((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
      rest >>= 7;
    }
  while (rest > 0);

  g_byte_array_append (set, &tag, 1);
  g_byte_array_append (set, length, n);
  g_byte_array_append (set, file->data, (guint) file->len);
}

static gboolean
take_file (Fetch *fetch,
           const ProtobufCBinaryData *data,
           GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data->data, data->len);
  Google__Protobuf__FileDescriptorProto *file;

  if (data->len > MAX_SIZE - fetch->set->len || g_hash_table_size (fetch->files) >= MAX_FILES)
    {
      g_set_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_RESOURCE_EXHAUSTED,
                   _("The server describes itself with more than %d files or %d bytes"), MAX_FILES, MAX_SIZE);
      return FALSE;
    }

  file = (Google__Protobuf__FileDescriptorProto *)
      grpc_aio_protobuf_unpack (&google__protobuf__file_descriptor_proto__descriptor, bytes, error);
  if (file == NULL)
    {
      g_prefix_error (error, _("The server described “%s” by something that is no file: "), fetch->current->text);
      return FALSE;
    }

  if (file->name != NULL && !is_known (fetch, file->name))
    {
      g_hash_table_insert (fetch->files, g_strdup (file->name), g_bytes_ref (bytes));
      append_to_set (fetch->set, data);
      for (gsize i = 0; i < file->n_dependency; i++)
        {
          const char *name = file->dependency[i];

          if (!is_known (fetch, name) && g_hash_table_add (fetch->asked, g_strdup (name)))
            want (fetch, REQUEST_CASE (FILE_BY_FILENAME), name, FALSE);
        }
    }
  protobuf_c_message_free_unpacked (&file->base, NULL);

  return TRUE;
}

static gboolean
take_error (Fetch *fetch,
            const Grpc__Reflection__V1__ErrorResponse *response,
            GError **error)
{
  gint code = response->error_code;

  if (fetch->current->is_optional)
    return TRUE;

  if (code <= GRPC_AIO_STATUS_CODE_OK || code > GRPC_AIO_STATUS_CODE_UNAUTHENTICATED)
    code = GRPC_AIO_STATUS_CODE_UNKNOWN;
  g_set_error (error, GRPC_AIO_ERROR, code, _("The server does not describe “%s”: %s"),
               fetch->current->text, response->error_message);

  return FALSE;
}

static gboolean
take_response (Fetch *fetch,
               const Response *response,
               GError **error)
{
  switch ((gint) response->message_response_case)
    {
    case RESPONSE_CASE (FILE_DESCRIPTOR_RESPONSE):
      for (gsize i = 0; i < response->file_descriptor_response->n_file_descriptor_proto; i++)
        {
          if (!take_file (fetch, &response->file_descriptor_response->file_descriptor_proto[i], error))
            return FALSE;
        }
      return TRUE;

    case RESPONSE_CASE (LIST_SERVICES_RESPONSE):
      /* Reflection serves those, too, but may not describe itself. */
      for (gsize i = 0; i < response->list_services_response->n_service; i++)
        want (fetch, REQUEST_CASE (FILE_CONTAINING_SYMBOL), response->list_services_response->service[i]->name, TRUE);
      return TRUE;

    case RESPONSE_CASE (ERROR_RESPONSE):
      return take_error (fetch, response->error_response, error);

    default:
      g_set_error_literal (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL,
                           _("The server answered a question about its messages with something else"));
      return FALSE;
    }
}

static void begin (Fetch *fetch);
static void ask_next (Fetch *fetch);

static void
on_answer (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  Fetch *fetch = user_data;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  ProtobufCMessage *response;
  gboolean is_right;

  bytes = grpc_aio_call_read_finish (GRPC_AIO_CALL (source), result, &error);
  if (bytes == NULL && error == NULL)
    error = g_error_new_literal (GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL,
                                 _("The server stopped answering questions about its messages"));
  if (g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED) && fetch->version + 1 < G_N_ELEMENTS (methods))
    {
      fetch->version++;
      begin (fetch);
      return;
    }
  if (error != NULL)
    {
      if (g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNIMPLEMENTED))
        g_prefix_error (&error, _("The server has no reflection: "));
      fail (fetch, g_steal_pointer (&error));
      return;
    }

  response = grpc_aio_protobuf_unpack (&grpc__reflection__v1__server_reflection_response__descriptor, bytes, &error);
  is_right = response != NULL && take_response (fetch, (Response *) response, &error);
  if (response != NULL)
    protobuf_c_message_free_unpacked (response, NULL);

  if (is_right)
    ask_next (fetch);
  else
    fail (fetch, g_steal_pointer (&error));
}

/* The answer to a question that could not be sent says why, too. */
static void
on_asked (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  Fetch *fetch = user_data;

  grpc_aio_call_write_finish (GRPC_AIO_CALL (source), result, NULL);
  grpc_aio_call_read_async (fetch->call, fetch->cancellable, on_answer, fetch);
}

/* After the last message comes the end, or what went wrong is of no interest. */
static void
on_end (GObject *source,
        GAsyncResult *result,
        gpointer user_data)
{
  Fetch *fetch = user_data;
  GrpcAioOperation *operation;
  g_autoptr (GBytes) set = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_call_status_finish (GRPC_AIO_CALL (source), result, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      fail (fetch, g_steal_pointer (&error));
      return;
    }
  g_clear_error (&error);

  set = g_byte_array_free_to_bytes (g_steal_pointer (&fetch->set));
  fetch->set = g_byte_array_new ();
  if (g_bytes_get_size (set) > 0 && !grpc_aio_message_pool_add_bytes (fetch->pool, set, &error))
    {
      fail (fetch, g_error_new (GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL, _("The server describes itself wrongly: %s"), error->message));
      return;
    }

  operation = g_steal_pointer (&fetch->operation);
  fetch_free (fetch);
  grpc_aio_operation_return_number (operation, TRUE);
}

static void
on_done_writing (GObject *source,
                 GAsyncResult *result,
                 gpointer user_data)
{
  Fetch *fetch = user_data;

  grpc_aio_call_done_writing_finish (GRPC_AIO_CALL (source), result, NULL);
  grpc_aio_call_status_async (fetch->call, fetch->cancellable, on_end, fetch);
}

static void
ask_next (Fetch *fetch)
{
  Request request = GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__INIT;
  g_autoptr (GBytes) bytes = NULL;

  g_clear_pointer (&fetch->current, want_free);
  fetch->current = g_queue_pop_head (&fetch->wants);
  if (fetch->current == NULL)
    {
      grpc_aio_call_done_writing_async (fetch->call, fetch->cancellable, on_done_writing, fetch);
      return;
    }

  request.message_request_case = (Grpc__Reflection__V1__ServerReflectionRequest__MessageRequestCase) fetch->current->request_case;
  /* All that is asked for here is a text, in the same place. */
  request.file_by_filename = fetch->current->text;
  bytes = grpc_aio_protobuf_pack (&request.base, NULL);
  grpc_aio_call_write_async (fetch->call, bytes, fetch->cancellable, on_asked, fetch);
}

static void
begin (Fetch *fetch)
{
  g_autoptr (GrpcAioMultiCallable) method = grpc_aio_channel_stream_stream (fetch->channel, methods[fetch->version]);

  forget (fetch);
  if (fetch->symbol != NULL)
    want (fetch, REQUEST_CASE (FILE_CONTAINING_SYMBOL), fetch->symbol, FALSE);
  else
    want (fetch, REQUEST_CASE (LIST_SERVICES), "*", FALSE);

  fetch->call = grpc_aio_multi_callable_call (method, NULL, NULL);
  ask_next (fetch);
}

/**
 * grpc_aio_message_pool_add_from_channel_async:
 * @self: a pool
 * @channel: a channel to a server with reflection
 * @symbol: (nullable): the full name of a service, a method, a message or an
 *   enum; or `NULL` for all services
 * @cancellable: (nullable): a way to stop
 * @callback: (scope async): called once the pool has what was asked for
 * @user_data: data for @callback
 *
 * Adds what a server tells of its messages and services, with all that those
 * need.
 *
 * Version `v1` of gRPC's server reflection is tried first, then `v1alpha`. What
 * the pool, or the default one, knows already is not asked for.
 *
 * Since: 0.1
 */
void
grpc_aio_message_pool_add_from_channel_async (GrpcAioMessagePool *self,
                                              GrpcAioChannel *channel,
                                              const char *symbol,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback,
                                              gpointer user_data)
{
  Fetch *fetch;

  g_return_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self));
  g_return_if_fail (GRPC_AIO_IS_CHANNEL (channel));
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  fetch = g_new0 (Fetch, 1);
  fetch->operation = grpc_aio_operation_new (GRPC_AIO_WAIT_OTHER, self, grpc_aio_message_pool_add_from_channel_async,
                                             cancellable, callback, user_data);
  fetch->pool = g_object_ref (self);
  fetch->channel = g_object_ref (channel);
  fetch->symbol = g_strdup (symbol);
  g_set_object (&fetch->cancellable, cancellable);
  fetch->asked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  fetch->files = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  fetch->set = g_byte_array_new ();

  begin (fetch);
}

/**
 * grpc_aio_message_pool_add_from_channel_finish:
 * @self: a pool
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@MessagePool.add_from_channel_async].
 *
 * It fails with `GRPC_AIO_ERROR_UNIMPLEMENTED` when the server has no reflection,
 * with `GRPC_AIO_ERROR_NOT_FOUND` when it does not know the symbol, and as other
 * calls do. Then the pool is as it was before.
 *
 * Returns: whether the pool has what was asked for
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_pool_add_from_channel_finish (GrpcAioMessagePool *self,
                                               GAsyncResult *result,
                                               GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_message_pool_add_from_channel_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_message_pool_add_from_channel_sync:
 * @self: a pool
 * @channel: a channel to a server with reflection
 * @symbol: (nullable): the full name of a service, a method, a message or an
 *   enum; or `NULL` for all services
 * @cancellable: (nullable): a way to stop
 * @error: where to put an error
 *
 * Blocks until the pool has what a server tells of its messages and services.
 *
 * Returns: whether the pool has what was asked for
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_pool_add_from_channel_sync (GrpcAioMessagePool *self,
                                             GrpcAioChannel *channel,
                                             const char *symbol,
                                             GCancellable *cancellable,
                                             GError **error)
{
  g_auto (GrpcAioSync) sync = { NULL };

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), FALSE);
  g_return_val_if_fail (GRPC_AIO_IS_CHANNEL (channel), FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  sync = grpc_aio_sync_begin_whole ();
  grpc_aio_message_pool_add_from_channel_async (self, channel, symbol, cancellable, grpc_aio_sync_ready, &sync);

  return grpc_aio_message_pool_add_from_channel_finish (self, grpc_aio_sync_wait (&sync), error);
}
