/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-auth-context-private.h"

#include <string.h>

#include <grpc/grpc_security_constants.h>

/**
 * GrpcAioAuthContext:
 *
 * What the transport knows of the other side of a call: how the connection is
 * secured, and who the peer has proved to be.
 *
 * It is a list of properties, each with a name and a value of any bytes. A name
 * may occur several times. Those of grpc-core are `transport_security_type`,
 * `security_level`, and with TLS `x509_common_name`,
 * `x509_subject_alternative_name`, `x509_subject`, `x509_pem_cert`,
 * `x509_pem_cert_chain`, `peer_dns`, `peer_ip`, `peer_uri`, `peer_email`,
 * `peer_spiffe_id` and `ssl_session_reused`.
 *
 * It is a copy, made once: it does not change, any thread may use it, and it may
 * outlive its call. Over a transport without security of its own it is empty.
 * This is `auth_context ()` of gRFC L58.
 *
 * Since: 0.1
 */
struct _GrpcAioAuthContext
{
  GObject parent_instance;

  GPtrArray *properties; /* of Property */
  char *identity_key;
  gboolean is_authenticated;
};

typedef struct
{
  char *name;
  GBytes *value; /* with a NUL after its end, which is not counted */
} Property;

G_DEFINE_FINAL_TYPE (GrpcAioAuthContext, grpc_aio_auth_context, G_TYPE_OBJECT)

static void
property_free (gpointer data)
{
  Property *property = data;

  g_free (property->name);
  g_bytes_unref (property->value);
  g_free (property);
}

static void
grpc_aio_auth_context_finalize (GObject *object)
{
  GrpcAioAuthContext *self = GRPC_AIO_AUTH_CONTEXT (object);

  g_ptr_array_unref (self->properties);
  g_free (self->identity_key);

  G_OBJECT_CLASS (grpc_aio_auth_context_parent_class)->finalize (object);
}

static void
grpc_aio_auth_context_class_init (GrpcAioAuthContextClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = grpc_aio_auth_context_finalize;
}

static void
grpc_aio_auth_context_init (GrpcAioAuthContext *self)
{
  self->properties = g_ptr_array_new_with_free_func (property_free);
}

static GBytes *
new_value (const grpc_auth_property *property)
{
  char *copy = g_malloc (property->value_length + 1);

  if (property->value_length > 0)
    memcpy (copy, property->value, property->value_length);
  copy[property->value_length] = '\0';

  return g_bytes_new_take (copy, property->value_length);
}

GrpcAioAuthContext *
grpc_aio_auth_context_new_for_core (const grpc_auth_context *core)
{
  GrpcAioAuthContext *self = g_object_new (GRPC_AIO_TYPE_AUTH_CONTEXT, NULL);
  grpc_auth_property_iterator iterator;
  const grpc_auth_property *core_property;

  /* grpc-core crashes when it is asked for the identity in nothing. */
  if (core == NULL)
    return self;

  iterator = grpc_auth_context_property_iterator (core);
  while ((core_property = grpc_auth_property_iterator_next (&iterator)) != NULL)
    {
      Property *property = g_new (Property, 1);

      property->name = g_strdup (core_property->name);
      property->value = new_value (core_property);
      g_ptr_array_add (self->properties, property);
    }
  self->is_authenticated = grpc_auth_context_peer_is_authenticated (core);
  self->identity_key = g_strdup (grpc_auth_context_peer_identity_property_name (core));

  return self;
}

GrpcAioAuthContext *
grpc_aio_auth_context_new_for_call (grpc_call *call)
{
  grpc_auth_context *core = grpc_call_auth_context (call);
  GrpcAioAuthContext *self = grpc_aio_auth_context_new_for_core (core);

  if (core != NULL)
    grpc_auth_context_release (core);

  return self;
}

/* The first one; NULL for none. */
static const Property *
find (GrpcAioAuthContext *self,
      const char *name)
{
  for (guint i = 0; i < self->properties->len; i++)
    {
      const Property *property = g_ptr_array_index (self->properties, i);

      if (g_str_equal (property->name, name))
        return property;
    }

  return NULL;
}

/**
 * grpc_aio_auth_context_dup_names:
 * @self: an auth context
 *
 * Gets the names of all properties, each once, in their order.
 *
 * Returns: (transfer full) (array zero-terminated=1): the names
 *
 * Since: 0.1
 */
char **
grpc_aio_auth_context_dup_names (GrpcAioAuthContext *self)
{
  g_autoptr (GStrvBuilder) builder = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_AUTH_CONTEXT (self), NULL);

  builder = g_strv_builder_new ();
  for (guint i = 0; i < self->properties->len; i++)
    {
      const Property *property = g_ptr_array_index (self->properties, i);

      if (find (self, property->name) == property)
        g_strv_builder_add (builder, property->name);
    }

  return g_strv_builder_end (builder);
}

/**
 * grpc_aio_auth_context_get_text:
 * @self: an auth context
 * @name: the name of a property
 *
 * Gets the first value of a property as text.
 *
 * Returns: (nullable): the text, or `NULL` when there is no such property or its
 *   value is not UTF-8
 *
 * Since: 0.1
 */
