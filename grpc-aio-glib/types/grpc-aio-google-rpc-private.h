/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>
#include <protobuf-c/protobuf-c.h>

G_BEGIN_DECLS

/* google.protobuf.Any and google.rpc.Status. */

typedef struct
{
  ProtobufCMessage base;
  char *type_url;
  ProtobufCBinaryData value;
} GrpcAioGoogleAny;

typedef struct
{
  ProtobufCMessage base;
  int32_t code;
  char *message;
  size_t n_details;
  GrpcAioGoogleAny **details;
} GrpcAioGoogleStatus;

extern const ProtobufCMessageDescriptor grpc_aio_google_any_descriptor;
extern const ProtobufCMessageDescriptor grpc_aio_google_status_descriptor;

G_END_DECLS
