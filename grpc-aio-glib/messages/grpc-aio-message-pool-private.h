/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "messages/grpc-aio-message-file-private.h"

G_BEGIN_DECLS

/* One recursive lock for all pools. Who holds it must not wait for the class of a
 * message: its class_init takes the lock. */
void grpc_aio_message_pool_lock (void);
void grpc_aio_message_pool_unlock (void);

/* For ever: a GType refers to it now. */
void grpc_aio_message_pool_keep (GrpcAioMessagePool *self);

/* The models of @file, now; @descriptor is among those of its messages. */
GrpcAioMessageType *grpc_aio_message_pool_find_generated (const GrpcAioProtobufFile *file,
                                                          const ProtobufCMessageDescriptor *descriptor);

GrpcAioSymbol *grpc_aio_message_pool_find_symbol (GrpcAioMessagePool *self,
                                                  const char *full_name);
GrpcAioMessageFile *grpc_aio_message_pool_find_file (GrpcAioMessagePool *self,
                                                     const char *filename);
/* Elements of gint32. */
GArray *grpc_aio_message_pool_dup_extension_numbers (GrpcAioMessagePool *self,
                                                     GrpcAioMessageType *extended);

G_END_DECLS
