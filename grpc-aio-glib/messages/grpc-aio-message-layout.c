/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The descriptor of a message whose struct no compiler has seen. */

#include "messages/grpc-aio-message-file-private.h"

#include <stdlib.h>
#include <string.h>

#include "messages/grpc-aio-protobuf-wire-private.h"

/* Gives @size bytes, which is a power of two. */
static guint
place (gsize *offset,
       gsize size)
{
  const gsize start = (*offset + size - 1) & ~(size - 1);

  *offset = start + size;

  return (guint) start;
}

static guint
place_value (gsize *offset,
             ProtobufCType type)
{
  const gsize size = grpc_aio_protobuf_get_type_size (type);
  const guint start = place (offset, MIN (size, sizeof (gpointer)));

  *offset = start + size;

  return start;
}

static gboolean
needs_flag (const GrpcAioMessageField *field,
            const ProtobufCFieldDescriptor *core)
{
  if (core->type == PROTOBUF_C_TYPE_STRING || core->type == PROTOBUF_C_TYPE_MESSAGE || field->oneof != NULL)
    return FALSE;

  return core->label == PROTOBUF_C_LABEL_OPTIONAL || core->label == PROTOBUF_C_LABEL_REQUIRED;
}

/* What has four bytes comes first, so that nothing lies between. */
static gsize
place_all (GrpcAioMessageType *type,
           ProtobufCFieldDescriptor *cores)
{
  gsize offset = sizeof (ProtobufCMessage);
  g_autofree guint *unions = g_new0 (guint, MAX (type->n_oneofs, 1));

  for (guint i = 0; i < type->n_oneofs; i++)
    type->oneofs[i].case_offset = place (&offset, sizeof (guint32));
  for (guint i = 0; i < type->n_fields; i++)
    {
      if (needs_flag (&type->fields[i], &cores[i]))
        cores[i].quantifier_offset = place (&offset, sizeof (protobuf_c_boolean));
    }

  for (guint i = 0; i < type->n_oneofs; i++)
    {
      unions[i] = place (&offset, sizeof (gpointer));
      offset = unions[i] + sizeof (ProtobufCBinaryData);
    }
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < type->n_fields; i++)
      {
        const gboolean is_small = grpc_aio_protobuf_get_type_size (cores[i].type) == 4 && cores[i].label != PROTOBUF_C_LABEL_REPEATED;

        if (type->fields[i].oneof != NULL)
          {
            cores[i].quantifier_offset = type->fields[i].oneof->case_offset;
            cores[i].offset = unions[type->fields[i].oneof - type->oneofs];
          }
        else if (is_small == (pass == 0) && cores[i].label == PROTOBUF_C_LABEL_REPEATED)
          {
            cores[i].quantifier_offset = place (&offset, sizeof (size_t));
            cores[i].offset = place (&offset, sizeof (gpointer));
          }
        else if (is_small == (pass == 0))
          {
            cores[i].offset = place_value (&offset, cores[i].type);
          }
      }

  return (offset + sizeof (gpointer) - 1) & ~(sizeof (gpointer) - 1);
}

static int
compare_names (gconstpointer a,
               gconstpointer b,
               gpointer data)
{
  const ProtobufCFieldDescriptor *cores = data;

  return strcmp (cores[*(const unsigned *) a].name, cores[*(const unsigned *) b].name);
}

static const unsigned *
sort_names (GrpcAioMessageFile *self,
            ProtobufCFieldDescriptor *cores,
            guint n)
{
  unsigned *indices = grpc_aio_message_file_allocate (self, n * sizeof *indices);

  for (guint i = 0; i < n; i++)
    indices[i] = i;
  if (n > 0)
    g_qsort_with_data (indices, (gint) n, sizeof *indices, compare_names, cores);

  return indices;
}

static void
find_ranges (GrpcAioMessageFile *self,
             ProtobufCMessageDescriptor *core)
{
  ProtobufCIntRange *ranges = grpc_aio_message_file_allocate (self, (core->n_fields + 1) * sizeof *ranges);
  guint n = 0;

  for (guint i = 0; i < core->n_fields; i++)
    {
      if (i == 0 || core->fields[i].id != core->fields[i - 1].id + 1)
        ranges[n++] = (ProtobufCIntRange){ .start_value = (gint) core->fields[i].id, .orig_index = i };
    }
  ranges[n].orig_index = core->n_fields;
  core->n_field_ranges = n;
  core->field_ranges = ranges;
}

void
grpc_aio_message_file_lay_out (GrpcAioMessageFile *self,
                               GrpcAioMessageType *type,
                               ProtobufCFieldDescriptor *cores)
{
  /* Fields of others point at it already. */
  ProtobufCMessageDescriptor *core = (ProtobufCMessageDescriptor *) type->core;
  const char *dot = strrchr (type->full_name, '.');
  ProtobufCMessage *initial;

  core->magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC;
  core->name = type->full_name;
  core->short_name = dot != NULL ? dot + 1 : type->full_name;
  core->c_name = type->full_name;
  core->package_name = self->proto->package;
  core->sizeof_message = place_all (type, cores);
  core->n_fields = type->n_fields;
  core->fields = cores;
  core->fields_sorted_by_name = sort_names (self, cores, type->n_fields);
  find_ranges (self, core);

  initial = grpc_aio_message_file_allocate (self, core->sizeof_message);
  grpc_aio_protobuf_init_fields (core, initial);
  core->reserved1 = initial;
  core->reserved2 = type->has_required ? core : NULL;
  core->reserved3 = (gpointer) &grpc_aio_protobuf_run_time_mark;
}
