/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-types.h>

G_BEGIN_DECLS

#define GRPC_AIO_TYPE_PORT (grpc_aio_port_get_type ())

GRPC_AIO_AVAILABLE_IN_ALL
G_DECLARE_FINAL_TYPE (GrpcAioPort, grpc_aio_port, GRPC_AIO, PORT, GObject)

/**
 * GRPC_AIO_PORT_VERSION:
 *
 * The version of the frames that a [class@Port] gives and takes.
 *
 * Since: 0.1
 */
#define GRPC_AIO_PORT_VERSION 1

/**
 * GRPC_AIO_PORT_MESSAGE_COST:
 *
 * What a message counts beside its length, in the allowances of a [class@Port].
 *
 * Since: 0.1
 */
#define GRPC_AIO_PORT_MESSAGE_COST 2048

/**
 * GRPC_AIO_PORT_LARGE_MESSAGE:
 *
 * From this length on a message does not lie in the frames of a [class@Port]:
 * [method@Port.take_message] gives it.
 *
 * Since: 0.1
 */
#define GRPC_AIO_PORT_LARGE_MESSAGE 65536

/**
 * GrpcAioPortEvent:
 * @GRPC_AIO_PORT_EVENT_RESULT: a client's call ended with the status OK and a
 *   response. Payload: the response. Value: 1 if it is large and came before.
 * @GRPC_AIO_PORT_EVENT_STATUS: a client's call ended otherwise, or has metadata.
 *   Value: the code. Payload: flags, details, debug string, initial metadata,
 *   trailing metadata, then the response if there is one.
 * @GRPC_AIO_PORT_EVENT_STARTED: the start of a call with a stream of requests was sent.
 * @GRPC_AIO_PORT_EVENT_CONNECTED: the server answered the start of a call that
 *   streams. Payload: its initial metadata.
 * @GRPC_AIO_PORT_EVENT_MESSAGE: a message came. Payload: the message.
 * @GRPC_AIO_PORT_EVENT_LARGE_MESSAGE: a large message, or response, came. Value: its
 *   length.
 * @GRPC_AIO_PORT_EVENT_END_OF_MESSAGES: there are no more messages. Value: 1 when that is
 *   because the call failed.
 * @GRPC_AIO_PORT_EVENT_WRITTEN: messages were sent. Value: what they count together.
 * @GRPC_AIO_PORT_EVENT_NOT_WRITTEN: a message was not sent, and none will be.
 * @GRPC_AIO_PORT_EVENT_WRITES_DONE: the server knows that the requests are complete.
 * @GRPC_AIO_PORT_EVENT_METHOD: a method is called for the first time. Id: the number
 *   of the method. Payload: its full name.
 * @GRPC_AIO_PORT_EVENT_CALL: a server's call has begun. Value: the number of the
 *   method. Payload: the time left in microseconds or -1 (64 bits, signed), the
 *   number of the server, the host, the invocation metadata.
 * @GRPC_AIO_PORT_EVENT_OVER: a server's call is over. Value: 1 when it was given up, 0
 *   when it was answered.
 *
 * What a frame of a [class@Port] tells.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_PORT_EVENT_RESULT = 1,
  GRPC_AIO_PORT_EVENT_STATUS,
  GRPC_AIO_PORT_EVENT_STARTED,
  GRPC_AIO_PORT_EVENT_CONNECTED,
  GRPC_AIO_PORT_EVENT_MESSAGE,
  GRPC_AIO_PORT_EVENT_LARGE_MESSAGE,
  GRPC_AIO_PORT_EVENT_END_OF_MESSAGES,
  GRPC_AIO_PORT_EVENT_WRITTEN,
  GRPC_AIO_PORT_EVENT_NOT_WRITTEN,
  GRPC_AIO_PORT_EVENT_WRITES_DONE,
  GRPC_AIO_PORT_EVENT_METHOD,
  GRPC_AIO_PORT_EVENT_CALL,
  GRPC_AIO_PORT_EVENT_OVER,
} GrpcAioPortEvent;

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioPort *grpc_aio_port_new (void);

GRPC_AIO_AVAILABLE_IN_ALL
int grpc_aio_port_get_fd (GrpcAioPort *self);

GRPC_AIO_AVAILABLE_IN_ALL
const guint8 *grpc_aio_port_drain (GrpcAioPort *self,
                                   gsize *length);

GRPC_AIO_AVAILABLE_IN_ALL
const guint8 *grpc_aio_port_take_message (GrpcAioPort *self,
                                          guint32 id,
                                          gsize *length);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_port_enter (GrpcAioPort *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_port_leave (GrpcAioPort *self);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_port_close (GrpcAioPort *self);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_port_start (GrpcAioPort *self,
                              guint32 id,
                              GrpcAioMultiCallable *method,
                              const guint8 *request,
                              gsize request_length,
                              const guint8 *options,
                              gsize options_length,
                              GrpcAioCallCredentials *credentials);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_port_read (GrpcAioPort *self,
                             guint32 id,
                             guint32 allowance);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_port_write (GrpcAioPort *self,
                              guint32 id,
                              const guint8 *message,
                              gsize length,
                              guint32 flags);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_port_done_writing (GrpcAioPort *self,
                                     guint32 id);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_port_send_initial_metadata (GrpcAioPort *self,
                                              guint32 id,
                                              const guint8 *metadata,
                                              gsize length);

GRPC_AIO_AVAILABLE_IN_ALL
guint32 grpc_aio_port_get_server_number (GrpcAioPort *self,
                                         GrpcAioServer *server);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_port_set_compression (GrpcAioPort *self,
                                        guint32 id,
                                        GrpcAioCompression compression);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_port_set_trailer (GrpcAioPort *self,
                                guint32 id,
                                const char *details,
                                const guint8 *metadata,
                                gsize length);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_port_respond (GrpcAioPort *self,
                                guint32 id,
                                const guint8 *response,
                                gsize length,
                                gboolean keeps);

GRPC_AIO_AVAILABLE_IN_ALL
gboolean grpc_aio_port_finish (GrpcAioPort *self,
                               guint32 id,
                               GrpcAioStatusCode code,
                               gboolean keeps);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_port_cancel (GrpcAioPort *self,
                           guint32 id);

GRPC_AIO_AVAILABLE_IN_ALL
void grpc_aio_port_release (GrpcAioPort *self,
                            guint32 id);

GRPC_AIO_AVAILABLE_IN_ALL
char *grpc_aio_port_dup_peer (GrpcAioPort *self,
                              guint32 id);

GRPC_AIO_AVAILABLE_IN_ALL
GrpcAioAuthContext *grpc_aio_port_dup_auth_context (GrpcAioPort *self,
                                                    guint32 id);

G_END_DECLS
