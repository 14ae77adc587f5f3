/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_main_context_accelerate (GMainContext *context);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_main_context_set_priority (GMainContext *context,
                                         int priority);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_main_context_set_budget (GMainContext *context,
                                       guint max_events,
                                       gint64 max_usec);

G_END_DECLS
