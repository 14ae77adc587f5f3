/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <grpc/grpc.h>

G_BEGIN_DECLS

grpc_byte_buffer *grpc_aio_bytes_to_core (GBytes *bytes);
GBytes *grpc_aio_bytes_new_take_core (grpc_byte_buffer *buffer);

char *grpc_aio_slice_dup_text (grpc_slice slice);

G_END_DECLS
