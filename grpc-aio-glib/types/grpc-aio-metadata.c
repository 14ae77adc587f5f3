/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "types/grpc-aio-metadata-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

/**
 * GrpcAioMetadata:
 *
 * What travels beside the messages of a call: ordered pairs of a key and a
 * value, in which a key may occur more than once.
 *
 * Keys are lower case ASCII letters, digits, `_`, `-` and `.`. Values are
 * printable ASCII, unless the key ends in `-bin`: then they are any bytes. What
 * gRPC could not send is refused with an error when it is appended, before
 * anything goes out.
 *
 * A metadata object is not safe to change from several threads at once. Do not
 * change one that a call or a context gave to you: copy it.
 *
 * Since: 0.1
 */
struct _GrpcAioMetadata
{
  gatomicrefcount refs;
  GArray *entries;
};

typedef struct
{
  char *key;
  GBytes *value; /* A NUL that does not count follows text values. */
} Entry;

G_DEFINE_BOXED_TYPE (GrpcAioMetadata, grpc_aio_metadata, grpc_aio_metadata_ref, grpc_aio_metadata_unref)

static void
entry_clear (gpointer data)
{
  Entry *entry = data;

  g_free (entry->key);
  g_bytes_unref (entry->value);
}

static gboolean
key_is_binary (const char *key)
{
  return g_str_has_suffix (key, "-bin");
}

static gboolean
check_key (const char *key,
           GError **error)
{
  if (grpc_aio_metadata_key_is_legal (key))
    return TRUE;

  if (*key == '\0')
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         _("A metadata key is empty"));
  else if (!g_utf8_validate (key, -1, NULL))
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                         _("A metadata key is not text: use lower case ASCII letters, digits, “_”, “-” and “.”"));
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("The metadata key “%s” is not legal: use lower case ASCII letters, digits, “_”, “-” and “.”"),
                 key);

  return FALSE;
}

static void
append_entry (GrpcAioMetadata *self,
              const char *key,
              GBytes *value)
{
  Entry entry = { g_strdup (key), value };

  g_array_append_val (self->entries, entry);
}

static const Entry *
find (GrpcAioMetadata *self,
      const char *key)
{
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);

      if (strcmp (entry->key, key) == 0)
        return entry;
    }

  return NULL;
}

static GBytes *
copy_with_nul (gconstpointer data,
               gsize length)
{
  guint8 *copy = g_malloc (length + 1);

  if (length > 0)
    memcpy (copy, data, length);
  copy[length] = '\0';

  return g_bytes_new_take (copy, length);
}

/* Adds what a peer sent. grpc-core has checked it by its own, wider rules. */
void
grpc_aio_metadata_append_received (GrpcAioMetadata *self,
                                   gconstpointer key,
                                   gsize key_length,
                                   gconstpointer value,
                                   gsize value_length)
{
  Entry entry = { g_strndup (key, key_length), copy_with_nul (value, value_length) };

  g_array_append_val (self->entries, entry);
}

/**
 * grpc_aio_metadata_key_is_legal:
 * @key: a key
 *
 * Whether @key may be sent: one or more lower case ASCII letters, digits, `_`,
 * `-` and `.` (gRPC over HTTP/2, "Custom-Metadata").
 *
 * Returns: whether @key is legal
 *
 * Since: 0.1
 */
gboolean
grpc_aio_metadata_key_is_legal (const char *key)
{
  g_return_val_if_fail (key != NULL, FALSE);

  if (*key == '\0')
    return FALSE;

  for (const char *c = key; *c != '\0'; c++)
    {
      if (!g_ascii_islower (*c) && !g_ascii_isdigit (*c) && *c != '_' && *c != '-' && *c != '.')
        return FALSE;
    }

  return TRUE;
}

