/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What a text says of an integer. */
typedef enum
{
  GRPC_AIO_NUMBER_OK,
  GRPC_AIO_NUMBER_MALFORMED,
  GRPC_AIO_NUMBER_NOT_WHOLE,
  GRPC_AIO_NUMBER_OUT_OF_RANGE,
} GrpcAioNumberCheck;

/* A whole number of up to 64 bits and a sign: all integers of protobuf. */
typedef struct
{
  guint64 magnitude;
  gboolean is_negative;
} GrpcAioWholeNumber;

void grpc_aio_number_append_double (GString *out,
                                    double value);
void grpc_aio_number_append_float (GString *out,
                                   float value);

gsize grpc_aio_number_scan (const char *text);
GrpcAioNumberCheck grpc_aio_number_parse_whole (const char *text,
                                                GrpcAioWholeNumber *number);
gboolean grpc_aio_number_parse_double (const char *text,
                                       double *value);
gboolean grpc_aio_number_to_int64 (const GrpcAioWholeNumber *number,
                                   gint64 minimum,
                                   gint64 maximum,
                                   gint64 *value);
gboolean grpc_aio_number_to_uint64 (const GrpcAioWholeNumber *number,
                                    guint64 maximum,
                                    guint64 *value);

G_END_DECLS
