/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <grpc/grpc.h>
#include <grpc/slice_buffer.h>

G_BEGIN_DECLS

void grpc_aio_bytes_to_core (GBytes *bytes,
                             grpc_byte_buffer *buffer);
GBytes *grpc_aio_bytes_new_take_core (grpc_byte_buffer *buffer);

char *grpc_aio_slice_dup_text (grpc_slice slice);

G_END_DECLS