/**
 * grpc_aio_metadata_new:
 *
 * Creates metadata without entries.
 *
 * Returns: (transfer full): new metadata
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_metadata_new (void)
{
  GrpcAioMetadata *self = g_new0 (GrpcAioMetadata, 1);

  g_atomic_ref_count_init (&self->refs);
  self->entries = g_array_new (FALSE, FALSE, sizeof (Entry));
  g_array_set_clear_func (self->entries, entry_clear);

  return self;
}

/**
 * grpc_aio_metadata_ref: (skip)
 * @self: metadata
 *
 * Takes a reference.
 *
 * Returns: (transfer full): @self
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_metadata_ref (GrpcAioMetadata *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->refs);

  return self;
}

/**
 * grpc_aio_metadata_unref: (skip)
 * @self: (transfer full): metadata
 *
 * Drops a reference.
 *
 * Since: 0.1
 */
void
grpc_aio_metadata_unref (GrpcAioMetadata *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_array_unref (self->entries);
  g_free (self);
}

/**
 * grpc_aio_metadata_copy:
 * @self: metadata
 *
 * Copies all entries into new metadata.
 *
 * Returns: (transfer full): a copy that shares nothing that can change
 *
 * Since: 0.1
 */
GrpcAioMetadata *
grpc_aio_metadata_copy (GrpcAioMetadata *self)
{
  GrpcAioMetadata *copy;

  g_return_val_if_fail (self != NULL, NULL);

  copy = grpc_aio_metadata_new ();
  for (guint i = 0; i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);

      append_entry (copy, entry->key, g_bytes_ref (entry->value));
    }

  return copy;
}

/**
 * grpc_aio_metadata_append:
 * @self: metadata
 * @key: a key that does not end in `-bin`
 * @value: printable ASCII
 * @error: where to put an error
 *
 * Adds an entry with a text.
 *
 * Fails with `G_IO_ERROR_INVALID_ARGUMENT` when gRPC could not send the entry.
 *
 * Returns: whether the entry was added
 *
 * Since: 0.1
 */
gboolean
grpc_aio_metadata_append (GrpcAioMetadata *self,
                          const char *key,
                          const char *value,
                          GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (key != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  if (!check_key (key, error))
    return FALSE;

  if (key_is_binary (key))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("The metadata key “%s” ends in “-bin”: its value must be given as bytes"), key);
      return FALSE;
    }

  for (const char *c = value; *c != '\0'; c++)
    {
      if (*c < 0x20 || *c > 0x7e)
        {
          g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                       _("The value of the metadata key “%s” is not printable ASCII: use a key that ends in “-bin”"), key);
          return FALSE;
        }
    }

  append_entry (self, key, copy_with_nul (value, strlen (value)));

  return TRUE;
}

/**
 * grpc_aio_metadata_append_bytes:
 * @self: metadata
 * @key: a key that ends in `-bin`
 * @value: any bytes
 * @error: where to put an error
 *
 * Adds an entry with bytes.
 *
 * Fails with `G_IO_ERROR_INVALID_ARGUMENT` when gRPC could not send the entry.
 *
 * Returns: whether the entry was added
 *
 * Since: 0.1
 */
gboolean
grpc_aio_metadata_append_bytes (GrpcAioMetadata *self,
                                const char *key,
                                GBytes *value,
                                GError **error)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (key != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  if (!check_key (key, error))
    return FALSE;

  if (!key_is_binary (key))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("The metadata key “%s” does not end in “-bin”: its value must be given as text"), key);
      return FALSE;
    }

  append_entry (self, key, g_bytes_ref (value));

  return TRUE;
}

/**
 * grpc_aio_metadata_remove:
 * @self: metadata
 * @key: a key
 *
 * Removes all entries with this key.
 *
 * Returns: whether there was one
 *
 * Since: 0.1
 */
gboolean
grpc_aio_metadata_remove (GrpcAioMetadata *self,
                          const char *key)
{
  gboolean removed = FALSE;

  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  for (guint i = self->entries->len; i > 0; i--)
    {
      if (strcmp (g_array_index (self->entries, Entry, i - 1).key, key) != 0)
        continue;

      g_array_remove_index (self->entries, i - 1);
      removed = TRUE;
    }

  return removed;
}

/**
 * grpc_aio_metadata_contains:
 * @self: metadata
 * @key: a key
 *
 * Whether there is an entry with this key.
 *
 * Returns: whether there is one
 *
 * Since: 0.1
 */
