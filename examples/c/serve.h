/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>

/* Serves @service until the program is told to stop; to be returned from
 * main (). */
int serve (GrpcAioService *service,
           int             argc,
           char          **argv);
