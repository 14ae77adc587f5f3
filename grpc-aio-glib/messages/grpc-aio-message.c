/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-message.h>

#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-message-pool-private.h"
#include "messages/grpc-aio-message-private.h"
#include "messages/grpc-aio-message-value-private.h"
#include "messages/grpc-aio-protobuf-wire-private.h"

#define TYPE_URL_PREFIX "type.googleapis.com/"

/**
 * GrpcAioMessage:
 *
 * A message of Protocol Buffers as an object: its fields are properties, which
 * notify, bind to widgets and work in every language.
 *
 * Messages come from a [class@MessagePool], at run time, or from generated code.
 *
 * A property has the name of the field with `-` for `_`. Names that an object has
 * already, such as `connect`, get `-field` at the end. The types of properties are:
 *
 * - numbers: the same in GLib; an enumeration is an integer, since a peer may send
 *   a number that has no name
 * - `string`: a string; `bytes`: [struct@GLib.Bytes]
 * - a message: an object, or `NULL`
 * - `repeated`: a [class@Gio.ListStore] for messages, an array of strings for
 *   strings, and a [struct@GLib.Variant] such as `ai` for all else
 * - `map`: a [struct@GLib.Variant] such as `a{si}`; where the values are messages, a
 *   [class@Gio.ListStore] of entries with the properties `key` and `value`
 * - a oneof: a string `NAME-case` that is the name of the field that is set, or
 *   `NULL`
 *
 * A field that may be absent, such as one that is `optional`, in a oneof, or of
 * proto2, is there once it was set, also to its default; setting a string or bytes
 * to `NULL` clears it, and [method@Message.clear_field] clears any. Other fields of
 * proto3 are absent when they have their default.
 *
 * Objects for messages within messages are made when they are asked for. They
 * belong to the message as well: what is changed in them changes in it. The same
 * object may be in several messages, but in none that it has itself.
 *
 * A message is not safe to use from several threads at once.
 *
 * Since: 0.1
 */
typedef struct
{
  ProtobufCMessage *message; /* NULL as long as nobody asked for it. */
  /* For each field: the object that owns the message in its slot, or the list of
   * those that do; NULL as long as nobody asked for them. */
  GObject **children;
  gboolean is_visited;
} GrpcAioMessagePrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GrpcAioMessage, grpc_aio_message, G_TYPE_OBJECT)

static inline GrpcAioMessagePrivate *
get_private (GrpcAioMessage *self)
{
  return grpc_aio_message_get_instance_private (self);
}

static inline GrpcAioMessageType *
get_type (GrpcAioMessage *self)
{
  return GRPC_AIO_MESSAGE_GET_CLASS (self)->type;
}

/* What the lists have is written into it by grpc_aio_message_peek_struct () only. */
static inline ProtobufCMessage *
get_message (GrpcAioMessage *self)
{
  GrpcAioMessagePrivate *priv = get_private (self);

  if (G_UNLIKELY (priv->message == NULL))
    priv->message = grpc_aio_message_type_new_struct (get_type (self));

  return priv->message;
}

static inline guint
get_index (GrpcAioMessage *self,
           const GrpcAioMessageField *field)
{
  return (guint) (field - get_type (self)->fields);
}

static inline GObject *
get_child (GrpcAioMessage *self,
           const GrpcAioMessageField *field)
{
  GrpcAioMessagePrivate *priv = get_private (self);

  return priv->children != NULL ? priv->children[get_index (self, field)] : NULL;
}

/* Takes @child. */
static void
take_child (GrpcAioMessage *self,
            const GrpcAioMessageField *field,
            gpointer child)
{
  GrpcAioMessagePrivate *priv = get_private (self);

  if (priv->children == NULL)
    priv->children = g_new0 (GObject *, get_type (self)->n_fields);
  priv->children[get_index (self, field)] = child;
}

static inline ProtobufCMessage **
get_slot (const GrpcAioMessageField *field,
          ProtobufCMessage *message)
{
  return G_STRUCT_MEMBER_P (message, field->core->offset);
}

/* The array, but not the messages, which the objects own. */
static void
drop_array (const GrpcAioMessageField *field,
            ProtobufCMessage *message)
{
  gpointer *array = G_STRUCT_MEMBER_P (message, field->core->offset);

  g_clear_pointer (array, g_free);
  G_STRUCT_MEMBER (size_t, message, field->core->quantifier_offset) = 0;
}

/* Afterwards the struct has nothing that an object owns. */
static void
detach (GrpcAioMessage *self,
        const GrpcAioMessageField *field)
{
  GrpcAioMessagePrivate *priv = get_private (self);
  g_autoptr (GObject) child = get_child (self, field);

  if (child == NULL)
    return;

  priv->children[get_index (self, field)] = NULL;
  if (field->is_repeated)
    drop_array (field, priv->message);
  else
    *get_slot (field, priv->message) = NULL;
}

static void
notify_field (GrpcAioMessage *self,
              const GrpcAioMessageField *field)
{
  g_object_notify_by_pspec (G_OBJECT (self), field->pspec);
}

/* The member of a oneof that is set, or NULL. */
static GrpcAioMessageField *
find_member (GrpcAioMessage *self,
             const GrpcAioMessageOneof *oneof)
{
  const guint32 number = G_STRUCT_MEMBER (guint32, get_message (self), oneof->case_offset);

  return number != 0 ? grpc_aio_message_type_find_number (get_type (self), number) : NULL;
}

/* Before @field is set: another member of its oneof loses its value. Returns which
 * one it is, for notify_case (). */
static GrpcAioMessageField *
leave_case (GrpcAioMessage *self,
            const GrpcAioMessageField *field)
{
  GrpcAioMessageField *member;

  if (field->oneof == NULL)
    return NULL;

  member = find_member (self, field->oneof);
  if (member != NULL && member != field)
    detach (self, member);

  return member;
}

