/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A client that makes one call: a request goes out, a response comes back.
 *
 *   greeter_client --target localhost:50051 World
 */

#include <grpc-aio-glib/grpc-aio-glib.h>
#include <locale.h>
#include <stdlib.h>

#include "helloworld.pb-c.h"
#include "message.h"

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Helloworld__HelloReply, message_free)

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
  GrpcAioMultiCallable *say_hello = GRPC_AIO_MULTI_CALLABLE (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (Helloworld__HelloReply) reply = NULL;

  response = grpc_aio_multi_callable_invoke_finish (say_hello, result, &error);
  if (response != NULL)
    reply = message_unpack (response, &helloworld__hello_reply__descriptor, &error);

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
  g_autoptr (GrpcAioMultiCallable) say_hello = NULL;
  g_autoptr (GrpcAioCallOptions) call_options = NULL;
  g_autoptr (GBytes) request = NULL;
  g_autofree char *target = NULL;
  Helloworld__HelloRequest hello = HELLOWORLD__HELLO_REQUEST__INIT;
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

  /* A method of the server, to be called as often as you like. */
  say_hello = grpc_aio_channel_unary_unary (channel, "/helloworld.Greeter/SayHello");

  hello.name = argc > 1 ? argv[1] : (char *) "C";
  request = message_pack (&hello);

  /* Without a time limit a call waits as long as the server likes. */
  call_options = grpc_aio_call_options_new ();
  grpc_aio_call_options_set_timeout_usec (call_options, 10 * G_USEC_PER_SEC);

  grpc_aio_multi_callable_invoke_async (say_hello, request, call_options, NULL, on_reply, &client);
  g_main_loop_run (loop);

  return client.exit_status;
}
