/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Structs of protobuf-c, field by field. */

#include "messages/grpc-aio-message-type-private.h"

#include <string.h>

#include "messages/grpc-aio-protobuf-wire-private.h"

static inline gpointer
get_member (const GrpcAioMessageField *self,
            const ProtobufCMessage *message)
{
  return G_STRUCT_MEMBER_P (message, self->core->offset);
}

static inline size_t *
get_count (const GrpcAioMessageField *self,
           const ProtobufCMessage *message)
{
  return G_STRUCT_MEMBER_P (message, self->core->quantifier_offset);
}

ProtobufCMessage *
grpc_aio_message_type_new_struct (GrpcAioMessageType *self)
{
  ProtobufCMessage *message = g_malloc (self->core->sizeof_message);

  grpc_aio_protobuf_init (self->core, message);

  return message;
}

void
grpc_aio_message_free_struct (ProtobufCMessage *message)
{
  protobuf_c_message_free_unpacked (message, NULL);
}

gboolean
grpc_aio_message_field_is_set (const GrpcAioMessageField *self,
                               const ProtobufCMessage *message)
{
  if (self->is_repeated)
    return *get_count (self, message) > 0;

  return grpc_aio_protobuf_is_present (self->core, message);
}

gsize
grpc_aio_message_field_get_element_size (const GrpcAioMessageField *self)
{
  return grpc_aio_protobuf_get_type_size (self->core->type);
}

gsize
grpc_aio_message_field_get_n_elements (const GrpcAioMessageField *self,
                                       const ProtobufCMessage *message)
{
  if (self->is_repeated)
    return *get_count (self, message);

  return grpc_aio_message_field_is_set (self, message) ? 1 : 0;
}

/* Also of a field that is not repeated. */
gpointer
grpc_aio_message_field_get_element (const GrpcAioMessageField *self,
                                    const ProtobufCMessage *message,
                                    gsize index)
{
  guint8 *member = get_member (self, message);

  if (self->is_repeated)
    return *(guint8 **) member + index * grpc_aio_message_field_get_element_size (self);

  return member;
}

static void
free_elements (const GrpcAioMessageField *self,
               ProtobufCMessage *message)
{
  const gsize n = *get_count (self, message);
  gpointer *array = get_member (self, message);

  for (gsize i = 0; i < n; i++)
    {
      gpointer element = grpc_aio_message_field_get_element (self, message, i);

      if (self->core->type == PROTOBUF_C_TYPE_STRING)
        g_free (*(char **) element);
      else if (self->core->type == PROTOBUF_C_TYPE_BYTES)
        g_free (((ProtobufCBinaryData *) element)->data);
      else if (self->core->type == PROTOBUF_C_TYPE_MESSAGE)
        protobuf_c_message_free_unpacked (*(ProtobufCMessage **) element, NULL);
      else
        break;
    }
  g_clear_pointer (array, g_free);
  *get_count (self, message) = 0;
}

static void
set_initial (const ProtobufCFieldDescriptor *core,
             gpointer member)
{
  if (core->default_value == NULL)
    memset (member, 0, grpc_aio_protobuf_get_type_size (core->type));
  else if (core->type == PROTOBUF_C_TYPE_STRING)
    *(gconstpointer *) member = core->default_value;
  else
    memcpy (member, core->default_value, grpc_aio_protobuf_get_type_size (core->type));
}

