/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Measures unpacking and packing of structs against protobuf-c's own functions, and
 * objects against structs, in turns, and prints the best of all rounds. The
 * argument is a descriptor set of bench-messages.proto. */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <grpc-aio-glib/grpc-aio-protobuf.h>

#include "bench-messages.pb-c.h"

#define N_ROUNDS 100

typedef struct
{
  const char *name;
  const ProtobufCMessageDescriptor *descriptor;
  GBytes *bytes;
  ProtobufCMessage *message;
  guint n;
  GType type;
} Case;

typedef void (*Function) (const Case *self);

static GBytes *
take_packed (ProtobufCMessage *message)
{
  g_autoptr (GError) error = NULL;
  GBytes *bytes = grpc_aio_protobuf_pack (message, &error);

  g_assert_no_error (error);

  return bytes;
}

static Bench__Person *
init_person (Bench__Person *person,
             guint number)
{
  static char *tags[] = { (char *) "first", (char *) "second tag", (char *) "the third of the tags" };
  static int32_t scores[] = { 1, 20, 300, 4000, 50000, -6 };
  static Bench__Point points[4];
  static Bench__Point *places[4];
  static Bench__Point home;

  bench__person__init (person);
  bench__point__init (&home);
  home.latitude = 409146138;
  home.longitude = -746188906;
  for (guint i = 0; i < G_N_ELEMENTS (points); i++)
    {
      bench__point__init (&points[i]);
      points[i].latitude = 1000 * i + 1;
      points[i].longitude = -5;
      places[i] = &points[i];
    }

  person->name = (char *) "Grace Brewster Murray Hopper";
  person->id = number;
  person->email = (char *) "grace@example.com";
  person->active = TRUE;
  person->balance = 12.5;
  person->offset = -1234567890123;
  person->token = 0x0123456789abcdef;
  person->color = BENCH__COLOR__COLOR_BLUE;
  person->photo.data = (guint8 *) "01234567890123456789012345678901234567890123456789012345678901234567890123456789";
  person->photo.len = 80;
  person->home = &home;
  person->tags = tags;
  person->n_tags = G_N_ELEMENTS (tags);
  person->scores = scores;
  person->n_scores = G_N_ELEMENTS (scores);
  person->places = places;
  person->n_places = G_N_ELEMENTS (places);
  person->contact_case = BENCH__PERSON__CONTACT_PHONE;
  person->phone = (char *) "+49 228 1234567";

  return person;
}

static GBytes *
new_name (void)
{
  Bench__Name name = BENCH__NAME__INIT;

  name.name = (char *) "world";

  return take_packed (&name.base);
}

static GBytes *
new_person (void)
{
  Bench__Person person;

  return take_packed (&init_person (&person, 42)->base);
}

static GBytes *
new_people (void)
{
  Bench__People people = BENCH__PEOPLE__INIT;
  Bench__Person persons[100];
  Bench__Person *pointers[100];

  for (guint i = 0; i < G_N_ELEMENTS (persons); i++)
    pointers[i] = init_person (&persons[i], i);
  people.people = pointers;
  people.n_people = G_N_ELEMENTS (pointers);

  return take_packed (&people.base);
}

static GBytes *
new_blob (void)
{
  Bench__Blob blob = BENCH__BLOB__INIT;
  g_autofree guint8 *data = g_malloc0 (64 * 1024);

  blob.data.data = data;
  blob.data.len = 64 * 1024;

  return take_packed (&blob.base);
}

static GBytes *
new_numbers (void)
{
  Bench__Numbers numbers = BENCH__NUMBERS__INIT;
  double doubles[1000];
  int64_t longs[1000];

  for (guint i = 0; i < 1000; i++)
    {
      doubles[i] = i / 3.0;
      longs[i] = (gint64) i * i * i;
    }
  numbers.doubles = doubles;
  numbers.n_doubles = G_N_ELEMENTS (doubles);
  numbers.longs = longs;
  numbers.n_longs = G_N_ELEMENTS (longs);

  return take_packed (&numbers.base);
}

static void
unpack_own (const Case *self)
{
  protobuf_c_message_free_unpacked (grpc_aio_protobuf_unpack (self->descriptor, self->bytes, NULL), NULL);
}

