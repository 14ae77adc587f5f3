/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define GRPC_AIO_PORT_MAX_ARGUMENTS 8

/* A function that ends in _async. */
typedef struct
{
  const char *name;           /* "read_async" of an object, or "Type.read_async" */
  GType (*get_type) (void);   /* what it is a method of, or NULL */
  GCallback function;
  guint n_arguments;          /* between the object and the cancellable */
  GType (*argument_types[GRPC_AIO_PORT_MAX_ARGUMENTS]) (void);
} GrpcAioPortOperation;

/* All there are, of make-operations.py. */
extern const GrpcAioPortOperation grpc_aio_port_operations[];
extern const guint grpc_aio_port_n_operations;

G_END_DECLS
