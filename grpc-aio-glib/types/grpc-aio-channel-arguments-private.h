/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-channel-options.h>

G_BEGIN_DECLS

typedef enum
{
  GRPC_AIO_SIDE_CLIENT = 1 << 0,
  GRPC_AIO_SIDE_SERVER = 1 << 1,
} GrpcAioSide;

#define GRPC_AIO_BOTH_SIDES (GRPC_AIO_SIDE_CLIENT | GRPC_AIO_SIDE_SERVER)

typedef enum
{
  GRPC_AIO_ARGUMENT_INTEGER,
  GRPC_AIO_ARGUMENT_BOOLEAN,
  GRPC_AIO_ARGUMENT_COMPRESSION,
  GRPC_AIO_ARGUMENT_TEXT,
  GRPC_AIO_ARGUMENT_SIZE,    /* of what is a pointer in grpc-core */
  GRPC_AIO_ARGUMENT_POINTER, /* in grpc-core; has no property */
} GrpcAioArgumentKind;

/* What is known of a channel argument of grpc-core. */
typedef struct
{
  const char *name;
  const char *property;
  GrpcAioArgumentKind kind;
  int sides; /* of GrpcAioSide: those that it is for */
  int minimum;
  int maximum;
  int preset;
  char *(*parse_text) (const char *text,
                       GError **error); /* what to store, or NULL */
} GrpcAioArgument;

extern const GrpcAioArgument grpc_aio_arguments[];
extern const guint grpc_aio_n_arguments;

/* NULL for what is not known. */
const GrpcAioArgument *grpc_aio_argument_find (const char *name);
gboolean grpc_aio_argument_check_int (const GrpcAioArgument *self,
                                      int value,
                                      GError **error);
char *grpc_aio_argument_parse_text (const GrpcAioArgument *self,
                                    const char *text,
                                    GError **error);
GParamSpec *grpc_aio_argument_new_pspec (const GrpcAioArgument *self);

G_END_DECLS
