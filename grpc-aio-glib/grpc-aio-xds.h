/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

GRPC_AIO_AVAILABLE_IN_ALL
GBytes *grpc_aio_xds_dump_configs (void);

G_END_DECLS
