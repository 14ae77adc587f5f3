/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The same work as bench-core, by the asynchronous API of gRPC for C++ on one
 * completion queue and in one thread. Messages stay bytes; beyond that it does
 * what generated stubs do. */

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <unistd.h>

#include <grpcpp/grpcpp.h>
#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

extern "C"
{
#include "bench.h"
}

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

namespace
{

class Tag
{
public:
  virtual ~Tag () = default;
  virtual void done (bool ok) = 0;
};

ByteBuffer
make_buffer (uint8_t *data,
             size_t length)
{
  grpc::Slice slice (data, length);

  free (data);

  return ByteBuffer (&slice, 1);
}

/* Client */

struct Client
{
  const BenchOptions *options;
  BenchMeter meter;
  std::shared_ptr<grpc::Channel> channel;
  grpc::CompletionQueue queue;
  ByteBuffer request;
  size_t response_length;
  unsigned in_flight = 0;

  void
  check (const ByteBuffer &response) const
  {
    if (response.Length () != response_length)
      bench_fail ("A response has %zu bytes instead of %zu", response.Length (), response_length);
  }

  void
  check (const grpc::Status &status,
         grpc::StatusCode expected) const
  {
    if (status.error_code () != expected)
      bench_fail ("A call ended with status %d: %s",
                  static_cast<int> (status.error_code ()),
                  status.error_message ().c_str ());
  }
};

/* One stream, or the place of one unary call after the other. */
class Call : public Tag
{
public:
  explicit Call (Client *owner)
      : client (owner)
  {
  }

  void
  begin ()
  {
    since = bench_now ();
    start ();
  }

protected:
  virtual void start () = 0;

  bool
  next ()
  {
    since = bench_meter_finish (&client->meter, since);

    return bench_meter_next (&client->meter);
  }

  void
  finish ()
  {
    client->in_flight--;
  }

  Client *client;
  grpc::Status status;
  ByteBuffer response;
  uint64_t since = 0;
  bool closing = false;
};

class UnaryCall : public Call
{
public:
  explicit UnaryCall (Client *owner)
      : Call (owner), method (BENCH_UNARY_CALL, RpcMethod::NORMAL_RPC, owner->channel)
  {
  }

  void
  start () override
  {
    reader.reset ();
    context = std::make_unique<grpc::ClientContext> ();
    reader.reset (grpc::internal::ClientAsyncResponseReaderHelper::Create<ByteBuffer> (
        client->channel.get (), &client->queue, method, context.get (), client->request));
    reader->StartCall ();
    reader->Finish (&response, &status, this);
  }

  void
  done (bool) override
  {
    client->check (status, grpc::StatusCode::OK);
    client->check (response);
    if (next ())
      start ();
    else
      finish ();
  }

private:
  RpcMethod method;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncResponseReader<ByteBuffer> > reader;
};

class PingPong : public Call
{
public:
  explicit PingPong (Client *owner)
      : Call (owner), method (BENCH_STREAMING_CALL, RpcMethod::BIDI_STREAMING, owner->channel)
  {
  }

  void
  start () override
  {
    stream.reset ();
    context = std::make_unique<grpc::ClientContext> ();
    stream.reset (grpc::internal::ClientAsyncReaderWriterFactory<ByteBuffer, ByteBuffer>::Create (
        client->channel.get (), &client->queue, method, context.get (), true, this));
    closing = false;
    pending = 1;
    is_new = true;
  }

  void
  done (bool) override
  {
    if (--pending > 0)
      return;
    if (closing)
      {
        client->check (status, grpc::StatusCode::OK);
        finish ();
        return;
      }
    if (!is_new)
      {
        client->check (response);
        if (!next ())
          {
            closing = true;
            pending = 2;
            stream->WritesDone (this);
            stream->Finish (&status, this);
            return;
          }
      }
    is_new = false;
    pending = 2;
    stream->Write (client->request, this);
    stream->Read (&response, this);
  }

private:
  RpcMethod method;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncReaderWriter<ByteBuffer, ByteBuffer> > stream;
  int pending = 0;
  bool is_new = true;
};

class ServerStream : public Call
{
public:
  explicit ServerStream (Client *owner)
      : Call (owner), method (BENCH_STREAMING_FROM_SERVER, RpcMethod::SERVER_STREAMING, owner->channel)
  {
  }

