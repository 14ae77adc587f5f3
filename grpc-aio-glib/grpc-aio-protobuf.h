/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <protobuf-c/protobuf-c.h>

#include <grpc-aio-glib/grpc-aio-glib.h>

G_BEGIN_DECLS

/* For C programs whose messages are protobuf-c's structs, and for generated
 * code. Bindings use GrpcAioMessage, so the main header leaves this one out. */

/**
 * GRPC_AIO_PROTOBUF_FIELD_GROUP: (skip)
 *
 * A flag of `ProtobufCFieldDescriptor`, beside those of protobuf-c: the field,
 * whose type is `PROTOBUF_C_TYPE_MESSAGE`, is a group on the wire.
 *
 * Since: 0.1
 */
#define GRPC_AIO_PROTOBUF_FIELD_GROUP (1u << 16)

/**
 * GRPC_AIO_PROTOBUF_FIELD_UTF8: (skip)
 *
 * A flag of `ProtobufCFieldDescriptor`, beside those of protobuf-c: what is
 * unpacked into the field, a string, has to be UTF-8.
 *
 * Since: 0.1
 */
#define GRPC_AIO_PROTOBUF_FIELD_UTF8 (1u << 17)

typedef struct _GrpcAioProtobufFile GrpcAioProtobufFile;

/**
 * GrpcAioProtobufFile: (skip)
 * @name: the name by which other files import it, such as `helloworld.proto`
 * @descriptor: a packed `google.protobuf.FileDescriptorProto`
 * @descriptor_size: how many bytes @descriptor has
 * @dependencies: (nullable): the files it imports that have such a description,
 *   with a `NULL` at the end
 * @messages: (nullable): all messages of the file, also nested ones and the
 *   entries of maps, in the order of the file, each before those within it, with
 *   a `NULL` at the end
 * @enums: (nullable): all enumerations of the file: those at file level, then
 *   those within each of @messages, with a `NULL` at the end
 * @message_types: (nullable): as long as @messages: functions that return the
 *   [alias@GLib.Type] of the generated class, or `NULL` where there is none
 * @enum_types: (nullable): as long as @enums: functions that return the
 *   [alias@GLib.Type] of the generated enumeration, or `NULL` where there is none
 *
 * What generated code tells of a .proto file. All of it is static.
 *
 * Since: 0.1
 */
struct _GrpcAioProtobufFile
{
  const char *name;
  const guint8 *descriptor;
  gsize descriptor_size;
  const GrpcAioProtobufFile *const *dependencies;
  const ProtobufCMessageDescriptor *const *messages;
  const ProtobufCEnumDescriptor *const *enums;
  GType (*const *message_types) (void);
  GType (*const *enum_types) (void);
};

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_protobuf_file_register (const GrpcAioProtobufFile *file);

GRPC_AIO_AVAILABLE_IN_ALL
ProtobufCMessage *grpc_aio_protobuf_unpack (const ProtobufCMessageDescriptor *descriptor,
                                            GBytes *bytes,
                                            GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
ProtobufCMessage *grpc_aio_protobuf_unpack_data (const ProtobufCMessageDescriptor *descriptor,
                                                 ProtobufCAllocator *allocator,
                                                 gconstpointer data,
                                                 gsize size,
                                                 GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_protobuf_pack (const ProtobufCMessage *message,
                                GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gsize grpc_aio_protobuf_get_packed_size (const ProtobufCMessage *message);

GRPC_AIO_AVAILABLE_IN_ALL
gsize grpc_aio_protobuf_pack_data (const ProtobufCMessage *message,
                                   guint8 *data);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_protobuf_has_extension (const ProtobufCMessage *message,
                                          const ProtobufCMessageDescriptor *extension);

GRPC_AIO_AVAILABLE_IN_ALL
ProtobufCMessage *grpc_aio_protobuf_get_extension (const ProtobufCMessage *message,
                                                   const ProtobufCMessageDescriptor *extension,
                                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_protobuf_set_extension (ProtobufCMessage *message,
                                          const ProtobufCMessage *extension,
                                          GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_protobuf_clear_extension (ProtobufCMessage *message,
                                        const ProtobufCMessageDescriptor *extension);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_message_class_bind (GrpcAioMessageClass *klass,
                                  const GrpcAioProtobufFile *file,
                                  const ProtobufCMessageDescriptor *descriptor);

GRPC_AIO_AVAILABLE_IN_ALL
const ProtobufCMessage *grpc_aio_message_get_struct (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_create_from_struct (GType type,
                                                     const ProtobufCMessage *message,
                                                     GError **error);

G_END_DECLS
