/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Models, once they are built, and the GTypes that come of them. */

#include "messages/grpc-aio-message-type-private.h"

#include <string.h>

#include "messages/grpc-aio-message-pool-private.h"
#include "messages/grpc-aio-message-private.h"

/* The names of generated classes have no dash. Two pools may have two messages of
 * one name. */
static char *
dup_type_name (const char *full_name)
{
  g_autofree char *plain = g_strdelimit (g_strdup (full_name), ".", '-');
  char *name = g_strconcat ("protobuf-", plain, NULL);

  for (guint i = 2; g_type_from_name (name) != 0; i++)
    {
      g_free (name);
      name = g_strdup_printf ("protobuf-%s+%u", plain, i);
    }

  return name;
}

static void
class_init (gpointer klass,
            gpointer data)
{
  grpc_aio_message_class_install (klass, data);
}

static GType
register_message (GrpcAioMessageType *self)
{
  g_autofree char *name = dup_type_name (self->full_name);
  GTypeQuery query;
  GTypeInfo info = { 0 };

  g_type_query (GRPC_AIO_TYPE_MESSAGE, &query);
  info.class_size = (guint16) query.class_size;
  info.instance_size = (guint16) query.instance_size;
  info.class_init = class_init;
  info.class_data = self;

  return g_type_register_static (GRPC_AIO_TYPE_MESSAGE, name, &info, G_TYPE_FLAG_NONE);
}

/* No lock is held while generated code runs. */
GType
grpc_aio_message_type_get_gtype (GrpcAioMessageType *self)
{
  GType gtype = (GType) g_atomic_pointer_get (&self->gtype);

  if (G_LIKELY (gtype != 0))
    return gtype;

  if (self->get_gtype != NULL)
    {
      gtype = self->get_gtype ();
      g_atomic_pointer_set (&self->gtype, gtype);
      return gtype;
    }

  grpc_aio_message_pool_lock ();
  if (self->gtype == 0)
    {
      grpc_aio_message_pool_keep (self->pool);
      g_atomic_pointer_set (&self->gtype, register_message (self));
    }
  gtype = self->gtype;
  grpc_aio_message_pool_unlock ();

  return gtype;
}

GrpcAioMessageField *
grpc_aio_message_type_find_json_field (GrpcAioMessageType *self,
                                       const char *name)
{
  return g_hash_table_lookup (self->names, name);
}

GrpcAioMessageField *
grpc_aio_message_type_find_field (GrpcAioMessageType *self,
                                  const char *name)
{
  GrpcAioMessageField *field = g_hash_table_lookup (self->names, name);

  return field != NULL && strcmp (field->core->name, name) == 0 ? field : NULL;
}

GrpcAioMessageField *
grpc_aio_message_type_find_number (GrpcAioMessageType *self,
                                   guint32 number)
{
  const ProtobufCFieldDescriptor *core = protobuf_c_message_descriptor_get_field (self->core, number);

  return core != NULL ? &self->fields[core - self->core->fields] : NULL;
}

GrpcAioMessageOneof *
grpc_aio_message_type_find_oneof (GrpcAioMessageType *self,
                                  const char *name)
{
  for (guint i = 0; i < self->n_oneofs; i++)
    {
      if (strcmp (self->oneofs[i].name, name) == 0)
        return &self->oneofs[i];
    }

  return NULL;
}

/* GLib's own form of a name: lower case and dashes. */
static GType
register_enum (GrpcAioEnumType *self)
{
  g_autofree char *name = dup_type_name (self->full_name);
  GEnumValue *values = g_new0 (GEnumValue, self->core->n_values + 1);

  for (guint i = 0; i < self->core->n_values; i++)
    {
      g_autofree char *nick = g_strdelimit (g_ascii_strdown (self->core->values[i].name, -1), "_", '-');

      values[i].value = self->core->values[i].value;
      values[i].value_name = self->core->values[i].name;
      values[i].value_nick = g_intern_string (nick);
    }

  return g_enum_register_static (name, values);
}

GType
grpc_aio_enum_type_get_gtype (GrpcAioEnumType *self)
{
  GType gtype = (GType) g_atomic_pointer_get (&self->gtype);

  if (gtype != 0)
    return gtype;

  if (self->get_gtype != NULL)
    {
      gtype = self->get_gtype ();
      g_atomic_pointer_set (&self->gtype, gtype);
      return gtype;
    }

  grpc_aio_message_pool_lock ();
  if (self->gtype == 0)
    {
      grpc_aio_message_pool_keep (self->pool);
      g_atomic_pointer_set (&self->gtype, register_enum (self));
    }
  gtype = self->gtype;
  grpc_aio_message_pool_unlock ();

  return gtype;
}

const char *
grpc_aio_enum_type_name_of (GrpcAioEnumType *self,
                            gint32 number)
{
  unsigned low = 0;
  unsigned high = self->core->n_values;

  /* protobuf-c's own search misses G_MAXINT32. */
  while (low < high)
    {
      const unsigned middle = low + (high - low) / 2;

      if (self->core->values[middle].value == number)
        return self->core->values[middle].name;
      if (self->core->values[middle].value < number)
        low = middle + 1;
      else
        high = middle;
    }

  return NULL;
}

gboolean
grpc_aio_enum_type_number_of (GrpcAioEnumType *self,
                              const char *name,
                              gint32 *number)
{
  const ProtobufCEnumValue *value = protobuf_c_enum_descriptor_get_value_by_name (self->core, name);

  if (value == NULL)
    return FALSE;

  *number = value->value;

  return TRUE;
}
