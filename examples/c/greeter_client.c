/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A client that makes one call: a request goes out, a response comes back.
 *
 *   greeter_client --target localhost:50051 World
 */

#include <grpc-aio-glib/grpc-aio-glib.h>
#include <locale.h>
#include <stdlib.h>

#include "helloworld.grpc-aio.h"

typedef struct
{
  GMainLoop *loop;
  int exit_status;
} Client;

/* Called from the main loop when the call has ended, well or not. */
static void
on_reply (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Client *client = user_data;
  HelloworldGreeterStub *greeter = HELLOWORLD_GREETER_STUB (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (Helloworld__HelloReply) reply = NULL;

  reply = helloworld__greeter_stub__say_hello_finish (greeter, result, &error);
  if (reply != NULL)
    {
      g_print ("SayHello: %s\n", reply->message);
      client->exit_status = EXIT_SUCCESS;
    }
  else
    {
      /* The code tells why: GRPC_AIO_ERROR_UNAVAILABLE, for example, when
       * there is no server. */
      g_printerr ("SayHello failed: %s\n", error->message);
    }

  g_main_loop_quit (client->loop);
}

int
main (int    argc,
      char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GOptionContext) options = g_option_context_new ("[NAME]");
  g_autoptr (GrpcAioChannel) channel = NULL;
  g_autoptr (GrpcAioCallOptions) call_options = NULL;
  g_autoptr (HelloworldGreeterStub) greeter = NULL;
  g_autofree char *target = NULL;
  Helloworld__HelloRequest request = HELLOWORLD__HELLO_REQUEST__INIT;
  Client client = { loop, EXIT_FAILURE };

  const GOptionEntry entries[] = {
    { "target", 0, 0, G_OPTION_ARG_STRING, &target, "The server", "HOST:PORT" },
    { NULL }
  };

  setlocale (LC_ALL, "");
  g_option_context_add_main_entries (options, entries, NULL);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return EXIT_FAILURE;
    }

  /* A channel connects when it is first needed. */
  channel = grpc_aio_channel_new (target ? target : "localhost:50051", NULL);

  /* The methods of the server, to be called as often as you like. */
  greeter = helloworld_greeter_stub_new (channel);

  request.name = argc > 1 ? argv[1] : (char *) "C";

  /* Without a time limit a call waits as long as the server likes. */
  call_options = grpc_aio_call_options_new ();
  grpc_aio_call_options_set_timeout_usec (call_options, 10 * G_USEC_PER_SEC);

  helloworld__greeter_stub__say_hello_async (greeter, &request, call_options, NULL, on_reply, &client);
  g_main_loop_run (loop);

  return client.exit_status;
}
