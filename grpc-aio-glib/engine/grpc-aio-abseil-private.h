/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#ifdef __cplusplus
extern "C"
{
#endif

void grpc_aio_abseil_set_up (void);

#ifdef __cplusplus
}
#endif
