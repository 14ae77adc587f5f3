/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A server with one method that takes a request and gives a response.
 *
 *   greeter_server --address localhost:50051
 */

#include <grpc-aio-glib/grpc-aio-glib.h>

#include "helloworld.pb-c.h"
#include "message.h"
#include "serve.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Helloworld__HelloRequest, message_free)

/* Runs in the main loop, once for each call. */
static void
say_hello (GrpcAioServicerContext *context,
           GBytes                 *request,
           gpointer                user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (Helloworld__HelloRequest) hello = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autofree char *text = NULL;
  Helloworld__HelloReply reply = HELLOWORLD__HELLO_REPLY__INIT;

  hello = message_unpack (request, &helloworld__hello_request__descriptor, &error);
  if (hello == NULL)
    {
      grpc_aio_servicer_context_complete_with_error (context, error);
      return;
    }

  text = g_strdup_printf ("Hello, %s!", hello->name);
  reply.message = text;
  response = message_pack (&reply);

  /* The answer need not come at once: keep a reference to the context and
   * complete it whenever the answer is there. The loop must not wait. */
  grpc_aio_servicer_context_complete (context, response);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GrpcAioService) greeter = grpc_aio_service_new ("helloworld.Greeter");
  g_autoptr (GrpcAioRpcMethodHandler) handler = NULL;

  handler = grpc_aio_rpc_method_handler_new_unary_unary (say_hello, NULL, NULL);
  grpc_aio_service_add_method (greeter, "SayHello", handler);

  /* Ports, signals and the main loop: see serve.c. */
  return serve (greeter, argc, argv);
}
