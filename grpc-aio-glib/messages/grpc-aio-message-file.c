/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From the description of a .proto file to models. Nothing in a description is
 * trusted: it may come from a peer. */

#include "messages/grpc-aio-message-file-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

GrpcAioMessageFile *
grpc_aio_message_file_new (GrpcAioMessagePool *pool,
                           GrpcAioProtoFile *proto,
                           const GrpcAioProtobufFile *generated)
{
  GrpcAioMessageFile *self = g_new0 (GrpcAioMessageFile, 1);

  self->pool = pool;
  self->proto = proto;
  self->generated = generated;
  self->dependencies = g_ptr_array_new ();
  self->exports = g_hash_table_new (NULL, NULL);
  self->visible = g_hash_table_new (NULL, NULL);
  self->messages = g_ptr_array_new ();
  self->message_protos = g_ptr_array_new ();
  self->enums = g_ptr_array_new ();
  self->extensions = g_ptr_array_new ();
  self->services = g_ptr_array_new ();
  self->memory = g_ptr_array_new_with_free_func (g_free);

  return self;
}

/* Only of a file that did not get into a pool: nobody may know its types. */
void
grpc_aio_message_file_free (GrpcAioMessageFile *self)
{
  for (guint i = 0; i < self->messages->len; i++)
    {
      GrpcAioMessageType *type = self->messages->pdata[i];

      g_clear_pointer (&type->names, g_hash_table_unref);
    }

  g_ptr_array_unref (self->dependencies);
  g_hash_table_unref (self->exports);
  g_hash_table_unref (self->visible);
  g_ptr_array_unref (self->messages);
  g_ptr_array_unref (self->message_protos);
  g_ptr_array_unref (self->enums);
  g_ptr_array_unref (self->extensions);
  g_ptr_array_unref (self->services);
  g_ptr_array_unref (self->memory);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  protobuf_c_message_free_unpacked (&self->proto->base, NULL);
  g_free (self);
}

gpointer
grpc_aio_message_file_allocate (GrpcAioMessageFile *self,
                                gsize size)
{
  gpointer memory = g_malloc0 (size);

  g_ptr_array_add (self->memory, memory);

  return memory;
}

const char *
grpc_aio_message_file_take_string (GrpcAioMessageFile *self,
                                   char *string)
{
  g_ptr_array_add (self->memory, string);

  return string;
}

char *
grpc_aio_message_file_number_key (const char *full_name,
                                  guint32 number)
{
  return g_strdup_printf ("%s %u", full_name, number);
}

gboolean
grpc_aio_message_file_fail (GrpcAioMessageFile *self,
                            GrpcAioMessageBuilder *builder,
                            const char *name,
                            const char *reason)
{
  g_autofree char *file_name = g_utf8_make_valid (self->proto->name != NULL ? self->proto->name : "", -1);
  g_autofree char *valid_name = g_utf8_make_valid (name, -1);

  g_set_error (builder->error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("The description of “%s” is wrong: “%s” %s"), file_name, valid_name, reason);

  return FALSE;
}

static gboolean
is_identifier (const char *name)
{
  if (!g_ascii_isalpha (*name) && *name != '_')
    return FALSE;

  for (; *name != '\0'; name++)
    {
      if (!g_ascii_isalnum (*name) && *name != '_')
        return FALSE;
    }

  return TRUE;
}

