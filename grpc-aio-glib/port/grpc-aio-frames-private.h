/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-metadata.h>
#include <grpc/grpc.h>

G_BEGIN_DECLS

/* The bytes that a port hands over: frames, one after the other. Numbers are little
 * endian, and lie where they happen to lie. */
typedef struct
{
  guint8 *data;
  gsize length;
  gsize capacity;
  gboolean is_taken; /* what is here was handed over */
} GrpcAioFrames;

void grpc_aio_frames_clear (GrpcAioFrames *self);
const guint8 *grpc_aio_frames_take (GrpcAioFrames *self,
                                    gsize *length);
gsize grpc_aio_frames_get_length (const GrpcAioFrames *self);

/* A frame with all of its payload, or one that is begun, filled and ended. */
void grpc_aio_frames_add (GrpcAioFrames *self,
                          guint32 id,
                          guint32 event,
                          guint32 value,
                          gconstpointer payload,
                          gsize length);
gsize grpc_aio_frames_begin (GrpcAioFrames *self,
                             guint32 id,
                             guint32 event,
                             guint32 value);
void grpc_aio_frames_end (GrpcAioFrames *self,
                          gsize start);

void grpc_aio_frames_put (GrpcAioFrames *self,
                          gconstpointer data,
                          gsize length);
void grpc_aio_frames_put_uint32 (GrpcAioFrames *self,
                                 guint32 value);
void grpc_aio_frames_put_int64 (GrpcAioFrames *self,
                                gint64 value);
void grpc_aio_frames_put_text (GrpcAioFrames *self,
                               const char *text);
void grpc_aio_frames_put_metadata (GrpcAioFrames *self,
                                   GrpcAioMetadata *metadata);
void grpc_aio_frames_put_core_metadata (GrpcAioFrames *self,
                                        const grpc_metadata_array *array);

/* The same the other way round. What does not fit makes it invalid. */
typedef struct
{
  const guint8 *data;
  gsize length;
  gboolean is_invalid;
} GrpcAioFrameReader;

guint32 grpc_aio_frame_reader_get_uint32 (GrpcAioFrameReader *self);
gint64 grpc_aio_frame_reader_get_int64 (GrpcAioFrameReader *self);
char *grpc_aio_frame_reader_dup_text (GrpcAioFrameReader *self);
GrpcAioMetadata *grpc_aio_frame_reader_get_metadata (GrpcAioFrameReader *self);

G_END_DECLS