static void
notify_case (GrpcAioMessage *self,
             const GrpcAioMessageOneof *oneof,
             const GrpcAioMessageField *before)
{
  if (oneof == NULL || find_member (self, oneof) == before)
    return;

  if (before != NULL)
    notify_field (self, before);
  g_object_notify_by_pspec (G_OBJECT (self), oneof->pspec);
}

/* Writes what the objects have into the struct. FALSE if @self contains itself. */
static gboolean
synchronize (GrpcAioMessage *self);

static void
synchronize_list (GrpcAioMessage *self,
                  const GrpcAioMessageField *field,
                  GListModel *list)
{
  ProtobufCMessage *message = get_message (self);
  const guint n = g_list_model_get_n_items (list);
  ProtobufCMessage ***array = G_STRUCT_MEMBER_P (message, field->core->offset);
  size_t *count = G_STRUCT_MEMBER_P (message, field->core->quantifier_offset);

  if (n > 0 && (*count == 0 || grpc_aio_protobuf_get_capacity (*count) != grpc_aio_protobuf_get_capacity (n)))
    *array = g_renew (ProtobufCMessage *, *array, grpc_aio_protobuf_get_capacity (n));

  *count = 0;
  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GrpcAioMessage) item = g_list_model_get_item (list, i);

      if (synchronize (item))
        (*array)[(*count)++] = get_message (item);
    }
}

static void
synchronize_child (GrpcAioMessage *self,
                   const GrpcAioMessageField *field,
                   GObject *child)
{
  if (field->is_repeated)
    synchronize_list (self, field, G_LIST_MODEL (child));
  else
    *get_slot (field, get_message (self)) = synchronize (GRPC_AIO_MESSAGE (child)) ? get_message (GRPC_AIO_MESSAGE (child)) : NULL;
}

static gboolean
synchronize (GrpcAioMessage *self)
{
  GrpcAioMessagePrivate *priv = get_private (self);
  GrpcAioMessageType *type = get_type (self);

  if (priv->children == NULL)
    return TRUE;
  if (priv->is_visited)
    {
      g_critical ("A message “%s” is within itself; it is left out there", type->full_name);
      return FALSE;
    }

  priv->is_visited = TRUE;
  for (guint i = 0; i < type->n_fields; i++)
    {
      if (priv->children[i] != NULL)
        synchronize_child (self, &type->fields[i], priv->children[i]);
    }
  priv->is_visited = FALSE;

  return TRUE;
}

/* Whether @other is @self or within it. */
static gboolean
contains (GrpcAioMessage *self,
          GrpcAioMessage *other)
{
  GrpcAioMessagePrivate *priv = get_private (self);
  gboolean result = self == other;

  if (result || priv->children == NULL || priv->is_visited)
    return result;

  priv->is_visited = TRUE;
  for (guint i = 0; i < get_type (self)->n_fields && !result; i++)
    {
      GObject *child = priv->children[i];

      if (GRPC_AIO_IS_MESSAGE (child))
        {
          result = contains (GRPC_AIO_MESSAGE (child), other);
          continue;
        }
      for (guint j = 0; child != NULL && j < g_list_model_get_n_items (G_LIST_MODEL (child)) && !result; j++)
        {
          g_autoptr (GrpcAioMessage) item = g_list_model_get_item (G_LIST_MODEL (child), j);

          result = contains (item, other);
        }
    }
  priv->is_visited = FALSE;

  return result;
}

static GrpcAioMessage *
ensure_child (GrpcAioMessage *self,
              const GrpcAioMessageField *field)
{
  GObject *child = get_child (self, field);

  if (child == NULL && grpc_aio_message_field_is_set (field, get_message (self)))
    {
      child = G_OBJECT (grpc_aio_message_new_for_struct (grpc_aio_message_type_get_gtype (field->message),
                                                         *get_slot (field, get_message (self))));
      take_child (self, field, child);
    }

  return (GrpcAioMessage *) child;
}

/* The elements of the struct become those of objects. */
static GPtrArray *
wrap_elements (const GrpcAioMessageField *field,
               ProtobufCMessage *message)
{
  const GType gtype = grpc_aio_message_type_get_gtype (field->message);
  const gsize n = grpc_aio_message_field_get_n_elements (field, message);
  GPtrArray *items = g_ptr_array_new_full ((guint) n, g_object_unref);

  for (gsize i = 0; i < n; i++)
    {
      ProtobufCMessage **element = grpc_aio_message_field_get_element (field, message, i);

      g_ptr_array_add (items, grpc_aio_message_new_for_struct (gtype, *element));
    }

  return items;
}

static void
replace_items (GListStore *list,
               GPtrArray *items)
{
  g_list_store_splice (list, 0, g_list_model_get_n_items (G_LIST_MODEL (list)), items->pdata, items->len);
}

static GListStore *
ensure_list (GrpcAioMessage *self,
             const GrpcAioMessageField *field)
{
  GObject *child = get_child (self, field);

  if (child == NULL)
    {
      g_autoptr (GPtrArray) items = wrap_elements (field, get_message (self));

      child = G_OBJECT (g_list_store_new (grpc_aio_message_type_get_gtype (field->message)));
      replace_items (G_LIST_STORE (child), items);
      take_child (self, field, child);
    }

  return G_LIST_STORE (child);
}

static void
clear_field (GrpcAioMessage *self,
             const GrpcAioMessageField *field)
{
  GObject *child = get_child (self, field);
  GrpcAioMessageField *before;

  if (field->is_repeated && child != NULL)
    {
      if (g_list_model_get_n_items (G_LIST_MODEL (child)) == 0)
        return;
      drop_array (field, get_message (self));
      g_list_store_remove_all (G_LIST_STORE (child));
      notify_field (self, field);
      return;
    }

  if (child == NULL && !grpc_aio_message_field_is_set (field, get_message (self)))
    return;

  before = leave_case (self, field);
  detach (self, field);
  grpc_aio_message_field_clear (field, get_message (self));
  if (field->oneof != NULL)
    notify_case (self, field->oneof, before);
  else
    notify_field (self, field);
}

