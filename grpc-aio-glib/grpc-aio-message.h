/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_MESSAGE (grpc_aio_message_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_DERIVABLE_TYPE (GrpcAioMessage, grpc_aio_message, GRPC_AIO, MESSAGE, GObject)

/**
 * GrpcAioMessageClass:
 * @parent_class: the parent class
 *
 * The class that generated messages, and those of a [class@MessagePool], derive
 * from. It has no virtual method of its own.
 *
 * Since: 0.1
 */
struct _GrpcAioMessageClass
{
  GObjectClass parent_class;

  /*< private >*/
  gpointer type;
  gpointer padding[8];
};

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_create (GType type);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_create_from_bytes (GType type,
                                                    GBytes *bytes,
                                                    GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_message_get_full_name (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_message_to_bytes (GrpcAioMessage *self,
                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_merge_from_bytes (GrpcAioMessage *self,
                                            GBytes *bytes,
                                            GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_message_dup_field_names (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_has_field (GrpcAioMessage *self,
                                     const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_message_clear_field (GrpcAioMessage *self,
                                   const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_message_clear (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
const char *grpc_aio_message_get_oneof_case (GrpcAioMessage *self,
                                             const char *oneof);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_equal (GrpcAioMessage *self,
                                 GrpcAioMessage *other);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_dup (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_message_merge (GrpcAioMessage *self,
                             GrpcAioMessage *other);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_is_initialized (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
char **grpc_aio_message_dup_missing_fields (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_message_dup_unknown_fields (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_message_clear_unknown_fields (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_has_extension (GrpcAioMessage *self,
                                         const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_get_extension (GrpcAioMessage *self,
                                         const char *name,
                                         GValue *value,
                                         GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_set_extension (GrpcAioMessage *self,
                                         const char *name,
                                         const GValue *value,
                                         GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_message_clear_extension (GrpcAioMessage *self,
                                       const char *name);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_pack_any (GrpcAioMessage *self,
                                           GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_unpack_any (GrpcAioMessage *self,
                                             GrpcAioMessagePool *pool,
                                             GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_create_from_data (GType type,
                                                   const guint8 *data,
                                                   gsize length,
                                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
guint8 *grpc_aio_message_to_data (GrpcAioMessage *self,
                                  gsize *length,
                                  GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_create_from_json (GType type,
                                                   const char *json,
                                                   GrpcAioJsonFlags flags,
                                                   GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_message_merge_from_json (GrpcAioMessage *self,
                                           const char *json,
                                           GrpcAioJsonFlags flags,
                                           GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_message_to_json (GrpcAioMessage *self,
                                GrpcAioJsonFlags flags,
                                GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioMessage *grpc_aio_message_create_from_variant (GType type,
                                                      GVariant *variant,
                                                      GError **error);

GRPC_AIO_AVAILABLE_IN_ALL
GVariant *grpc_aio_message_to_variant (GrpcAioMessage *self);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_message_to_text (GrpcAioMessage *self);

G_END_DECLS
