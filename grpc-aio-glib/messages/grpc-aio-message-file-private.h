/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "google/protobuf/descriptor.pb-c.h"
#include "messages/grpc-aio-message-type-private.h"

G_BEGIN_DECLS

/* A .proto file as a pool knows it. */

typedef Google__Protobuf__DescriptorProto GrpcAioProtoMessage;
typedef Google__Protobuf__EnumDescriptorProto GrpcAioProtoEnum;
typedef Google__Protobuf__FieldDescriptorProto GrpcAioProtoField;
typedef Google__Protobuf__FileDescriptorProto GrpcAioProtoFile;
typedef Google__Protobuf__FileDescriptorSet GrpcAioProtoFileSet;
typedef Google__Protobuf__ServiceDescriptorProto GrpcAioProtoService;

typedef struct _GrpcAioMessageFile GrpcAioMessageFile;

typedef enum
{
  GRPC_AIO_SYMBOL_PACKAGE,
  GRPC_AIO_SYMBOL_MESSAGE,
  GRPC_AIO_SYMBOL_FIELD,
  GRPC_AIO_SYMBOL_ONEOF,
  GRPC_AIO_SYMBOL_ENUM,
  GRPC_AIO_SYMBOL_ENUM_VALUE,
  GRPC_AIO_SYMBOL_EXTENSION,
  GRPC_AIO_SYMBOL_SERVICE,
  GRPC_AIO_SYMBOL_METHOD,
} GrpcAioSymbolKind;

typedef struct
{
  GrpcAioSymbolKind kind;
  GrpcAioMessageFile *file;
  gpointer item; /* A message type, enum type, extension's field or service. */
} GrpcAioSymbol;

typedef struct
{
  const char *name;
  GrpcAioMessageType *input;
  GrpcAioMessageType *output;
  GrpcAioMethodKind kind;
} GrpcAioMessageMethod;

typedef struct
{
  const char *full_name;
  GrpcAioMessageMethod *methods;
  guint n_methods;
} GrpcAioMessageService;

struct _GrpcAioMessageFile
{
  GrpcAioMessagePool *pool;
  GrpcAioProtoFile *proto; /* Strings of the models are here. */
  GBytes *bytes;           /* The same, packed. */
  const GrpcAioProtobufFile *generated;
  GPtrArray *dependencies;
  GHashTable *exports; /* Itself, and what it imports publicly. */
  GHashTable *visible; /* What it may use: itself, and the exports of what it imports. */
  GPtrArray *messages; /* All of them, each before those within it. */
  GPtrArray *message_protos;
  GPtrArray *enums; /* Those at file level, then those within each message. */
  GPtrArray *extensions;
  GPtrArray *services;
  GPtrArray *memory;
};

/* What goes on while files are added. */
typedef struct _GrpcAioMessageBuilder GrpcAioMessageBuilder;

struct _GrpcAioMessageBuilder
{
  GrpcAioMessagePool *pool;
  GHashTable *symbols; /* New ones: full names to symbols. */
  GHashTable *numbers; /* New extensions: see grpc_aio_message_file_number_key (). */
  GrpcAioSymbol *(*find_symbol) (GrpcAioMessageBuilder *self,
                                 const char *full_name,
                                 guint place); /* 0, 1 and so on; NULL if there is none in that place. */
  GrpcAioMessageField *(*find_number) (GrpcAioMessageBuilder *self,
                                       const char *key);
  GError **error;
};

#define GRPC_AIO_N_SYMBOL_PLACES 3

GrpcAioMessageFile *grpc_aio_message_file_new (GrpcAioMessagePool *pool,
                                               GrpcAioProtoFile *proto,
                                               const GrpcAioProtobufFile *generated);
void grpc_aio_message_file_free (GrpcAioMessageFile *self);
gboolean grpc_aio_message_file_build (GrpcAioMessageFile *self,
                                      GrpcAioMessageBuilder *builder);
gpointer grpc_aio_message_file_allocate (GrpcAioMessageFile *self,
                                         gsize size);
const char *grpc_aio_message_file_take_string (GrpcAioMessageFile *self,
                                               char *string);
char *grpc_aio_message_file_number_key (const char *full_name,
                                        guint32 number);

/* Always FALSE. */
gboolean grpc_aio_message_file_fail (GrpcAioMessageFile *self,
                                     GrpcAioMessageBuilder *builder,
                                     const char *name,
                                     const char *reason);

/* The parts of building. */
gboolean grpc_aio_message_file_build_enum (GrpcAioMessageFile *self,
                                           GrpcAioMessageBuilder *builder,
                                           GrpcAioEnumType *type,
                                           const GrpcAioProtoEnum *proto,
                                           const char *scope);
gboolean grpc_aio_message_file_build_message (GrpcAioMessageFile *self,
                                              GrpcAioMessageBuilder *builder,
                                              GrpcAioMessageType *type,
                                              const GrpcAioProtoMessage *proto);
gboolean grpc_aio_message_file_check_message (GrpcAioMessageFile *self,
                                              GrpcAioMessageBuilder *builder,
                                              GrpcAioMessageType *type);
gboolean grpc_aio_message_file_build_extension (GrpcAioMessageFile *self,
                                                GrpcAioMessageBuilder *builder,
                                                GrpcAioMessageField *field,
                                                const GrpcAioProtoField *proto,
                                                const char *scope);

/* Declares a name and returns the full one; NULL with an error if it is taken or is
 * no name. */
const char *grpc_aio_message_file_add_symbol (GrpcAioMessageFile *self,
                                              GrpcAioMessageBuilder *builder,
                                              const char *scope,
                                              const char *name,
                                              GrpcAioSymbolKind kind,
                                              gpointer item);

/* What @type_name means within @scope; only messages and enums count. */
GrpcAioSymbol *grpc_aio_message_file_resolve (GrpcAioMessageFile *self,
                                              GrpcAioMessageBuilder *builder,
                                              const char *scope,
                                              const char *type_name,
                                              const char *user);

/* Puts fields, which have number, type and label, into a struct. */
void grpc_aio_message_file_lay_out (GrpcAioMessageFile *self,
                                    GrpcAioMessageType *type,
                                    ProtobufCFieldDescriptor *cores);

/* The value that @text stands for, in the form of a descriptor's default_value;
 * NULL if it stands for none. */
gconstpointer grpc_aio_message_file_parse_default (GrpcAioMessageFile *self,
                                                   ProtobufCType type,
                                                   GrpcAioEnumType *enumeration,
                                                   const char *text);

G_END_DECLS
