/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <stdint.h>

#include <grpc-aio-glib/grpc-aio-glib.h>

G_BEGIN_DECLS

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t size);

/* One of the types that have a form of their own, or one with every field. */
GType fuzz_type (guint8 choice);

G_END_DECLS
