/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#define GRPC_AIO_GLIB_INSIDE

#include <grpc-aio-glib/grpc-aio-auth-context.h>
#include <grpc-aio-glib/grpc-aio-auth-metadata-context.h>
#include <grpc-aio-glib/grpc-aio-auth-metadata-plugin.h>
#include <grpc-aio-glib/grpc-aio-authentication-client-interceptor.h>
#include <grpc-aio-glib/grpc-aio-call-credentials.h>
#include <grpc-aio-glib/grpc-aio-call-options.h>
#include <grpc-aio-glib/grpc-aio-call.h>
#include <grpc-aio-glib/grpc-aio-channel-credentials.h>
#include <grpc-aio-glib/grpc-aio-channel-options.h>
#include <grpc-aio-glib/grpc-aio-channel.h>
#include <grpc-aio-glib/grpc-aio-channelz.h>
#include <grpc-aio-glib/grpc-aio-client-interceptor.h>
#include <grpc-aio-glib/grpc-aio-completion-source.h>
#include <grpc-aio-glib/grpc-aio-deadline-client-interceptor.h>
#include <grpc-aio-glib/grpc-aio-enums.h>
#include <grpc-aio-glib/grpc-aio-error.h>
#include <grpc-aio-glib/grpc-aio-generic-rpc-handler.h>
#include <grpc-aio-glib/grpc-aio-handler-call-details.h>
#include <grpc-aio-glib/grpc-aio-hedging-client-interceptor.h>
#include <grpc-aio-glib/grpc-aio-intercepted-call.h>
#include <grpc-aio-glib/grpc-aio-logging-client-interceptor.h>
#include <grpc-aio-glib/grpc-aio-main-context.h>
#include <grpc-aio-glib/grpc-aio-message-pool.h>
#include <grpc-aio-glib/grpc-aio-message.h>
#include <grpc-aio-glib/grpc-aio-metadata-client-interceptor.h>
#include <grpc-aio-glib/grpc-aio-metadata.h>
#include <grpc-aio-glib/grpc-aio-multi-callable.h>
#include <grpc-aio-glib/grpc-aio-port-delivery.h>
#include <grpc-aio-glib/grpc-aio-port.h>
#include <grpc-aio-glib/grpc-aio-retry-client-interceptor.h>
#include <grpc-aio-glib/grpc-aio-rpc-method-handler.h>
#include <grpc-aio-glib/grpc-aio-rpc-status.h>
#include <grpc-aio-glib/grpc-aio-server-credentials.h>
#include <grpc-aio-glib/grpc-aio-server-auth-interceptor.h>
#include <grpc-aio-glib/grpc-aio-server-continuation.h>
#include <grpc-aio-glib/grpc-aio-server-interceptor.h>
#include <grpc-aio-glib/grpc-aio-server-logging-interceptor.h>
#include <grpc-aio-glib/grpc-aio-server.h>
#include <grpc-aio-glib/grpc-aio-service.h>
#include <grpc-aio-glib/grpc-aio-servicer-context.h>
#include <grpc-aio-glib/grpc-aio-sts-options.h>
#include <grpc-aio-glib/grpc-aio-tls-authorities.h>
#include <grpc-aio-glib/grpc-aio-tls-channel-credentials.h>
#include <grpc-aio-glib/grpc-aio-tls-identity.h>
#include <grpc-aio-glib/grpc-aio-tls-server-credentials.h>
#include <grpc-aio-glib/grpc-aio-tls-verification.h>
#include <grpc-aio-glib/grpc-aio-types.h>
#include <grpc-aio-glib/grpc-aio-version-macros.h>
#include <grpc-aio-glib/grpc-aio-xds.h>

#undef GRPC_AIO_GLIB_INSIDE
