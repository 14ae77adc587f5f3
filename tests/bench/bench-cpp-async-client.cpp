/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The asynchronous API: one completion queue, and one thread that waits there. */

#include <memory>
#include <vector>

#include <grpcpp/support/async_stream.h>
#include <grpcpp/support/async_unary_call.h>

#include "bench-cpp.h"

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

namespace bench
{

namespace
{

struct AsyncClient : public Client
{
  using Client::Client;

  grpc::CompletionQueue queue;
  unsigned in_flight = 0;
};

/* One stream, or the place of one unary call after the other. */
class Call : public AsyncTag
{
public:
  explicit Call (AsyncClient *owner)
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

  AsyncClient *client;
  grpc::Status status;
  ByteBuffer response;
  uint64_t since = 0;
  bool closing = false;
};

class UnaryCall : public Call
{
public:
  explicit UnaryCall (AsyncClient *owner)
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
  explicit PingPong (AsyncClient *owner)
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
  explicit ServerStream (AsyncClient *owner)
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
  explicit ClientStream (AsyncClient *owner)
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
make_call (AsyncClient *client)
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

}

void
run_async_client (const BenchOptions *options)
{
  AsyncClient client (options);
  std::vector<std::unique_ptr<Call> > calls;

  for (unsigned i = 0; i < options->outstanding; i++)
    calls.push_back (make_call (&client));

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
        static_cast<AsyncTag *> (tag)->done (ok);
      bench_meter_report (&client.meter);
    }
}

}
