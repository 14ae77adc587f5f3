/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "bench.h"

#include <dirent.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#define NSEC_PER_SEC 1000000000.0

static const struct
{
  const char *name;
  BenchScenario scenario;
} scenarios[] = {
  { "unary", BENCH_SCENARIO_UNARY },
  { "ping-pong", BENCH_SCENARIO_PING_PONG },
  { "server-stream", BENCH_SCENARIO_SERVER_STREAM },
  { "client-stream", BENCH_SCENARIO_CLIENT_STREAM },
  { "streams", BENCH_SCENARIO_STREAMS },
};

#define N_SCENARIOS (sizeof scenarios / sizeof scenarios[0])

void
bench_fail (const char *format,
            ...)
{
  va_list args;

  va_start (args, format);
  vfprintf (stderr, format, args);
  va_end (args);
  fputc ('\n', stderr);
  exit (1);
}

#define PEM_MAX 16384

static char *
read_pem (const char *folder,
          const char *name,
          char *pem)
{
  char path[4096];
  FILE *file;

  snprintf (path, sizeof path, "%s/%s", folder, name);
  file = fopen (path, "re");
  if (file == NULL || fread (pem, 1, PEM_MAX - 1, file) == 0)
    bench_fail ("Cannot read %s", path);
  fclose (file);

  return pem;
}

static void
usage (FILE *stream)
{
  fputs ("Usage: PROGRAM server ADDRESS [OPTION…]\n"
         "       PROGRAM client TARGET [OPTION…]\n"
         "\n"
         "Serves or calls grpc.testing.BenchmarkService. The server prints its port\n"
         "and runs until SIGTERM, and prints its use of the heap at SIGUSR1; the\n"
         "client prints one line of JSON.\n"
         "\n"
         "  --scenario NAME     unary, ping-pong, server-stream, client-stream or streams\n"
         "  --outstanding N     unary calls, or messages of streams, in flight (default 1)\n"
         "  --streams N         open streams in the scenario streams (default 1)\n"
         "  --channels N        channels with a connection each (default 1)\n"
         "  --size BYTES        body of each message (default 64)\n"
         "  --warm-up SECONDS   not measured (default 0.3)\n"
         "  --seconds SECONDS   measured (default 1)\n"
         "  --ops N             exactly N operations instead of a time\n"
         "  --slices            measure once for each line of stdin, until its end;\n"
         "                      the scenario streams reports its use of the heap before\n"
         "  --idle SECONDS      leave the streams alone for so long instead of measuring\n"
         "  --tls FOLDER        with TLS; the folder holds certificate.pem and key.pem\n"
         "  --peer PID          the server's process, to report its cost as well\n"
         "  --workers N         server of bench-aio only: serve in N threads (default 0:\n"
         "                      in the main one)\n"
         "  --work N            server of bench-aio only: N thousand steps of a\n"
         "                      calculation for each unary call (default 0)\n"
         "  --separate          bench-core only: a batch for each operation of a\n"
         "                      stream, and received messages in one piece\n"
         "  --tuned             bench-core only: with what grpc-aio-glib sets up\n"
         "                      otherwise in grpc-core\n",
         stream);
}

