/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "helloworld.grpc-aio.h"

int
main (int argc, char **argv)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GrpcAioChannel) channel = grpc_aio_channel_new (argc > 1 ? argv[1] : "localhost:50051", NULL);
  g_autoptr (HelloworldGreeterStub) greeter = helloworld_greeter_stub_new (channel);
  Helloworld__HelloRequest request = HELLOWORLD__HELLO_REQUEST__INIT;
  g_autoptr (Helloworld__HelloReply) reply = NULL;

  request.name = (char *) "C";
  reply = helloworld__greeter_stub__say_hello_sync (greeter, &request, NULL, NULL, &error);
  g_print ("%s\n", reply != NULL ? reply->message : error->message);

  return reply != NULL ? 0 : 1;
}
