/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "messages/grpc-aio-json-reader-private.h"
#include "messages/grpc-aio-json-writer-private.h"
#include "messages/grpc-aio-message-path-private.h"
#include "messages/grpc-aio-message-walk-private.h"

G_BEGIN_DECLS

/* proto3's JSON, from and to structs. */

typedef struct
{
  GrpcAioJsonWriter writer;
  GrpcAioJsonFlags flags;
  GrpcAioMessagePool *pool; /* Where the types within Any are, and extensions. */
} GrpcAioJsonPrinter;

typedef struct
{
  GrpcAioJsonReader reader;
  GrpcAioJsonFlags flags;
  GrpcAioMessagePool *pool;
  GString *text; /* The string or number that was read last. */
} GrpcAioJsonParser;

/* What parsing a value comes to. */
typedef enum
{
  GRPC_AIO_JSON_FAILED,
  GRPC_AIO_JSON_IGNORED, /* A name that the enumeration lacks. */
  GRPC_AIO_JSON_PARSED,
} GrpcAioJsonResult;

char *grpc_aio_json_print (GrpcAioMessagePool *pool,
                           GrpcAioMessageType *type,
                           const ProtobufCMessage *message,
                           GrpcAioJsonFlags flags,
                           GError **error);
gboolean grpc_aio_json_print_message (GrpcAioJsonPrinter *printer,
                                      GrpcAioMessageType *type,
                                      const ProtobufCMessage *message,
                                      const GrpcAioMessagePath *path,
                                      GError **error);
gboolean grpc_aio_json_print_fields (GrpcAioJsonPrinter *printer,
                                     GrpcAioMessageType *type,
                                     const ProtobufCMessage *message,
                                     const GrpcAioMessagePath *path,
                                     GError **error);
gboolean grpc_aio_json_print_scalar (GrpcAioJsonPrinter *printer,
                                     const GrpcAioMessageField *field,
                                     const GrpcAioMessageValue *value,
                                     const GrpcAioMessagePath *path,
                                     GError **error);

/* Types that have a JSON of their own. */
gboolean grpc_aio_json_is_special (const GrpcAioMessageType *type);
GrpcAioMessageType *grpc_aio_json_find_any_type (GrpcAioMessagePool *pool,
                                                 const char *type_url);
gboolean grpc_aio_json_print_well_known (GrpcAioJsonPrinter *printer,
                                         GrpcAioMessageType *type,
                                         const ProtobufCMessage *message,
                                         const GrpcAioMessagePath *path,
                                         GError **error);
gboolean grpc_aio_json_parse_well_known (GrpcAioJsonParser *parser,
                                         GrpcAioMessageType *type,
                                         ProtobufCMessage *message,
                                         const GrpcAioMessagePath *path,
                                         GError **error);

/* Their texts. */
gboolean grpc_aio_json_format_timestamp (GString *out,
                                         gint64 seconds,
                                         gint32 nanos);
gboolean grpc_aio_json_scan_timestamp (const char *text,
                                       gint64 *seconds,
                                       gint32 *nanos);
gboolean grpc_aio_json_format_duration (GString *out,
                                        gint64 seconds,
                                        gint32 nanos);
gboolean grpc_aio_json_scan_duration (const char *text,
                                      gint64 *seconds,
                                      gint32 *nanos);
gboolean grpc_aio_json_append_camel (GString *out,
                                     const char *path);
gboolean grpc_aio_json_append_snake (GString *out,
                                     const char *path,
                                     gsize length);

/* Merges into @message, which is undefined afterwards if it fails. */
gboolean grpc_aio_json_parse (GrpcAioMessagePool *pool,
                              GrpcAioMessageType *type,
                              ProtobufCMessage *message,
                              const char *json,
                              GrpcAioJsonFlags flags,
                              GError **error);
gboolean grpc_aio_json_parse_message (GrpcAioJsonParser *parser,
                                      GrpcAioMessageType *type,
                                      ProtobufCMessage *message,
                                      const GrpcAioMessagePath *path,
                                      GError **error);
gboolean grpc_aio_json_parse_map (GrpcAioJsonParser *parser,
                                  const GrpcAioMessageField *map,
                                  ProtobufCMessage *message,
                                  const GrpcAioMessagePath *path,
                                  GError **error);
GrpcAioJsonResult grpc_aio_json_parse_scalar (GrpcAioJsonParser *parser,
                                              const GrpcAioMessageField *field,
                                              GrpcAioMessageValue *value,
                                              const GrpcAioMessagePath *path,
                                              GError **error);

gboolean grpc_aio_json_parse_key (const GrpcAioMessageField *field,
                                  const GString *text,
                                  GrpcAioMessageValue *value,
                                  const GrpcAioMessagePath *path,
                                  GError **error);
gboolean grpc_aio_json_takes_null (const GrpcAioMessageField *field);

/* An object; with @is_any the member "@type" is passed over. */
gboolean grpc_aio_json_parse_fields (GrpcAioJsonParser *parser,
                                     GrpcAioMessageType *type,
                                     ProtobufCMessage *message,
                                     gboolean is_any,
                                     const GrpcAioMessagePath *path,
                                     GError **error);

G_END_DECLS
