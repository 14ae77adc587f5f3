/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-core-metadata-private.h"
#include "engine/grpc-aio-queue-private.h"

G_BEGIN_DECLS

typedef struct _GrpcAioOperation GrpcAioOperation;

/* What an operation waits for, or sends. */
typedef enum
{
  GRPC_AIO_WAIT_RESPONSE,
  GRPC_AIO_WAIT_MESSAGE,
  GRPC_AIO_WAIT_INITIAL_METADATA,
  GRPC_AIO_WAIT_CONNECTION,
  GRPC_AIO_WAIT_TRAILING_METADATA,
  GRPC_AIO_WAIT_STATUS,
  GRPC_AIO_WAIT_OTHER,
  GRPC_AIO_SEND_INITIAL_METADATA,
  GRPC_AIO_SEND_MESSAGE,
  GRPC_AIO_SEND_CLOSE,
  GRPC_AIO_SEND_STATUS,
} GrpcAioOperationKind;

/* Runs on any thread. */
typedef void (*GrpcAioOperationCancel) (GrpcAioOperation *operation,
                                        gpointer owner);

/* Runs in the queue's context; takes the operation out of the owner's list.
 * FALSE when it is not there any more. */
typedef gboolean (*GrpcAioOperationWithdraw) (GrpcAioOperation *operation,
                                              gpointer owner);

/* One GTask and what it needs until it returns. */
struct _GrpcAioOperation
{
  GrpcAioCompletion withdrawal;
  GrpcAioOperation *next;
  GrpcAioOperationKind kind;
  GTask *task;     /* NULL when nobody waits */
  GBytes *message; /* what a send carries */

  /* Of sends of metadata or a status. */
  GrpcAioCoreMetadata metadata;
  grpc_slice details;
  GrpcAioStatusCode code;

  gint refs; /* atomic */
  gpointer owner; /* alive as long as the task */
  gulong cancelled_id;
  GrpcAioOperationCancel cancel;

  /* Of operations that only wait. */
  GrpcAioOperationWithdraw withdraw;
  GrpcAioQueue *queue;
  gint is_withdrawn; /* atomic */
};

typedef struct
{
  GrpcAioOperation *head;
  GrpcAioOperation *tail;
} GrpcAioOperationList;

GrpcAioOperation *grpc_aio_operation_new (GrpcAioOperationKind kind,
                                          GTask *task);
GrpcAioOperation *grpc_aio_operation_ref (GrpcAioOperation *self);
void grpc_aio_operation_unref (GrpcAioOperation *self);

void grpc_aio_operation_connect (GrpcAioOperation *self,
                                 gpointer owner,
                                 GrpcAioOperationCancel cancel);
void grpc_aio_operation_connect_withdrawal (GrpcAioOperation *self,
                                            gpointer owner,
                                            GrpcAioQueue *queue,
                                            GrpcAioOperationWithdraw withdraw);
gboolean grpc_aio_operation_is_withdrawn (GrpcAioOperation *self);

/* Each gives the operation its one result, and consumes it. */
void grpc_aio_operation_return_pointer (GrpcAioOperation *self,
                                        gpointer result,
                                        GDestroyNotify destroy);
void grpc_aio_operation_return_boolean (GrpcAioOperation *self,
                                        gboolean result);
void grpc_aio_operation_return_int (GrpcAioOperation *self,
                                    gssize result);
void grpc_aio_operation_return_error (GrpcAioOperation *self,
                                      GError *error);
void grpc_aio_operation_return_cancelled (GrpcAioOperation *self);

void grpc_aio_operation_list_append (GrpcAioOperationList *self,
                                     GrpcAioOperation *operation);
GrpcAioOperation *grpc_aio_operation_list_pop (GrpcAioOperationList *self);
gboolean grpc_aio_operation_list_remove (GrpcAioOperationList *self,
                                         GrpcAioOperation *operation);
GrpcAioOperationList grpc_aio_operation_list_take (GrpcAioOperationList *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GrpcAioOperation, grpc_aio_operation_unref)

G_END_DECLS
