/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-metadata.h>

G_BEGIN_DECLS

void grpc_aio_metadata_append_received (GrpcAioMetadata *self,
                                        gconstpointer key,
                                        gsize key_length,
                                        gconstpointer value,
                                        gsize value_length);

G_END_DECLS
