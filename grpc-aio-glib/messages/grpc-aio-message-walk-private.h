/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "messages/grpc-aio-message-type-private.h"
#include "messages/grpc-aio-number-private.h"

G_BEGIN_DECLS

/* The value of a field, or an element of it. */
typedef union
{
  gint32 int32;
  guint32 uint32;
  gint64 int64;
  guint64 uint64;
  float single;
  double real;
  protobuf_c_boolean boolean;
  char *string;
  ProtobufCBinaryData bytes;
  ProtobufCMessage *message;
} GrpcAioMessageValue;

/* The fields of google.protobuf.Value, by number less one. */
enum
{
  GRPC_AIO_VALUE_NULL,
  GRPC_AIO_VALUE_NUMBER,
  GRPC_AIO_VALUE_STRING,
  GRPC_AIO_VALUE_BOOL,
  GRPC_AIO_VALUE_STRUCT,
  GRPC_AIO_VALUE_LIST,
};

/* Of a singular field: its value, or what a reader sees in its stead. */
void grpc_aio_message_field_load (const GrpcAioMessageField *self,
                                  const ProtobufCMessage *message,
                                  GrpcAioMessageValue *value);

/* What load () does for an element of a repeated field. */
void grpc_aio_message_field_load_element (const GrpcAioMessageField *self,
                                          const ProtobufCMessage *message,
                                          gsize index,
                                          GrpcAioMessageValue *value);

/* Puts a value there, and takes what it points to. */
void grpc_aio_message_field_store (const GrpcAioMessageField *self,
                                   ProtobufCMessage *message,
                                   const GrpcAioMessageValue *value);
void grpc_aio_message_field_store_element (const GrpcAioMessageField *self,
                                           ProtobufCMessage *message,
                                           const GrpcAioMessageValue *value);
void grpc_aio_message_value_clear (const GrpcAioMessageField *field,
                                   GrpcAioMessageValue *value);

/* Makes a value of an integer, if it is in the range of the field's type. */
gboolean grpc_aio_message_value_set_whole (GrpcAioMessageValue *value,
                                           const GrpcAioMessageField *field,
                                           const GrpcAioWholeNumber *number);

/* The fields of a map entry. */
static inline GrpcAioMessageField *
grpc_aio_message_map_key (const GrpcAioMessageField *map)
{
  return &map->message->fields[0];
}

static inline GrpcAioMessageField *
grpc_aio_message_map_value (const GrpcAioMessageField *map)
{
  return &map->message->fields[1];
}

/* The entries of a map by key, of those with the same key the last. */
GPtrArray *grpc_aio_message_map_sort (const GrpcAioMessageField *map,
                                      const ProtobufCMessage *message);

/* The extensions that lie among the unknown fields of @message, by number; NULL
 * if there are none. */
GPtrArray *grpc_aio_message_find_extensions (GrpcAioMessagePool *pool,
                                             GrpcAioMessageType *type,
                                             const ProtobufCMessage *message);

G_END_DECLS
