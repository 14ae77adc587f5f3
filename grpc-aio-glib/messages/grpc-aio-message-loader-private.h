/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "messages/grpc-aio-message-file-private.h"

G_BEGIN_DECLS

/* What a pool has. */
typedef struct
{
  GHashTable *files;   /* Names to files, which may be those of the default pool. */
  GHashTable *symbols; /* Full names to GrpcAioSymbol. */
  GHashTable *numbers; /* Of extensions: keys to fields. */
  GPtrArray *own;      /* Files that end with the pool. */
} GrpcAioMessageTables;

typedef struct _GrpcAioMessageLoader GrpcAioMessageLoader;

GrpcAioMessageTables *grpc_aio_message_tables_new (void);
void grpc_aio_message_tables_free (GrpcAioMessageTables *self);

GrpcAioMessageLoader *grpc_aio_message_loader_new (GrpcAioMessagePool *pool,
                                                   GrpcAioMessageTables *tables,
                                                   GrpcAioMessageTables *common,
                                                   GError **error);
gboolean grpc_aio_message_loader_add (GrpcAioMessageLoader *self,
                                      GrpcAioProtoFile *proto,
                                      const GrpcAioProtobufFile *generated);
gboolean grpc_aio_message_loader_finish (GrpcAioMessageLoader *self);
void grpc_aio_message_loader_free (GrpcAioMessageLoader *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GrpcAioMessageLoader, grpc_aio_message_loader_free)

G_END_DECLS