void
bench_options_parse (BenchOptions *self,
                     int argc,
                     char **argv)
{
  static char certificate[PEM_MAX], key[PEM_MAX];
  enum
  {
    SCENARIO = 1,
    OUTSTANDING,
    STREAMS,
    CHANNELS,
    TLS,
    IDLE,
    SIZE,
    WARM_UP,
    SECONDS,
    OPS,
    SLICES,
    PEER,
    WORKERS,
    WORK,
    SEPARATE,
    TUNED,
    HELP,
  };
  static const struct option options[] = {
    { "scenario", required_argument, NULL, SCENARIO },
    { "outstanding", required_argument, NULL, OUTSTANDING },
    { "streams", required_argument, NULL, STREAMS },
    { "channels", required_argument, NULL, CHANNELS },
    { "tls", required_argument, NULL, TLS },
    { "idle", required_argument, NULL, IDLE },
    { "size", required_argument, NULL, SIZE },
    { "warm-up", required_argument, NULL, WARM_UP },
    { "seconds", required_argument, NULL, SECONDS },
    { "ops", required_argument, NULL, OPS },
    { "slices", no_argument, NULL, SLICES },
    { "peer", required_argument, NULL, PEER },
    { "workers", required_argument, NULL, WORKERS },
    { "work", required_argument, NULL, WORK },
    { "separate", no_argument, NULL, SEPARATE },
    { "tuned", no_argument, NULL, TUNED },
    { "help", no_argument, NULL, HELP },
    { NULL },
  };
  size_t scenario;
  int option;

  *self = (BenchOptions){
    .scenario = BENCH_SCENARIO_UNARY,
    .outstanding = 1,
    .streams = 1,
    .channels = 1,
    .size = 64,
    .warm_up_seconds = 0.3,
    .seconds = 1,
  };

  while ((option = getopt_long (argc, argv, "", options, NULL)) != -1)
    {
      switch (option)
        {
        case SCENARIO:
          for (scenario = 0; scenario < N_SCENARIOS; scenario++)
            if (strcmp (scenarios[scenario].name, optarg) == 0)
              break;
          if (scenario == N_SCENARIOS)
            bench_fail ("There is no scenario “%s”", optarg);
          self->scenario = scenarios[scenario].scenario;
          break;
        case OUTSTANDING:
          self->outstanding = strtoul (optarg, NULL, 10);
          break;
        case STREAMS:
          self->streams = strtoul (optarg, NULL, 10);
          break;
        case CHANNELS:
          self->channels = strtoul (optarg, NULL, 10);
          break;
        case TLS:
          self->certificate = read_pem (optarg, "certificate.pem", certificate);
          self->key = read_pem (optarg, "key.pem", key);
          break;
        case IDLE:
          self->idle_seconds = strtod (optarg, NULL);
          break;
        case SIZE:
          self->size = strtoul (optarg, NULL, 10);
          break;
        case WARM_UP:
          self->warm_up_seconds = strtod (optarg, NULL);
          break;
        case SECONDS:
          self->seconds = strtod (optarg, NULL);
          break;
        case OPS:
          self->ops = strtoull (optarg, NULL, 10);
          break;
        case SLICES:
          self->slices = true;
          break;
        case PEER:
          self->peer = strtol (optarg, NULL, 10);
          break;
        case WORKERS:
          self->workers = strtoul (optarg, NULL, 10);
          break;
        case WORK:
          self->work = strtoul (optarg, NULL, 10);
          break;
        case SEPARATE:
          self->separate = true;
          break;
        case TUNED:
          self->tuned = true;
          break;
        case HELP:
          usage (stdout);
          exit (0);
        default:
          usage (stderr);
          exit (2);
        }
    }

  if (argc - optind != 2 ||
      (strcmp (argv[optind], "server") != 0 && strcmp (argv[optind], "client") != 0) ||
      self->outstanding == 0 || self->streams == 0 || self->channels == 0)
    {
      usage (stderr);
      exit (2);
    }

  self->server = strcmp (argv[optind], "server") == 0;
  self->address = argv[optind + 1];
}

static uint64_t
read_clock (clockid_t id)
{
  struct timespec now;

  if (clock_gettime (id, &now) != 0)
    return 0;

  return (uint64_t) now.tv_sec * 1000000000 + now.tv_nsec;
}

uint64_t
bench_now (void)
{
  return read_clock (CLOCK_MONOTONIC);
}

/* Messages */

static size_t
put_varint (uint8_t *out,
            uint64_t value)
{
  size_t n = 0;

  for (; value >= 0x80; value >>= 7)
    out[n++] = (value & 0x7f) | 0x80;
  out[n++] = value;

  return n;
}

static size_t
put_payload (uint8_t *out,
             unsigned field,
             size_t size)
{
  uint8_t body_length[10];
  size_t n_body_length = put_varint (body_length, size);
  size_t n = 0;

  out[n++] = field << 3 | 2;
  n += put_varint (out + n, 1 + n_body_length + size);
  out[n++] = 2 << 3 | 2;
  memcpy (out + n, body_length, n_body_length);
  n += n_body_length;
  memset (out + n, 0, size);

  return n + size;
}