/* Takes no reference of its own but that for the field. */
static void
set_child (GrpcAioMessage *self,
           const GrpcAioMessageField *field,
           GrpcAioMessage *child)
{
  GrpcAioMessageField *before;

  if (child == NULL)
    {
      clear_field (self, field);
      return;
    }
  if (get_child (self, field) == G_OBJECT (child))
    return;
  if (contains (child, self))
    {
      g_critical ("A message “%s” cannot be within itself", get_type (self)->full_name);
      return;
    }

  g_object_ref (child);
  before = leave_case (self, field);
  detach (self, field);
  *(ProtobufCMessage **) grpc_aio_message_field_prepare (field, get_message (self)) = get_message (child);
  take_child (self, field, child);
  notify_field (self, field);
  notify_case (self, field->oneof, before);
}

static void
set_list (GrpcAioMessage *self,
          const GrpcAioMessageField *field,
          GListModel *model)
{
  GListStore *list = ensure_list (self, field);
  const guint n = model != NULL ? g_list_model_get_n_items (model) : 0;
  g_autoptr (GPtrArray) items = NULL;

  if ((gpointer) list == model)
    return;
  if (n == 0)
    {
      clear_field (self, field);
      return;
    }

  items = g_ptr_array_new_full (n, g_object_unref);
  for (guint i = 0; i < n; i++)
    {
      gpointer item = g_list_model_get_item (model, i);

      g_ptr_array_add (items, item);
      if (!G_TYPE_CHECK_INSTANCE_TYPE (item, grpc_aio_message_type_get_gtype (field->message)))
        {
          g_critical ("The field “%s” of “%s” takes messages “%s” only", field->core->name, get_type (self)->full_name, field->message->full_name);
          return;
        }
      if (contains (item, self))
        {
          g_critical ("A message “%s” cannot be within itself", get_type (self)->full_name);
          return;
        }
    }

  drop_array (field, get_message (self));
  replace_items (list, items);
  notify_field (self, field);
}

static void
set_plain (GrpcAioMessage *self,
           const GrpcAioMessageField *field,
           const GValue *value)
{
  const gboolean is_object = G_VALUE_HOLDS_STRING (value) || G_VALUE_HOLDS_BOXED (value);
  GrpcAioMessageField *before;

  if (!grpc_aio_message_field_check_value (field, value))
    return;
  if (field->oneof != NULL && is_object && g_value_peek_pointer (value) == NULL)
    {
      clear_field (self, field);
      return;
    }

  before = leave_case (self, field);
  if (grpc_aio_message_field_set_value (field, get_message (self), value))
    {
      notify_field (self, field);
      notify_case (self, field->oneof, before);
    }
}

static const char *
get_case_name (GrpcAioMessage *self,
               const GrpcAioMessageOneof *oneof)
{
  const GrpcAioMessageField *member = find_member (self, oneof);

  return member != NULL ? member->core->name : NULL;
}

/* The identifiers of properties are those of fields, then of oneofs, from 1. */
static void
grpc_aio_message_get_property (GObject *object,
                               guint property_id,
                               GValue *value,
                               GParamSpec *pspec)
{
  GrpcAioMessage *self = GRPC_AIO_MESSAGE (object);
  GrpcAioMessageType *type = get_type (self);
  const GrpcAioMessageField *field;

  if (property_id > type->n_fields)
    {
      g_value_set_string (value, get_case_name (self, &type->oneofs[property_id - type->n_fields - 1]));
      return;
    }

  field = &type->fields[property_id - 1];
  switch (grpc_aio_message_field_get_kind (field))
    {
    case GRPC_AIO_VALUE_MESSAGE:
      g_value_set_object (value, ensure_child (self, field));
      break;

    case GRPC_AIO_VALUE_LIST:
      g_value_set_object (value, ensure_list (self, field));
      break;

    default:
      grpc_aio_message_field_get_value (field, get_message (self), value);
    }
}

static void
grpc_aio_message_set_property (GObject *object,
                               guint property_id,
                               const GValue *value,
                               GParamSpec *pspec)
{
  GrpcAioMessage *self = GRPC_AIO_MESSAGE (object);
  const GrpcAioMessageField *field = &get_type (self)->fields[property_id - 1];

  switch (grpc_aio_message_field_get_kind (field))
    {
    case GRPC_AIO_VALUE_MESSAGE:
      set_child (self, field, g_value_get_object (value));
      break;

    case GRPC_AIO_VALUE_LIST:
      set_list (self, field, g_value_get_object (value));
      break;

    default:
      set_plain (self, field, value);
    }
}

static void
grpc_aio_message_finalize (GObject *object)
{
  GrpcAioMessage *self = GRPC_AIO_MESSAGE (object);
  GrpcAioMessagePrivate *priv = get_private (self);
  GrpcAioMessageType *type = get_type (self);

  if (priv->children != NULL)
    {
      for (guint i = 0; i < type->n_fields; i++)
        detach (self, &type->fields[i]);
      g_free (priv->children);
    }
  grpc_aio_message_free_struct (priv->message);

  G_OBJECT_CLASS (grpc_aio_message_parent_class)->finalize (object);
}

static void
grpc_aio_message_class_init (GrpcAioMessageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = grpc_aio_message_finalize;
}

static void
grpc_aio_message_init (GrpcAioMessage *self)
{
}

