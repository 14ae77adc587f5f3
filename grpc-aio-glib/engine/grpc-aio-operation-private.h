/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "engine/grpc-aio-core-metadata-private.h"
#include "engine/grpc-aio-queue-private.h"

G_BEGIN_DECLS

/* One asynchronous operation: what it needs until it ends, and its result.
 *
 * It does what a GTask does, with one difference. A GTask that ends in the turn
 * of the main loop in which it was made goes through one more idle source. With
 * streams that is nearly each message, and those sources, always ready, starve
 * others of lower priority. An operation only makes sure that its callback does
 * not run before the function that started it has returned. */
#define GRPC_AIO_TYPE_OPERATION (grpc_aio_operation_get_type ())

G_DECLARE_FINAL_TYPE (GrpcAioOperation, grpc_aio_operation, GRPC_AIO, OPERATION, GObject)

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
} GrpcAioOperationKind;

/* Runs on any thread. */
typedef void (*GrpcAioOperationCancel) (GrpcAioOperation *operation,
                                        gpointer owner);

/* Runs in the queue's context; takes the operation out of the owner's list.
 * FALSE when it is not there any more. */
typedef gboolean (*GrpcAioOperationWithdraw) (GrpcAioOperation *operation,
                                              gpointer owner);

struct _GrpcAioOperation
{
  GObject parent_instance;

  GrpcAioOperation *next;
  GrpcAioOperationKind kind;

  gpointer source;
  gpointer tag;
  GMainContext *context; /* NULL for one that calls back at once, wherever it ends */
  GCancellable *cancellable;
  GAsyncReadyCallback callback;
  gpointer user_data;
  guint64 birth; /* the turn in which it was made */

  GBytes *message; /* what a send carries */
  guint32 flags;   /* grpc-core's, of what is sent */

  GrpcAioCoreMetadata metadata; /* what a send carries, too */
  GrpcAioStatusCode code;       /* whatever the owner has to keep */

  gpointer owner;
  gulong cancelled_id;
  GrpcAioOperationCancel cancel;

  /* Of operations that only wait. */
  GrpcAioCompletion withdrawal;
  GrpcAioOperationWithdraw withdraw;
  GrpcAioQueue *queue;
  gint is_withdrawn; /* atomic */

  gpointer pointer;
  GDestroyNotify destroy;
  gssize number;
  GError *error;
};

typedef struct
{
  GrpcAioOperation *head;
  GrpcAioOperation *tail;
} GrpcAioOperationList;

GrpcAioOperation *grpc_aio_operation_new (GrpcAioOperationKind kind,
                                          gpointer source,
                                          gpointer tag,
                                          GCancellable *cancellable,
                                          GAsyncReadyCallback callback,
                                          gpointer user_data);

GrpcAioOperation *grpc_aio_operation_new_direct (GrpcAioOperationKind kind,
                                                 gpointer source,
                                                 GAsyncReadyCallback callback,
                                                 gpointer user_data);

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
void grpc_aio_operation_return_number (GrpcAioOperation *self,
                                       gssize result);
void grpc_aio_operation_return_error (GrpcAioOperation *self,
                                      GError *error);
void grpc_aio_operation_return_new_error (GrpcAioOperation *self,
                                          int code,
                                          const char *format,
                                          ...) G_GNUC_PRINTF (3, 4);
void grpc_aio_operation_return_cancelled (GrpcAioOperation *self);

gboolean grpc_aio_operation_refuse_forked (GrpcAioOperation *self);

/* For finish functions. */
gboolean grpc_aio_operation_is_valid (GAsyncResult *result,
                                      gpointer source,
                                      gpointer tag);
gpointer grpc_aio_operation_propagate_pointer (GAsyncResult *result,
                                               GError **error);
gssize grpc_aio_operation_propagate_number (GAsyncResult *result,
                                            GError **error);
gboolean grpc_aio_operation_propagate_boolean (GAsyncResult *result,
                                               GError **error);

void grpc_aio_operation_list_append (GrpcAioOperationList *self,
                                     GrpcAioOperation *operation);
GrpcAioOperation *grpc_aio_operation_list_pop (GrpcAioOperationList *self);
gboolean grpc_aio_operation_list_remove (GrpcAioOperationList *self,
                                         GrpcAioOperation *operation);
GrpcAioOperationList grpc_aio_operation_list_take (GrpcAioOperationList *self);
void grpc_aio_operation_list_return_true (GrpcAioOperationList *self);

G_END_DECLS
