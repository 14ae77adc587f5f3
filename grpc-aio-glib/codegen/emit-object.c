/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* NAME.grpc-aio.h and .c: what is made of GObjects. */

#include "emit.h"

static void
set_variables (Out *o,
               const File *file)
{
  out_set (o, "id", file->id);
  out_set (o, "base", file->base);
  out_set (o, "MODULE", file->g_module);
  emit_banner (o, file, "/*", " */");
}

static void
emit_header (const Emitter *emitter,
             const File *file)
{
  EmitFlags emit = file->model->options->emit;
  g_autoptr (Out) o = out_new ();

  set_variables (o, file);
  out (o, "#ifndef GRPC_AIO_$id$__INCLUDED\n"
          "#define GRPC_AIO_$id$__INCLUDED\n\n"
          "#include <grpc-aio-glib/grpc-aio-glib.h>\n\n"
          "#include \"$base$.pb-c.h\"\n");
  if (emit & EMIT_MESSAGES)
    {
      for (guint i = 0; i < file->dependencies->len; i++)
        out_printf (o, "#include \"%s.grpc-aio.h\"\n", ((const File *) g_ptr_array_index (file->dependencies, i))->base);
    }

  out (o, "\nG_BEGIN_DECLS\n\n"
          "#ifndef __GI_SCANNER__\n"
          "#pragma GCC visibility push(default)\n"
          "#endif\n\n");

  if (emit & EMIT_MESSAGES)
    emit_messages_header (o, file);

  for (guint i = 0; i < file->services->len; i++)
    {
      if (emit & EMIT_STUBS)
        emit_stub_header (o, g_ptr_array_index (file->services, i));
      if (emit & EMIT_SERVICERS)
        emit_servicer_header (o, g_ptr_array_index (file->services, i));
    }

  out (o, "#ifndef __GI_SCANNER__\n"
          "#pragma GCC visibility pop\n"
          "#endif\n\n"
          "G_END_DECLS\n\n"
          "#endif /* GRPC_AIO_$id$__INCLUDED */\n");

  emit_file (emitter, file->base, ".grpc-aio.h", o);
}

static void
emit_source (const Emitter *emitter,
             const File *file)
{
  EmitFlags emit = file->model->options->emit;
  g_autoptr (Out) o = out_new ();

  set_variables (o, file);
  out (o, "#ifndef PROTOBUF_C__NO_DEPRECATED\n"
          "#define PROTOBUF_C__NO_DEPRECATED\n"
          "#endif\n\n"
          "#include \"$base$.grpc-aio.h\"\n\n"
          "#include <grpc-aio-glib/grpc-aio-codegen.h>\n\n");

  if (emit & EMIT_MESSAGES)
    emit_messages_source (o, file);

  for (guint i = 0; i < file->services->len; i++)
    {
      if (emit & EMIT_STUBS)
        emit_stub_source (o, g_ptr_array_index (file->services, i));
      if (emit & EMIT_SERVICERS)
        emit_servicer_source (o, g_ptr_array_index (file->services, i));
    }

  emit_file (emitter, file->base, ".grpc-aio.c", o);
}

void
emit_object_files (const Emitter *emitter,
                   const File *file)
{
  emit_header (emitter, file);
  emit_source (emitter, file);
}
