/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef struct _GrpcAioResolver GrpcAioResolver;

/* Runs in a thread of the resolver. @target is NULL with an error. Returns
 * whether to try again after a while. */
typedef gboolean (*GrpcAioResolverFunc) (gpointer owner,
                                         const char *target,
                                         const char *key,
                                         const GError *error);

GrpcAioResolver *grpc_aio_resolver_new (GSocketConnectable *connectable,
                                        gpointer owner,
                                        GrpcAioResolverFunc func);
void grpc_aio_resolver_start (GrpcAioResolver *self,
                              gint64 rest_usec,
                              guint n_failures);
void grpc_aio_resolver_hurry (GrpcAioResolver *self);
void grpc_aio_resolver_stop (GrpcAioResolver *self);

G_END_DECLS
