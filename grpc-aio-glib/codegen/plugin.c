/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plugin.h"

#include <string.h>

#include "emit.h"
#include "wire.h"

#define PROTO_FILE 15 /* a field of CodeGeneratorRequest */

typedef Google__Protobuf__Compiler__CodeGeneratorRequest Request;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse Response;
typedef Google__Protobuf__Compiler__CodeGeneratorResponse__File ResponseFile;

static void
request_free (Request *request)
{
  google__protobuf__compiler__code_generator_request__free_unpacked (request, NULL);
}

static void
response_file_free (ResponseFile *file)
{
  g_free (file->name);
  g_free (file->content);
  g_free (file);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Request, request_free)

static void
add_file (const char *name,
          const char *text,
          gsize length,
          gpointer user_data)
{
  GPtrArray *files = user_data;
  ResponseFile *file = g_new0 (ResponseFile, 1);

  google__protobuf__compiler__code_generator_response__file__init (file);
  file->name = g_strdup (name);
  file->content = g_strndup (text, length);
  g_ptr_array_add (files, file);
}

static GBytes *
pack_response (GPtrArray *files,
               const GError *error)
{
  Response response = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__INIT;
  g_autofree guint8 *data = NULL;
  gsize size;

  response.has_supported_features = TRUE;
  response.supported_features = GOOGLE__PROTOBUF__COMPILER__CODE_GENERATOR_RESPONSE__FEATURE__FEATURE_PROTO3_OPTIONAL;
  if (error != NULL)
    {
      response.error = error->message;
    }
  else
    {
      response.n_file = files->len;
      response.file = (ResponseFile **) files->pdata;
    }

  size = google__protobuf__compiler__code_generator_response__get_packed_size (&response);
  data = g_malloc (size);
  google__protobuf__compiler__code_generator_response__pack (&response, data);

  return g_bytes_new_take (g_steal_pointer (&data), size);
}

static void
emit_model (const Model *model,
            const Emitter *emitter)
{
  EmitFlags emit = model->options->emit;

  for (guint i = 0; i < model->files->len; i++)
    {
      const File *file = g_ptr_array_index (model->files, i);

      if (!file->wanted)
        continue;

      if (emit & EMIT_STRUCTS)
        {
          emit_struct_header (emitter, file);
          emit_struct_source (emitter, file);
        }
      if (emit & EMIT_OBJECTS)
        emit_object_files (emitter, file);
      if (emit & EMIT_DESCRIPTORS)
        emit_descriptors (emitter, file);
    }

  if (emit & EMIT_PYI)
    emit_pyi (emitter, model);
  if (emit & EMIT_DTS)
    emit_dts (emitter, model);
  if (emit & EMIT_VALA)
    emit_vala (emitter, model);
}

/* What is wrong with the .proto files or with the options is told in the
 * response, which protoc prints; what is wrong with the request in @error. */
GBytes *
plugin_run (GBytes *request_bytes,
            GError **error)
{
  g_autoptr (GBytes) clean = NULL;
  g_autoptr (GPtrArray) descriptors = NULL;
  g_autoptr (GPtrArray) files = g_ptr_array_new_with_free_func ((GDestroyNotify) response_file_free);
  g_autoptr (Request) request = NULL;
  g_autoptr (Options) options = NULL;
  g_autoptr (Model) model = NULL;
  g_autoptr (GError) problem = NULL;
  const Emitter emitter = { add_file, files };

  clean = wire_sanitize (&google__protobuf__compiler__code_generator_request__descriptor, request_bytes, error);
  if (clean == NULL)
    return NULL;

  request = google__protobuf__compiler__code_generator_request__unpack (NULL, g_bytes_get_size (clean), g_bytes_get_data (clean, NULL));
  if (request == NULL)
    {
      g_set_error (error, MODEL_ERROR, 0, "The input is no request of protoc");
      return NULL;
    }

  options = options_parse (request->parameter != NULL ? request->parameter : "", &problem);
  if (options == NULL)
    return pack_response (NULL, problem);

  descriptors = wire_find (request_bytes, PROTO_FILE);
  model = model_new (options);
  if (!model_read (model, request, descriptors, &problem))
    return pack_response (NULL, problem);

  emit_model (model, &emitter);

  return pack_response (files, NULL);
}
