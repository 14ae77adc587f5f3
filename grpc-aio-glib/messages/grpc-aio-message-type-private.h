/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-protobuf.h>

G_BEGIN_DECLS

/* What the library knows of messages beyond protobuf-c's descriptors: a model
 * that a pool builds and that lives as long as the process, since GTypes do. */

typedef struct _GrpcAioEnumType GrpcAioEnumType;
typedef struct _GrpcAioMessageField GrpcAioMessageField;
typedef struct _GrpcAioMessageOneof GrpcAioMessageOneof;
typedef struct _GrpcAioMessageType GrpcAioMessageType;

typedef enum
{
  GRPC_AIO_WELL_KNOWN_NONE,
  GRPC_AIO_WELL_KNOWN_ANY,
  GRPC_AIO_WELL_KNOWN_DURATION,
  GRPC_AIO_WELL_KNOWN_EMPTY,
  GRPC_AIO_WELL_KNOWN_FIELD_MASK,
  GRPC_AIO_WELL_KNOWN_LIST_VALUE,
  GRPC_AIO_WELL_KNOWN_STRUCT,
  GRPC_AIO_WELL_KNOWN_TIMESTAMP,
  GRPC_AIO_WELL_KNOWN_VALUE,
  GRPC_AIO_WELL_KNOWN_WRAPPER,
} GrpcAioWellKnown;

struct _GrpcAioMessageField
{
  /* Its type, label, number, name, and where its value is. The default there is
   * what the struct starts with, the one below what a reader sees: members of a
   * oneof have the second only. */
  const ProtobufCFieldDescriptor *core;
  gconstpointer default_value; /* NULL for zero, empty or none. */
  const char *json_name;
  const char *property_name;   /* Interned. */
  const char *full_name;       /* Of an extension: "pkg.name"; NULL otherwise. */
  GrpcAioMessageType *parent;  /* What has the field; what an extension extends. */
  GrpcAioMessageType *message; /* The type of a message, group or map entry. */
  GrpcAioEnumType *enumeration;
  GrpcAioMessageOneof *oneof; /* proto3's optional is none. */
  GrpcAioMessageType *holder; /* Of an extension: a message with this field alone. */
  guint is_group : 1;
  guint is_map : 1;
  guint is_packed : 1;
  guint is_repeated : 1; /* Maps are, too. */
  guint is_required : 1;
  guint is_utf8 : 1;
  guint has_presence : 1;
  GParamSpec *pspec; /* NULL until the class of the parent is there. */
};

struct _GrpcAioMessageOneof
{
  const char *name;
  const char *property_name; /* Interned. */
  guint case_offset;         /* Of an uint32_t: the number of the field that is set, or 0. */
  GParamSpec *pspec;
};

struct _GrpcAioMessageType
{
  const ProtobufCMessageDescriptor *core;
  const char *full_name;
  GrpcAioMessagePool *pool;    /* Unowned: lives as long as the type. */
  GrpcAioMessageField *fields; /* As core->fields: by number. */
  guint n_fields;
  GrpcAioMessageOneof *oneofs;
  guint n_oneofs;
  gconstpointer proto; /* Its google.protobuf.DescriptorProto, as a struct of protobuf-c. */
  GHashTable *names;   /* Proto names, and JSON names that differ, to fields. */
  GrpcAioWellKnown well_known;
  guint has_required : 1; /* Itself: what it contains is another matter. */
  guint is_map_entry : 1;
  guint is_message_set : 1;
  guint is_proto3 : 1;
  GType (*get_gtype) (void); /* Of generated code. */
  GType gtype;               /* 0 until asked for. */
};

struct _GrpcAioEnumType
{
  const ProtobufCEnumDescriptor *core;
  const char *full_name;
  GrpcAioMessagePool *pool; /* Unowned: lives as long as the type. */
  gint32 first;             /* The number of the value that was declared first. */
  guint is_closed : 1;
  GType (*get_gtype) (void);
  GType gtype;
};

/* Models. In JSON a field goes by its proto name, too. */
GType grpc_aio_message_type_get_gtype (GrpcAioMessageType *self);
GrpcAioMessageField *grpc_aio_message_type_find_field (GrpcAioMessageType *self,
                                                       const char *name);
GrpcAioMessageField *grpc_aio_message_type_find_json_field (GrpcAioMessageType *self,
                                                            const char *name);
GrpcAioMessageField *grpc_aio_message_type_find_number (GrpcAioMessageType *self,
                                                        guint32 number);
GrpcAioMessageOneof *grpc_aio_message_type_find_oneof (GrpcAioMessageType *self,
                                                       const char *name);
GType grpc_aio_enum_type_get_gtype (GrpcAioEnumType *self);
const char *grpc_aio_enum_type_name_of (GrpcAioEnumType *self,
                                        gint32 number);
gboolean grpc_aio_enum_type_number_of (GrpcAioEnumType *self,
                                       const char *name,
                                       gint32 *number);

/* A pool, then the default one. */
GrpcAioMessageType *grpc_aio_message_pool_find_message (GrpcAioMessagePool *self,
                                                        const char *full_name);
GrpcAioEnumType *grpc_aio_message_pool_find_enum (GrpcAioMessagePool *self,
                                                  const char *full_name);
GrpcAioMessageField *grpc_aio_message_pool_find_extension (GrpcAioMessagePool *self,
                                                           GrpcAioMessageType *extended,
                                                           const char *full_name);
