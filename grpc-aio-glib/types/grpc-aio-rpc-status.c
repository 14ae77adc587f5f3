/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "types/grpc-aio-rpc-status-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "types/grpc-aio-error-private.h"
#include "types/grpc-aio-google-rpc-private.h"

/**
 * GrpcAioRpcStatus:
 *
 * A status with details: the message `google.rpc.Status` of Google's API design
 * guide, which grpcio-status and other implementations of gRPC send beside the
 * status code.
 *
 * A detail is a packed message and the URL of its type, such as
 * `type.googleapis.com/google.rpc.RetryInfo`; the library does not look into it.
 *
 * A handler sends one as the error that
 * [func@Error.new_with_rpc_status] makes of it. A client takes it out of the
 * error of a failed call with [func@Error.dup_rpc_status], or out of the call
 * itself with [method@Call.dup_rpc_status].
 *
 * A status is not safe to change from several threads at once.
 *
 * Since: 0.1
 */
struct _GrpcAioRpcStatus
{
  gatomicrefcount refs;
  GrpcAioStatusCode code;
  char *message;
  GArray *details;
};

typedef struct
{
  char *type_url;
  GBytes *value;
} Detail;

#define TYPE_URL_PREFIX "type.googleapis.com/"

G_DEFINE_BOXED_TYPE (GrpcAioRpcStatus, grpc_aio_rpc_status, grpc_aio_rpc_status_ref, grpc_aio_rpc_status_unref)

static void
detail_clear (gpointer data)
{
  Detail *detail = data;

  g_free (detail->type_url);
  g_bytes_unref (detail->value);
}

static Detail *
get_nth (GrpcAioRpcStatus *self,
         guint index)
{
  return &g_array_index (self->details, Detail, index);
}

/* Consumes both. */
static void
append (GrpcAioRpcStatus *self,
        char *type_url,
        GBytes *value)
{
  const Detail detail = { type_url, value };

  g_array_append_val (self->details, detail);
}

static const char *
get_type_name (const char *type_url)
{
  const char *slash = strrchr (type_url, '/');

  return slash != NULL ? slash + 1 : type_url;
}

/* Adds it as the only one to @metadata. */
void
grpc_aio_rpc_status_add_to_metadata (GrpcAioRpcStatus *self,
                                     GrpcAioMetadata *metadata)
{
  g_autoptr (GBytes) bytes = grpc_aio_rpc_status_to_bytes (self);

  grpc_aio_metadata_remove (metadata, GRPC_AIO_RPC_STATUS_KEY);
  grpc_aio_metadata_append_bytes (metadata, GRPC_AIO_RPC_STATUS_KEY, bytes, NULL);
}

/* What came beside @code and @message: NULL without an error when nothing did.
 * A program may have put text before the message of an error. */
GrpcAioRpcStatus *
grpc_aio_rpc_status_new_from_metadata (GrpcAioMetadata *metadata,
                                       GrpcAioStatusCode code,
                                       const char *message,
                                       gboolean may_be_prefixed,
                                       GError **error)
{
  g_autoptr (GrpcAioRpcStatus) self = NULL;
  GBytes *bytes = metadata != NULL ? grpc_aio_metadata_get_bytes (metadata, GRPC_AIO_RPC_STATUS_KEY) : NULL;

  if (bytes == NULL)
    return NULL;

  self = grpc_aio_rpc_status_new_from_bytes (bytes, error);
  if (self == NULL)
    return NULL;

  if (self->code != code)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _("The status in “%s” has the code %s, but the call ended with %s"), GRPC_AIO_RPC_STATUS_KEY,
                   grpc_aio_status_code_to_string (self->code), grpc_aio_status_code_to_string (code));
      return NULL;
    }
  if (may_be_prefixed ? !g_str_has_suffix (message, self->message) : strcmp (message, self->message) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
                   _("The status in “%s” says “%s”, but the call ended with “%s”"), GRPC_AIO_RPC_STATUS_KEY,
                   self->message, message);
      return NULL;
    }

  return g_steal_pointer (&self);
}

/* A copy of @metadata, which may be NULL, with the details that @error has; NULL
 * when it has none that are fit to be sent. */
GrpcAioMetadata *
grpc_aio_rpc_status_move (const GError *error,
                          GrpcAioMetadata *metadata)
{
  g_autoptr (GrpcAioRpcStatus) self = grpc_aio_error_dup_rpc_status (error, NULL);
  GrpcAioMetadata *copy;

  if (self == NULL)
    return NULL;

  /* The message of the call is that of the error. */
  g_free (self->message);
  self->message = g_utf8_make_valid (error->message, -1);

  copy = metadata != NULL ? grpc_aio_metadata_copy (metadata) : grpc_aio_metadata_new ();
  grpc_aio_rpc_status_add_to_metadata (self, copy);

  return copy;
}

