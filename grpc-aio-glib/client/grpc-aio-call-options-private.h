/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-call-credentials.h>
#include <grpc-aio-glib/grpc-aio-call-options.h>
#include <grpc-aio-glib/grpc-aio-metadata.h>
#include <grpc-aio-glib/grpc-aio-servicer-context.h>

G_BEGIN_DECLS

/* For each call that has options they are read once. */
struct _GrpcAioCallOptions
{
  GObject parent_instance;

  gint64 timeout_usec;  /* -1 for none */
  gint64 deadline_usec; /* the same */
  GrpcAioMetadata *metadata;
  char *authority;
  GrpcAioCallCredentials *credentials;
  GrpcAioServicerContext *parent;
  GrpcAioCompression compression;
  gboolean compression_set;
  gboolean wait_for_ready;
  gboolean is_started_apart; /* see grpc_aio_call_submit_start () */
};

GrpcAioCallOptions *grpc_aio_call_options_copy (const GrpcAioCallOptions *self);

G_END_DECLS
