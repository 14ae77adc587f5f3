/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The asynchronous API: one completion queue, and one thread that waits there. */

#include <memory>
#include <vector>

#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include "bench-cpp.h"

using grpc::ByteBuffer;

namespace bench
{

namespace
{

class AsyncService : public Service
{
public:
  AsyncService ()
  {
    for (int i = 0; i < N_METHODS; i++)
      MarkMethodRaw (i);
  }

  using grpc::Service::RequestAsyncBidiStreaming;
  using grpc::Service::RequestAsyncClientStreaming;
  using grpc::Service::RequestAsyncServerStreaming;
  using grpc::Service::RequestAsyncUnary;
};

struct Server
{
  AsyncService service;
  Responses responses;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
};

template <class Stream>
class Handler : public AsyncTag
{
public:
  explicit Handler (Server *owner)
      : server (owner)
  {
    again ();
  }

  void
  again ()
  {
    stream.reset ();
    context = std::make_unique<grpc::ServerContext> ();
    stream = std::make_unique<Stream> (context.get ());
    step = 0;
  }

protected:
  Server *server;
  std::unique_ptr<grpc::ServerContext> context;
  std::unique_ptr<Stream> stream;
  ByteBuffer request;
  int step = 0;
};

class UnaryHandler : public Handler<grpc::ServerAsyncResponseWriter<ByteBuffer> >
{
public:
  explicit UnaryHandler (Server *owner)
      : Handler (owner)
  {
    ask ();
  }

  void
  ask ()
  {
    server->service.RequestAsyncUnary (Service::UNARY_CALL, context.get (), &request, stream.get (), server->queue.get (), server->queue.get (), this);
  }

  void
  done (bool) override
  {
    if (step++ == 0)
      {
        stream->Finish (server->responses.get (request), grpc::Status::OK, this);
      }
    else
      {
        again ();
        ask ();
      }
  }
};

class StreamingHandler : public Handler<grpc::ServerAsyncReaderWriter<ByteBuffer, ByteBuffer> >
{
public:
  explicit StreamingHandler (Server *owner)
      : Handler (owner)
  {
    ask ();
  }

  void
  ask ()
  {
    server->service.RequestAsyncBidiStreaming (Service::STREAMING_CALL, context.get (), stream.get (), server->queue.get (), server->queue.get (), this);
  }

  void
  done (bool ok) override
  {
    switch (step)
      {
      case 0:
        step = 1;
        pending = 1;
        failed = false;
        stream->Read (&request, this);
        break;
      case 1:
        failed |= !ok;
        if (--pending > 0)
          break;
        if (failed)
          {
            step = 2;
            stream->Finish (grpc::Status::OK, this);
            break;
          }
        pending = 2;
        stream->Write (server->responses.get (request), this);
        stream->Read (&request, this);
        break;
      default:
        again ();
        ask ();
        break;
      }
  }

private:
  int pending = 0;
  bool failed = false;
};

class FromClientHandler : public Handler<grpc::ServerAsyncReader<ByteBuffer, ByteBuffer> >
{
public:
  explicit FromClientHandler (Server *owner)
      : Handler (owner)
  {
    ask ();
  }

  void
  ask ()
  {
    server->service.RequestAsyncClientStreaming (Service::STREAMING_FROM_CLIENT, context.get (), stream.get (), server->queue.get (), server->queue.get (), this);
  }

  void
  done (bool ok) override
  {
    if (step == 0 || (step == 1 && ok))
      {
        if (step == 1)
          last = request;
        step = 1;
        stream->Read (&request, this);
      }
    else if (step == 1)
      {
        step = 2;
        stream->Finish (server->responses.get (last), grpc::Status::OK, this);
      }
    else
      {
        again ();
        ask ();
      }
  }

private:
  ByteBuffer last;
};

class FromServerHandler : public Handler<grpc::ServerAsyncWriter<ByteBuffer> >
{
public:
  explicit FromServerHandler (Server *owner)
      : Handler (owner)
  {
    ask ();
  }

  void
  ask ()
  {
    server->service.RequestAsyncServerStreaming (Service::STREAMING_FROM_SERVER, context.get (), &request, stream.get (), server->queue.get (), server->queue.get (), this);
  }

  void
  done (bool ok) override
  {
    if (step == 0 || (step == 1 && ok))
      {
        if (step == 0)
          response = server->responses.get (request);
        step = 1;
        stream->Write (response, this);
      }
    else if (step == 1)
      {
        step = 2;
        stream->Finish (grpc::Status::OK, this);
      }
    else
      {
        again ();
        ask ();
      }
  }

private:
  ByteBuffer response;
};

}

void
run_async_server (const BenchOptions *options)
{
  Server server;
  grpc::ServerBuilder builder;
  std::vector<std::unique_ptr<AsyncTag> > handlers;
  void *tag;
  bool ok;

  server.queue = builder.AddCompletionQueue ();
  std::unique_ptr<grpc::Server> core = start_server (options, &builder, &server.service);

  for (int i = 0; i < 128; i++)
    handlers.push_back (std::make_unique<UnaryHandler> (&server));
  for (int i = 0; i < 8; i++)
    {
      handlers.push_back (std::make_unique<StreamingHandler> (&server));
      handlers.push_back (std::make_unique<FromClientHandler> (&server));
      handlers.push_back (std::make_unique<FromServerHandler> (&server));
    }

  while (server.queue->Next (&tag, &ok))
    static_cast<AsyncTag *> (tag)->done (ok);
}

}