  void
  start () override
  {
    stream.reset ();
    context = std::make_unique<grpc::ClientContext> ();
    stream.reset (grpc::internal::ClientAsyncReaderFactory<ByteBuffer>::Create (
        client->channel.get (), &client->queue, method, context.get (), client->request, true, this));
    closing = false;
    is_new = true;
  }

  void
  done (bool) override
  {
    if (closing)
      {
        client->check (status, grpc::StatusCode::CANCELLED);
        finish ();
        return;
      }
    if (!is_new)
      {
        client->check (response);
        if (!next ())
          {
            closing = true;
            context->TryCancel ();
            stream->Finish (&status, this);
            return;
          }
      }
    is_new = false;
    stream->Read (&response, this);
  }

private:
  RpcMethod method;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncReader<ByteBuffer> > stream;
  bool is_new = true;
};

class ClientStream : public Call
{
public:
  explicit ClientStream (Client *owner)
      : Call (owner), method (BENCH_STREAMING_FROM_CLIENT, RpcMethod::CLIENT_STREAMING, owner->channel)
  {
  }

  void
  start () override
  {
    stream.reset ();
    context = std::make_unique<grpc::ClientContext> ();
    stream.reset (grpc::internal::ClientAsyncWriterFactory<ByteBuffer>::Create (
        client->channel.get (), &client->queue, method, context.get (), &response, true, this));
    closing = false;
    pending = 1;
    is_new = true;
  }

  void
  done (bool ok) override
  {
    if (--pending > 0)
      return;
    if (closing)
      {
        client->check (status, grpc::StatusCode::OK);
        client->check (response);
        finish ();
        return;
      }
    if (!ok)
      bench_fail ("A message could not be sent");
    if (!is_new && !next ())
      {
        closing = true;
        pending = 2;
        stream->WritesDone (this);
        stream->Finish (&status, this);
        return;
      }
    is_new = false;
    pending = 1;
    stream->Write (client->request, this);
  }

private:
  RpcMethod method;
  std::unique_ptr<grpc::ClientContext> context;
  std::unique_ptr<grpc::ClientAsyncWriter<ByteBuffer> > stream;
  int pending = 0;
  bool is_new = true;
};

std::unique_ptr<Call>
make_call (Client *client)
{
  switch (client->options->scenario)
    {
    case BENCH_SCENARIO_PING_PONG:
      return std::make_unique<PingPong> (client);
    case BENCH_SCENARIO_SERVER_STREAM:
      return std::make_unique<ServerStream> (client);
    case BENCH_SCENARIO_CLIENT_STREAM:
      return std::make_unique<ClientStream> (client);
    case BENCH_SCENARIO_UNARY:
    default:
      return std::make_unique<UnaryCall> (client);
    }
}

void
run_client (const BenchOptions *options)
{
  Client client;
  size_t length;
  uint8_t *request = bench_request_new (options->size, &length);
  std::vector<std::unique_ptr<Call> > calls;

  client.options = options;
  client.request = make_buffer (request, length);
  free (bench_response_new (options->size, &client.response_length));
  client.channel = grpc::CreateChannel (options->address, grpc::InsecureChannelCredentials ());
  for (unsigned i = 0; i < options->outstanding; i++)
    calls.push_back (make_call (&client));

  bench_meter_init (&client.meter, options);
  while (bench_meter_begin (&client.meter))
    {
      void *tag;
      bool ok;

      for (unsigned i = 0; i < options->outstanding && bench_meter_next (&client.meter); i++)
        {
          client.in_flight++;
          calls[i]->begin ();
        }
      while (client.in_flight > 0 && client.queue.Next (&tag, &ok))
        static_cast<Tag *> (tag)->done (ok);
      bench_meter_report (&client.meter);
    }
  bench_meter_clear (&client.meter);
}

/* Server */

class Service : public grpc::Service
{
public:
  Service ()
  {
    static const struct
    {
      const char *name;
      RpcMethod::RpcType type;
    } methods[] = {
      { BENCH_UNARY_CALL, RpcMethod::NORMAL_RPC },
      { BENCH_STREAMING_CALL, RpcMethod::BIDI_STREAMING },
      { BENCH_STREAMING_FROM_CLIENT, RpcMethod::CLIENT_STREAMING },
      { BENCH_STREAMING_FROM_SERVER, RpcMethod::SERVER_STREAMING },
    };
    int i = 0;

    for (const auto &method : methods)
      {
        AddMethod (new grpc::internal::RpcServiceMethod (method.name, method.type, nullptr));
        MarkMethodRaw (i++);
      }
  }