/* Packages may be declared by many files, all else only once. */
const char *
grpc_aio_message_file_add_symbol (GrpcAioMessageFile *self,
                                  GrpcAioMessageBuilder *builder,
                                  const char *scope,
                                  const char *name,
                                  GrpcAioSymbolKind kind,
                                  gpointer item)
{
  const char *full_name;
  GrpcAioSymbol *symbol;

  if (name == NULL || !is_identifier (name))
    {
      grpc_aio_message_file_fail (self, builder, name != NULL ? name : scope, _("is no legal name"));
      return NULL;
    }

  full_name = grpc_aio_message_file_take_string (self, *scope != '\0' ? g_strconcat (scope, ".", name, NULL) : g_strdup (name));
  for (guint place = 0; place < GRPC_AIO_N_SYMBOL_PLACES - 1; place++)
    {
      symbol = builder->find_symbol (builder, full_name, place);
      if (symbol == NULL)
        continue;
      if (symbol->kind == GRPC_AIO_SYMBOL_PACKAGE && kind == GRPC_AIO_SYMBOL_PACKAGE)
        return full_name;

      grpc_aio_message_file_fail (self, builder, full_name, _("is declared twice"));
      return NULL;
    }

  symbol = g_new (GrpcAioSymbol, 1);
  *symbol = (GrpcAioSymbol){ .kind = kind, .file = self, .item = item };
  g_hash_table_insert (builder->symbols, g_strdup (full_name), symbol);

  return full_name;
}

static gboolean
fail_to_resolve (GrpcAioMessageFile *self,
                 GrpcAioMessageBuilder *builder,
                 const char *type_name,
                 const char *user,
                 GrpcAioSymbol *hidden)
{
  g_autofree char *valid_name = g_utf8_make_valid (type_name, -1);
  g_autofree char *reason = NULL;

  if (hidden != NULL)
    reason = g_strdup_printf (_("uses “%s” of “%s”, which is not imported"), valid_name, hidden->file->proto->name);
  else
    reason = g_strdup_printf (_("uses “%s”, which is no message and no enumeration"), valid_name);

  return grpc_aio_message_file_fail (self, builder, user, reason);
}

GrpcAioSymbol *
grpc_aio_message_file_resolve (GrpcAioMessageFile *self,
                               GrpcAioMessageBuilder *builder,
                               const char *scope,
                               const char *type_name,
                               const char *user)
{
  const gboolean is_absolute = *type_name == '.';
  g_autofree char *rest = g_strdup (is_absolute ? "" : scope);
  GrpcAioSymbol *hidden = NULL;

  /* From the innermost scope outwards. */
  for (;;)
    {
      g_autofree char *candidate = NULL;
      char *dot;

      if (is_absolute)
        candidate = g_strdup (type_name + 1);
      else
        candidate = *rest != '\0' ? g_strconcat (rest, ".", type_name, NULL) : g_strdup (type_name);

      for (guint place = 0; place < GRPC_AIO_N_SYMBOL_PLACES; place++)
        {
          GrpcAioSymbol *symbol = builder->find_symbol (builder, candidate, place);

          if (symbol == NULL || (symbol->kind != GRPC_AIO_SYMBOL_MESSAGE && symbol->kind != GRPC_AIO_SYMBOL_ENUM))
            continue;
          if (g_hash_table_contains (self->visible, symbol->file))
            return symbol;
          hidden = symbol;
        }

      if (*rest == '\0')
        break;
      dot = strrchr (rest, '.');
      *(dot != NULL ? dot : rest) = '\0';
    }

  fail_to_resolve (self, builder, type_name, user, hidden);

  return NULL;
}

static gboolean
declare_package (GrpcAioMessageFile *self,
                 GrpcAioMessageBuilder *builder)
{
  g_auto (GStrv) parts = g_strsplit (self->proto->package, ".", -1);
  const char *scope = "";

  for (guint i = 0; parts[i] != NULL; i++)
    {
      scope = grpc_aio_message_file_add_symbol (self, builder, scope, parts[i], GRPC_AIO_SYMBOL_PACKAGE, NULL);
      if (scope == NULL)
        return FALSE;
    }

  return TRUE;
}

static gboolean
declare_members (GrpcAioMessageFile *self,
                 GrpcAioMessageBuilder *builder,
                 const GrpcAioProtoMessage *proto,
                 const char *scope)
{
  for (gsize i = 0; i < proto->n_field; i++)
    {
      if (grpc_aio_message_file_add_symbol (self, builder, scope, proto->field[i]->name, GRPC_AIO_SYMBOL_FIELD, NULL) == NULL)
        return FALSE;
    }
  for (gsize i = 0; i < proto->n_oneof_decl; i++)
    {
      if (grpc_aio_message_file_add_symbol (self, builder, scope, proto->oneof_decl[i]->name, GRPC_AIO_SYMBOL_ONEOF, NULL) == NULL)
        return FALSE;
    }

  return TRUE;
}