GrpcAioMessageField *grpc_aio_message_pool_find_extension_by_number (GrpcAioMessagePool *self,
                                                                     GrpcAioMessageType *extended,
                                                                     guint32 number);

/* Structs. All of them are on the heap, made by unpacking or by
 * grpc_aio_message_type_new_struct (), and end with
 * grpc_aio_message_free_struct (). Their repeated fields grow by
 * grpc_aio_message_field_append () alone. */
ProtobufCMessage *grpc_aio_message_type_new_struct (GrpcAioMessageType *self);
ProtobufCMessage *grpc_aio_message_type_copy_struct (GrpcAioMessageType *self,
                                                     const ProtobufCMessage *message);
void grpc_aio_message_type_merge_struct (GrpcAioMessageType *self,
                                         ProtobufCMessage *message,
                                         const ProtobufCMessage *other);
void grpc_aio_message_type_merge_unknown (ProtobufCMessage *message,
                                          const ProtobufCMessage *other);
void grpc_aio_message_type_clear_unknown (ProtobufCMessage *message);
GBytes *grpc_aio_message_type_pack_unknown (const ProtobufCMessage *message,
                                            guint32 number);
void grpc_aio_message_free_struct (ProtobufCMessage *message);
gboolean grpc_aio_message_type_equal_structs (GrpcAioMessageType *self,
                                              const ProtobufCMessage *message,
                                              const ProtobufCMessage *other);

/* The value of a field within @message. An element of a repeated field, and the
 * value of another one, is: gint32 (also for enums), guint32, gint64, guint64,
 * float, double, protobuf_c_boolean, char *, ProtobufCBinaryData or
 * ProtobufCMessage *. */
gboolean grpc_aio_message_field_is_set (const GrpcAioMessageField *self,
                                        const ProtobufCMessage *message);
gsize grpc_aio_message_field_get_element_size (const GrpcAioMessageField *self);
gsize grpc_aio_message_field_get_n_elements (const GrpcAioMessageField *self,
                                             const ProtobufCMessage *message);
gpointer grpc_aio_message_field_get_element (const GrpcAioMessageField *self,
                                             const ProtobufCMessage *message,
                                             gsize index);

/* Frees what is there; also of the other members of a oneof. */
void grpc_aio_message_field_clear (const GrpcAioMessageField *self,
                                   ProtobufCMessage *message);

/* Makes the field present and returns where to put its value, now zeroed. */
gpointer grpc_aio_message_field_prepare (const GrpcAioMessageField *self,
                                         ProtobufCMessage *message);

/* Grows a repeated field and returns where to put the new element, now zeroed. */
gpointer grpc_aio_message_field_append (const GrpcAioMessageField *self,
                                        ProtobufCMessage *message);

/* Of two structs: repeated values are appended, messages merged, others replaced. */
void grpc_aio_message_field_merge (const GrpcAioMessageField *self,
                                   ProtobufCMessage *message,
                                   const ProtobufCMessage *other);
gboolean grpc_aio_message_field_equal (const GrpcAioMessageField *self,
                                       const ProtobufCMessage *message,
                                       const ProtobufCMessage *other);

/* Of a map: its keys, as text, to the entries that count, since a key may come
 * twice. */
GHashTable *grpc_aio_message_field_index_map (const GrpcAioMessageField *map,
                                              const ProtobufCMessage *message);
char *grpc_aio_message_field_dup_key (const GrpcAioMessageField *map,
                                      const ProtobufCMessage *entry);

/* Whether all required fields are there, also of messages within. Adds the paths
 * of those that are not, such as "a.b[1].c", to @paths, if it is not NULL. */
gboolean grpc_aio_message_type_check_required (GrpcAioMessageType *self,
                                               const ProtobufCMessage *message,
                                               GPtrArray *paths);

/* An extension lies among the unknown fields of what it extends. These make a
 * struct of type @self->holder of it, NULL without an error if it is not there,
 * and put such a struct back, replacing what is there; NULL removes it. */
ProtobufCMessage *grpc_aio_message_field_unpack_extension (GrpcAioMessageField *self,
                                                           const ProtobufCMessage *message,
                                                           GError **error);
gboolean grpc_aio_message_field_pack_extension (GrpcAioMessageField *self,
                                                ProtobufCMessage *message,
                                                const ProtobufCMessage *holder,
                                                GError **error);

/* Objects. */
GrpcAioMessageType *grpc_aio_message_get_message_type (GrpcAioMessage *self);

/* NULL, with a critical message, for what is no class of messages. */
GrpcAioMessageType *grpc_aio_message_type_of_class (GType gtype);

/* The struct of @self, with what was changed through its lists; owned by it. */
ProtobufCMessage *grpc_aio_message_peek_struct (GrpcAioMessage *self);

/* Replaces the contents, takes @message, and notifies. */
void grpc_aio_message_take_struct (GrpcAioMessage *self,
                                   ProtobufCMessage *message);

/* Adds what @other has, and notifies. */
void grpc_aio_message_merge_struct (GrpcAioMessage *self,
                                    const ProtobufCMessage *other);

/* Takes @message. */
GrpcAioMessage *grpc_aio_message_new_for_struct (GType gtype,
                                                 ProtobufCMessage *message);

/* Unpacks without asking for required fields when @partial. */
ProtobufCMessage *grpc_aio_protobuf_unpack_full (const ProtobufCMessageDescriptor *descriptor,
                                                 ProtobufCAllocator *allocator,
                                                 gconstpointer data,
                                                 gsize size,
                                                 gboolean partial,
                                                 GError **error);

G_END_DECLS
