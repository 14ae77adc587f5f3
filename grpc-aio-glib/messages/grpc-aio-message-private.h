/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "messages/grpc-aio-message-type-private.h"

G_BEGIN_DECLS

void grpc_aio_message_class_install (GrpcAioMessageClass *klass,
                                     GrpcAioMessageType *type);

G_END_DECLS