/* Messages nest no deeper than the description, which was unpacked. */
static gboolean
declare_message (GrpcAioMessageFile *self,
                 GrpcAioMessageBuilder *builder,
                 const GrpcAioProtoMessage *proto,
                 const char *scope)
{
  GrpcAioMessageType *type = grpc_aio_message_file_allocate (self, sizeof *type);
  const Google__Protobuf__MessageOptions *options = proto->options;

  type->full_name = grpc_aio_message_file_add_symbol (self, builder, scope, proto->name, GRPC_AIO_SYMBOL_MESSAGE, type);
  if (type->full_name == NULL)
    return FALSE;

  type->pool = self->pool;
  type->proto = proto;
  type->is_proto3 = g_strcmp0 (self->proto->syntax, "proto3") == 0;
  type->is_map_entry = options != NULL && options->has_map_entry && options->map_entry;
  type->is_message_set = options != NULL && options->has_message_set_wire_format && options->message_set_wire_format;
  type->core = grpc_aio_message_file_allocate (self, sizeof *type->core);
  g_ptr_array_add (self->messages, type);
  g_ptr_array_add (self->message_protos, (gpointer) proto);

  if (!declare_members (self, builder, proto, type->full_name))
    return FALSE;
  for (gsize i = 0; i < proto->n_nested_type; i++)
    {
      if (!declare_message (self, builder, proto->nested_type[i], type->full_name))
        return FALSE;
    }

  return TRUE;
}

static gboolean
declare_enums (GrpcAioMessageFile *self,
               GrpcAioMessageBuilder *builder,
               Google__Protobuf__EnumDescriptorProto *const *protos,
               gsize n,
               const char *scope)
{
  for (gsize i = 0; i < n; i++)
    {
      GrpcAioEnumType *type = grpc_aio_message_file_allocate (self, sizeof *type);

      type->full_name = grpc_aio_message_file_add_symbol (self, builder, scope, protos[i]->name, GRPC_AIO_SYMBOL_ENUM, type);
      if (type->full_name == NULL)
        return FALSE;

      type->pool = self->pool;
      type->is_closed = g_strcmp0 (self->proto->syntax, "proto3") != 0;
      g_ptr_array_add (self->enums, type);
      if (!grpc_aio_message_file_build_enum (self, builder, type, protos[i], scope))
        return FALSE;
    }

  return TRUE;
}

static gboolean
declare_extensions (GrpcAioMessageFile *self,
                    GrpcAioMessageBuilder *builder,
                    GrpcAioProtoField *const *protos,
                    gsize n,
                    const char *scope)
{
  for (gsize i = 0; i < n; i++)
    {
      GrpcAioMessageField *field = grpc_aio_message_file_allocate (self, sizeof *field);

      field->full_name = grpc_aio_message_file_add_symbol (self, builder, scope, protos[i]->name, GRPC_AIO_SYMBOL_EXTENSION, field);
      if (field->full_name == NULL)
        return FALSE;

      g_ptr_array_add (self->extensions, field);
    }

  return TRUE;
}

static gboolean
declare_services (GrpcAioMessageFile *self,
                  GrpcAioMessageBuilder *builder)
{
  for (gsize i = 0; i < self->proto->n_service; i++)
    {
      const GrpcAioProtoService *proto = self->proto->service[i];
      GrpcAioMessageService *service = grpc_aio_message_file_allocate (self, sizeof *service);

      service->full_name = grpc_aio_message_file_add_symbol (self, builder, self->proto->package, proto->name, GRPC_AIO_SYMBOL_SERVICE, service);
      if (service->full_name == NULL)
        return FALSE;

      for (gsize j = 0; j < proto->n_method; j++)
        {
          if (grpc_aio_message_file_add_symbol (self, builder, service->full_name, proto->method[j]->name, GRPC_AIO_SYMBOL_METHOD, NULL) == NULL)
            return FALSE;
        }
      g_ptr_array_add (self->services, service);
    }

  return TRUE;
}

