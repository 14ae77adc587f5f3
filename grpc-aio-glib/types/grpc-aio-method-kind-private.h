/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

static inline gboolean
grpc_aio_method_kind_streams_requests (GrpcAioMethodKind kind)
{
  return kind == GRPC_AIO_METHOD_KIND_STREAM_UNARY || kind == GRPC_AIO_METHOD_KIND_STREAM_STREAM;
}

static inline gboolean
grpc_aio_method_kind_streams_responses (GrpcAioMethodKind kind)
{
  return kind == GRPC_AIO_METHOD_KIND_UNARY_STREAM || kind == GRPC_AIO_METHOD_KIND_STREAM_STREAM;
}

G_END_DECLS
