/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <memory>

#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/service_type.h>

extern "C"
{
#include "bench.h"
}

namespace bench
{

/* What both APIs need of a client. */
struct Client
{
  explicit Client (const BenchOptions *options);
  ~Client ();

  void check (const grpc::ByteBuffer &response) const;
  void check (const grpc::Status &status,
              grpc::StatusCode expected) const;

  const BenchOptions *options;
  BenchMeter meter;
  std::shared_ptr<grpc::Channel> channel;
  grpc::ByteBuffer request;
  size_t response_length;
};

/* The methods; each API says how it handles them. */
class Service : public grpc::Service
{
public:
  enum Method
  {
    UNARY_CALL,
    STREAMING_CALL,
    STREAMING_FROM_CLIENT,
    STREAMING_FROM_SERVER,
    N_METHODS,
  };

  Service ();
};

/* The last response, to be sent again while the size asked for stays. */
class Responses
{
public:
  const grpc::ByteBuffer &get (const grpc::ByteBuffer &request);

private:
  grpc::ByteBuffer response;
  size_t size = SIZE_MAX;
};

/* Prints the port. */
std::unique_ptr<grpc::Server> start_server (const BenchOptions *options,
                                            grpc::ServerBuilder *builder,
                                            Service *service);

/* What a completion of the asynchronous API points at. */
class AsyncTag
{
public:
  virtual ~AsyncTag () = default;
  virtual void done (bool ok) = 0;
};

void run_async_client (const BenchOptions *options);
void run_async_server (const BenchOptions *options);
void run_callback_client (const BenchOptions *options);
void run_callback_server (const BenchOptions *options);

}