static void
unpack_protobuf_c (const Case *self)
{
  gsize size;
  gconstpointer data = g_bytes_get_data (self->bytes, &size);

  protobuf_c_message_free_unpacked (protobuf_c_message_unpack (self->descriptor, NULL, size, data), NULL);
}

static void
pack_own (const Case *self)
{
  g_bytes_unref (grpc_aio_protobuf_pack (self->message, NULL));
}

static void
pack_protobuf_c (const Case *self)
{
  const gsize size = protobuf_c_message_get_packed_size (self->message);
  guint8 *data = g_malloc (size);

  protobuf_c_message_pack (self->message, data);
  g_bytes_unref (g_bytes_new_take (data, size));
}

static void
pack_data_own (const Case *self)
{
  guint8 *data = g_malloc (grpc_aio_protobuf_get_packed_size (self->message));

  grpc_aio_protobuf_pack_data (self->message, data);
  g_free (data);
}

static void
pack_data_protobuf_c (const Case *self)
{
  guint8 *data = g_malloc (protobuf_c_message_get_packed_size (self->message));

  protobuf_c_message_pack (self->message, data);
  g_free (data);
}

static void
copy_struct (const Case *self)
{
  ProtobufCMessage *message = grpc_aio_protobuf_unpack (self->descriptor, self->bytes, NULL);

  g_bytes_unref (grpc_aio_protobuf_pack (message, NULL));
  protobuf_c_message_free_unpacked (message, NULL);
}

static void
copy_object (const Case *self)
{
  GrpcAioMessage *message = grpc_aio_message_create_from_bytes (self->type, self->bytes, NULL);

  g_bytes_unref (grpc_aio_message_to_bytes (message, NULL));
  g_object_unref (message);
}

static double
get_thread_nsec (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);

  return time.tv_sec * 1e9 + time.tv_nsec;
}

/* In nanoseconds of the processor, whatever else it has to do. */
static double
measure (Function function,
         const Case *self)
{
  const double start = get_thread_nsec ();

  for (guint i = 0; i < self->n; i++)
    function (self);

  return (get_thread_nsec () - start) / self->n;
}

static void
compare (const Case *self,
         const char *what,
         Function own,
         const char *other_name,
         Function other)
{
  double best = G_MAXDOUBLE;
  double best_other = G_MAXDOUBLE;

  for (guint i = 0; i < N_ROUNDS; i++)
    {
      best = MIN (best, measure (own, self));
      best_other = MIN (best_other, measure (other, self));
    }

  g_print ("%-8s %6lu bytes  %-10s %10.1f ns  %-10s %10.1f ns  ratio %.2f\n",
           self->name,
           (gulong) g_bytes_get_size (self->bytes),
           what,
           best,
           other_name,
           best_other,
           best / best_other);
}

static GrpcAioMessagePool *
new_pool (const char *filename)
{
  GrpcAioMessagePool *pool = grpc_aio_message_pool_new ();
  g_autoptr (GError) error = NULL;

  if (!grpc_aio_message_pool_add_file (pool, filename, &error))
    g_error ("%s", error->message);

  return pool;
}

int
main (int argc,
      char **argv)
{
  Case cases[] = {
    { "name", &bench__name__descriptor, new_name (), NULL, 20000 },
    { "person", &bench__person__descriptor, new_person (), NULL, 4000 },
    { "people", &bench__people__descriptor, new_people (), NULL, 40 },
    { "blob", &bench__blob__descriptor, new_blob (), NULL, 200 },
    { "numbers", &bench__numbers__descriptor, new_numbers (), NULL, 200 },
  };
  g_autoptr (GrpcAioMessagePool) pool = new_pool (argv[1]);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      Case *self = &cases[i];

      self->message = grpc_aio_protobuf_unpack (self->descriptor, self->bytes, NULL);
      self->type = grpc_aio_message_pool_get_message_type (pool, self->descriptor->name);
      compare (self, "unpack", unpack_own, "protobuf-c", unpack_protobuf_c);
      compare (self, "pack", pack_own, "protobuf-c", pack_protobuf_c);
      compare (self, "pack data", pack_data_own, "protobuf-c", pack_data_protobuf_c);
      compare (self, "object", copy_object, "struct", copy_struct);
      protobuf_c_message_free_unpacked (self->message, NULL);
      g_bytes_unref (self->bytes);
    }

  return EXIT_SUCCESS;
}
