/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The callback API: gRPC's own threads, as many as it likes, call the reactors. */

#include <atomic>

#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/support/server_callback.h>

#include "bench-cpp.h"

using grpc::ByteBuffer;
using grpc::CallbackServerContext;

namespace bench
{

namespace
{

/* One a thread, so that they need no lock. */
thread_local Responses responses;

class StreamingReactor : public grpc::ServerBidiReactor<ByteBuffer, ByteBuffer>
{
public:
  StreamingReactor ()
  {
    StartRead (&request);
  }

  void
  OnReadDone (bool ok) override
  {
    done (ok);
  }

  void
  OnWriteDone (bool ok) override
  {
    done (ok);
  }

  void
  OnDone () override
  {
    delete this;
  }

private:
  void
  done (bool ok)
  {
    if (!ok)
      failed = true;
    if (--pending > 0)
      return;
    if (failed)
      {
        Finish (grpc::Status::OK);
        return;
      }
    response = responses.get (request);
    pending = 2;
    StartWrite (&response);
    StartRead (&request);
  }

  ByteBuffer request;
  ByteBuffer response;
  std::atomic<int> pending = 1;
  std::atomic<bool> failed = false;
};

class FromClientReactor : public grpc::ServerReadReactor<ByteBuffer>
{
public:
  explicit FromClientReactor (ByteBuffer *answer)
      : response (answer)
  {
    StartRead (&request);
  }

  void
  OnReadDone (bool ok) override
  {
    if (ok)
      {
        last.Swap (&request);
        StartRead (&request);
      }
    else
      {
        *response = responses.get (last);
        Finish (grpc::Status::OK);
      }
  }

  void
  OnDone () override
  {
    delete this;
  }

private:
  ByteBuffer *response;
  ByteBuffer request;
  ByteBuffer last;
};

class FromServerReactor : public grpc::ServerWriteReactor<ByteBuffer>
{
public:
  explicit FromServerReactor (const ByteBuffer *request)
      : response (responses.get (*request))
  {
    StartWrite (&response);
  }

  void
  OnWriteDone (bool ok) override
  {
    if (ok)
      StartWrite (&response);
    else
      Finish (grpc::Status::OK);
  }

  void
  OnDone () override
  {
    delete this;
  }

private:
  ByteBuffer response;
};

class CallbackService : public Service
{
public:
  CallbackService ()
  {
    using namespace grpc::internal;

    MarkMethodRawCallback (
        UNARY_CALL,
        new CallbackUnaryHandler<ByteBuffer, ByteBuffer> (
            [] (CallbackServerContext *context, const ByteBuffer *request, ByteBuffer *response) {
              grpc::ServerUnaryReactor *reactor = context->DefaultReactor ();

              *response = responses.get (*request);
              reactor->Finish (grpc::Status::OK);

              return reactor;
            }));
    MarkMethodRawCallback (
        STREAMING_CALL,
        new CallbackBidiHandler<ByteBuffer, ByteBuffer> (
            [] (CallbackServerContext *) { return new StreamingReactor (); }));
    MarkMethodRawCallback (
        STREAMING_FROM_CLIENT,
        new CallbackClientStreamingHandler<ByteBuffer, ByteBuffer> (
            [] (CallbackServerContext *, ByteBuffer *response) { return new FromClientReactor (response); }));
    MarkMethodRawCallback (
        STREAMING_FROM_SERVER,
        new CallbackServerStreamingHandler<ByteBuffer, ByteBuffer> (
            [] (CallbackServerContext *, const ByteBuffer *request) { return new FromServerReactor (request); }));
  }
};

}

void
run_callback_server (const BenchOptions *options)
{
  CallbackService service;
  grpc::ServerBuilder builder;

  start_server (options, &builder, &service)->Wait ();
}

}
