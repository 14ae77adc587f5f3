// SPDX-License-Identifier: LGPL-2.1-or-later

// A program that already uses the C++ API of gRPC, and wants its calls to end
// in the main loop of GLib instead of in a thread that sits in Next ().
//
//   greeter_client --target localhost:50051 World
//
// grpc_aio_completion_source_new () makes a GSource of any completion queue of
// grpc-core; C++ hands out the queue inside its own by cq ().

#include <memory>
#include <string>

#include <grpcpp/grpcpp.h>

#include "helloworld.grpc.pb.h"

#include <grpc-aio-glib/grpc-aio-glib.h>

// What one call needs until it has ended. Its address is the tag.
struct Greeting
{
  grpc::ClientContext context;
  helloworld::HelloReply reply;
  grpc::Status status;
  std::unique_ptr<grpc::ClientAsyncResponseReader<helloworld::HelloReply>> reader;
};

struct Program
{
  grpc::CompletionQueue queue;
  GMainLoop *loop;
  int exit_status = 1;
};

// Called from the main loop, once for each event of the queue.
static gboolean
on_event (gpointer core_tag,
          gboolean success,
          gpointer user_data)
{
  auto *program = static_cast<Program *> (user_data);
  void *tag = nullptr;
  bool ok = success;

  // C++ wraps every tag in one of its own. FinalizeResult () does what Next ()
  // would have done: it unwraps the tag, and says whether there is one for us.
  if (!static_cast<grpc::internal::CompletionQueueTag *> (core_tag)->FinalizeResult (&tag, &ok))
    return G_SOURCE_CONTINUE;

  std::unique_ptr<Greeting> greeting (static_cast<Greeting *> (tag));

  if (greeting->status.ok ())
    {
      g_print ("SayHello: %s\n", greeting->reply.message ().c_str ());
      program->exit_status = 0;
    }
  else
    {
      g_printerr ("SayHello failed: %s\n", greeting->status.error_message ().c_str ());
    }

  // No more calls: the source goes away once the queue is empty.
  program->queue.Shutdown ();

  return G_SOURCE_CONTINUE;
}

// The source has been removed: the queue is shut down and has no event left.
static void
on_removed (gpointer user_data)
{
  g_main_loop_quit (static_cast<Program *> (user_data)->loop);
}

int
main (int    argc,
      char **argv)
{
  Program program;
  GError *error = nullptr;
  char *target = nullptr;

  const GOptionEntry entries[] = {
    { "target", 0, 0, G_OPTION_ARG_STRING, &target, "The server", "HOST:PORT" },
    {}
  };

  GOptionContext *options = g_option_context_new ("[NAME]");
  g_option_context_add_main_entries (options, entries, nullptr);
  if (!g_option_context_parse (options, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 1;
    }
  g_option_context_free (options);

  program.loop = g_main_loop_new (nullptr, FALSE);

  // From here on the main loop takes the events out of the queue. Nobody else
  // may call Next () on it.
  GSource *source = grpc_aio_completion_source_new (program.queue.cq ());
  g_source_set_callback (source, G_SOURCE_FUNC (on_event), &program, on_removed);
  g_source_attach (source, nullptr);
  g_source_unref (source);

  // An asynchronous call, as in any C++ program.
  auto channel = grpc::CreateChannel (target ? target : "localhost:50051",
                                      grpc::InsecureChannelCredentials ());
  auto stub = helloworld::Greeter::NewStub (channel);
  auto greeting = std::make_unique<Greeting> ();
  helloworld::HelloRequest request;

  request.set_name (argc > 1 ? argv[1] : "C++");
  greeting->context.set_deadline (std::chrono::system_clock::now () + std::chrono::seconds (10));
  greeting->reader = stub->AsyncSayHello (&greeting->context, request, &program.queue);
  greeting->reader->Finish (&greeting->reply, &greeting->status, greeting.get ());
  greeting.release (); // on_event () takes it back.

  g_main_loop_run (program.loop);

  g_main_loop_unref (program.loop);
  g_free (target);

  return program.exit_status;
}
