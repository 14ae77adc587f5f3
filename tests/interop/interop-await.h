/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>

G_BEGIN_DECLS

/* The asynchronous operations of a call, each waited for by running the
 * default main context, so that a test case reads from top to bottom. Unlike
 * with the _sync functions, whatever else is under way goes on meanwhile. */

GBytes *interop_await_response (GrpcAioCall *call,
                                GError **error);
GBytes *interop_await_read (GrpcAioCall *call,
                            GError **error);
gboolean interop_await_write (GrpcAioCall *call,
                              GBytes *message,
                              GError **error);
gboolean interop_await_done_writing (GrpcAioCall *call,
                                     GError **error);
GrpcAioMetadata *interop_await_initial_metadata (GrpcAioCall *call,
                                                 GError **error);
GrpcAioMetadata *interop_await_trailing_metadata (GrpcAioCall *call,
                                                  GError **error);
GrpcAioStatusCode interop_await_status (GrpcAioCall *call,
                                        GError **error);

G_END_DECLS