/**
 * grpc_aio_rpc_status_new:
 * @code: a status code
 * @message: (nullable): what to tell the developer at the other end, in English
 *   by convention, or `NULL` for nothing
 *
 * Creates a status without details.
 *
 * Returns: (transfer full): a new status
 *
 * Since: 0.1
 */
GrpcAioRpcStatus *
grpc_aio_rpc_status_new (GrpcAioStatusCode code,
                         const char *message)
{
  GrpcAioRpcStatus *self;

  g_return_val_if_fail (code >= GRPC_AIO_STATUS_CODE_OK && code <= GRPC_AIO_STATUS_CODE_UNAUTHENTICATED, NULL);
  g_return_val_if_fail (message == NULL || g_utf8_validate (message, -1, NULL), NULL);

  self = g_new0 (GrpcAioRpcStatus, 1);
  g_atomic_ref_count_init (&self->refs);
  self->code = code;
  self->message = g_strdup (message != NULL ? message : "");
  self->details = g_array_new (FALSE, FALSE, sizeof (Detail));
  g_array_set_clear_func (self->details, detail_clear);

  return self;
}

static void
set_no_status_error (GError **error,
                     const char *reason)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("These bytes are no google.rpc.Status: %s"), _(reason));
}

static gboolean
check_message (const GrpcAioGoogleStatus *message,
               GError **error)
{
  if (message->code < GRPC_AIO_STATUS_CODE_OK || message->code > GRPC_AIO_STATUS_CODE_UNAUTHENTICATED)
    {
      set_no_status_error (error, N_("its code does not exist"));
      return FALSE;
    }
  if (!g_utf8_validate (message->message, -1, NULL))
    {
      set_no_status_error (error, N_("its message is not UTF-8"));
      return FALSE;
    }
  for (size_t i = 0; i < message->n_details; i++)
    {
      if (!g_utf8_validate (message->details[i]->type_url, -1, NULL))
        {
          set_no_status_error (error, N_("the type of a detail is not UTF-8"));
          return FALSE;
        }
    }

  return TRUE;
}

/**
 * grpc_aio_rpc_status_new_from_bytes: (constructor)
 * @bytes: a packed `google.rpc.Status`
 * @error: where to put an error
 *
 * Unpacks a status. Bytes that are none, have a code that gRPC does not know or
 * text that is not UTF-8 fail with `G_IO_ERROR_INVALID_DATA`.
 *
 * Returns: (transfer full): a new status
 *
 * Since: 0.1
 */
GrpcAioRpcStatus *
grpc_aio_rpc_status_new_from_bytes (GBytes *bytes,
                                    GError **error)
{
  GrpcAioRpcStatus *self = NULL;
  GrpcAioGoogleStatus *message;
  gconstpointer data;
  gsize size;

  g_return_val_if_fail (bytes != NULL, NULL);

  data = g_bytes_get_data (bytes, &size);
  message = (GrpcAioGoogleStatus *) protobuf_c_message_unpack (&grpc_aio_google_status_descriptor, NULL, size, data);
  if (message == NULL)
    {
      set_no_status_error (error, N_("they are no protobuf message with its fields"));
      return NULL;
    }

  if (check_message (message, error))
    {
      self = grpc_aio_rpc_status_new ((GrpcAioStatusCode) message->code, message->message);
      for (size_t i = 0; i < message->n_details; i++)
        append (self, g_strdup (message->details[i]->type_url),
                g_bytes_new (message->details[i]->value.data, message->details[i]->value.len));
    }
  protobuf_c_message_free_unpacked (&message->base, NULL);

  return self;
}

/**
 * grpc_aio_rpc_status_ref: (skip)
 * @self: a status
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
GrpcAioRpcStatus *
grpc_aio_rpc_status_ref (GrpcAioRpcStatus *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);

  return self;
}

/**
 * grpc_aio_rpc_status_unref: (skip)
 * @self: (transfer full): a status
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
grpc_aio_rpc_status_unref (GrpcAioRpcStatus *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_array_unref (self->details);
  g_free (self->message);
  g_free (self);
}

/**
 * grpc_aio_rpc_status_get_code:
 * @self: a status
 *
 * Gets the status code.
 *
 * Returns: the code
 *
 * Since: 0.1
 */
GrpcAioStatusCode
grpc_aio_rpc_status_get_code (GrpcAioRpcStatus *self)
{
  g_return_val_if_fail (self != NULL, GRPC_AIO_STATUS_CODE_UNKNOWN);

  return self->code;
}

