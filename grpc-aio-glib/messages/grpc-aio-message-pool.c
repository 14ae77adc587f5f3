/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "messages/grpc-aio-message-pool-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include "messages/grpc-aio-message-loader-private.h"
#include "types/grpc-aio-error-private.h"

/**
 * GrpcAioMessagePool:
 *
 * The messages, enumerations and services that .proto files describe, at run
 * time: no compiler is needed.
 *
 * A pool takes descriptor sets, such as `protoc --include_imports
 * --descriptor_set_out=FILE` makes. It gives each message a
 * [alias@GLib.Type] that derives from [class@Message], with a property for each
 * field.
 *
 * ```c
 * g_autoptr (GrpcAioMessagePool) pool = grpc_aio_message_pool_new ();
 * g_autoptr (GrpcAioMessage) request = NULL;
 *
 * if (!grpc_aio_message_pool_add_file (pool, "helloworld.binpb", &error))
 *   g_error ("%s", error->message);
 * request = grpc_aio_message_pool_new_message (pool, "helloworld.HelloRequest", &error);
 * g_object_set (request, "name", "world", NULL);
 * ```
 *
 * What a pool does not have itself is looked for in the default pool, which has
 * the files of `google/protobuf` and `google/rpc`, and the messages of generated
 * code.
 *
 * Since types stay as long as the process, so does a pool once one of its types
 * was asked for: do not make one for each call. A pool may be used from any
 * thread.
 *
 * Since: 0.1
 */
struct _GrpcAioMessagePool
{
  GObject parent_instance;

  GrpcAioMessageTables *tables;
  gboolean is_kept;
};

G_DEFINE_FINAL_TYPE (GrpcAioMessagePool, grpc_aio_message_pool, G_TYPE_OBJECT)

/* All that follows, and all tables, is under the lock. */
static GRecMutex lock;
static GrpcAioMessagePool *default_pool;
static GSList *kept;          /* Pools that types refer to. */
static GPtrArray *pending;    /* Files of generated code that no pool has yet. */
static GHashTable *generated; /* Files of generated code to their GrpcAioMessageFile. */

void
grpc_aio_message_pool_lock (void)
{
  g_rec_mutex_lock (&lock);
}

void
grpc_aio_message_pool_unlock (void)
{
  g_rec_mutex_unlock (&lock);
}

void
grpc_aio_message_pool_keep (GrpcAioMessagePool *self)
{
  if (self->is_kept)
    return;

  self->is_kept = TRUE;
  kept = g_slist_prepend (kept, g_object_ref (self));
}

static GrpcAioMessageTables *
get_common_tables (GrpcAioMessagePool *self)
{
  GrpcAioMessagePool *common = grpc_aio_message_pool_get_default ();

  return common != self ? common->tables : NULL;
}

static void
grpc_aio_message_pool_finalize (GObject *object)
{
  GrpcAioMessagePool *self = GRPC_AIO_MESSAGE_POOL (object);

  grpc_aio_message_tables_free (self->tables);

  G_OBJECT_CLASS (grpc_aio_message_pool_parent_class)->finalize (object);
}

static void
grpc_aio_message_pool_class_init (GrpcAioMessagePoolClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = grpc_aio_message_pool_finalize;
}

static void
grpc_aio_message_pool_init (GrpcAioMessagePool *self)
{
  self->tables = grpc_aio_message_tables_new ();
}

/* Takes the files out of @set. */
static gboolean
add_set (GrpcAioMessagePool *self,
         GrpcAioMessageTables *common,
         GrpcAioProtoFileSet *set,
         GError **error)
{
  g_autoptr (GrpcAioMessageLoader) loader = grpc_aio_message_loader_new (self, self->tables, common, error);

  for (gsize i = 0; i < set->n_file; i++)
    {
      if (!grpc_aio_message_loader_add (loader, g_steal_pointer (&set->file[i]), NULL))
        return FALSE;
    }

  return grpc_aio_message_loader_finish (loader);
}

