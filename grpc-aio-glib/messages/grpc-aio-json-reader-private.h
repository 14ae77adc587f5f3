/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Reads JSON (RFC 8259) value by value, to the letter.
 *
 * Not json-glib's parser: that one recurses as deep as the text says, keeps the
 * last of two equal names in silence, turns -0 and what is past gint64 into
 * other numbers, and takes comments and lone surrogates. */

typedef enum
{
  GRPC_AIO_JSON_INVALID,
  GRPC_AIO_JSON_ARRAY,
  GRPC_AIO_JSON_FALSE,
  GRPC_AIO_JSON_NULL,
  GRPC_AIO_JSON_NUMBER,
  GRPC_AIO_JSON_OBJECT,
  GRPC_AIO_JSON_STRING,
  GRPC_AIO_JSON_TRUE,
} GrpcAioJsonKind;

typedef enum
{
  GRPC_AIO_JSON_STEP_ERROR,
  GRPC_AIO_JSON_STEP_END,
  GRPC_AIO_JSON_STEP_ITEM,
} GrpcAioJsonStep;

typedef struct
{
  const char *text;
  const char *cursor;
  guint depth;
} GrpcAioJsonReader;

gboolean grpc_aio_json_reader_init (GrpcAioJsonReader *self,
                                    const char *text,
                                    GError **error);
gboolean grpc_aio_json_reader_finish (GrpcAioJsonReader *self,
                                      GError **error);

/* What comes next, INVALID with an error if that is no value. */
GrpcAioJsonKind grpc_aio_json_reader_peek (GrpcAioJsonReader *self,
                                           GError **error);

/* Goes into the array or the object that peek () has seen; then to each of its
 * items. @n_items, from 0 on, is counted up. */
gboolean grpc_aio_json_reader_enter (GrpcAioJsonReader *self,
                                     GError **error);
GrpcAioJsonStep grpc_aio_json_reader_next_element (GrpcAioJsonReader *self,
                                                   gsize *n_items,
                                                   GError **error);
GrpcAioJsonStep grpc_aio_json_reader_next_member (GrpcAioJsonReader *self,
                                                  gsize *n_items,
                                                  GString *name,
                                                  GError **error);

/* Take the value that peek () has seen; @out is overwritten. */
gboolean grpc_aio_json_reader_read_string (GrpcAioJsonReader *self,
                                           GString *out,
                                           GError **error);
gboolean grpc_aio_json_reader_read_number (GrpcAioJsonReader *self,
                                           GString *out,
                                           GError **error);
gboolean grpc_aio_json_reader_read_word (GrpcAioJsonReader *self,
                                         GError **error);

/* Takes any value. */
gboolean grpc_aio_json_reader_skip (GrpcAioJsonReader *self,
                                    GError **error);

G_END_DECLS
