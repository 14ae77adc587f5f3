/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A target of libFuzzer: the first byte says which message, the others are it. */

#include "fuzz.h"

static const char *const types[] = {
  "google.protobuf.FileDescriptorProto",
  "google.protobuf.Struct",
  "google.rpc.Status",
  "test.three.Scalars",
  "test.three.Optionals",
  "test.three.Repeated",
  "test.three.Maps",
  "test.three.Choice",
  "test.three.Tree",
  "test.three.Mixed",
  "test.two.Defaults",
  "test.two.Required",
  "test.two.Groups",
  "test.two.Lists",
  "test.two.Extendable",
  "test.two.OldSet",
};

static const char *const extensions[] = {
  "test.two.Content.content",
  "test.two.number",
  "test.two.text",
  "test.two.numbers",
  "test.two.texts",
  "test.two.contents",
  "test.two.grouped",
};

static GrpcAioMessagePool *pool;

int
LLVMFuzzerInitialize (int *argc,
                      char ***argv)
{
  const char *filename = g_getenv ("GRPC_AIO_FUZZ_PROTOS");
  g_autoptr (GError) error = NULL;

  pool = grpc_aio_message_pool_new ();
  if (filename == NULL || !grpc_aio_message_pool_add_file (pool, filename, &error))
    g_error ("GRPC_AIO_FUZZ_PROTOS does not name the messages to try: %s", error != NULL ? error->message : "it is not set");

  return 0;
}

/* Makes an object of everything. */
static void
read_all (GrpcAioMessage *message)
{
  guint n;
  g_autofree GParamSpec **pspecs = g_object_class_list_properties (G_OBJECT_GET_CLASS (message), &n);

  for (guint i = 0; i < n; i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      g_object_get_property (G_OBJECT (message), pspecs[i]->name, &value);
      if (G_VALUE_HOLDS (&value, GRPC_AIO_TYPE_MESSAGE) && g_value_get_object (&value) != NULL)
        read_all (g_value_get_object (&value));
      for (guint j = 0; G_VALUE_HOLDS (&value, G_TYPE_LIST_MODEL) && j < g_list_model_get_n_items (g_value_get_object (&value)); j++)
        {
          g_autoptr (GrpcAioMessage) item = g_list_model_get_item (g_value_get_object (&value), j);

          read_all (item);
        }
      if ((pspecs[i]->flags & G_PARAM_WRITABLE) != 0)
        g_object_set_property (G_OBJECT (message), pspecs[i]->name, &value);
    }
}

static void
read_extensions (GrpcAioMessage *message)
{
  for (guint i = 0; i < G_N_ELEMENTS (extensions); i++)
    {
      g_auto (GValue) value = G_VALUE_INIT;

      grpc_aio_message_has_extension (message, extensions[i]);
      grpc_aio_message_get_extension (message, extensions[i], &value, NULL);
      if (G_IS_VALUE (&value))
        grpc_aio_message_set_extension (message, extensions[i], &value, NULL);
    }
}

static void
use (GrpcAioMessage *message)
{
  g_autoptr (GBytes) bytes = grpc_aio_message_to_bytes (message, NULL);
  g_autoptr (GrpcAioMessage) again = NULL;
  g_autoptr (GrpcAioMessage) copy = grpc_aio_message_dup (message);
  g_autoptr (GBytes) second = NULL;

  g_assert (bytes != NULL);
  again = grpc_aio_message_create_from_bytes (G_OBJECT_TYPE (message), bytes, NULL);
  g_assert (again != NULL && grpc_aio_message_equal (message, again) && grpc_aio_message_equal (again, copy));

  read_all (copy);
  second = grpc_aio_message_to_bytes (copy, NULL);
  g_assert (second != NULL);
  read_extensions (copy);
  grpc_aio_message_merge (again, copy);
  grpc_aio_message_merge_from_bytes (copy, bytes, NULL);
  grpc_aio_message_clear_unknown_fields (copy);
  g_assert (grpc_aio_message_is_initialized (copy));
  grpc_aio_message_clear (copy);
}

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GrpcAioMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  if (size == 0)
    return 0;

  /* A copy on the heap, of which the sanitizer sees the end. */
  bytes = g_bytes_new (data + 1, size - 1);
  message = grpc_aio_message_pool_new_message_from_bytes (pool, types[data[0] % G_N_ELEMENTS (types)], bytes, &error);
  if (message != NULL)
    use (message);
  else
    g_assert (g_error_matches (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL));

  return 0;
}
