/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The callback API: gRPC's own threads, as many as it likes, call the reactors. */

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <optional>

#include <grpcpp/support/client_callback.h>

#include "bench-cpp.h"

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

namespace bench
{

namespace
{

struct CallbackClient : public Client
{
  CallbackClient (const BenchOptions *options,
                  const char *name,
                  RpcMethod::RpcType type)
      : Client (options), method (name, type, channel)
  {
  }

  RpcMethod method;

  /* Held for the meter and for the number of calls. */
  std::mutex mutex;
  std::condition_variable idle;
  unsigned in_flight = 0;
};

/* One stream, or one unary call after the other. Deletes itself at its end. */
class Call
{
public:
  explicit Call (CallbackClient *owner)
      : client (owner), since (bench_now ())
  {
  }

  virtual ~Call () = default;

protected:
  bool
  next ()
  {
    std::lock_guard<std::mutex> lock (client->mutex);

    since = bench_meter_finish (&client->meter, since);

    return bench_meter_next (&client->meter);
  }

  void
  finish ()
  {
    CallbackClient *owner = client;

    delete this;

    std::lock_guard<std::mutex> lock (owner->mutex);

    if (--owner->in_flight == 0)
      owner->idle.notify_one ();
  }

  CallbackClient *client;
  grpc::ByteBuffer response;

private:
  uint64_t since;
};

class UnaryCall : public Call
{
public:
  explicit UnaryCall (CallbackClient *owner)
      : Call (owner)
  {
    start ();
  }

private:
  void
  start ()
  {
    context.emplace ();
    grpc::internal::CallbackUnaryCall<ByteBuffer, ByteBuffer, ByteBuffer, ByteBuffer> (
        client->channel.get (),
        client->method,
        &*context,
        &client->request,
        &response,
        [this] (grpc::Status status) { done (status); });
  }

  void
  done (const grpc::Status &status)
  {
    client->check (status, grpc::StatusCode::OK);
    client->check (response);
    if (next ())
      start ();
    else
      finish ();
  }

  std::optional<grpc::ClientContext> context;
};

class PingPong : public Call, public grpc::ClientBidiReactor<ByteBuffer, ByteBuffer>
{
public:
  explicit PingPong (CallbackClient *owner)
      : Call (owner)
  {
    grpc::internal::ClientCallbackReaderWriterFactory<ByteBuffer, ByteBuffer>::Create (
        client->channel.get (), client->method, &context, this);
    ping ();
    StartCall ();
  }

  void
  OnReadDone (bool ok) override
  {
    if (!ok)
      bench_fail ("A response is missing");
    client->check (response);
    done ();
  }

  void
  OnWriteDone (bool ok) override
  {
    if (!ok)
      bench_fail ("A message could not be sent");
    done ();
  }

  void
  OnDone (const grpc::Status &status) override
  {
    client->check (status, grpc::StatusCode::OK);
    finish ();
  }

private:
  void
  ping ()
  {
    pending = 2;
    StartWrite (&client->request);
    StartRead (&response);
  }

  /* An answer may be here before its message is known to be sent. */
  void
  done ()
  {
    if (--pending > 0)
      return;
    if (next ())
      ping ();
    else
      StartWritesDone ();
  }

  grpc::ClientContext context;
  std::atomic<int> pending;
};

class ServerStream : public Call, public grpc::ClientReadReactor<ByteBuffer>
{
public:
  explicit ServerStream (CallbackClient *owner)
      : Call (owner)
  {
    grpc::internal::ClientCallbackReaderFactory<ByteBuffer>::Create (
        client->channel.get (), client->method, &context, &client->request, this);
    StartRead (&response);
    StartCall ();
  }

  void
  OnReadDone (bool ok) override
  {
    if (!ok)
      bench_fail ("A response is missing");
    client->check (response);
    if (next ())
      StartRead (&response);
    else
      context.TryCancel ();
  }

  void
  OnDone (const grpc::Status &status) override
  {
    client->check (status, grpc::StatusCode::CANCELLED);
    finish ();
  }

private:
  grpc::ClientContext context;
};

class ClientStream : public Call, public grpc::ClientWriteReactor<ByteBuffer>
{
public:
  explicit ClientStream (CallbackClient *owner)
      : Call (owner)
  {
    grpc::internal::ClientCallbackWriterFactory<ByteBuffer>::Create (
        client->channel.get (), client->method, &context, &response, this);
    StartWrite (&client->request);
    StartCall ();
  }

  void
  OnWriteDone (bool ok) override
  {
    if (!ok)
      bench_fail ("A message could not be sent");
    if (next ())
      StartWrite (&client->request);
    else
      StartWritesDone ();
  }

  void
  OnDone (const grpc::Status &status) override
  {
    client->check (status, grpc::StatusCode::OK);
    client->check (response);
    finish ();
  }

private:
  grpc::ClientContext context;
};

template <class Scenario>
void
run (const BenchOptions *options,
     const char *name,
     RpcMethod::RpcType type)
{
  CallbackClient client (options, name, type);

  while (bench_meter_begin (&client.meter))
    {
      std::unique_lock<std::mutex> lock (client.mutex);

      for (unsigned i = 0; i < options->outstanding && bench_meter_next (&client.meter); i++)
        {
          client.in_flight++;
          lock.unlock ();
          new Scenario (&client);
          lock.lock ();
        }
      client.idle.wait (lock, [&client] { return client.in_flight == 0; });
      bench_meter_report (&client.meter);
    }
}

}

void
run_callback_client (const BenchOptions *options)
{
  switch (options->scenario)
    {
    case BENCH_SCENARIO_PING_PONG:
      run<PingPong> (options, BENCH_STREAMING_CALL, RpcMethod::BIDI_STREAMING);
      break;
    case BENCH_SCENARIO_SERVER_STREAM:
      run<ServerStream> (options, BENCH_STREAMING_FROM_SERVER, RpcMethod::SERVER_STREAMING);
      break;
    case BENCH_SCENARIO_CLIENT_STREAM:
      run<ClientStream> (options, BENCH_STREAMING_FROM_CLIENT, RpcMethod::CLIENT_STREAMING);
      break;
    case BENCH_SCENARIO_UNARY:
    default:
      run<UnaryCall> (options, BENCH_UNARY_CALL, RpcMethod::NORMAL_RPC);
      break;
    }
}

}
