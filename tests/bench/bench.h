/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What the programs of the benchmark share: command line, messages, clocks
 * and the report. It is plain C, so that the yardstick is free of GLib. */

#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define BENCH_SERVICE "/grpc.testing.BenchmarkService/"
#define BENCH_UNARY_CALL BENCH_SERVICE "UnaryCall"
#define BENCH_STREAMING_CALL BENCH_SERVICE "StreamingCall"
#define BENCH_STREAMING_FROM_CLIENT BENCH_SERVICE "StreamingFromClient"
#define BENCH_STREAMING_FROM_SERVER BENCH_SERVICE "StreamingFromServer"

/* What was put off, is over after so long; then memory is counted. */
#define BENCH_SETTLE_SECONDS 0.2

typedef enum
{
  BENCH_SCENARIO_UNARY,
  BENCH_SCENARIO_PING_PONG,
  BENCH_SCENARIO_SERVER_STREAM,
  BENCH_SCENARIO_CLIENT_STREAM,
  /* Ping-pong on many open streams, which take turns. */
  BENCH_SCENARIO_STREAMS,
} BenchScenario;

typedef struct
{
  bool server;
  const char *address;
  BenchScenario scenario;
  unsigned outstanding;
  /* Open streams in BENCH_SCENARIO_STREAMS. */
  unsigned streams;
  /* Channels that the calls take in turn, each with its own connection. */
  unsigned channels;
  size_t size;
  /* The certificate and its key, as PEM; NULL without TLS. */
  char *certificate;
  char *key;
  double warm_up_seconds;
  double seconds;
  /* When set: exactly so many operations, whatever time they take. */
  uint64_t ops;
  /* Measure once for each line that stdin holds, until its end. */
  bool slices;
  /* Instead of measuring: leave the streams alone for so long. */
  double idle_seconds;
  /* The server's process, whose use of the processor is reported too. */
  pid_t peer;
  /* Server of bench-aio only: threads that serve, and what a unary call costs
   * there beside gRPC, so that a server can be the narrow place. */
  unsigned workers;
  unsigned work;
  /* bench-core only: a batch for each operation of a stream, and received
   * messages in one piece, as behind an API of separate reads and writes. */
  bool separate;
  /* bench-core only: with what grpc-aio-glib sets up otherwise in grpc-core. */
  bool tuned;
} BenchOptions;

void bench_options_parse (BenchOptions *self,
                          int argc,
                          char **argv);

__attribute__ ((noreturn, format (printf, 1, 2))) void bench_fail (const char *format,
                                                                   ...);

uint64_t bench_now (void);

/* Under callgrind, from here on and up to here it counts. */
void bench_count_begin (void);
void bench_count_end (void);

/* To be called by a server before its first thread: from then on it prints its
 * use of the heap at SIGUSR1, and callgrind writes down what it has counted. */
void bench_memory_init (void);

/* The client has come to @step: prints its use of the heap and waits until it
 * may go on. */
void bench_memory_report (const BenchOptions *options,
                          const char *step);

/* SimpleRequest { response_size: size, payload: { body: size bytes } } */
uint8_t *bench_request_new (size_t size,
                            size_t *length);

/* SimpleResponse { payload: { body: size bytes } } */
uint8_t *bench_response_new (size_t size,
                             size_t *length);

/* The response_size of a SimpleRequest. */
size_t bench_request_get_response_size (const uint8_t *request,
                                        size_t length);

typedef struct
{
  uint64_t wall;
  uint64_t cpu;
  uint64_t switches;
  uint64_t peer_cpu;
  uint64_t peer_switches;
} BenchSnapshot;

typedef enum
{
  BENCH_PHASE_WARM_UP,
  BENCH_PHASE_MEASURE,
  BENCH_PHASE_DONE,
} BenchPhase;

typedef struct
{
  const BenchOptions *options;
  unsigned measurements;
  BenchPhase phase;
  uint64_t phase_end;
  uint64_t started;
  uint64_t finished;
  uint64_t ops;
  BenchSnapshot begin;
  BenchSnapshot end;
  uint32_t *latencies;
} BenchMeter;

void bench_meter_init (BenchMeter *self,
                       const BenchOptions *options);

/* Whether there is something (more) to measure. May wait for it. */
bool bench_meter_begin (BenchMeter *self);

/* Whether one more operation shall start; counts it as started. */
bool bench_meter_next (BenchMeter *self);

/* One operation that began at @since came to its end; returns the time. */
uint64_t bench_meter_finish (BenchMeter *self,
                             uint64_t since);

/* Prints one line of JSON. */
void bench_meter_report (BenchMeter *self);

void bench_meter_clear (BenchMeter *self);
