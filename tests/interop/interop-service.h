/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>

G_BEGIN_DECLS

/* grpc.testing.TestService as the interoperability specification describes
 * it, with the methods that the test cases call. */
GrpcAioService *interop_service_new (void);

G_END_DECLS