  using grpc::Service::RequestAsyncBidiStreaming;
  using grpc::Service::RequestAsyncClientStreaming;
  using grpc::Service::RequestAsyncServerStreaming;
  using grpc::Service::RequestAsyncUnary;
};

/* The last response, to be sent again while the size asked for stays. */
struct Responses
{
  ByteBuffer response;
  size_t size = SIZE_MAX;

  const ByteBuffer &
  get (const ByteBuffer &request)
  {
    std::vector<grpc::Slice> slices;
    uint8_t head[11];
    size_t n_head = 0;
    size_t asked;

    (void) request.Dump (&slices);
    for (const grpc::Slice &slice : slices)
      {
        size_t n = std::min (slice.size (), sizeof head - n_head);

        memcpy (head + n_head, slice.begin (), n);
        n_head += n;
      }
    asked = bench_request_get_response_size (head, n_head);
    if (asked != size)
      {
        size_t length;
        uint8_t *data = bench_response_new (asked, &length);

        response = make_buffer (data, length);
        size = asked;
      }

    return response;
  }
};

struct Server
{
  Service service;
  Responses responses;
  std::unique_ptr<grpc::ServerCompletionQueue> queue;
};

template <class Stream>
class Handler : public Tag
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
    server->service.RequestAsyncUnary (0, context.get (), &request, stream.get (), server->queue.get (), server->queue.get (), this);
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
    server->service.RequestAsyncBidiStreaming (1, context.get (), stream.get (), server->queue.get (), server->queue.get (), this);
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
    server->service.RequestAsyncClientStreaming (2, context.get (), stream.get (), server->queue.get (), server->queue.get (), this);
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
    server->service.RequestAsyncServerStreaming (3, context.get (), &request, stream.get (), server->queue.get (), server->queue.get (), this);
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

void
on_terminate (int)
{
  _exit (0);
}

void
run_server (const BenchOptions *options)
{
  Server server;
  grpc::ServerBuilder builder;
  std::vector<std::unique_ptr<Tag> > handlers;
  void *tag;
  bool ok;
  int port = 0;

  signal (SIGTERM, on_terminate);

  builder.AddListeningPort (options->address, grpc::InsecureServerCredentials (), &port);
  builder.RegisterService (&server.service);
  server.queue = builder.AddCompletionQueue ();
  std::unique_ptr<grpc::Server> core = builder.BuildAndStart ();
  if (core == nullptr || port == 0)
    bench_fail ("Cannot listen on %s", options->address);

  for (int i = 0; i < 128; i++)
    handlers.push_back (std::make_unique<UnaryHandler> (&server));
  for (int i = 0; i < 8; i++)
    {
      handlers.push_back (std::make_unique<StreamingHandler> (&server));
      handlers.push_back (std::make_unique<FromClientHandler> (&server));
      handlers.push_back (std::make_unique<FromServerHandler> (&server));
    }

  printf ("%d\n", port);
  fflush (stdout);

  while (server.queue->Next (&tag, &ok))
    static_cast<Tag *> (tag)->done (ok);
}

}

int
main (int argc,
      char **argv)
{
  BenchOptions options;

  bench_options_parse (&options, argc, argv);

  if (options.server)
    run_server (&options);
  else
    run_client (&options);

  return 0;
}