void
grpc_aio_message_class_install (GrpcAioMessageClass *klass,
                                GrpcAioMessageType *type)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  /* GObject does not hand these two down to classes that derive. */
  object_class->get_property = grpc_aio_message_get_property;
  object_class->set_property = grpc_aio_message_set_property;

  klass->type = type;
  for (guint i = 0; i < type->n_fields; i++)
    {
      type->fields[i].pspec = grpc_aio_message_field_new_pspec (&type->fields[i]);
      g_object_class_install_property (object_class, i + 1, type->fields[i].pspec);
    }
  for (guint i = 0; i < type->n_oneofs; i++)
    {
      GrpcAioMessageOneof *oneof = &type->oneofs[i];

      oneof->pspec = g_param_spec_string (oneof->property_name, NULL, NULL, NULL, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
      g_object_class_install_property (object_class, type->n_fields + i + 1, oneof->pspec);
    }
}

/* NULL, with a critical message, if @gtype is no class of messages to make one of. */
static GrpcAioMessageType *
get_type_of_class (GType gtype)
{
  GrpcAioMessageClass *klass;

  g_return_val_if_fail (g_type_is_a (gtype, GRPC_AIO_TYPE_MESSAGE) && !G_TYPE_IS_ABSTRACT (gtype), NULL);

  /* The classes of static types stay. */
  klass = g_type_class_peek (gtype);
  if (klass == NULL)
    klass = g_type_class_ref (gtype);
  g_return_val_if_fail (klass->type != NULL, NULL);

  return klass->type;
}

GrpcAioMessageType *
grpc_aio_message_type_of_class (GType gtype)
{
  return get_type_of_class (gtype);
}

GrpcAioMessageType *
grpc_aio_message_get_message_type (GrpcAioMessage *self)
{
  return get_type (self);
}

ProtobufCMessage *
grpc_aio_message_peek_struct (GrpcAioMessage *self)
{
  synchronize (self);

  return get_message (self);
}

GrpcAioMessage *
grpc_aio_message_new_for_struct (GType gtype,
                                 ProtobufCMessage *message)
{
  GrpcAioMessage *self = g_object_new (gtype, NULL);

  get_private (self)->message = message;

  return self;
}

static GPtrArray *
find_changed (GrpcAioMessageType *type,
              const ProtobufCMessage *old,
              const ProtobufCMessage *message)
{
  GPtrArray *changed = g_ptr_array_new ();

  for (guint i = 0; i < type->n_fields; i++)
    {
      if (!grpc_aio_message_field_equal (&type->fields[i], old, message))
        g_ptr_array_add (changed, type->fields[i].pspec);
    }
  for (guint i = 0; i < type->n_oneofs; i++)
    {
      const guint offset = type->oneofs[i].case_offset;

      if (G_STRUCT_MEMBER (guint32, old, offset) != G_STRUCT_MEMBER (guint32, message, offset))
        g_ptr_array_add (changed, type->oneofs[i].pspec);
    }

  return changed;
}

/* Lists stay, since others may show them, and get new items: all of these are made
 * before anybody is told. */
void
grpc_aio_message_take_struct (GrpcAioMessage *self,
                              ProtobufCMessage *message)
{
  GrpcAioMessageType *type = get_type (self);
  ProtobufCMessage *old = grpc_aio_message_peek_struct (self);
  g_autoptr (GPtrArray) changed = find_changed (type, old, message);
  g_autoptr (GPtrArray) lists = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GPtrArray) items = g_ptr_array_new_with_free_func ((GDestroyNotify) g_ptr_array_unref);

  for (guint i = 0; i < type->n_fields; i++)
    {
      GrpcAioMessageField *field = &type->fields[i];
      GObject *child = get_child (self, field);

      if (child != NULL && field->is_repeated)
        {
          drop_array (field, old);
          g_ptr_array_add (lists, g_object_ref (child));
          g_ptr_array_add (items, wrap_elements (field, message));
        }
      else
        {
          detach (self, field);
        }
    }
  get_private (self)->message = message;
  grpc_aio_message_free_struct (old);

  g_object_freeze_notify (G_OBJECT (self));
  for (guint i = 0; i < lists->len; i++)
    replace_items (lists->pdata[i], items->pdata[i]);
  for (guint i = 0; i < changed->len; i++)
    g_object_notify_by_pspec (G_OBJECT (self), changed->pdata[i]);
  g_object_thaw_notify (G_OBJECT (self));
}

/* Of a field that @other has. */
static void
merge_field (GrpcAioMessage *self,
             const GrpcAioMessageField *field,
             const ProtobufCMessage *other)
{
  GObject *child = get_child (self, field);
  GrpcAioMessageField *before;

  if (child != NULL && field->is_repeated)
    {
      const gsize n = grpc_aio_message_field_get_n_elements (field, other);

      for (gsize i = 0; i < n; i++)
        {
          g_autoptr (GrpcAioMessage) item = NULL;

          item = grpc_aio_message_new_for_struct (grpc_aio_message_type_get_gtype (field->message),
                                                  grpc_aio_message_type_copy_struct (field->message, *(ProtobufCMessage **) grpc_aio_message_field_get_element (field, other, i)));
          g_list_store_append (G_LIST_STORE (child), item);
        }
      notify_field (self, field);
      return;
    }
  if (child != NULL)
    {
      grpc_aio_message_merge_struct (GRPC_AIO_MESSAGE (child), *(ProtobufCMessage **) grpc_aio_message_field_get_element (field, other, 0));
      notify_field (self, field);
      return;
    }

  if (!field->is_repeated && field->message == NULL && grpc_aio_message_field_is_set (field, get_message (self)) &&
      grpc_aio_message_field_equal (field, get_message (self), other))
    return;

  before = leave_case (self, field);
  grpc_aio_message_field_merge (field, get_message (self), other);
  notify_field (self, field);
  notify_case (self, field->oneof, before);
}

