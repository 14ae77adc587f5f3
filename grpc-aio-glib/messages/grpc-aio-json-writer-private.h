/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Writes JSON. json-glib's generator needs a tree first, and prints 0.1 as
 * 0.10000000000000001. */

typedef struct
{
  GString *out;
  guint depth;
  gboolean is_pretty;
  gboolean has_items; /* What is open now. */
} GrpcAioJsonWriter;

void grpc_aio_json_writer_begin (GrpcAioJsonWriter *self,
                                 char bracket);
void grpc_aio_json_writer_end (GrpcAioJsonWriter *self,
                               char bracket);

/* Before each element, or with the name of each member. */
void grpc_aio_json_writer_next (GrpcAioJsonWriter *self);
void grpc_aio_json_writer_name (GrpcAioJsonWriter *self,
                                const char *name);

void grpc_aio_json_writer_string (GrpcAioJsonWriter *self,
                                  const char *text);
void grpc_aio_json_writer_raw (GrpcAioJsonWriter *self,
                               const char *text);

G_END_DECLS
