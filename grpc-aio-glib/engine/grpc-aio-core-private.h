/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

void grpc_aio_core_ref (void);
void grpc_aio_core_unref (void);

void grpc_aio_core_begin_teardown (void);
void grpc_aio_core_end_teardown (void);

gboolean grpc_aio_core_enter (void);
void grpc_aio_core_leave (void);
void grpc_aio_core_set_wake_threads (void (*func) (void));
void grpc_aio_core_set_accept_failed (void (*func) (void));

void grpc_aio_core_take_errors (char **text);

gboolean grpc_aio_core_is_usable (void);
GError *grpc_aio_core_new_forked_error (void);

GThread *grpc_aio_core_new_thread (const char *name,
                                   GThreadFunc func,
                                   gpointer data);

G_END_DECLS