/* Objects of @self stay what they are. */
void
grpc_aio_message_merge_struct (GrpcAioMessage *self,
                               const ProtobufCMessage *other)
{
  GrpcAioMessageType *type = get_type (self);

  g_object_freeze_notify (G_OBJECT (self));
  for (guint i = 0; i < type->n_fields; i++)
    {
      if (grpc_aio_message_field_is_set (&type->fields[i], other))
        merge_field (self, &type->fields[i], other);
    }
  grpc_aio_message_type_merge_unknown (get_message (self), other);
  g_object_thaw_notify (G_OBJECT (self));
}

/**
 * grpc_aio_message_class_bind: (skip)
 * @klass: the class of a generated message
 * @file: what generated code tells of the .proto file
 * @descriptor: the message, one of those of @file
 *
 * Gives the class of a generated message its properties. Generated code calls this
 * when the class is initialized.
 *
 * Since: 0.1
 */
void
grpc_aio_message_class_bind (GrpcAioMessageClass *klass,
                             const GrpcAioProtobufFile *file,
                             const ProtobufCMessageDescriptor *descriptor)
{
  GrpcAioMessageType *type;

  g_return_if_fail (klass != NULL);
  g_return_if_fail (file != NULL);
  g_return_if_fail (descriptor != NULL);

  type = grpc_aio_message_pool_find_generated (file, descriptor);
  g_return_if_fail (type != NULL);

  grpc_aio_message_class_install (klass, type);
}

/**
 * grpc_aio_message_create:
 * @type: a type that derives from [class@Message], such as that of a generated
 *   message or one of [method@MessagePool.get_message_type]
 *
 * Creates a message without any field set.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_create (GType type)
{
  g_return_val_if_fail (get_type_of_class (type) != NULL, NULL);

  return g_object_new (type, NULL);
}

/**
 * grpc_aio_message_create_from_bytes:
 * @type: a type that derives from [class@Message], such as that of a generated
 *   message or one of [method@MessagePool.get_message_type]
 * @bytes: a packed message
 * @error: where to put an error
 *
 * Unpacks a message.
 *
 * Bytes that are no such message fail with `GRPC_AIO_ERROR_INTERNAL`: those that
 * end too early, strings that are not UTF-8 where proto3 wants it or that have a
 * character NUL, messages that are nested more than 100 deep, and missing required
 * fields. Fields that the message does not have are kept.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_create_from_bytes (GType type,
                                    GBytes *bytes,
                                    GError **error)
{
  GrpcAioMessageType *model = get_type_of_class (type);
  ProtobufCMessage *message;

  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (bytes != NULL, NULL);

  message = grpc_aio_protobuf_unpack (model->core, bytes, error);

  return message != NULL ? grpc_aio_message_new_for_struct (type, message) : NULL;
}

/**
 * grpc_aio_message_create_from_struct: (skip)
 * @type: a type that derives from [class@Message]
 * @message: a struct of protobuf-c for this type
 * @error: where to put an error
 *
 * Creates a message that has what a struct has. The struct is copied.
 *
 * Fails with `G_IO_ERROR_INVALID_ARGUMENT` if the struct is that of another
 * message.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_create_from_struct (GType type,
                                     const ProtobufCMessage *message,
                                     GError **error)
{
  GrpcAioMessageType *model = get_type_of_class (type);

  g_return_val_if_fail (model != NULL, NULL);
  g_return_val_if_fail (message != NULL, NULL);

  if (message->descriptor != model->core)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("A struct of “%s” is no message “%s”"), message->descriptor->name, model->full_name);
      return NULL;
    }

  return grpc_aio_message_new_for_struct (type, grpc_aio_message_type_copy_struct (model, message));
}

/**
 * grpc_aio_message_get_struct: (skip)
 * @self: a message
 *
 * Gets a message as a struct of protobuf-c.
 *
 * Returns: (transfer none): the struct; it is valid until the message, or one
 *   within it, changes
 *
 * Since: 0.1
 */
const ProtobufCMessage *
grpc_aio_message_get_struct (GrpcAioMessage *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  return grpc_aio_message_peek_struct (self);
}

/**
 * grpc_aio_message_get_full_name:
 * @self: a message
 *
 * Gets the full name of the kind of message that this one is, such as
 * `helloworld.HelloRequest`.
 *
 * Returns: the name
 *
 * Since: 0.1
 */
const char *
grpc_aio_message_get_full_name (GrpcAioMessage *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  return get_type (self)->full_name;
}

/**
 * grpc_aio_message_to_bytes:
 * @self: a message
 * @error: where to put an error
 *
 * Packs a message. Fails with `GRPC_AIO_ERROR_INTERNAL` if a required field is
 * missing.
 *
 * Returns: (transfer full): the packed message
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_message_to_bytes (GrpcAioMessage *self,
                           GError **error)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  return grpc_aio_protobuf_pack (grpc_aio_message_peek_struct (self), error);
}

/**
 * grpc_aio_message_merge_from_bytes:
 * @self: a message
 * @bytes: a packed message of the same kind
 * @error: where to put an error
 *
 * Unpacks a message into one that is there: see [method@Message.merge]. Required
 * fields may be missing. When it fails, which is as in
 * [func@Message.create_from_bytes], nothing has changed.
 *
 * Returns: whether the bytes were such a message
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_merge_from_bytes (GrpcAioMessage *self,
                                   GBytes *bytes,
                                   GError **error)
{
  ProtobufCMessage *other;
  gconstpointer data;
  gsize size;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), FALSE);
  g_return_val_if_fail (bytes != NULL, FALSE);

  data = g_bytes_get_data (bytes, &size);
  other = grpc_aio_protobuf_unpack_full (get_type (self)->core, NULL, data, size, TRUE, error);
  if (other == NULL)
    return FALSE;

  grpc_aio_message_merge_struct (self, other);
  grpc_aio_message_free_struct (other);

  return TRUE;
}

/**
 * grpc_aio_message_dup_field_names:
 * @self: a message
 *
 * Gets the names of all fields, set or not, as the .proto file has them.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, in the order of
 *   the numbers of the fields
 *
 * Since: 0.1
 */