static gboolean
add_bytes (GrpcAioMessagePool *self,
           GrpcAioMessageTables *common,
           GBytes *descriptor_set,
           GError **error)
{
  g_autoptr (GError) local_error = NULL;
  GrpcAioProtoFileSet *set;
  gboolean result;

  set = (GrpcAioProtoFileSet *) grpc_aio_protobuf_unpack (&google__protobuf__file_descriptor_set__descriptor, descriptor_set, &local_error);
  if (set == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("These bytes are no set of descriptors: %s"), local_error->message);
      return FALSE;
    }

  result = add_set (self, common, set, error);
  google__protobuf__file_descriptor_set__free_unpacked (set, NULL);

  return result;
}

static GrpcAioMessagePool *
new_default_pool (void)
{
  GrpcAioMessagePool *self = g_object_new (GRPC_AIO_TYPE_MESSAGE_POOL, NULL);

  self->is_kept = TRUE;

  return self;
}

static gboolean
load_generated (GrpcAioMessagePool *self,
                const GrpcAioProtobufFile *file,
                GError **error)
{
  g_autoptr (GrpcAioMessageLoader) loader = NULL;
  ProtobufCMessage *proto;

  proto = grpc_aio_protobuf_unpack_data (&google__protobuf__file_descriptor_proto__descriptor, NULL, file->descriptor, file->descriptor_size, error);
  if (proto == NULL)
    return FALSE;

  if (g_strcmp0 (((GrpcAioProtoFile *) proto)->name, file->name) != 0)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, _("The description is that of another file"));
      protobuf_c_message_free_unpacked (proto, NULL);
      return FALSE;
    }

  loader = grpc_aio_message_loader_new (self, self->tables, get_common_tables (self), error);

  return grpc_aio_message_loader_add (loader, (GrpcAioProtoFile *) proto, file) && grpc_aio_message_loader_finish (loader);
}

/* A file that the default pool has already, because two libraries brought it or
 * because it is one of ours, gets a pool of its own, since its structs are others. */
static void
add_generated (const GrpcAioProtobufFile *file)
{
  GrpcAioMessagePool *pool = default_pool;
  g_autoptr (GrpcAioMessagePool) own = NULL;
  g_autoptr (GError) error = NULL;

  if (g_hash_table_contains (generated, file))
    return;
  g_hash_table_insert (generated, (gpointer) file, NULL);

  for (guint i = 0; file->dependencies != NULL && file->dependencies[i] != NULL; i++)
    add_generated (file->dependencies[i]);

  if (g_hash_table_contains (pool->tables->files, file->name))
    pool = own = g_object_new (GRPC_AIO_TYPE_MESSAGE_POOL, NULL);

  if (!load_generated (pool, file, &error))
    {
      g_critical ("The generated code for %s cannot be used: %s", file->name, error->message);
      return;
    }

  g_hash_table_insert (generated, (gpointer) file, g_hash_table_lookup (pool->tables->files, file->name));
  if (own != NULL)
    grpc_aio_message_pool_keep (own);
}

static void
add_pending (void)
{
  static gboolean is_adding;

  /* To load one asks for the default pool, too. */
  if (is_adding)
    return;

  is_adding = TRUE;
  while (pending != NULL && pending->len > 0)
    {
      const GrpcAioProtobufFile *file = g_ptr_array_steal_index (pending, 0);

      add_generated (file);
    }
  is_adding = FALSE;
}

GrpcAioMessageType *
grpc_aio_message_pool_find_generated (const GrpcAioProtobufFile *file,
                                      const ProtobufCMessageDescriptor *descriptor)
{
  GrpcAioMessageFile *found;
  GrpcAioMessageType *type = NULL;

  grpc_aio_message_pool_lock ();
  grpc_aio_protobuf_file_register (file);
  grpc_aio_message_pool_get_default ();
  found = g_hash_table_lookup (generated, file);
  for (guint i = 0; found != NULL && i < found->messages->len && type == NULL; i++)
    {
      if (((GrpcAioMessageType *) found->messages->pdata[i])->core == descriptor)
        type = found->messages->pdata[i];
    }
  grpc_aio_message_pool_unlock ();

  return type;
}

GrpcAioSymbol *
grpc_aio_message_pool_find_symbol (GrpcAioMessagePool *self,
                                   const char *full_name)
{
  GrpcAioMessageTables *common;
  GrpcAioSymbol *symbol;

  grpc_aio_message_pool_lock ();
  common = get_common_tables (self);
  symbol = g_hash_table_lookup (self->tables->symbols, full_name);
  if (symbol == NULL && common != NULL)
    symbol = g_hash_table_lookup (common->symbols, full_name);
  grpc_aio_message_pool_unlock ();

  return symbol;
}

