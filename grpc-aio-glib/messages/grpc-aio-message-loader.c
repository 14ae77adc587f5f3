/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Adding a set of files to a pool: all of them, or none. */

#include "messages/grpc-aio-message-loader-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-message-names-private.h"

/* The stack has to hold the longest chain of imports. */
#define MAX_IMPORT_DEPTH 500

/* A file that is to be added, on the way from its description to models. */
typedef enum
{
  STATE_NEW,
  STATE_WAITING, /* For its imports. */
  STATE_BUILT,
} State;

typedef struct
{
  GrpcAioMessageFile *file;
  State state;
} Entry;

struct _GrpcAioMessageLoader
{
  GrpcAioMessageBuilder builder;
  GrpcAioMessageTables *tables; /* Of the pool. */
  GrpcAioMessageTables *common; /* Of the default pool; NULL if that is the pool. */
  GHashTable *entries;          /* Names to files to be added. */
  GPtrArray *order;             /* The same, as they came. */
  GPtrArray *known;             /* Files of the default pool that come along. */
};

GrpcAioMessageTables *
grpc_aio_message_tables_new (void)
{
  GrpcAioMessageTables *self = g_new (GrpcAioMessageTables, 1);

  self->files = g_hash_table_new (g_str_hash, g_str_equal);
  self->symbols = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->own = g_ptr_array_new_with_free_func ((GDestroyNotify) grpc_aio_message_file_free);

  return self;
}

void
grpc_aio_message_tables_free (GrpcAioMessageTables *self)
{
  g_hash_table_unref (self->files);
  g_hash_table_unref (self->symbols);
  g_hash_table_unref (self->numbers);
  g_ptr_array_unref (self->own);
  g_free (self);
}

static GrpcAioSymbol *
find_symbol (GrpcAioMessageBuilder *builder,
             const char *full_name,
             guint place)
{
  GrpcAioMessageLoader *self = (GrpcAioMessageLoader *) builder;

  if (place == 0)
    return g_hash_table_lookup (builder->symbols, full_name);
  if (place == 1)
    return g_hash_table_lookup (self->tables->symbols, full_name);

  return self->common != NULL ? g_hash_table_lookup (self->common->symbols, full_name) : NULL;
}

static GrpcAioMessageField *
find_number (GrpcAioMessageBuilder *builder,
             const char *key)
{
  GrpcAioMessageLoader *self = (GrpcAioMessageLoader *) builder;
  GrpcAioMessageField *field = g_hash_table_lookup (builder->numbers, key);

  return field != NULL ? field : g_hash_table_lookup (self->tables->numbers, key);
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_clear_pointer (&entry->file, grpc_aio_message_file_free);
  g_free (entry);
}

GrpcAioMessageLoader *
grpc_aio_message_loader_new (GrpcAioMessagePool *pool,
                             GrpcAioMessageTables *tables,
                             GrpcAioMessageTables *common,
                             GError **error)
{
  GrpcAioMessageLoader *self = g_new0 (GrpcAioMessageLoader, 1);

  self->builder.pool = pool;
  self->builder.symbols = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->builder.numbers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->builder.find_symbol = find_symbol;
  self->builder.find_number = find_number;
  self->builder.error = error;
  self->tables = tables;
  self->common = common;
  self->entries = g_hash_table_new (g_str_hash, g_str_equal);
  self->order = g_ptr_array_new_with_free_func (entry_free);
  self->known = g_ptr_array_new ();

  return self;
}

void
grpc_aio_message_loader_free (GrpcAioMessageLoader *self)
{
  g_hash_table_unref (self->builder.symbols);
  g_hash_table_unref (self->builder.numbers);
  g_hash_table_unref (self->entries);
  g_ptr_array_unref (self->order);
  g_ptr_array_unref (self->known);
  g_free (self);
}

static void
strip_fields (GrpcAioProtoField *const *fields,
              gsize n)
{
  for (gsize i = 0; i < n; i++)
    {
      g_autofree char *json_name = grpc_aio_message_name_json (fields[i]->name != NULL ? fields[i]->name : "");

      if (g_strcmp0 (fields[i]->json_name, json_name) == 0)
        g_clear_pointer (&fields[i]->json_name, g_free);
    }
}

static void
strip_message (GrpcAioProtoMessage *proto)
{
  strip_fields (proto->field, proto->n_field);
  strip_fields (proto->extension, proto->n_extension);
  for (gsize i = 0; i < proto->n_nested_type; i++)
    strip_message (proto->nested_type[i]);
}

/* What makes no difference for messages: compilers leave it out or not. */
static GBytes *
pack_stripped (GBytes *bytes)
{
  GrpcAioProtoFile *proto = (GrpcAioProtoFile *) grpc_aio_protobuf_unpack (&google__protobuf__file_descriptor_proto__descriptor, bytes, NULL);
  GBytes *result;

  /* The bytes are our own. */
  g_assert (proto != NULL);

  google__protobuf__file_options__free_unpacked (g_steal_pointer (&proto->options), NULL);
  strip_fields (proto->extension, proto->n_extension);
  for (gsize i = 0; i < proto->n_message_type; i++)
    strip_message (proto->message_type[i]);
  result = grpc_aio_protobuf_pack (&proto->base, NULL);
  google__protobuf__file_descriptor_proto__free_unpacked (proto, NULL);
  g_assert (result != NULL);

  return result;
}

static gboolean
is_same (GBytes *a,
         GBytes *b)
{
  g_autoptr (GBytes) left = NULL;
  g_autoptr (GBytes) right = NULL;

  if (g_bytes_equal (a, b))
    return TRUE;

  left = pack_stripped (a);
  right = pack_stripped (b);

  return g_bytes_equal (left, right);
}