char **
grpc_aio_message_dup_field_names (GrpcAioMessage *self)
{
  GrpcAioMessageType *type;
  char **names;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  type = get_type (self);
  names = g_new0 (char *, type->n_fields + 1);
  for (guint i = 0; i < type->n_fields; i++)
    names[i] = g_strdup (type->fields[i].core->name);

  return names;
}

/**
 * grpc_aio_message_has_field:
 * @self: a message
 * @name: the name of a field, as in the .proto file
 *
 * Whether a field is set: it would be packed. A field that is repeated or a map is
 * when it has a value.
 *
 * Returns: whether the field is set
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_has_field (GrpcAioMessage *self,
                            const char *name)
{
  GrpcAioMessageField *field;
  GObject *child;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  field = grpc_aio_message_type_find_field (get_type (self), name);
  g_return_val_if_fail (field != NULL, FALSE);

  child = get_child (self, field);
  if (child != NULL)
    return !field->is_repeated || g_list_model_get_n_items (G_LIST_MODEL (child)) > 0;

  return grpc_aio_message_field_is_set (field, get_message (self));
}

/**
 * grpc_aio_message_clear_field:
 * @self: a message
 * @name: the name of a field, as in the .proto file
 *
 * Unsets a field: its property has the default again.
 *
 * Since: 0.1
 */
void
grpc_aio_message_clear_field (GrpcAioMessage *self,
                              const char *name)
{
  GrpcAioMessageField *field;

  g_return_if_fail (GRPC_AIO_IS_MESSAGE (self));
  g_return_if_fail (name != NULL);

  field = grpc_aio_message_type_find_field (get_type (self), name);
  g_return_if_fail (field != NULL);

  clear_field (self, field);
}

/**
 * grpc_aio_message_clear:
 * @self: a message
 *
 * Unsets all fields, and forgets those that are unknown.
 *
 * Since: 0.1
 */
void
grpc_aio_message_clear (GrpcAioMessage *self)
{
  g_return_if_fail (GRPC_AIO_IS_MESSAGE (self));

  grpc_aio_message_take_struct (self, grpc_aio_message_type_new_struct (get_type (self)));
}

/**
 * grpc_aio_message_get_oneof_case:
 * @self: a message
 * @oneof: the name of a oneof, as in the .proto file
 *
 * Gets which field of a oneof is set.
 *
 * Returns: (nullable): the name of the field, as in the .proto file, or `NULL` for
 *   none
 *
 * Since: 0.1
 */
const char *
grpc_aio_message_get_oneof_case (GrpcAioMessage *self,
                                 const char *oneof)
{
  GrpcAioMessageOneof *found;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);
  g_return_val_if_fail (oneof != NULL, NULL);

  found = grpc_aio_message_type_find_oneof (get_type (self), oneof);
  g_return_val_if_fail (found != NULL, NULL);

  return get_case_name (self, found);
}

/**
 * grpc_aio_message_equal:
 * @self: a message
 * @other: another one
 *
 * Whether two messages are of the same kind and have the same values, also in
 * messages within them. The order of a map does not count.
 *
 * Returns: whether they are equal
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_equal (GrpcAioMessage *self,
                        GrpcAioMessage *other)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), FALSE);
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (other), FALSE);

  if (self == other)
    return TRUE;
  if (get_type (self) != get_type (other))
    return FALSE;

  return grpc_aio_message_type_equal_structs (get_type (self), grpc_aio_message_peek_struct (self), grpc_aio_message_peek_struct (other));
}

/**
 * grpc_aio_message_dup:
 * @self: a message
 *
 * Copies a message, with all that is within it.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_dup (GrpcAioMessage *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  return grpc_aio_message_new_for_struct (G_OBJECT_TYPE (self),
                                          grpc_aio_message_type_copy_struct (get_type (self), grpc_aio_message_peek_struct (self)));
}

/**
 * grpc_aio_message_merge:
 * @self: a message
 * @other: another one of the same kind
 *
 * Adds what another message has: the values of its repeated fields go to the end,
 * messages are merged in turn, and other fields that are set there are replaced.
 *
 * Since: 0.1
 */
void
grpc_aio_message_merge (GrpcAioMessage *self,
                        GrpcAioMessage *other)
{
  g_autoptr (GrpcAioMessage) copy = NULL;

  g_return_if_fail (GRPC_AIO_IS_MESSAGE (self));
  g_return_if_fail (GRPC_AIO_IS_MESSAGE (other));
  g_return_if_fail (get_type (self) == get_type (other));

  /* Handlers of notify may change it, and it may share objects with @self. */
  copy = grpc_aio_message_dup (other);
  grpc_aio_message_merge_struct (self, get_message (copy));
}

/**
 * grpc_aio_message_is_initialized:
 * @self: a message
 *
 * Whether all required fields are set, also in messages within. Messages of proto3
 * have none.
 *
 * The structs of generated code cannot tell whether a required number or required
 * bytes were set: these count as set.
 *
 * Returns: whether the message can be packed
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_is_initialized (GrpcAioMessage *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), FALSE);

  return grpc_aio_message_type_check_required (get_type (self), grpc_aio_message_peek_struct (self), NULL);
}

/**
 * grpc_aio_message_dup_missing_fields:
 * @self: a message
 *
 * Gets which required fields are not set.
 *
 * Returns: (transfer full) (array zero-terminated=1): their paths, such as
 *   `people[1].name`
 *
 * Since: 0.1
 */