static gpointer
find_item (GrpcAioMessagePool *self,
           const char *full_name,
           GrpcAioSymbolKind kind)
{
  GrpcAioSymbol *symbol = grpc_aio_message_pool_find_symbol (self, full_name);

  return symbol != NULL && symbol->kind == kind ? symbol->item : NULL;
}

GrpcAioMessageFile *
grpc_aio_message_pool_find_file (GrpcAioMessagePool *self,
                                 const char *filename)
{
  GrpcAioMessageTables *common;
  GrpcAioMessageFile *file;

  grpc_aio_message_pool_lock ();
  common = get_common_tables (self);
  file = g_hash_table_lookup (self->tables->files, filename);
  if (file == NULL && common != NULL)
    file = g_hash_table_lookup (common->files, filename);
  grpc_aio_message_pool_unlock ();

  return file;
}

GrpcAioMessageType *
grpc_aio_message_pool_find_message (GrpcAioMessagePool *self,
                                    const char *full_name)
{
  return find_item (self, full_name, GRPC_AIO_SYMBOL_MESSAGE);
}

GrpcAioEnumType *
grpc_aio_message_pool_find_enum (GrpcAioMessagePool *self,
                                 const char *full_name)
{
  return find_item (self, full_name, GRPC_AIO_SYMBOL_ENUM);
}

/* A message of another pool may have the same name, so it has to be that one. */
GrpcAioMessageField *
grpc_aio_message_pool_find_extension (GrpcAioMessagePool *self,
                                      GrpcAioMessageType *extended,
                                      const char *full_name)
{
  GrpcAioMessageField *field = find_item (self, full_name, GRPC_AIO_SYMBOL_EXTENSION);

  return field != NULL && field->parent == extended ? field : NULL;
}

GrpcAioMessageField *
grpc_aio_message_pool_find_extension_by_number (GrpcAioMessagePool *self,
                                                GrpcAioMessageType *extended,
                                                guint32 number)
{
  g_autofree char *key = grpc_aio_message_file_number_key (extended->full_name, number);
  GrpcAioMessageTables *common;
  GrpcAioMessageField *field;

  grpc_aio_message_pool_lock ();
  common = get_common_tables (self);
  field = g_hash_table_lookup (self->tables->numbers, key);
  if (field == NULL && common != NULL)
    field = g_hash_table_lookup (common->numbers, key);
  grpc_aio_message_pool_unlock ();

  return field != NULL && field->parent == extended ? field : NULL;
}

static void
add_numbers (GArray *numbers,
             GrpcAioMessageTables *tables,
             GrpcAioMessageType *extended)
{
  GHashTableIter iter;
  gpointer field;

  g_hash_table_iter_init (&iter, tables->numbers);
  while (g_hash_table_iter_next (&iter, NULL, &field))
    {
      gint32 number = (gint32) ((GrpcAioMessageField *) field)->core->id;

      if (((GrpcAioMessageField *) field)->parent == extended)
        g_array_append_val (numbers, number);
    }
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  return *(const gint32 *) a < *(const gint32 *) b ? -1 : 1;
}

GArray *
grpc_aio_message_pool_dup_extension_numbers (GrpcAioMessagePool *self,
                                             GrpcAioMessageType *extended)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (gint32));
  GrpcAioMessageTables *common;

  grpc_aio_message_pool_lock ();
  common = get_common_tables (self);
  add_numbers (numbers, self->tables, extended);
  if (common != NULL)
    add_numbers (numbers, common, extended);
  grpc_aio_message_pool_unlock ();
  g_array_sort (numbers, compare_numbers);

  return numbers;
}

/**
 * grpc_aio_protobuf_file_register: (skip)
 * @file: what generated code tells of a .proto file
 *
 * Makes the default pool know the messages of generated code.
 *
 * Generated code calls this; doing so again changes nothing. It costs next to
 * nothing until somebody asks the pool.
 *
 * Since: 0.1
 */
