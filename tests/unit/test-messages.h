/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>

G_BEGIN_DECLS

/* The messages of tests/messages. The pool lives as long as the program. */
GrpcAioMessagePool *messages_pool (void);

/* These abort the test on an error. */
GrpcAioMessage *messages_new (const char *type,
                              const char *json);
char *messages_to_json (GrpcAioMessage *message,
                        GrpcAioJsonFlags flags);

G_END_DECLS
