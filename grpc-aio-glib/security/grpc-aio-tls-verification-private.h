/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-tls-verification.h>
#include <grpc/grpc_security.h>

#include "engine/grpc-aio-inbox-private.h"

G_BEGIN_DECLS

/* A question of grpc-core's that has to be answered exactly once. Lives as long as
 * anybody holds it; used from any thread. */
typedef struct _GrpcAioTlsPending GrpcAioTlsPending;

/* Called once it is answered, before grpc-core learns it. */
typedef void (*GrpcAioTlsPendingDone) (grpc_tls_custom_verification_check_request *request,
                                       gpointer user_data);

GrpcAioTlsPending *grpc_aio_tls_pending_new (grpc_tls_custom_verification_check_request *request,
                                             grpc_tls_on_custom_verification_check_done_cb callback,
                                             void *callback_arg,
                                             guint timeout_msec,
                                             GCancellable *closed,
                                             GrpcAioTlsPendingDone done,
                                             gpointer user_data);
GrpcAioTlsPending *grpc_aio_tls_pending_ref (GrpcAioTlsPending *self);
void grpc_aio_tls_pending_unref (GrpcAioTlsPending *self);
void grpc_aio_tls_pending_cancel (GrpcAioTlsPending *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GrpcAioTlsPending, grpc_aio_tls_pending_unref)

GrpcAioTlsVerification *grpc_aio_tls_verification_new (GrpcAioTlsPending *pending,
                                                       const char *certificate_chain,
                                                       const char *fault);

/* Has @func called where the inbox is, with the last reference of the library's.
 * Consumes @verification; @user_data must live until then. */
typedef void (*GrpcAioTlsDeliver) (GrpcAioTlsVerification *verification,
                                   gpointer user_data);
void grpc_aio_tls_pending_deliver (GrpcAioTlsPending *self,
                                   GrpcAioInbox *inbox,
                                   GrpcAioTlsVerification *verification,
                                   GrpcAioTlsDeliver func,
                                   gpointer user_data);

G_END_DECLS
