/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The same work as bench-core, by gRPC for C++: by its asynchronous API, or with
 * --callback as the first argument by its callback API. Messages stay bytes;
 * beyond that it does what generated stubs do. */

#include "bench-cpp.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <vector>

#include <unistd.h>

using grpc::ByteBuffer;
using grpc::internal::RpcMethod;

namespace bench
{

namespace
{

ByteBuffer
make_buffer (uint8_t *data,
             size_t length)
{
  grpc::Slice slice (data, length);

  free (data);

  return ByteBuffer (&slice, 1);
}

size_t
get_response_size (const ByteBuffer &request)
{
  grpc::Slice slice;
  std::vector<grpc::Slice> slices;
  uint8_t head[11];
  size_t n_head = 0;

  if (request.TrySingleSlice (&slice).ok ())
    return bench_request_get_response_size (slice.begin (), slice.size ());

  (void) request.Dump (&slices);
  for (const grpc::Slice &part : slices)
    {
      size_t n = std::min (part.size (), sizeof head - n_head);

      memcpy (head + n_head, part.begin (), n);
      n_head += n;
    }

  return bench_request_get_response_size (head, n_head);
}

std::shared_ptr<grpc::ChannelCredentials>
channel_credentials (const BenchOptions *options)
{
  if (options->certificate == nullptr)
    return grpc::InsecureChannelCredentials ();

  return grpc::SslCredentials ({ options->certificate, "", "" });
}

std::shared_ptr<grpc::ServerCredentials>
server_credentials (const BenchOptions *options)
{
  grpc::SslServerCredentialsOptions tls;

  if (options->certificate == nullptr)
    return grpc::InsecureServerCredentials ();

  tls.pem_key_cert_pairs.push_back ({ options->key, options->certificate });

  return grpc::SslServerCredentials (tls);
}

void
on_terminate (int)
{
  _exit (0);
}

}

Client::Client (const BenchOptions *options)
    : options (options),
      channel (grpc::CreateChannel (options->address, channel_credentials (options)))
{
  size_t length;
  uint8_t *data = bench_request_new (options->size, &length);

  request = make_buffer (data, length);
  free (bench_response_new (options->size, &response_length));
  bench_meter_init (&meter, options);
}

Client::~Client ()
{
  bench_meter_clear (&meter);
}

void
Client::check (const ByteBuffer &response) const
{
  if (response.Length () != response_length)
    bench_fail ("A response has %zu bytes instead of %zu", response.Length (), response_length);
}

void
Client::check (const grpc::Status &status,
               grpc::StatusCode expected) const
{
  if (status.error_code () != expected)
    bench_fail ("A call ended with status %d: %s",
                static_cast<int> (status.error_code ()),
                status.error_message ().c_str ());
}

Service::Service ()
{
  static const struct
  {
    const char *name;
    RpcMethod::RpcType type;
  } methods[N_METHODS] = {
    { BENCH_UNARY_CALL, RpcMethod::NORMAL_RPC },
    { BENCH_STREAMING_CALL, RpcMethod::BIDI_STREAMING },
    { BENCH_STREAMING_FROM_CLIENT, RpcMethod::CLIENT_STREAMING },
    { BENCH_STREAMING_FROM_SERVER, RpcMethod::SERVER_STREAMING },
  };

  for (const auto &method : methods)
    AddMethod (new grpc::internal::RpcServiceMethod (method.name, method.type, nullptr));
}

const ByteBuffer &
Responses::get (const ByteBuffer &request)
{
  size_t asked = get_response_size (request);

  if (asked != size)
    {
      size_t length;
      uint8_t *data = bench_response_new (asked, &length);

      response = make_buffer (data, length);
      size = asked;
    }

  return response;
}

std::unique_ptr<grpc::Server>
start_server (const BenchOptions *options,
              grpc::ServerBuilder *builder,
              Service *service)
{
  int port = 0;

  signal (SIGTERM, on_terminate);

  builder->AddListeningPort (options->address, server_credentials (options), &port);
  builder->RegisterService (service);
  std::unique_ptr<grpc::Server> server = builder->BuildAndStart ();
  if (server == nullptr || port == 0)
    bench_fail ("Cannot listen on %s", options->address);

  printf ("%d\n", port);
  fflush (stdout);

  return server;
}

}

int
main (int argc,
      char **argv)
{
  BenchOptions options;
  bool callback = argc > 1 && strcmp (argv[1], "--callback") == 0;

  if (callback)
    {
      argv[1] = argv[0];
      argc--;
      argv++;
    }
  bench_options_parse (&options, argc, argv);
  if (options.scenario == BENCH_SCENARIO_STREAMS || options.channels > 1)
    bench_fail ("Here is one channel only, and no scenario “streams”");

  if (options.server)
    (callback ? bench::run_callback_server : bench::run_async_server) (&options);
  else
    (callback ? bench::run_callback_client : bench::run_async_client) (&options);

  return 0;
}
