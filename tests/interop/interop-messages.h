/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "empty.pb-c.h"
#include "messages.pb-c.h"

G_BEGIN_DECLS

/* The protobuf-c messages of grpc.testing as bytes and back. */

GBytes *interop_message_pack (const ProtobufCMessage *message);
ProtobufCMessage *interop_message_unpack (const ProtobufCMessageDescriptor *descriptor,
                                          GBytes *bytes,
                                          GError **error);
void interop_message_free (ProtobufCMessage *message);

/* Both programs have grpc-core leave messages as they came, so that they can say
 * whether one was compressed. */
#define INTEROP_LEAVE_COMPRESSED "grpc.per_message_decompression"

/* What is in @bytes, which is compressed or is not. */
GBytes *interop_message_open (GBytes *bytes,
                              gboolean *was_compressed,
                              GError **error);

/* For each message a short type name, NAME_pack (), NAME_unpack () and
 * g_autoptr (). A message that is not unpacked but initialised in place needs
 * no freeing. */
#define INTEROP_MESSAGE(TypeName, type_name)                                                              \
  typedef Grpc__Testing__##TypeName TypeName;                                                             \
                                                                                                          \
  static inline GBytes *type_name##_pack (const TypeName *message)                                        \
  {                                                                                                       \
    return interop_message_pack (&message->base);                                                         \
  }                                                                                                       \
                                                                                                          \
  static inline TypeName *type_name##_unpack (GBytes *bytes,                                              \
                                              GError **error)                                             \
  {                                                                                                       \
    return (TypeName *) interop_message_unpack (&grpc__testing__##type_name##__descriptor, bytes, error); \
  }                                                                                                       \
                                                                                                          \
  static inline void type_name##_free (TypeName *message)                                                 \
  {                                                                                                       \
    interop_message_free (&message->base);                                                                \
  }                                                                                                       \
                                                                                                          \
  G_DEFINE_AUTOPTR_CLEANUP_FUNC (TypeName, type_name##_free)

INTEROP_MESSAGE (Empty, empty)
INTEROP_MESSAGE (SimpleRequest, simple_request)
INTEROP_MESSAGE (SimpleResponse, simple_response)
INTEROP_MESSAGE (StreamingInputCallRequest, streaming_input_call_request)
INTEROP_MESSAGE (StreamingInputCallResponse, streaming_input_call_response)
INTEROP_MESSAGE (StreamingOutputCallRequest, streaming_output_call_request)
INTEROP_MESSAGE (StreamingOutputCallResponse, streaming_output_call_response)

/* These only occur inside of others. */
typedef Grpc__Testing__BoolValue BoolValue;
typedef Grpc__Testing__EchoStatus EchoStatus;
typedef Grpc__Testing__Payload Payload;
typedef Grpc__Testing__ResponseParameters ResponseParameters;

G_END_DECLS