gboolean
grpc_aio_metadata_contains (GrpcAioMetadata *self,
                            const char *key)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (key != NULL, FALSE);

  return find (self, key) != NULL;
}

/**
 * grpc_aio_metadata_get:
 * @self: metadata
 * @key: a key that does not end in `-bin`
 *
 * Gets the text of the first entry with this key.
 *
 * Returns: (nullable): the text, or `NULL` if there is none
 *
 * Since: 0.1
 */
const char *
grpc_aio_metadata_get (GrpcAioMetadata *self,
                       const char *key)
{
  const Entry *entry;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (key != NULL, NULL);

  entry = find (self, key);
  if (entry == NULL || key_is_binary (key))
    return NULL;

  return g_bytes_get_data (entry->value, NULL);
}

/**
 * grpc_aio_metadata_get_bytes:
 * @self: metadata
 * @key: a key
 *
 * Gets the value of the first entry with this key, whether text or bytes.
 *
 * Returns: (nullable) (transfer none): the value, or `NULL` if there is none
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_metadata_get_bytes (GrpcAioMetadata *self,
                             const char *key)
{
  const Entry *entry;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (key != NULL, NULL);

  entry = find (self, key);

  return entry != NULL ? entry->value : NULL;
}

/**
 * grpc_aio_metadata_dup_all:
 * @self: metadata
 * @key: a key that does not end in `-bin`
 *
 * Gets the texts of all entries with this key, in order.
 *
 * Returns: (transfer full) (array zero-terminated=1): the texts, perhaps none
 *
 * Since: 0.1
 */
char **
grpc_aio_metadata_dup_all (GrpcAioMetadata *self,
                           const char *key)
{
  g_autoptr (GStrvBuilder) values = g_strv_builder_new ();

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (key != NULL, NULL);

  for (guint i = 0; !key_is_binary (key) && i < self->entries->len; i++)
    {
      const Entry *entry = &g_array_index (self->entries, Entry, i);

      if (strcmp (entry->key, key) == 0)
        g_strv_builder_add (values, g_bytes_get_data (entry->value, NULL));
    }

  return g_strv_builder_end (values);
}

/**
 * grpc_aio_metadata_get_size:
 * @self: metadata
 *
 * Gets the number of entries.
 *
 * Returns: the number of entries
 *
 * Since: 0.1
 */
guint
grpc_aio_metadata_get_size (GrpcAioMetadata *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->entries->len;
}

/**
 * grpc_aio_metadata_get_nth_key:
 * @self: metadata
 * @index: which entry, counted from 0
 *
 * Gets the key of an entry.
 *
 * Returns: the key
 *
 * Since: 0.1
 */
const char *
grpc_aio_metadata_get_nth_key (GrpcAioMetadata *self,
                               guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->entries->len, NULL);

  return g_array_index (self->entries, Entry, index).key;
}

/**
 * grpc_aio_metadata_get_nth_value:
 * @self: metadata
 * @index: which entry, counted from 0
 *
 * Gets the text of an entry.
 *
 * Returns: (nullable): the text, or `NULL` if the entry holds bytes
 *
 * Since: 0.1
 */
const char *
grpc_aio_metadata_get_nth_value (GrpcAioMetadata *self,
                                 guint index)
{
  const Entry *entry;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->entries->len, NULL);

  entry = &g_array_index (self->entries, Entry, index);
  if (key_is_binary (entry->key))
    return NULL;

  return g_bytes_get_data (entry->value, NULL);
}

/**
 * grpc_aio_metadata_get_nth_bytes:
 * @self: metadata
 * @index: which entry, counted from 0
 *
 * Gets the value of an entry, whether text or bytes.
 *
 * Returns: (transfer none): the value
 *
 * Since: 0.1
 */
GBytes *
grpc_aio_metadata_get_nth_bytes (GrpcAioMetadata *self,
                                 guint index)
{
  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (index < self->entries->len, NULL);

  return g_array_index (self->entries, Entry, index).value;
}
