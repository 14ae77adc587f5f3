/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>

G_BEGIN_DECLS

/* The test cases of gRPC's interoperability specification. A case returns
 * FALSE and says what was wrong when one of its checks fails. */
typedef gboolean (*InteropCaseFunc) (GrpcAioChannel *channel,
                                     GError **error);

InteropCaseFunc interop_cases_find (const char *name);
char *interop_cases_dup_names (void);

G_END_DECLS
