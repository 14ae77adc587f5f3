/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Tells clients which services a server has, and what their messages are ("GRPC
 * Server Reflection Protocol", versions v1 and v1alpha, which differ in name). */

#include <grpc-aio-glib/grpc-aio-server.h>

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-message-pool.h>
#include <grpc-aio-glib/grpc-aio-protobuf.h>
#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>
#include <grpc-aio-glib/grpc-aio-service.h>
#include <grpc-aio-glib/grpc-aio-servicer-context.h>

#include "grpc/reflection/v1/reflection.pb-c.h"
#include "messages/grpc-aio-message-pool-private.h"
#include "server/grpc-aio-server-private.h"

#define REQUEST_CASE(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_REQUEST__MESSAGE_REQUEST_##name
#define RESPONSE_CASE(name) GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__MESSAGE_RESPONSE_##name

typedef Grpc__Reflection__V1__ServerReflectionRequest Request;
typedef Grpc__Reflection__V1__ServerReflectionResponse Response;

static const char *const services[] = {
  "grpc.reflection.v1.ServerReflection",
  "grpc.reflection.v1alpha.ServerReflection",
};

/* What a call of a client needs. */
typedef struct
{
  GrpcAioServicerContext *context;
  GrpcAioMessagePool *pool;
} Talk;

static void
talk_free (Talk *talk)
{
  g_object_unref (talk->context);
  g_object_unref (talk->pool);
  g_free (talk);
}

static GBytes *
pack_error (Response *response,
            GrpcAioStatusCode code,
            const char *message)
{
  Grpc__Reflection__V1__ErrorResponse error = GRPC__REFLECTION__V1__ERROR_RESPONSE__INIT;

  error.error_code = code;
  error.error_message = (char *) message;
  response->message_response_case = RESPONSE_CASE (ERROR_RESPONSE);
  response->error_response = &error;

  return grpc_aio_protobuf_pack (&response->base, NULL);
}

static GBytes *
pack_not_found (Response *response,
                const char *name)
{
  g_autofree char *message = g_strdup_printf (_("This server does not know “%s”"), name);

  return pack_error (response, GRPC_AIO_STATUS_CODE_NOT_FOUND, message);
}

/* Puts @file into @files, and after it all that it imports. */
static void
add_file (GrpcAioMessageFile *file,
          GHashTable *known,
          GPtrArray *files)
{
  if (!g_hash_table_add (known, file))
    return;

  g_ptr_array_add (files, file);
  for (guint i = 0; i < file->dependencies->len; i++)
    add_file (g_ptr_array_index (file->dependencies, i), known, files);
}

/* Answers with @file and all that it needs, so that the client asks once. */
static GBytes *
pack_files (Response *response,
            GrpcAioMessageFile *file)
{
  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);
  g_autoptr (GPtrArray) files = g_ptr_array_new ();
  Grpc__Reflection__V1__FileDescriptorResponse answer = GRPC__REFLECTION__V1__FILE_DESCRIPTOR_RESPONSE__INIT;
  g_autofree ProtobufCBinaryData *data = NULL;

  add_file (file, known, files);
  data = g_new0 (ProtobufCBinaryData, files->len);
  for (guint i = 0; i < files->len; i++)
    data[i].data = (guint8 *) g_bytes_get_data (((GrpcAioMessageFile *) g_ptr_array_index (files, i))->bytes, &data[i].len);
  answer.n_file_descriptor_proto = files->len;
  answer.file_descriptor_proto = data;
  response->message_response_case = RESPONSE_CASE (FILE_DESCRIPTOR_RESPONSE);
  response->file_descriptor_response = &answer;

  return grpc_aio_protobuf_pack (&response->base, NULL);
}

static GBytes *
pack_file (GrpcAioMessagePool *pool,
           Response *response,
           const char *name)
{
  GrpcAioMessageFile *file = grpc_aio_message_pool_find_file (pool, name);

  return file != NULL ? pack_files (response, file) : pack_not_found (response, name);
}

static GBytes *
pack_file_of_symbol (GrpcAioMessagePool *pool,
                     Response *response,
                     const char *name)
{
  GrpcAioSymbol *symbol = grpc_aio_message_pool_find_symbol (pool, name);

  /* Many files may share a package. */
  if (symbol == NULL || symbol->kind == GRPC_AIO_SYMBOL_PACKAGE)
    return pack_not_found (response, name);

  return pack_files (response, symbol->file);
}

static GBytes *
pack_extension (GrpcAioMessagePool *pool,
                Response *response,
                const Grpc__Reflection__V1__ExtensionRequest *request)
{
  GrpcAioMessageType *type = grpc_aio_message_pool_find_message (pool, request->containing_type);
  GrpcAioMessageField *extension = NULL;

  if (type != NULL && request->extension_number > 0)
    extension = grpc_aio_message_pool_find_extension_by_number (pool, type, (guint32) request->extension_number);
  if (extension == NULL)
    return pack_not_found (response, request->containing_type);

  return pack_file_of_symbol (pool, response, extension->full_name);
}

static GBytes *
pack_extension_numbers (GrpcAioMessagePool *pool,
                        Response *response,
                        const char *type_name)
{
  GrpcAioMessageType *type = grpc_aio_message_pool_find_message (pool, type_name);
  Grpc__Reflection__V1__ExtensionNumberResponse answer = GRPC__REFLECTION__V1__EXTENSION_NUMBER_RESPONSE__INIT;
  g_autoptr (GArray) numbers = NULL;

  if (type == NULL)
    return pack_not_found (response, type_name);

  numbers = grpc_aio_message_pool_dup_extension_numbers (pool, type);
  answer.base_type_name = (char *) type_name;
  answer.n_extension_number = numbers->len;
  answer.extension_number = (int32_t *) (gpointer) numbers->data;
  response->message_response_case = RESPONSE_CASE (ALL_EXTENSION_NUMBERS_RESPONSE);
  response->all_extension_numbers_response = &answer;

  return grpc_aio_protobuf_pack (&response->base, NULL);
}