/* What generated code has replaces what would be made here. */
static gboolean
take_generated (GrpcAioMessageFile *self,
                GrpcAioMessageBuilder *builder)
{
  const GrpcAioProtobufFile *generated = self->generated;

  for (guint i = 0; i < self->messages->len; i++)
    {
      GrpcAioMessageType *type = self->messages->pdata[i];
      const ProtobufCMessageDescriptor *core = generated->messages != NULL ? generated->messages[i] : NULL;

      if (core == NULL || strcmp (core->name, type->full_name) != 0)
        return grpc_aio_message_file_fail (self, builder, type->full_name, _("is not what the generated code says"));
      type->core = core;
      if (generated->message_types != NULL)
        type->get_gtype = generated->message_types[i];
    }
  for (guint i = 0; i < self->enums->len; i++)
    {
      GrpcAioEnumType *type = self->enums->pdata[i];
      const ProtobufCEnumDescriptor *core = generated->enums != NULL ? generated->enums[i] : NULL;

      if (core == NULL || strcmp (core->name, type->full_name) != 0)
        return grpc_aio_message_file_fail (self, builder, type->full_name, _("is not what the generated code says"));
      type->core = core;
      if (generated->enum_types != NULL)
        type->get_gtype = generated->enum_types[i];
    }

  return TRUE;
}

static gboolean
declare (GrpcAioMessageFile *self,
         GrpcAioMessageBuilder *builder)
{
  const GrpcAioProtoFile *proto = self->proto;

  if (*proto->package != '\0' && !declare_package (self, builder))
    return FALSE;
  for (gsize i = 0; i < proto->n_message_type; i++)
    {
      if (!declare_message (self, builder, proto->message_type[i], proto->package))
        return FALSE;
    }

  if (!declare_enums (self, builder, proto->enum_type, proto->n_enum_type, proto->package) ||
      !declare_extensions (self, builder, proto->extension, proto->n_extension, proto->package))
    return FALSE;
  for (guint i = 0; i < self->messages->len; i++)
    {
      const GrpcAioProtoMessage *message = self->message_protos->pdata[i];
      const char *scope = ((GrpcAioMessageType *) self->messages->pdata[i])->full_name;

      if (!declare_enums (self, builder, message->enum_type, message->n_enum_type, scope) ||
          !declare_extensions (self, builder, message->extension, message->n_extension, scope))
        return FALSE;
    }

  return declare_services (self, builder) && (self->generated == NULL || take_generated (self, builder));
}

static gboolean
build_extensions (GrpcAioMessageFile *self,
                  GrpcAioMessageBuilder *builder)
{
  guint n = 0;

  for (gsize i = 0; i < self->proto->n_extension; i++)
    {
      if (!grpc_aio_message_file_build_extension (self, builder, self->extensions->pdata[n++], self->proto->extension[i], self->proto->package))
        return FALSE;
    }
  for (guint i = 0; i < self->messages->len; i++)
    {
      const GrpcAioProtoMessage *message = self->message_protos->pdata[i];
      const char *scope = ((GrpcAioMessageType *) self->messages->pdata[i])->full_name;

      for (gsize j = 0; j < message->n_extension; j++)
        {
          if (!grpc_aio_message_file_build_extension (self, builder, self->extensions->pdata[n++], message->extension[j], scope))
            return FALSE;
        }
    }

  return TRUE;
}

static GrpcAioMessageType *
resolve_message (GrpcAioMessageFile *self,
                 GrpcAioMessageBuilder *builder,
                 const char *type_name,
                 const char *user)
{
  GrpcAioSymbol *symbol;

  symbol = grpc_aio_message_file_resolve (self, builder, self->proto->package, type_name != NULL ? type_name : "", user);
  if (symbol == NULL)
    return NULL;
  if (symbol->kind == GRPC_AIO_SYMBOL_MESSAGE)
    return symbol->item;

  grpc_aio_message_file_fail (self, builder, user, _("uses an enumeration in place of a message"));

  return NULL;
}

