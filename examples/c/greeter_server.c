/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A server with one method that takes a request and gives a response.
 *
 *   greeter_server --address localhost:50051
 */

#include <grpc-aio-glib/grpc-aio-glib.h>

#include "helloworld.grpc-aio.h"
#include "serve.h"

#define TYPE_GREETER (greeter_get_type ())
G_DECLARE_FINAL_TYPE (Greeter, greeter, EXAMPLE, GREETER, HelloworldGreeterServicer)

struct _Greeter
{
  HelloworldGreeterServicer parent_instance;
};

G_DEFINE_FINAL_TYPE (Greeter, greeter, HELLOWORLD_TYPE_GREETER_SERVICER)

/* Runs in the main loop, once for each call. */
static void
greeter_say_hello (HelloworldGreeterServicer        *self,
                   HelloworldGreeterSayHelloContext *context,
                   const Helloworld__HelloRequest   *request)
{
  g_autofree char *text = g_strdup_printf ("Hello, %s!", request->name);
  Helloworld__HelloReply reply = HELLOWORLD__HELLO_REPLY__INIT;

  /* The answer need not come at once: keep a reference to the context and
   * complete it whenever the answer is there. The loop must not wait. */
  reply.message = text;
  helloworld__greeter_say_hello_context__complete (context, &reply);
}

static void
greeter_class_init (GreeterClass *klass)
{
  HELLOWORLD_GREETER_SERVICER_CLASS (klass)->say_hello_struct = greeter_say_hello;
}

static void
greeter_init (Greeter *self)
{
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GrpcAioService) greeter = g_object_new (TYPE_GREETER, NULL);

  /* Ports, signals and the main loop: see serve.c. */
  return serve (greeter, argc, argv);
}