static GBytes *
pack_services (GrpcAioServer *server,
               Response *response)
{
  Grpc__Reflection__V1__ListServiceResponse answer = GRPC__REFLECTION__V1__LIST_SERVICE_RESPONSE__INIT;
  GPtrArray *all = grpc_aio_server_get_services (server);
  g_autofree Grpc__Reflection__V1__ServiceResponse *names = g_new0 (Grpc__Reflection__V1__ServiceResponse, all->len);
  g_autofree Grpc__Reflection__V1__ServiceResponse **list = g_new0 (Grpc__Reflection__V1__ServiceResponse *, all->len);

  for (guint i = 0; i < all->len; i++)
    {
      grpc__reflection__v1__service_response__init (&names[i]);
      names[i].name = (char *) grpc_aio_service_get_name (g_ptr_array_index (all, i));
      list[i] = &names[i];
    }
  answer.n_service = all->len;
  answer.service = list;
  response->message_response_case = RESPONSE_CASE (LIST_SERVICES_RESPONSE);
  response->list_services_response = &answer;

  return grpc_aio_protobuf_pack (&response->base, NULL);
}

static GBytes *
answer (Talk *talk,
        Request *request)
{
  Response response = GRPC__REFLECTION__V1__SERVER_REFLECTION_RESPONSE__INIT;

  response.valid_host = request->host;
  response.original_request = request;

  switch ((gint) request->message_request_case)
    {
    case REQUEST_CASE (FILE_BY_FILENAME):
      return pack_file (talk->pool, &response, request->file_by_filename);

    case REQUEST_CASE (FILE_CONTAINING_SYMBOL):
      return pack_file_of_symbol (talk->pool, &response, request->file_containing_symbol);

    case REQUEST_CASE (FILE_CONTAINING_EXTENSION):
      return pack_extension (talk->pool, &response, request->file_containing_extension);

    case REQUEST_CASE (ALL_EXTENSION_NUMBERS_OF_TYPE):
      return pack_extension_numbers (talk->pool, &response, request->all_extension_numbers_of_type);

    case REQUEST_CASE (LIST_SERVICES):
      return pack_services (grpc_aio_servicer_context_get_server (talk->context), &response);

    default:
      return pack_error (&response, GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT, _("The request asks for nothing that is known"));
    }
}

static void on_request (GObject *source,
                        GAsyncResult *result,
                        gpointer user_data);

static void
on_answered (GObject *source,
             GAsyncResult *result,
             gpointer user_data)
{
  Talk *talk = user_data;

  if (grpc_aio_servicer_context_write_finish (talk->context, result, NULL))
    grpc_aio_servicer_context_read_async (talk->context, NULL, on_request, talk);
  else
    talk_free (talk);
}

static void
on_request (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  Talk *talk = user_data;
  g_autoptr (GBytes) bytes = NULL, response = NULL;
  g_autoptr (GError) error = NULL;
  ProtobufCMessage *request = NULL;

  bytes = grpc_aio_servicer_context_read_finish (talk->context, result, &error);
  if (bytes != NULL)
    request = grpc_aio_protobuf_unpack (&grpc__reflection__v1__server_reflection_request__descriptor, bytes, &error);
  if (request == NULL)
    {
      if (error != NULL)
        grpc_aio_servicer_context_complete_with_error (talk->context, error);
      else
        grpc_aio_servicer_context_complete (talk->context, NULL);
      talk_free (talk);
      return;
    }

  response = answer (talk, (Request *) request);
  protobuf_c_message_free_unpacked (request, NULL);
  grpc_aio_servicer_context_write_async (talk->context, response, NULL, on_answered, talk);
}

static void
handle_info (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Talk *talk = g_new0 (Talk, 1);

  talk->context = g_object_ref (context);
  talk->pool = g_object_ref (user_data);
  grpc_aio_servicer_context_read_async (context, NULL, on_request, talk);
}

/**
 * grpc_aio_server_add_reflection:
 * @self: a server that has not started
 * @pool: (nullable): what knows the server's messages, or `NULL` for the default
 *   pool
 *
 * Adds services that tell clients which services the server has, and what their
 * messages are.
 *
 * Versions `v1` and `v1alpha` of gRPC's server reflection are served. Do not add
 * them where clients should not learn what there is.
 *
 * Since: 0.1
 */
void
grpc_aio_server_add_reflection (GrpcAioServer *self,
                                GrpcAioMessagePool *pool)
{
  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (pool == NULL || GRPC_AIO_IS_MESSAGE_POOL (pool));

  if (pool == NULL)
    pool = grpc_aio_message_pool_get_default ();

  for (guint i = 0; i < G_N_ELEMENTS (services); i++)
    {
      g_autoptr (GrpcAioService) service = grpc_aio_service_new (services[i]);
      g_autoptr (GrpcAioRpcMethodHandler) handler =
          grpc_aio_rpc_method_handler_new_stream_stream (handle_info, g_object_ref (pool), g_object_unref);

      grpc_aio_service_add_method (service, "ServerReflectionInfo", handler);
      grpc_aio_server_add_service (self, service);
    }
}