uint8_t *
bench_request_new (size_t size,
                   size_t *length)
{
  uint8_t *request = malloc (size + 64);

  *length = 0;
  if (size > 0)
    {
      request[(*length)++] = 2 << 3;
      *length += put_varint (request + *length, size);
      *length += put_payload (request + *length, 3, size);
    }

  return request;
}

uint8_t *
bench_response_new (size_t size,
                    size_t *length)
{
  uint8_t *response = malloc (size + 64);

  *length = size > 0 ? put_payload (response, 1, size) : 0;

  return response;
}

size_t
bench_request_get_response_size (const uint8_t *request,
                                 size_t length)
{
  uint64_t value = 0;

  if (length == 0 || request[0] != 2 << 3)
    return 0;

  for (size_t i = 1, shift = 0; i < length && shift < 64; i++, shift += 7)
    {
      value |= (uint64_t) (request[i] & 0x7f) << shift;
      if (request[i] < 0x80)
        break;
    }

  return value;
}

/* Latencies: a histogram whose buckets are less than 1 % wide. */

#define SUB_BITS 7
#define N_SUB (1 << SUB_BITS)
#define N_BUCKETS ((64 - SUB_BITS) * N_SUB)

static unsigned
bucket_of (uint64_t nsec)
{
  unsigned shift;

  if (nsec < N_SUB)
    return nsec;
  shift = 63 - __builtin_clzll (nsec) - SUB_BITS;

  return (shift + 1) * N_SUB + (unsigned) (nsec >> shift) - N_SUB;
}

static double
usec_of_bucket (unsigned bucket)
{
  unsigned shift;

  if (bucket < N_SUB)
    return bucket / 1000.0;
  shift = bucket / N_SUB - 1;

  return (((uint64_t) (bucket % N_SUB + N_SUB) << shift) + ((uint64_t) 1 << shift) / 2) / 1000.0;
}

static double
percentile (const uint32_t *latencies,
            uint64_t n,
            double part)
{
  uint64_t rank = (uint64_t) (part * n);
  uint64_t seen = 0;

  for (unsigned i = 0; i < N_BUCKETS; i++)
    {
      seen += latencies[i];
      if (seen > rank)
        return usec_of_bucket (i);
    }

  return 0;
}

/* Cost */

static uint64_t
read_peer_switches (pid_t pid)
{
  char path[64];
  char line[256];
  uint64_t switches = 0;
  struct dirent *entry;
  DIR *tasks;

  snprintf (path, sizeof path, "/proc/%d/task", (int) pid);
  tasks = opendir (path);
  if (tasks == NULL)
    return 0;

  while ((entry = readdir (tasks)) != NULL)
    {
      FILE *status;

      if (entry->d_name[0] == '.')
        continue;
      snprintf (path, sizeof path, "/proc/%d/task/%d/status", (int) pid, atoi (entry->d_name));
      status = fopen (path, "re");
      if (status == NULL)
        continue;
      while (fgets (line, sizeof line, status) != NULL)
        {
          const char *count = strstr (line, "ctxt_switches:");

          if (count != NULL)
            switches += strtoull (strchr (count, ':') + 1, NULL, 10);
        }
      fclose (status);
    }

  closedir (tasks);

  return switches;
}

static void
read_clocks (BenchSnapshot *self,
             pid_t peer)
{
  clockid_t peer_clock;

  self->wall = bench_now ();
  self->cpu = read_clock (CLOCK_PROCESS_CPUTIME_ID);
  if (peer > 0 && clock_getcpuclockid (peer, &peer_clock) == 0)
    self->peer_cpu = read_clock (peer_clock);
}

static void
read_switches (BenchSnapshot *self,
               pid_t peer)
{
  struct rusage usage;

  if (peer > 0)
    self->peer_switches = read_peer_switches (peer);
  getrusage (RUSAGE_SELF, &usage);
  self->switches = usage.ru_nvcsw + usage.ru_nivcsw;
}

/* Meter */

static void
begin_measuring (BenchMeter *self)
{
  self->phase = BENCH_PHASE_MEASURE;
  read_switches (&self->begin, self->options->peer);
  bench_count_begin ();
  read_clocks (&self->begin, self->options->peer);
}