void
grpc_aio_protobuf_file_register (const GrpcAioProtobufFile *file)
{
  g_return_if_fail (file != NULL);

  grpc_aio_message_pool_lock ();
  if (pending == NULL)
    {
      pending = g_ptr_array_new ();
      generated = g_hash_table_new (NULL, NULL);
    }
  if (!g_hash_table_contains (generated, file) && !g_ptr_array_find (pending, file, NULL))
    g_ptr_array_add (pending, (gpointer) file);
  grpc_aio_message_pool_unlock ();
}

/**
 * grpc_aio_message_pool_new:
 *
 * Creates a pool without files of its own.
 *
 * Returns: (transfer full): a new pool
 *
 * Since: 0.1
 */
GrpcAioMessagePool *
grpc_aio_message_pool_new (void)
{
  grpc_aio_bind_translations ();

  return g_object_new (GRPC_AIO_TYPE_MESSAGE_POOL, NULL);
}

/**
 * grpc_aio_message_pool_get_default:
 *
 * Gets the pool that has the files of `google/protobuf`, `google/rpc`, and all
 * generated code of the process.
 *
 * Returns: (transfer none): the default pool
 *
 * Since: 0.1
 */
GrpcAioMessagePool *
grpc_aio_message_pool_get_default (void)
{
  GrpcAioMessagePool *pool;

  grpc_aio_message_pool_lock ();
  if (default_pool == NULL)
    {
      grpc_aio_bind_translations ();
      default_pool = new_default_pool ();
    }
  add_pending ();
  pool = default_pool;
  grpc_aio_message_pool_unlock ();

  return pool;
}

/**
 * grpc_aio_message_pool_add_bytes:
 * @self: a pool
 * @descriptor_set: a packed `google.protobuf.FileDescriptorSet`
 * @error: where to put an error
 *
 * Adds the files of a descriptor set, all of them or none.
 *
 * The files may come in any order. What they import has to be among them, in the
 * pool, or in the default pool. A file that is there already may come again if it
 * has the same contents. Files that are the same in the default pool are taken
 * from there, so that a `google.protobuf.Timestamp` has one type everywhere.
 *
 * Descriptors that do not fit together, or that protoc would have refused, fail
 * with `G_IO_ERROR_INVALID_DATA`; the error says which file it is, which part of
 * it, and why.
 *
 * Returns: whether the files were added
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_pool_add_bytes (GrpcAioMessagePool *self,
                                 GBytes *descriptor_set,
                                 GError **error)
{
  gboolean result;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), FALSE);
  g_return_val_if_fail (descriptor_set != NULL, FALSE);

  grpc_aio_message_pool_lock ();
  result = add_bytes (self, get_common_tables (self), descriptor_set, error);
  grpc_aio_message_pool_unlock ();

  return result;
}

/**
 * grpc_aio_message_pool_add_file:
 * @self: a pool
 * @filename: (type filename): the name of a file with a descriptor set
 * @error: where to put an error
 *
 * Does what [method@MessagePool.add_bytes] does, from a file.
 *
 * Returns: whether the files were added
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_pool_add_file (GrpcAioMessagePool *self,
                                const char *filename,
                                GError **error)
{
  g_autoptr (GFile) file = NULL;
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), FALSE);
  g_return_val_if_fail (filename != NULL, FALSE);

  file = g_file_new_for_path (filename);
  bytes = g_file_load_bytes (file, NULL, NULL, error);

  return bytes != NULL && grpc_aio_message_pool_add_bytes (self, bytes, error);
}

/**
 * grpc_aio_message_pool_add_resource:
 * @self: a pool
 * @path: the path of a [struct@Gio.Resource] with a descriptor set
 * @error: where to put an error
 *
 * Does what [method@MessagePool.add_bytes] does, from a resource of the program.
 *
 * Returns: whether the files were added
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_pool_add_resource (GrpcAioMessagePool *self,
                                    const char *path,
                                    GError **error)
{
  g_autoptr (GBytes) bytes = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  bytes = g_resources_lookup_data (path, G_RESOURCE_LOOKUP_FLAGS_NONE, error);

  return bytes != NULL && grpc_aio_message_pool_add_bytes (self, bytes, error);
}

static int
compare_strings (gconstpointer a,
                 gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static char **
finish_names (GPtrArray *names)
{
  g_ptr_array_sort (names, compare_strings);
  g_ptr_array_add (names, NULL);

  return (char **) g_ptr_array_free (names, FALSE);
}

typedef void (*CollectFunc) (GrpcAioMessageFile *file,
                             GPtrArray *names);

static char **
collect_names (GrpcAioMessagePool *self,
               CollectFunc collect)
{
  GPtrArray *names = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer file;

  grpc_aio_message_pool_lock ();
  grpc_aio_message_pool_get_default ();
  g_hash_table_iter_init (&iter, self->tables->files);
  while (g_hash_table_iter_next (&iter, NULL, &file))
    collect (file, names);
  grpc_aio_message_pool_unlock ();

  return finish_names (names);
}

static void
collect_file (GrpcAioMessageFile *file,
              GPtrArray *names)
{
  g_ptr_array_add (names, g_strdup (file->proto->name));
}

/**
 * grpc_aio_message_pool_dup_file_names:
 * @self: a pool
 *
 * Gets the names of the files that were added to a pool, such as
 * `helloworld.proto`.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, sorted
 *
 * Since: 0.1
 */
