/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-glib.h>

#include "bench.h"

void aio_client (const BenchOptions *options);

void aio_server (const BenchOptions *options);
