/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <grpc/grpc.h>

G_BEGIN_DECLS

void grpc_aio_core_channel_destroy (grpc_channel *channel);

G_END_DECLS