char **
grpc_aio_message_pool_dup_file_names (GrpcAioMessagePool *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);

  return collect_names (self, collect_file);
}

static void
collect_messages (GrpcAioMessageFile *file,
                  GPtrArray *names)
{
  for (guint i = 0; i < file->messages->len; i++)
    {
      const GrpcAioMessageType *type = file->messages->pdata[i];

      if (!type->is_map_entry)
        g_ptr_array_add (names, g_strdup (type->full_name));
    }
}

/**
 * grpc_aio_message_pool_dup_message_names:
 * @self: a pool
 *
 * Gets the full names of the messages in the files that were added to a pool,
 * such as `helloworld.HelloRequest`.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, sorted
 *
 * Since: 0.1
 */
char **
grpc_aio_message_pool_dup_message_names (GrpcAioMessagePool *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);

  return collect_names (self, collect_messages);
}

static void
collect_enums (GrpcAioMessageFile *file,
               GPtrArray *names)
{
  for (guint i = 0; i < file->enums->len; i++)
    g_ptr_array_add (names, g_strdup (((GrpcAioEnumType *) file->enums->pdata[i])->full_name));
}

/**
 * grpc_aio_message_pool_dup_enum_names:
 * @self: a pool
 *
 * Gets the full names of the enumerations in the files that were added to a pool.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, sorted
 *
 * Since: 0.1
 */
char **
grpc_aio_message_pool_dup_enum_names (GrpcAioMessagePool *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);

  return collect_names (self, collect_enums);
}

static void
collect_services (GrpcAioMessageFile *file,
                  GPtrArray *names)
{
  for (guint i = 0; i < file->services->len; i++)
    g_ptr_array_add (names, g_strdup (((GrpcAioMessageService *) file->services->pdata[i])->full_name));
}

/**
 * grpc_aio_message_pool_dup_service_names:
 * @self: a pool
 *
 * Gets the full names of the services in the files that were added to a pool,
 * such as `helloworld.Greeter`.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names, sorted
 *
 * Since: 0.1
 */
char **
grpc_aio_message_pool_dup_service_names (GrpcAioMessagePool *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);

  return collect_names (self, collect_services);
}

/**
 * grpc_aio_message_pool_dup_method_names:
 * @self: a pool
 * @service: the full name of a service
 *
 * Gets the names of the methods of a service.
 *
 * Returns: (transfer full) (array zero-terminated=1) (nullable): the names, in the
 *   order of the file; `NULL` if there is no such service
 *
 * Since: 0.1
 */
char **
grpc_aio_message_pool_dup_method_names (GrpcAioMessagePool *self,
                                        const char *service)
{
  const GrpcAioMessageService *found;
  char **names;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);
  g_return_val_if_fail (service != NULL, NULL);

  found = find_item (self, service, GRPC_AIO_SYMBOL_SERVICE);
  if (found == NULL)
    return NULL;

  names = g_new0 (char *, found->n_methods + 1);
  for (guint i = 0; i < found->n_methods; i++)
    names[i] = g_strdup (found->methods[i].name);

  return names;
}

