/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "messages/grpc-aio-message-type-private.h"

G_BEGIN_DECLS

/* What a field is as a GValue. */
typedef enum
{
  GRPC_AIO_VALUE_NUMBER, /* Also a boolean or an enumeration. */
  GRPC_AIO_VALUE_STRING,
  GRPC_AIO_VALUE_BYTES,
  GRPC_AIO_VALUE_STRV,
  GRPC_AIO_VALUE_VARIANT, /* Repeated numbers or bytes, or a map without messages. */
  GRPC_AIO_VALUE_MESSAGE,
  GRPC_AIO_VALUE_LIST, /* Repeated messages, or the entries of a map to messages. */
} GrpcAioValueKind;

GrpcAioValueKind grpc_aio_message_field_get_kind (const GrpcAioMessageField *self);
GType grpc_aio_message_field_get_value_type (const GrpcAioMessageField *self);
GParamSpec *grpc_aio_message_field_new_pspec (const GrpcAioMessageField *self);

/* For all kinds but the last two. The value is initialized; setting returns whether
 * anything has changed. */
void grpc_aio_message_field_get_value (const GrpcAioMessageField *self,
                                       const ProtobufCMessage *message,
                                       GValue *value);
gboolean grpc_aio_message_field_set_value (const GrpcAioMessageField *self,
                                           ProtobufCMessage *message,
                                           const GValue *value);

/* Whether the field takes @value as it is; a critical message says why not. */
gboolean grpc_aio_message_field_check_value (const GrpcAioMessageField *self,
                                             const GValue *value);

G_END_DECLS