char **
grpc_aio_message_dup_missing_fields (GrpcAioMessage *self)
{
  GPtrArray *paths;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  paths = g_ptr_array_new ();
  grpc_aio_message_type_check_required (get_type (self), grpc_aio_message_peek_struct (self), paths);
  g_ptr_array_add (paths, NULL);

  return (char **) g_ptr_array_free (paths, FALSE);
}

/**
 * grpc_aio_message_dup_unknown_fields:
 * @self: a message
 *
 * Gets the fields that came with a message, but that its .proto file does not have,
 * as they are packed. They are packed again with the message. Extensions are among
 * them.
 *
 * Returns: (transfer full) (nullable): the fields, or `NULL` for none
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_message_dup_unknown_fields (GrpcAioMessage *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  return grpc_aio_message_type_pack_unknown (get_message (self), 0);
}

static void
clear_unknown (GrpcAioMessageType *type,
               ProtobufCMessage *message)
{
  grpc_aio_message_type_clear_unknown (message);

  for (guint i = 0; i < type->n_fields; i++)
    {
      const GrpcAioMessageField *field = &type->fields[i];
      const gsize n = field->message != NULL ? grpc_aio_message_field_get_n_elements (field, message) : 0;

      for (gsize j = 0; j < n; j++)
        clear_unknown (field->message, *(ProtobufCMessage **) grpc_aio_message_field_get_element (field, message, j));
    }
}

/**
 * grpc_aio_message_clear_unknown_fields:
 * @self: a message
 *
 * Forgets the fields that the .proto file does not have, extensions among them,
 * also in messages within.
 *
 * Since: 0.1
 */
void
grpc_aio_message_clear_unknown_fields (GrpcAioMessage *self)
{
  g_return_if_fail (GRPC_AIO_IS_MESSAGE (self));

  clear_unknown (get_type (self), grpc_aio_message_peek_struct (self));
}

static GrpcAioMessageField *
find_extension (GrpcAioMessage *self,
                const char *name,
                GError **error)
{
  GrpcAioMessageType *type = get_type (self);
  GrpcAioMessageField *field = grpc_aio_message_pool_find_extension (type->pool, type, name);

  if (field == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("There is no extension “%s” of “%s”"), name, type->full_name);

  return field;
}

/**
 * grpc_aio_message_has_extension:
 * @self: a message
 * @name: the full name of an extension
 *
 * Whether a message has an extension. One that is repeated is there when it has a
 * value; one that nobody knows is not.
 *
 * Returns: whether the extension is set
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_has_extension (GrpcAioMessage *self,
                                const char *name)
{
  GrpcAioMessageField *field;
  ProtobufCMessage *holder;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);

  field = find_extension (self, name, NULL);
  holder = field != NULL ? grpc_aio_message_field_unpack_extension (field, get_message (self), NULL) : NULL;
  if (holder == NULL)
    return FALSE;

  grpc_aio_message_free_struct (holder);

  return TRUE;
}

static void
get_from_holder (GrpcAioMessageField *field,
                 ProtobufCMessage *holder,
                 GValue *value)
{
  const GrpcAioValueKind kind = grpc_aio_message_field_get_kind (field);

  if (kind == GRPC_AIO_VALUE_LIST)
    {
      g_autoptr (GPtrArray) items = wrap_elements (field, holder);

      g_value_take_object (value, g_list_store_new (grpc_aio_message_type_get_gtype (field->message)));
      replace_items (g_value_get_object (value), items);
      drop_array (field, holder);
    }
  else if (kind != GRPC_AIO_VALUE_MESSAGE)
    {
      grpc_aio_message_field_get_value (field, holder, value);
    }
  else if (grpc_aio_message_field_is_set (field, holder))
    {
      g_value_take_object (value, grpc_aio_message_new_for_struct (grpc_aio_message_type_get_gtype (field->message), g_steal_pointer (get_slot (field, holder))));
    }
}

/**
 * grpc_aio_message_get_extension:
 * @self: a message
 * @name: the full name of an extension
 * @value: (out caller-allocates): return location for the value
 * @error: where to put an error
 *
 * Gets the value of an extension, of the type that a property would have. It is the
 * default if the extension is not set. Messages are copies.
 *
 * Fails with `G_IO_ERROR_NOT_FOUND` if the pool of the message has no such
 * extension, with `GRPC_AIO_ERROR_INTERNAL` if what came is no such value, and with
 * `G_IO_ERROR_NOT_SUPPORTED` for the old format of message sets.
 *
 * Returns: whether there is such an extension
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_get_extension (GrpcAioMessage *self,
                                const char *name,
                                GValue *value,
                                GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GrpcAioMessageField *field;
  ProtobufCMessage *holder;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (value != NULL && !G_IS_VALUE (value), FALSE);

  field = find_extension (self, name, error);
  if (field == NULL)
    return FALSE;

  holder = grpc_aio_message_field_unpack_extension (field, get_message (self), &local_error);
  if (local_error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local_error));
      return FALSE;
    }
  if (holder == NULL)
    holder = grpc_aio_message_type_new_struct (field->holder);

  g_value_init (value, grpc_aio_message_field_get_value_type (field));
  get_from_holder (field, holder, value);
  grpc_aio_message_free_struct (holder);

  return TRUE;
}

static void
put_copy (GrpcAioMessageField *field,
          ProtobufCMessage **slot,
          GrpcAioMessage *message)
{
  *slot = grpc_aio_message_type_copy_struct (field->message, grpc_aio_message_peek_struct (message));
}

static gboolean
put_list (GrpcAioMessageField *field,
          ProtobufCMessage *holder,
          GListModel *list)
{
  const guint n = list != NULL ? g_list_model_get_n_items (list) : 0;

  for (guint i = 0; i < n; i++)
    {
      g_autoptr (GObject) item = g_list_model_get_item (list, i);

      g_return_val_if_fail (G_TYPE_CHECK_INSTANCE_TYPE (item, grpc_aio_message_type_get_gtype (field->message)), FALSE);
      put_copy (field, grpc_aio_message_field_append (field, holder), GRPC_AIO_MESSAGE (item));
    }

  return TRUE;
}

static gboolean
put_into_holder (GrpcAioMessageField *field,
                 ProtobufCMessage *holder,
                 const GValue *value)
{
  const GrpcAioValueKind kind = grpc_aio_message_field_get_kind (field);

  if (kind == GRPC_AIO_VALUE_LIST)
    return put_list (field, holder, g_value_get_object (value));
  if (kind != GRPC_AIO_VALUE_MESSAGE)
    {
      if (!grpc_aio_message_field_check_value (field, value))
        return FALSE;
      grpc_aio_message_field_set_value (field, holder, value);
    }
  else if (g_value_get_object (value) != NULL)
    {
      put_copy (field, grpc_aio_message_field_prepare (field, holder), g_value_get_object (value));
    }

  return TRUE;
}

static gboolean
set_extension (GrpcAioMessage *self,
               GrpcAioMessageField *field,
               const GValue *value,
               GError **error)
{
  ProtobufCMessage *holder = grpc_aio_message_type_new_struct (field->holder);
  gboolean result;

  result = put_into_holder (field, holder, value) &&
           grpc_aio_message_field_pack_extension (field, get_message (self), holder, error);
  grpc_aio_message_free_struct (holder);

  return result;
}

/**
 * grpc_aio_message_set_extension:
 * @self: a message
 * @name: the full name of an extension
 * @value: the value, of the type that a property would have or one that can be
 *   transformed to it
 * @error: where to put an error
 *
 * Sets the value of an extension. Messages are copied.
 *
 * Fails with `G_IO_ERROR_NOT_FOUND` if the pool of the message has no such
 * extension, with `G_IO_ERROR_INVALID_ARGUMENT` if the value is of another type,
 * and with `G_IO_ERROR_NOT_SUPPORTED` for the old format of message sets.
 *
 * Returns: whether the value was set
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_set_extension (GrpcAioMessage *self,
                                const char *name,
                                const GValue *value,
                                GError **error)
{
  g_auto (GValue) transformed = G_VALUE_INIT;
  GrpcAioMessageField *field;
  GType type;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (G_IS_VALUE (value), FALSE);

  field = find_extension (self, name, error);
  if (field == NULL)
    return FALSE;

  type = grpc_aio_message_field_get_value_type (field);
  g_value_init (&transformed, type);
  if (!g_value_transform (value, &transformed))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("The extension “%s” takes a value of type %s, not %s"), name, g_type_name (type), G_VALUE_TYPE_NAME (value));
      return FALSE;
    }

  return set_extension (self, field, &transformed, error);
}

/**
 * grpc_aio_message_clear_extension:
 * @self: a message
 * @name: the full name of an extension
 *
 * Unsets an extension. One that nobody knows is not there.
 *
 * Since: 0.1
 */