void
grpc_aio_message_field_clear (const GrpcAioMessageField *self,
                              ProtobufCMessage *message)
{
  const ProtobufCFieldDescriptor *core = self->core;

  if (self->is_repeated)
    {
      free_elements (self, message);
      return;
    }

  if (core->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
    {
      guint32 *which = G_STRUCT_MEMBER_P (message, core->quantifier_offset);
      const ProtobufCFieldDescriptor *member = NULL;

      if (*which != 0)
        member = grpc_aio_protobuf_find_field (message->descriptor, *which);
      if (member != NULL)
        {
          grpc_aio_protobuf_free_member (message, member, NULL);
          memset (G_STRUCT_MEMBER_P (message, member->offset), 0, grpc_aio_protobuf_get_type_size (member->type));
        }
      *which = 0;
      return;
    }

  grpc_aio_protobuf_free_member (message, core, NULL);
  set_initial (core, get_member (self, message));
  if (core->quantifier_offset != 0)
    G_STRUCT_MEMBER (protobuf_c_boolean, message, core->quantifier_offset) = FALSE;
}

gpointer
grpc_aio_message_field_prepare (const GrpcAioMessageField *self,
                                ProtobufCMessage *message)
{
  const ProtobufCFieldDescriptor *core = self->core;
  gpointer member = get_member (self, message);

  grpc_aio_message_field_clear (self, message);
  if (core->flags & PROTOBUF_C_FIELD_FLAG_ONEOF)
    G_STRUCT_MEMBER (guint32, message, core->quantifier_offset) = core->id;
  else if (core->quantifier_offset != 0)
    G_STRUCT_MEMBER (protobuf_c_boolean, message, core->quantifier_offset) = TRUE;
  memset (member, 0, grpc_aio_protobuf_get_type_size (core->type));

  return member;
}

gpointer
grpc_aio_message_field_append (const GrpcAioMessageField *self,
                               ProtobufCMessage *message)
{
  const gsize size = grpc_aio_message_field_get_element_size (self);
  const gsize n = *get_count (self, message);
  guint8 **array = get_member (self, message);
  guint8 *element;

  if (n == 0 || grpc_aio_protobuf_get_capacity (n + 1) != grpc_aio_protobuf_get_capacity (n))
    *array = g_realloc_n (*array, grpc_aio_protobuf_get_capacity (n + 1), size);

  element = *array + n * size;
  memset (element, 0, size);
  *get_count (self, message) = n + 1;

  return element;
}

static void
copy_value (const GrpcAioMessageField *self,
            gpointer target,
            gconstpointer source)
{
  const ProtobufCBinaryData *data = source;
  const ProtobufCMessage *child;

  switch (self->core->type)
    {
    case PROTOBUF_C_TYPE_STRING:
      *(char **) target = g_strdup (*(const char *const *) source);
      break;

    case PROTOBUF_C_TYPE_BYTES:
      ((ProtobufCBinaryData *) target)->len = data->len;
      ((ProtobufCBinaryData *) target)->data = data->len > 0 ? g_memdup2 (data->data, data->len) : NULL;
      break;

    case PROTOBUF_C_TYPE_MESSAGE:
      child = *(const ProtobufCMessage *const *) source;
      *(ProtobufCMessage **) target = child != NULL ? grpc_aio_message_type_copy_struct (self->message, child) : NULL;
      break;

    default:
      memcpy (target, source, grpc_aio_message_field_get_element_size (self));
    }
}

void
grpc_aio_message_type_merge_unknown (ProtobufCMessage *message,
                                     const ProtobufCMessage *other)
{
  const guint n = message->n_unknown_fields;

  if (other->n_unknown_fields == 0)
    return;

  message->unknown_fields = g_renew (ProtobufCMessageUnknownField, message->unknown_fields, n + other->n_unknown_fields);
  for (guint i = 0; i < other->n_unknown_fields; i++)
    {
      ProtobufCMessageUnknownField *field = &message->unknown_fields[n + i];

      *field = other->unknown_fields[i];
      field->data = g_memdup2 (field->data, field->len);
    }
  message->n_unknown_fields += other->n_unknown_fields;
}

/* A member of a oneof that @message does not have now counts as no value. */
static gboolean
has_child (const GrpcAioMessageField *field,
           const ProtobufCMessage *message)
{
  return field->core->type == PROTOBUF_C_TYPE_MESSAGE && !field->is_repeated &&
         grpc_aio_message_field_is_set (field, message);
}

void
grpc_aio_message_field_merge (const GrpcAioMessageField *self,
                              ProtobufCMessage *message,
                              const ProtobufCMessage *other)
{
  const gsize n = grpc_aio_message_field_get_n_elements (self, other);

  if (has_child (self, message) && n > 0)
    {
      grpc_aio_message_type_merge_struct (self->message, *(ProtobufCMessage **) get_member (self, message), *(ProtobufCMessage **) get_member (self, other));
      return;
    }

  for (gsize i = 0; i < n; i++)
    {
      gpointer target = self->is_repeated ? grpc_aio_message_field_append (self, message)
                                          : grpc_aio_message_field_prepare (self, message);

      copy_value (self, target, grpc_aio_message_field_get_element (self, other, i));
    }
}

void
grpc_aio_message_type_merge_struct (GrpcAioMessageType *self,
                                    ProtobufCMessage *message,
                                    const ProtobufCMessage *other)
{
  for (guint i = 0; i < self->n_fields; i++)
    grpc_aio_message_field_merge (&self->fields[i], message, other);
  grpc_aio_message_type_merge_unknown (message, other);
}

ProtobufCMessage *
grpc_aio_message_type_copy_struct (GrpcAioMessageType *self,
                                   const ProtobufCMessage *message)
{
  ProtobufCMessage *copy = grpc_aio_message_type_new_struct (self);

  grpc_aio_message_type_merge_struct (self, copy, message);

  return copy;
}

void
grpc_aio_message_type_clear_unknown (ProtobufCMessage *message)
{
  for (guint i = 0; i < message->n_unknown_fields; i++)
    g_free (message->unknown_fields[i].data);
  g_clear_pointer (&message->unknown_fields, g_free);
  message->n_unknown_fields = 0;
}