/* Takes @proto. A file that is there already may come again. */
gboolean
grpc_aio_message_loader_add (GrpcAioMessageLoader *self,
                             GrpcAioProtoFile *proto,
                             const GrpcAioProtobufFile *generated)
{
  GrpcAioMessageFile *file = grpc_aio_message_file_new (self->builder.pool, proto, generated);
  GrpcAioMessageFile *same;
  Entry *entry;

  if (proto->name == NULL || *proto->name == '\0' || !g_utf8_validate (proto->name, -1, NULL))
    {
      grpc_aio_message_file_fail (file, &self->builder, "", _("is no name of a file"));
      grpc_aio_message_file_free (file);
      return FALSE;
    }

  /* Comments are of no use here. */
  google__protobuf__source_code_info__free_unpacked (g_steal_pointer (&proto->source_code_info), NULL);
  file->bytes = grpc_aio_protobuf_pack (&proto->base, self->builder.error);
  if (file->bytes == NULL)
    {
      grpc_aio_message_file_free (file);
      return FALSE;
    }

  entry = g_hash_table_lookup (self->entries, proto->name);
  same = entry != NULL ? entry->file : g_hash_table_lookup (self->tables->files, proto->name);
  if (same != NULL)
    {
      const gboolean is_good = is_same (file->bytes, same->bytes);

      if (!is_good)
        grpc_aio_message_file_fail (file, &self->builder, proto->name, _("is there already, with other contents"));
      grpc_aio_message_file_free (file);
      return is_good;
    }

  /* Structs that the compiler has seen are no others'. */
  same = self->common != NULL && generated == NULL ? g_hash_table_lookup (self->common->files, proto->name) : NULL;
  if (same != NULL && is_same (file->bytes, same->bytes))
    {
      g_ptr_array_add (self->known, same);
      grpc_aio_message_file_free (file);
      return TRUE;
    }

  entry = g_new (Entry, 1);
  entry->file = file;
  entry->state = STATE_NEW;
  g_hash_table_insert (self->entries, proto->name, entry);
  g_ptr_array_add (self->order, entry);

  return TRUE;
}

static gboolean
fail_import (GrpcAioMessageLoader *self,
             GrpcAioMessageFile *file,
             const char *import,
             const char *format)
{
  g_autofree char *name = g_utf8_make_valid (import, -1);
  g_autofree char *reason = g_strdup_printf (format, name);

  return grpc_aio_message_file_fail (file, &self->builder, file->proto->name, reason);
}

static gboolean
build (GrpcAioMessageLoader *self,
       Entry *entry,
       guint depth);

static gboolean
import (GrpcAioMessageLoader *self,
        GrpcAioMessageFile *file,
        const char *name,
        guint depth)
{
  Entry *entry = g_hash_table_lookup (self->entries, name);
  GrpcAioMessageFile *other;

  if (entry != NULL)
    {
      if (entry->state == STATE_WAITING)
        return fail_import (self, file, name, _("imports “%s”, which imports it in turn"));
      if (depth >= MAX_IMPORT_DEPTH)
        return fail_import (self, file, name, _("imports “%s” through too many others"));
      if (!build (self, entry, depth + 1))
        return FALSE;
      other = entry->file;
    }
  else
    {
      other = g_hash_table_lookup (self->tables->files, name);
      if (other == NULL && self->common != NULL)
        other = g_hash_table_lookup (self->common->files, name);
      if (other == NULL)
        return fail_import (self, file, name, _("imports “%s”, which is not there"));
    }

  g_ptr_array_add (file->dependencies, other);

  return TRUE;
}

static gboolean
build (GrpcAioMessageLoader *self,
       Entry *entry,
       guint depth)
{
  GrpcAioMessageFile *file = entry->file;

  if (entry->state == STATE_BUILT)
    return TRUE;

  entry->state = STATE_WAITING;
  for (gsize i = 0; i < file->proto->n_dependency; i++)
    {
      if (!import (self, file, file->proto->dependency[i], depth))
        return FALSE;
    }
  if (!grpc_aio_message_file_build (file, &self->builder))
    return FALSE;
  entry->state = STATE_BUILT;

  return TRUE;
}

static void
move_all (GHashTable *to,
          GHashTable *from)
{
  GHashTableIter iter;
  gpointer key, value;

  g_hash_table_iter_init (&iter, from);
  while (g_hash_table_iter_next (&iter, &key, &value))
    {
      g_hash_table_iter_steal (&iter);
      g_hash_table_insert (to, key, value);
    }
}

/* Builds what was added and puts it into the pool. */
gboolean
grpc_aio_message_loader_finish (GrpcAioMessageLoader *self)
{
  for (guint i = 0; i < self->order->len; i++)
    {
      if (!build (self, self->order->pdata[i], 0))
        return FALSE;
    }

  for (guint i = 0; i < self->order->len; i++)
    {
      GrpcAioMessageFile *file = g_steal_pointer (&((Entry *) self->order->pdata[i])->file);

      g_ptr_array_add (self->tables->own, file);
      g_hash_table_insert (self->tables->files, file->proto->name, file);
    }
  for (guint i = 0; i < self->known->len; i++)
    {
      GrpcAioMessageFile *file = self->known->pdata[i];

      g_hash_table_insert (self->tables->files, file->proto->name, file);
    }
  move_all (self->tables->symbols, self->builder.symbols);
  move_all (self->tables->numbers, self->builder.numbers);

  return TRUE;
}
