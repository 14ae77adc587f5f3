/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "model.h"
#include "out.h"

/* Takes a file that is made. */
typedef void (*EmitFunc) (const char *name,
                          const char *text,
                          gsize length,
                          gpointer user_data);

typedef struct
{
  EmitFunc func;
  gpointer user_data;
} Emitter;

void emit_file (const Emitter *emitter,
                const char *base,
                const char *ending,
                Out *text);

/* Pieces that several files have. */

void emit_banner (Out *o,
                  const File *file,
                  const char *open,
                  const char *close);

void emit_comment (Out *o,
                   const char *indent,
                   const char *comment);

char *emit_doc_text (const char *comment,
                     const char *indent);

const char *emit_c_type (const Field *field);

void emit_number (Out *o,
                  const Field *field);

char *emit_escape (const guint8 *data,
                   gsize size);

gboolean emit_has_object (const Message *message);

/* The files. */

void emit_struct_header (const Emitter *emitter,
                         const File *file);

void emit_struct_source (const Emitter *emitter,
                         const File *file);

void emit_object_files (const Emitter *emitter,
                        const File *file);

void emit_messages_header (Out *o,
                           const File *file);

void emit_messages_source (Out *o,
                           const File *file);

void emit_stub_header (Out *o,
                       const Service *service);

void emit_stub_source (Out *o,
                       const Service *service);

void emit_servicer_header (Out *o,
                           const Service *service);

void emit_servicer_source (Out *o,
                           const Service *service);

void emit_descriptors (const Emitter *emitter,
                       const File *file);

void emit_pyi (const Emitter *emitter,
               const Model *model);

void emit_dts (const Emitter *emitter,
               const Model *model);

void emit_vala (const Emitter *emitter,
                const Model *model);