/**
 * grpc_aio_rpc_status_get_message:
 * @self: a status
 *
 * Gets the message for the developer.
 *
 * Returns: the message; empty for none
 *
 * Since: 0.1
 */
const char *
grpc_aio_rpc_status_get_message (GrpcAioRpcStatus *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->message;
}

/**
 * grpc_aio_rpc_status_add_detail:
 * @self: a status
 * @type: the full name of a message, such as `google.rpc.RetryInfo`, or a type
 *   URL, which has a `/`
 * @value: the packed message
 *
 * Adds a detail. A name gets the usual `type.googleapis.com/` before it.
 *
 * All of a status has to fit into metadata, of which most peers accept 8 KiB.
 *
 * Since: 0.1
 */
void
grpc_aio_rpc_status_add_detail (GrpcAioRpcStatus *self,
                                const char *type,
                                GBytes *value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (type != NULL && *type != '\0' && g_utf8_validate (type, -1, NULL));
  g_return_if_fail (value != NULL);

  append (self,
          strchr (type, '/') != NULL ? g_strdup (type) : g_strconcat (TYPE_URL_PREFIX, type, NULL),
          g_bytes_ref (value));
}

/**
 * grpc_aio_rpc_status_get_n_details:
 * @self: a status
 *
 * Gets how many details there are.
 *
 * Returns: the number
 *
 * Since: 0.1
 */
guint
grpc_aio_rpc_status_get_n_details (GrpcAioRpcStatus *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->details->len;
}

/**
 * grpc_aio_rpc_status_get_nth_type_url:
 * @self: a status
 * @index: which detail, from 0
 *
 * Gets the type of a detail.
 *
 * Returns: the URL, such as `type.googleapis.com/google.rpc.RetryInfo`
 *
 * Since: 0.1
 */
const char *
grpc_aio_rpc_status_get_nth_type_url (GrpcAioRpcStatus *self,
                                      guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->details->len, NULL);

  return get_nth (self, index)->type_url;
}

/**
 * grpc_aio_rpc_status_get_nth_value:
 * @self: a status
 * @index: which detail, from 0
 *
 * Gets the packed message of a detail.
 *
 * Returns: (transfer none): the bytes
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_rpc_status_get_nth_value (GrpcAioRpcStatus *self,
                                   guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->details->len, NULL);

  return get_nth (self, index)->value;
}

/**
 * grpc_aio_rpc_status_find_detail:
 * @self: a status
 * @type: the full name of a message, such as `google.rpc.RetryInfo`, or a type
 *   URL
 *
 * Gets the first detail of a type. What stands before the last `/` of a type URL
 * does not count.
 *
 * Returns: (transfer none) (nullable): the packed message, or `NULL` if there is
 *   none
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_rpc_status_find_detail (GrpcAioRpcStatus *self,
                                 const char *type)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (type != NULL, NULL);

  for (guint i = 0; i < self->details->len; i++)
    {
      const Detail *detail = get_nth (self, i);

      if (strcmp (get_type_name (detail->type_url), get_type_name (type)) == 0)
        return detail->value;
    }

  return NULL;
}

/**
 * grpc_aio_rpc_status_to_bytes:
 * @self: a status
 *
 * Packs a status.
 *
 * Returns: (transfer full): a packed `google.rpc.Status`
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_rpc_status_to_bytes (GrpcAioRpcStatus *self)
{
  g_autofree GrpcAioGoogleAny *anys = NULL;
  g_autofree GrpcAioGoogleAny **details = NULL;
  GrpcAioGoogleStatus message = { { &grpc_aio_google_status_descriptor } };
  guint8 *data;
  gsize size;

  g_return_val_if_fail (self != NULL, NULL);

  anys = g_new0 (GrpcAioGoogleAny, self->details->len);
  details = g_new0 (GrpcAioGoogleAny *, self->details->len);
  for (guint i = 0; i < self->details->len; i++)
    {
      const Detail *detail = get_nth (self, i);

      anys[i].base.descriptor = &grpc_aio_google_any_descriptor;
      anys[i].type_url = detail->type_url;
      anys[i].value.data = (guint8 *) g_bytes_get_data (detail->value, &anys[i].value.len);
      details[i] = &anys[i];
    }
  message.code = self->code;
  message.message = self->message;
  message.n_details = self->details->len;
  message.details = details;

  size = protobuf_c_message_get_packed_size (&message.base);
  data = g_malloc (size);
  protobuf_c_message_pack (&message.base, data);

  return g_bytes_new_take (data, size);
}