static void
end_measuring (BenchMeter *self)
{
  self->phase = BENCH_PHASE_DONE;
  self->phase_end = UINT64_MAX;
  read_clocks (&self->end, self->options->peer);
  bench_count_end ();
  read_switches (&self->end, self->options->peer);
}

void
bench_meter_init (BenchMeter *self,
                  const BenchOptions *options)
{
  *self = (BenchMeter){
    .options = options,
    .latencies = calloc (N_BUCKETS, sizeof (uint32_t)),
  };
}

void
bench_meter_clear (BenchMeter *self)
{
  free (self->latencies);
}

bool
bench_meter_begin (BenchMeter *self)
{
  const BenchOptions *options = self->options;
  char line[16];

  if (options->slices ? fgets (line, sizeof line, stdin) == NULL : self->measurements > 0)
    return false;

  self->measurements++;
  self->started = 0;
  self->finished = 0;
  self->ops = 0;
  memset (self->latencies, 0, N_BUCKETS * sizeof (uint32_t));

  if (options->ops > 0)
    {
      self->phase_end = UINT64_MAX;
      begin_measuring (self);
    }
  else
    {
      self->phase = BENCH_PHASE_WARM_UP;
      self->phase_end = bench_now () + (uint64_t) (options->warm_up_seconds * NSEC_PER_SEC);
    }

  return true;
}

bool
bench_meter_next (BenchMeter *self)
{
  if (self->phase == BENCH_PHASE_DONE)
    return false;
  if (self->options->ops > 0 && self->started == self->options->ops)
    return false;

  self->started++;

  return true;
}

uint64_t
bench_meter_finish (BenchMeter *self,
                    uint64_t since)
{
  uint64_t now = bench_now ();

  if (self->phase == BENCH_PHASE_MEASURE)
    {
      self->ops++;
      self->latencies[bucket_of (now - since)]++;
    }

  if (now >= self->phase_end)
    {
      if (self->phase == BENCH_PHASE_WARM_UP)
        {
          begin_measuring (self);
          self->phase_end = self->begin.wall + (uint64_t) (self->options->seconds * NSEC_PER_SEC);
          now = self->begin.wall;
        }
      else
        {
          end_measuring (self);
        }
    }

  if (++self->finished == self->options->ops)
    end_measuring (self);

  return now;
}

static const char *
scenario_name (BenchScenario scenario)
{
  for (size_t i = 0; i < N_SCENARIOS; i++)
    if (scenarios[i].scenario == scenario)
      return scenarios[i].name;

  return "";
}

void
bench_meter_report (BenchMeter *self)
{
  const BenchOptions *options = self->options;
  const BenchSnapshot *begin = &self->begin;
  const BenchSnapshot *end = &self->end;
  double seconds = (end->wall - begin->wall) / NSEC_PER_SEC;
  double ops = self->ops > 0 ? self->ops : 1;

  if (self->phase != BENCH_PHASE_DONE || self->ops == 0)
    bench_fail ("The measurement did not come to its end");

  printf ("{\"scenario\": \"%s\", \"outstanding\": %u, \"size\": %zu, "
          "\"ops\": %" PRIu64 ", \"seconds\": %.6f, \"ops_per_second\": %.1f, "
          "\"p50_usec\": %.2f, \"p99_usec\": %.2f",
          scenario_name (options->scenario),
          options->outstanding,
          options->size,
          self->ops,
          seconds,
          ops / seconds,
          percentile (self->latencies, self->ops, 0.50),
          percentile (self->latencies, self->ops, 0.99));
  printf (", \"cpu_usec_per_op\": %.3f, \"switches_per_op\": %.3f",
          (end->cpu - begin->cpu) / 1000.0 / ops,
          (end->switches - begin->switches) / ops);
  if (options->peer > 0)
    printf (", \"peer_cpu_usec_per_op\": %.3f, \"peer_switches_per_op\": %.3f",
            (end->peer_cpu - begin->peer_cpu) / 1000.0 / ops,
            (end->peer_switches - begin->peer_switches) / ops);
  printf ("}\n");
  fflush (stdout);
}
