/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc/grpc.h>

#include "bench.h"

/* What a completion of grpc-core points at. */
typedef struct _CoreTag CoreTag;

struct _CoreTag
{
  void (*done) (CoreTag *self,
                bool ok);
};

void core_start_batch (grpc_call *call,
                       const grpc_op *ops,
                       size_t n_ops,
                       CoreTag *tag);

/* Handles completions until @finished. */
void core_loop (grpc_completion_queue *queue,
                const bool *finished);

/* Sending takes the slices out of a buffer, but leaves the buffer: this puts
 * @slice back, so that no message costs an allocation or a copy. */
void core_buffer_refill (grpc_byte_buffer *buffer,
                         grpc_slice slice);

/* The length of a received message, which is freed. */
size_t core_buffer_consume (grpc_byte_buffer *buffer,
                            bool in_one_piece);

void core_client (const BenchOptions *options);

__attribute__ ((noreturn)) void core_server (const BenchOptions *options);