static gboolean
build_service (GrpcAioMessageFile *self,
               GrpcAioMessageBuilder *builder,
               GrpcAioMessageService *service,
               const GrpcAioProtoService *proto)
{
  service->methods = grpc_aio_message_file_allocate (self, proto->n_method * sizeof *service->methods);
  service->n_methods = (guint) proto->n_method;

  for (gsize i = 0; i < proto->n_method; i++)
    {
      const Google__Protobuf__MethodDescriptorProto *from = proto->method[i];
      GrpcAioMessageMethod *method = &service->methods[i];
      const gboolean is_client_streaming = from->has_client_streaming && from->client_streaming;
      const gboolean is_server_streaming = from->has_server_streaming && from->server_streaming;
      g_autofree char *user = g_strconcat (service->full_name, ".", from->name, NULL);

      method->name = from->name;
      method->input = resolve_message (self, builder, from->input_type, user);
      if (method->input == NULL)
        return FALSE;
      method->output = resolve_message (self, builder, from->output_type, user);
      if (method->output == NULL)
        return FALSE;

      if (is_client_streaming)
        method->kind = is_server_streaming ? GRPC_AIO_METHOD_KIND_STREAM_STREAM : GRPC_AIO_METHOD_KIND_STREAM_UNARY;
      else
        method->kind = is_server_streaming ? GRPC_AIO_METHOD_KIND_UNARY_STREAM : GRPC_AIO_METHOD_KIND_UNARY_UNARY;
    }

  return TRUE;
}

static void
add_all (GHashTable *set,
         GHashTable *others)
{
  GHashTableIter iter;
  gpointer key;

  g_hash_table_iter_init (&iter, others);
  while (g_hash_table_iter_next (&iter, &key, NULL))
    g_hash_table_add (set, key);
}

static gboolean
find_visible (GrpcAioMessageFile *self,
              GrpcAioMessageBuilder *builder)
{
  g_hash_table_add (self->exports, self);
  for (gsize i = 0; i < self->proto->n_public_dependency; i++)
    {
      const gint32 index = self->proto->public_dependency[i];

      if (index < 0 || (guint) index >= self->dependencies->len)
        return grpc_aio_message_file_fail (self, builder, self->proto->name, _("passes on an import that it does not have"));
      add_all (self->exports, ((GrpcAioMessageFile *) self->dependencies->pdata[index])->exports);
    }

  g_hash_table_add (self->visible, self);
  for (guint i = 0; i < self->dependencies->len; i++)
    add_all (self->visible, ((GrpcAioMessageFile *) self->dependencies->pdata[i])->exports);

  return TRUE;
}

/* Its dependencies have been built and are in @self->dependencies. */
gboolean
grpc_aio_message_file_build (GrpcAioMessageFile *self,
                             GrpcAioMessageBuilder *builder)
{
  const char *syntax = self->proto->syntax;

  if (syntax != NULL && *syntax != '\0' && strcmp (syntax, "proto2") != 0 && strcmp (syntax, "proto3") != 0)
    return grpc_aio_message_file_fail (self, builder, self->proto->name, _("has a syntax other than proto2 and proto3"));
  if (self->proto->package == NULL)
    self->proto->package = g_strdup ("");

  if (!find_visible (self, builder) || !declare (self, builder))
    return FALSE;

  for (guint i = 0; i < self->messages->len; i++)
    {
      if (!grpc_aio_message_file_build_message (self, builder, self->messages->pdata[i], self->message_protos->pdata[i]))
        return FALSE;
    }
  for (guint i = 0; i < self->messages->len; i++)
    {
      if (!grpc_aio_message_file_check_message (self, builder, self->messages->pdata[i]))
        return FALSE;
    }
  if (!build_extensions (self, builder))
    return FALSE;
  for (guint i = 0; i < self->services->len; i++)
    {
      if (!build_service (self, builder, self->services->pdata[i], self->proto->service[i]))
        return FALSE;
    }

  return TRUE;
}