/**
 * grpc_aio_message_pool_dup_dependencies:
 * @self: a pool
 * @filename: the name of a file, such as `helloworld.proto`
 *
 * Gets the names of the files that a file imports.
 *
 * Returns: (transfer full) (array zero-terminated=1) (nullable): the names, in the
 *   order of the file; `NULL` if there is no such file
 *
 * Since: 0.1
 */
char **
grpc_aio_message_pool_dup_dependencies (GrpcAioMessagePool *self,
                                        const char *filename)
{
  const GrpcAioMessageFile *file;
  char **names;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);
  g_return_val_if_fail (filename != NULL, NULL);

  file = grpc_aio_message_pool_find_file (self, filename);
  if (file == NULL)
    return NULL;

  names = g_new0 (char *, file->dependencies->len + 1);
  for (guint i = 0; i < file->dependencies->len; i++)
    names[i] = g_strdup (((GrpcAioMessageFile *) file->dependencies->pdata[i])->proto->name);

  return names;
}

/**
 * grpc_aio_message_pool_dup_file_descriptor:
 * @self: a pool
 * @filename: the name of a file, such as `helloworld.proto`
 *
 * Gets the description of a file, without the comments.
 *
 * Returns: (transfer full) (nullable): a packed
 *   `google.protobuf.FileDescriptorProto`, or `NULL` if there is no such file
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_message_pool_dup_file_descriptor (GrpcAioMessagePool *self,
                                           const char *filename)
{
  const GrpcAioMessageFile *file;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);
  g_return_val_if_fail (filename != NULL, NULL);

  file = grpc_aio_message_pool_find_file (self, filename);

  return file != NULL ? g_bytes_ref (file->bytes) : NULL;
}

/**
 * grpc_aio_message_pool_dup_file_descriptor_for_symbol:
 * @self: a pool
 * @symbol: the full name of a message, a field, an enumeration, one of its values,
 *   an extension, a service or a method
 *
 * Gets the description of the file that declares a name, without the comments.
 *
 * Returns: (transfer full) (nullable): a packed
 *   `google.protobuf.FileDescriptorProto`, or `NULL` if nothing has this name
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_message_pool_dup_file_descriptor_for_symbol (GrpcAioMessagePool *self,
                                                      const char *symbol)
{
  const GrpcAioSymbol *found;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);
  g_return_val_if_fail (symbol != NULL, NULL);

  /* Many files may share a package. */
  found = grpc_aio_message_pool_find_symbol (self, symbol);

  return found != NULL && found->kind != GRPC_AIO_SYMBOL_PACKAGE ? g_bytes_ref (found->file->bytes) : NULL;
}

/**
 * grpc_aio_message_pool_get_message_type:
 * @self: a pool
 * @full_name: the full name of a message, such as `helloworld.HelloRequest`
 *
 * Gets the type of a message. It derives from [class@Message].
 *
 * Returns: the type; `G_TYPE_INVALID` if there is no such message
 *
 * Since: 0.1
 */
GType
grpc_aio_message_pool_get_message_type (GrpcAioMessagePool *self,
                                        const char *full_name)
{
  GrpcAioMessageType *type;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), G_TYPE_INVALID);
  g_return_val_if_fail (full_name != NULL, G_TYPE_INVALID);

  type = grpc_aio_message_pool_find_message (self, full_name);

  return type != NULL ? grpc_aio_message_type_get_gtype (type) : G_TYPE_INVALID;
}

/**
 * grpc_aio_message_pool_get_enum_type:
 * @self: a pool
 * @full_name: the full name of an enumeration
 *
 * Gets the type of an enumeration, which has the names of its numbers.
 *
 * Fields are integers, since a peer may send a number without a name.
 *
 * Returns: the type; `G_TYPE_INVALID` if there is no such enumeration
 *
 * Since: 0.1
 */
GType
grpc_aio_message_pool_get_enum_type (GrpcAioMessagePool *self,
                                     const char *full_name)
{
  GrpcAioEnumType *type;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), G_TYPE_INVALID);
  g_return_val_if_fail (full_name != NULL, G_TYPE_INVALID);

  type = grpc_aio_message_pool_find_enum (self, full_name);

  return type != NULL ? grpc_aio_enum_type_get_gtype (type) : G_TYPE_INVALID;
}