const char *
grpc_aio_auth_context_get_text (GrpcAioAuthContext *self,
                                const char *name)
{
  const Property *property;
  const char *text;
  gsize length;

  g_return_val_if_fail (GRPC_AIO_IS_AUTH_CONTEXT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  property = find (self, name);
  if (property == NULL)
    return NULL;

  text = g_bytes_get_data (property->value, &length);

  return g_utf8_validate_len (text, length, NULL) ? text : NULL;
}

/**
 * grpc_aio_auth_context_dup_values:
 * @self: an auth context
 * @name: the name of a property
 *
 * Gets all values of a property.
 *
 * Returns: (transfer full) (element-type GBytes): the values, in their order
 *
 * Since: 0.1
 */
GList *
grpc_aio_auth_context_dup_values (GrpcAioAuthContext *self,
                                  const char *name)
{
  GList *values = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_AUTH_CONTEXT (self), NULL);
  g_return_val_if_fail (name != NULL, NULL);

  for (guint i = self->properties->len; i > 0; i--)
    {
      const Property *property = g_ptr_array_index (self->properties, i - 1);

      if (g_str_equal (property->name, name))
        values = g_list_prepend (values, g_bytes_ref (property->value));
    }

  return values;
}

/**
 * grpc_aio_auth_context_get_transport_security_type:
 * @self: an auth context
 *
 * Gets how the connection is secured: `ssl`, `tls`, `alts`, `local` or
 * `insecure`.
 *
 * Returns: (nullable): the name, or `NULL` when the transport has no security of
 *   its own
 *
 * Since: 0.1
 */
const char *
grpc_aio_auth_context_get_transport_security_type (GrpcAioAuthContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_AUTH_CONTEXT (self), NULL);

  return grpc_aio_auth_context_get_text (self, GRPC_TRANSPORT_SECURITY_TYPE_PROPERTY_NAME);
}

/**
 * grpc_aio_auth_context_is_peer_authenticated:
 * @self: an auth context
 *
 * Whether the peer has proved who it is, such as by a certificate.
 *
 * Returns: whether the transport knows the peer
 *
 * Since: 0.1
 */
gboolean
grpc_aio_auth_context_is_peer_authenticated (GrpcAioAuthContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_AUTH_CONTEXT (self), FALSE);

  return self->is_authenticated;
}

/**
 * grpc_aio_auth_context_get_peer_identity_key:
 * @self: an auth context
 *
 * Gets the name of the property that says who the peer is, such as
 * `x509_subject_alternative_name`.
 *
 * Returns: (nullable): the name, or `NULL` when the peer is not authenticated
 *
 * Since: 0.1
 */
const char *
grpc_aio_auth_context_get_peer_identity_key (GrpcAioAuthContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_AUTH_CONTEXT (self), NULL);

  return self->identity_key;
}

/**
 * grpc_aio_auth_context_dup_peer_identities:
 * @self: an auth context
 *
 * Gets who the peer has proved to be: all values of the property that
 * [method@AuthContext.get_peer_identity_key] names.
 *
 * Returns: (transfer full) (element-type GBytes): the identities; none when the
 *   peer is not authenticated
 *
 * Since: 0.1
 */
GList *
grpc_aio_auth_context_dup_peer_identities (GrpcAioAuthContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_AUTH_CONTEXT (self), NULL);

  return self->identity_key != NULL ? grpc_aio_auth_context_dup_values (self, self->identity_key) : NULL;
}

/**
 * grpc_aio_auth_context_get_peer_certificate_pem:
 * @self: an auth context
 *
 * Gets the certificate that the peer has shown.
 *
 * Returns: (nullable): PEM, or `NULL` when there is none
 *
 * Since: 0.1
 */
const char *
grpc_aio_auth_context_get_peer_certificate_pem (GrpcAioAuthContext *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_AUTH_CONTEXT (self), NULL);

  return grpc_aio_auth_context_get_text (self, GRPC_X509_PEM_CERT_PROPERTY_NAME);
}

/**
 * grpc_aio_auth_context_dup_peer_certificate:
 * @self: an auth context
 * @error: where to put an error
 *
 * Gets the certificate that the peer has shown, with those that lead to its root
 * as its issuers.
 *
 * This needs a TLS backend of GIO, such as the one in glib-networking: without
 * one it fails with `G_TLS_ERROR_UNAVAILABLE`.
 *
 * Returns: (nullable) (transfer full): the certificate, or `NULL`: without an
 *   error when the peer has shown none
 *
 * Since: 0.1
 */
GTlsCertificate *
grpc_aio_auth_context_dup_peer_certificate (GrpcAioAuthContext *self,
                                            GError **error)
{
  const char *pem;

  g_return_val_if_fail (GRPC_AIO_IS_AUTH_CONTEXT (self), NULL);

  pem = grpc_aio_auth_context_get_text (self, GRPC_X509_PEM_CERT_CHAIN_PROPERTY_NAME);
  if (pem == NULL)
    pem = grpc_aio_auth_context_get_peer_certificate_pem (self);

  return pem != NULL ? g_tls_certificate_new_from_pem (pem, -1, error) : NULL;
}