void
grpc_aio_message_clear_extension (GrpcAioMessage *self,
                                  const char *name)
{
  GrpcAioMessageField *field;

  g_return_if_fail (GRPC_AIO_IS_MESSAGE (self));
  g_return_if_fail (name != NULL);

  field = find_extension (self, name, NULL);
  if (field != NULL)
    grpc_aio_message_field_pack_extension (field, get_message (self), NULL, NULL);
}

/**
 * grpc_aio_message_pack_any:
 * @self: a message
 * @error: where to put an error
 *
 * Packs a message into a `google.protobuf.Any`, which says what kind of message it
 * has. Fails as [method@Message.to_bytes] does.
 *
 * Returns: (transfer full): a new message `google.protobuf.Any`, of the default pool
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_pack_any (GrpcAioMessage *self,
                           GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *url = NULL;
  GrpcAioMessage *any;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);

  bytes = grpc_aio_message_to_bytes (self, error);
  if (bytes == NULL)
    return NULL;

  any = grpc_aio_message_pool_new_message (grpc_aio_message_pool_get_default (), "google.protobuf.Any", error);
  url = g_strconcat (TYPE_URL_PREFIX, get_type (self)->full_name, NULL);
  g_object_set (any, "type-url", url, "value", bytes, NULL);

  return any;
}

/**
 * grpc_aio_message_unpack_any:
 * @self: a message `google.protobuf.Any`
 * @pool: (nullable): what knows the message within, or `NULL` for the pool of @self
 * @error: where to put an error
 *
 * Unpacks the message within a `google.protobuf.Any`.
 *
 * Fails with `G_IO_ERROR_INVALID_ARGUMENT` if @self is another kind of message, with
 * `G_IO_ERROR_NOT_FOUND` if the pool does not know what is within, and as
 * [func@Message.create_from_bytes] does.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_unpack_any (GrpcAioMessage *self,
                             GrpcAioMessagePool *pool,
                             GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *url = NULL;
  GrpcAioMessageType *type;
  const char *slash;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE (self), NULL);
  g_return_val_if_fail (pool == NULL || GRPC_AIO_IS_MESSAGE_POOL (pool), NULL);

  type = get_type (self);
  if (type->well_known != GRPC_AIO_WELL_KNOWN_ANY)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("A message “%s” is no “%s”"), type->full_name, "google.protobuf.Any");
      return NULL;
    }

  g_object_get (self, type->fields[0].property_name, &url, type->fields[1].property_name, &bytes, NULL);
  slash = url != NULL ? strrchr (url, '/') : NULL;
  if (slash == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("“%s” is no URL of a message"), url != NULL ? url : "");
      return NULL;
    }

  if (bytes == NULL)
    bytes = g_bytes_new (NULL, 0);

  return grpc_aio_message_pool_new_message_from_bytes (pool != NULL ? pool : type->pool, slash + 1, bytes, error);
}
