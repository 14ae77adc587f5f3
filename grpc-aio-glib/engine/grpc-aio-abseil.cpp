/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/grpc-aio-abseil-private.h"

#include <absl/synchronization/mutex.h>

/* Abseil, whose mutexes grpc-core uses, can look for deadlocks: each lock enters
 * a graph that belongs to the whole process and is guarded by one spinlock, and a
 * possible deadlock aborts. Abseil's own default is to do so in debug builds
 * only, but Debian's build counts as one. It is a tool for those who develop
 * grpc-core, and costs a tenth of a call. */
void
grpc_aio_abseil_set_up (void)
{
  absl::SetMutexDeadlockDetectionMode (absl::OnDeadlockCycle::kIgnore);
}
