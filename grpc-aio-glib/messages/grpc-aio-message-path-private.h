/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

#include "messages/grpc-aio-message-type-private.h"

G_BEGIN_DECLS

/* Messages within each other, not counting the outermost: as many as protobuf
 * takes off the wire. */
#define GRPC_AIO_MESSAGE_MAX_DEPTH 100

/* Where in a message something is, for errors. Each step lies on the stack of
 * the function that took it. */
typedef struct _GrpcAioMessagePath GrpcAioMessagePath;

struct _GrpcAioMessagePath
{
  const GrpcAioMessagePath *parent; /* NULL: this is the message itself. */
  const char *name;                 /* A field; of the first step the type. */
  const char *key;                  /* Of a map. */
  gsize index;                      /* Of an element, if there is neither. */
  guint depth;                      /* How many messages this is within. */
};

/* "a.b[2].c" */
char *grpc_aio_message_path_format (const GrpcAioMessagePath *self);

/* Sets an error that names the place; returns FALSE. */
G_GNUC_PRINTF (3, 4)
gboolean grpc_aio_message_path_fail (const GrpcAioMessagePath *self,
                                     GError **error,
                                     const char *format,
                                     ...);

/* The same with the message of an error from elsewhere, which it takes. */
gboolean grpc_aio_message_path_take (const GrpcAioMessagePath *self,
                                     GError **error,
                                     GError *problem);

static inline GrpcAioMessagePath
grpc_aio_message_path_root (const GrpcAioMessageType *type)
{
  return (GrpcAioMessagePath){ .name = type->full_name };
}

static inline GrpcAioMessagePath
grpc_aio_message_path_field (const GrpcAioMessagePath *parent,
                             const char *name)
{
  return (GrpcAioMessagePath){ .parent = parent, .name = name, .depth = parent->depth };
}

static inline GrpcAioMessagePath
grpc_aio_message_path_key (const GrpcAioMessagePath *parent,
                           const char *key)
{
  return (GrpcAioMessagePath){ .parent = parent, .key = key, .depth = parent->depth };
}

static inline GrpcAioMessagePath
grpc_aio_message_path_index (const GrpcAioMessagePath *parent,
                             gsize index)
{
  return (GrpcAioMessagePath){ .parent = parent, .index = index, .depth = parent->depth };
}

G_END_DECLS