static const GrpcAioMessageMethod *
find_method (GrpcAioMessagePool *self,
             const char *path)
{
  const char *slash = *path == '/' ? strchr (path + 1, '/') : NULL;
  g_autofree char *name = NULL;
  const GrpcAioMessageService *service;

  if (slash == NULL)
    return NULL;

  name = g_strndup (path + 1, slash - path - 1);
  service = find_item (self, name, GRPC_AIO_SYMBOL_SERVICE);
  for (guint i = 0; service != NULL && i < service->n_methods; i++)
    {
      if (strcmp (service->methods[i].name, slash + 1) == 0)
        return &service->methods[i];
    }

  return NULL;
}

/**
 * grpc_aio_message_pool_find_method:
 * @self: a pool
 * @path: the path of a method, such as `/helloworld.Greeter/SayHello`
 * @input_type: (out) (optional): return location for the type of the requests
 * @output_type: (out) (optional): return location for the type of the responses
 * @kind: (out) (optional): return location for which sides stream
 * @error: where to put an error
 *
 * Gets what a method takes and what it returns. Fails with
 * `G_IO_ERROR_NOT_FOUND` if there is no such method.
 *
 * Returns: whether there is such a method
 *
 * Since: 0.1
 */
gboolean
grpc_aio_message_pool_find_method (GrpcAioMessagePool *self,
                                   const char *path,
                                   GType *input_type,
                                   GType *output_type,
                                   GrpcAioMethodKind *kind,
                                   GError **error)
{
  const GrpcAioMessageMethod *method;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  method = find_method (self, path);
  if (method == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("The pool has no method “%s”"), path);
      return FALSE;
    }

  if (input_type != NULL)
    *input_type = grpc_aio_message_type_get_gtype (method->input);
  if (output_type != NULL)
    *output_type = grpc_aio_message_type_get_gtype (method->output);
  if (kind != NULL)
    *kind = method->kind;

  return TRUE;
}

static GrpcAioMessageType *
find_or_fail (GrpcAioMessagePool *self,
              const char *full_name,
              GError **error)
{
  GrpcAioMessageType *type = grpc_aio_message_pool_find_message (self, full_name);

  if (type == NULL)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("The pool has no message “%s”"), full_name);

  return type;
}

/**
 * grpc_aio_message_pool_new_message:
 * @self: a pool
 * @full_name: the full name of a message, such as `helloworld.HelloRequest`
 * @error: where to put an error
 *
 * Creates a message without any field set. Fails with `G_IO_ERROR_NOT_FOUND` if
 * there is no such message.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_pool_new_message (GrpcAioMessagePool *self,
                                   const char *full_name,
                                   GError **error)
{
  GrpcAioMessageType *type;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);
  g_return_val_if_fail (full_name != NULL, NULL);

  type = find_or_fail (self, full_name, error);

  return type != NULL ? grpc_aio_message_create (grpc_aio_message_type_get_gtype (type)) : NULL;
}

/**
 * grpc_aio_message_pool_new_message_from_bytes:
 * @self: a pool
 * @full_name: the full name of a message, such as `helloworld.HelloRequest`
 * @bytes: a packed message
 * @error: where to put an error
 *
 * Unpacks a message. Fails with `G_IO_ERROR_NOT_FOUND` if there is no such message,
 * and as [func@Message.create_from_bytes] does.
 *
 * Returns: (transfer full): a new message
 *
 * Since: 0.1
 */
GrpcAioMessage *
grpc_aio_message_pool_new_message_from_bytes (GrpcAioMessagePool *self,
                                              const char *full_name,
                                              GBytes *bytes,
                                              GError **error)
{
  GrpcAioMessageType *type;

  g_return_val_if_fail (GRPC_AIO_IS_MESSAGE_POOL (self), NULL);
  g_return_val_if_fail (full_name != NULL, NULL);
  g_return_val_if_fail (bytes != NULL, NULL);

  type = find_or_fail (self, full_name, error);

  return type != NULL ? grpc_aio_message_create_from_bytes (grpc_aio_message_type_get_gtype (type), bytes, error) : NULL;
}
