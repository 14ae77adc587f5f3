/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-tls-server-credentials.h>

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-enums.h>

#include "security/grpc-aio-server-credentials-private.h"
#include "security/grpc-aio-tls-authorities-private.h"
#include "security/grpc-aio-tls-identity-private.h"
#include "security/grpc-aio-tls-options-private.h"

/**
 * GrpcAioTlsServerCredentials:
 *
 * Credentials for TLS.
 *
 * The certificate may be changed while the server runs, with
 * [method@TlsServerCredentials.set_identity] or in the files that it came from:
 * connections that are made from then on show the new one, and those that there
 * are go on.
 *
 * To learn when a certificate may have to be renewed, connect to
 * [signal@TlsServerCredentials::connecting].
 *
 * ```c
 * g_autoptr (GError) local_error = NULL;
 * g_autoptr (GrpcAioTlsIdentity) identity = NULL;
 * g_autoptr (GrpcAioTlsServerCredentials) tls = NULL;
 *
 * identity = grpc_aio_tls_identity_new_from_files ("server.pem", "server.key", &local_error);
 * if (identity == NULL)
 *   g_error ("%s", local_error->message);
 *
 * tls = grpc_aio_tls_server_credentials_new (identity);
 * grpc_aio_server_add_port (server, "[::]:50051", GRPC_AIO_SERVER_CREDENTIALS (tls), &local_error);
 * ```
 *
 * Since: 0.1
 */
struct _GrpcAioTlsServerCredentials
{
  GrpcAioServerCredentials parent_instance;

  GMainContext *context; /* of who made them */
  GPtrArray *ports;

  GMutex lock; /* for all that follows */
  GrpcAioTlsIdentity *identity;
  GPtrArray *other_identities;
  GrpcAioTlsAuthorities *authorities;
  GrpcAioTlsClientCheck client_check;
  char *crl_directory;
  char *key_log_file;
  guint generation;      /* of the identities and the authorities */
  gboolean is_telling;   /* that a client connects */
  gboolean is_fixed;     /* in use, with a grpc-core that takes no changes */
};

struct _GrpcAioTlsServerCredentialsClass
{
  GrpcAioServerCredentialsClass parent_class;
};

/* What grpc-core has for one port. */
typedef struct
{
  GrpcAioTlsServerCredentials *credentials;

  gboolean is_told; /* all with the lock of the credentials */
  guint generation;
  guint identity_generation;
  guint authorities_generation;
} Port;

enum
{
  PROP_AUTHORITIES = 1,
  PROP_CLIENT_CHECK,
  PROP_CRL_DIRECTORY,
  PROP_IDENTITY,
  PROP_KEY_LOG_FILE,
  N_PROPS,
};

enum
{
  CONNECTING,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GrpcAioTlsServerCredentials, grpc_aio_tls_server_credentials, GRPC_AIO_TYPE_SERVER_CREDENTIALS)

static grpc_ssl_client_certificate_request_type
get_request_type (GrpcAioTlsClientCheck client_check)
{
  switch (client_check)
    {
    case GRPC_AIO_TLS_CLIENT_CHECK_REQUEST:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;

    case GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;

    case GRPC_AIO_TLS_CLIENT_CHECK_REQUEST_UNVERIFIED:
      return GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY;

    case GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE_UNVERIFIED:
      return GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_BUT_DONT_VERIFY;

    case GRPC_AIO_TLS_CLIENT_CHECK_NONE:
    default:
      return GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE;
    }
}

static gboolean
on_connecting (gpointer data)
{
  GWeakRef *weak = data;
  g_autoptr (GrpcAioTlsServerCredentials) self = g_weak_ref_get (weak);

  if (self == NULL)
    return G_SOURCE_REMOVE;

  g_mutex_lock (&self->lock);
  self->is_telling = FALSE;
  g_mutex_unlock (&self->lock);

  g_signal_emit (self, signals[CONNECTING], 0);

  return G_SOURCE_REMOVE;
}

static void
weak_free (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* In a thread of grpc-core. Once for all that connect until it is dispatched. */
static void
tell_connecting (GrpcAioTlsServerCredentials *self)
{
  g_autoptr (GSource) source = NULL;
  GWeakRef *weak;
  gboolean is_telling;

  if (!g_signal_has_handler_pending (self, signals[CONNECTING], 0, TRUE))
    return;

  g_mutex_lock (&self->lock);
  is_telling = self->is_telling;
  self->is_telling = TRUE;
  g_mutex_unlock (&self->lock);
  if (is_telling)
    return;

  weak = g_new (GWeakRef, 1);
  g_weak_ref_init (weak, self);
  source = g_idle_source_new ();
  g_source_set_static_name (source, "GrpcAioTlsServerCredentials::connecting");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_connecting, weak, weak_free);
  g_source_attach (source, self->context);

  /* This thread may sleep in grpc-core, on behalf of the context. */
  g_main_context_wakeup (self->context);
}

/* With the lock. */
static grpc_ssl_server_certificate_config *
create_config (GrpcAioTlsServerCredentials *self)
{
  g_autofree char *roots = self->authorities != NULL ? grpc_aio_tls_authorities_dup_certificates (self->authorities) : NULL;
  const gsize n_pairs = 1 + self->other_identities->len;
  g_autofree grpc_ssl_pem_key_cert_pair *pairs = g_new (grpc_ssl_pem_key_cert_pair, n_pairs);
  grpc_ssl_server_certificate_config *config;

  for (gsize i = 0; i < n_pairs; i++)
    {
      GrpcAioTlsIdentity *identity = i == 0 ? self->identity : g_ptr_array_index (self->other_identities, i - 1);

      grpc_aio_tls_identity_dup_pem (identity, (char **) &pairs[i].cert_chain, (char **) &pairs[i].private_key);
    }

  /* grpc-core asserts that there are roots, and has no use for them when clients
   * are not asked for certificates. */
  config = grpc_ssl_server_certificate_config_create (roots != NULL ? roots : pairs[0].cert_chain, pairs, n_pairs);

  for (gsize i = 0; i < n_pairs; i++)
    {
      g_free ((char *) pairs[i].cert_chain);
      g_free ((char *) pairs[i].private_key);
    }

  return config;
}

/* With the lock. A number that grows with each change of a file. */
static guint
refresh_identities (GrpcAioTlsServerCredentials *self)
{
  guint generation = grpc_aio_tls_identity_refresh (self->identity);

  for (guint i = 0; i < self->other_identities->len; i++)
    generation += grpc_aio_tls_identity_refresh (g_ptr_array_index (self->other_identities, i));

  return generation;
}

/* In a thread of grpc-core, for the port and for each connection. */
static grpc_ssl_certificate_config_reload_status
on_fetch (void *user_data,
          grpc_ssl_server_certificate_config **config)
{
  Port *port = user_data;
  GrpcAioTlsServerCredentials *self = port->credentials;
  guint identity_generation, authorities_generation = 0;
  gboolean has_changed, is_first;

  g_mutex_lock (&self->lock);
  is_first = !port->is_told;
  identity_generation = refresh_identities (self);
  if (self->authorities != NULL)
    authorities_generation = grpc_aio_tls_authorities_refresh (self->authorities);

  has_changed = is_first || port->generation != self->generation ||
                port->identity_generation != identity_generation ||
                port->authorities_generation != authorities_generation;
  if (has_changed)
    {
      port->is_told = TRUE;
      port->generation = self->generation;
      port->identity_generation = identity_generation;
      port->authorities_generation = authorities_generation;
      *config = create_config (self);
    }
  g_mutex_unlock (&self->lock);

  if (!is_first)
    tell_connecting (self);

  return has_changed ? GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW : GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
}

/* grpc-core has two kinds of TLS. One can be given another certificate at any time,
 * the other has lists of revoked certificates and a log of keys, and takes unknown
 * clients without naming any authority to them. */
static gboolean
needs_fixed (GrpcAioTlsServerCredentials *self)
{
  return self->crl_directory != NULL || self->key_log_file != NULL ||
         self->client_check == GRPC_AIO_TLS_CLIENT_CHECK_REQUEST_UNVERIFIED ||
         self->client_check == GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE_UNVERIFIED;
}

static grpc_server_credentials *
create_fixed (GrpcAioTlsServerCredentials *self)
{
  grpc_tls_credentials_options *options = grpc_tls_credentials_options_create ();

  self->is_fixed = TRUE;
  grpc_tls_credentials_options_set_cert_request_type (options, get_request_type (self->client_check));
  grpc_aio_tls_options_provide (options, self->identity, self->authorities);
  if (self->crl_directory != NULL)
    grpc_tls_credentials_options_set_crl_directory (options, self->crl_directory);
  if (self->key_log_file != NULL)
    grpc_tls_credentials_options_set_tls_session_key_log_file_path (options, self->key_log_file);

  return grpc_tls_server_credentials_create (options);
}

static grpc_server_credentials *
grpc_aio_tls_server_credentials_create_core (GrpcAioServerCredentials *credentials)
{
  GrpcAioTlsServerCredentials *self = GRPC_AIO_TLS_SERVER_CREDENTIALS (credentials);
  grpc_server_credentials *core = NULL;
  grpc_ssl_server_credentials_options *options;
  Port *port;

  g_mutex_lock (&self->lock);
  if (self->identity != NULL && needs_fixed (self))
    {
      core = create_fixed (self);
    }
  else if (self->identity != NULL)
    {
      port = g_new0 (Port, 1);
      port->credentials = self;
      g_ptr_array_add (self->ports, port);
      options = grpc_ssl_server_credentials_create_options_using_config_fetcher (get_request_type (self->client_check), on_fetch, port);
      core = grpc_ssl_server_credentials_create_with_options (options);
    }
  g_mutex_unlock (&self->lock);

  return core;
}

static void
grpc_aio_tls_server_credentials_finalize (GObject *object)
{
  GrpcAioTlsServerCredentials *self = GRPC_AIO_TLS_SERVER_CREDENTIALS (object);

  g_ptr_array_unref (self->ports);
  g_main_context_unref (self->context);
  g_clear_object (&self->identity);
  g_ptr_array_unref (self->other_identities);
  g_clear_object (&self->authorities);
  g_free (self->crl_directory);
  g_free (self->key_log_file);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (grpc_aio_tls_server_credentials_parent_class)->finalize (object);
}

static void
grpc_aio_tls_server_credentials_get_property (GObject *object,
                                              guint id,
                                              GValue *value,
                                              GParamSpec *pspec)
{
  GrpcAioTlsServerCredentials *self = GRPC_AIO_TLS_SERVER_CREDENTIALS (object);

  switch (id)
    {
    case PROP_AUTHORITIES:
      g_value_set_object (value, self->authorities);
      break;

    case PROP_CLIENT_CHECK:
      g_value_set_enum (value, self->client_check);
      break;

    case PROP_CRL_DIRECTORY:
      g_value_set_string (value, self->crl_directory);
      break;

    case PROP_IDENTITY:
      g_value_set_object (value, self->identity);
      break;

    case PROP_KEY_LOG_FILE:
      g_value_set_string (value, self->key_log_file);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_tls_server_credentials_set_property (GObject *object,
                                              guint id,
                                              const GValue *value,
                                              GParamSpec *pspec)
{
  GrpcAioTlsServerCredentials *self = GRPC_AIO_TLS_SERVER_CREDENTIALS (object);

  switch (id)
    {
    case PROP_IDENTITY:
      if (g_value_get_object (value) != NULL)
        grpc_aio_tls_server_credentials_set_identity (self, g_value_get_object (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_tls_server_credentials_class_init (GrpcAioTlsServerCredentialsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GrpcAioServerCredentialsClass *credentials_class = (GrpcAioServerCredentialsClass *) klass;
  const GParamFlags read_flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = grpc_aio_tls_server_credentials_finalize;
  object_class->get_property = grpc_aio_tls_server_credentials_get_property;
  object_class->set_property = grpc_aio_tls_server_credentials_set_property;
  credentials_class->create_core = grpc_aio_tls_server_credentials_create_core;

  /**
   * GrpcAioTlsServerCredentials:authorities: (getter get_authorities)
   *
   * Who vouches for clients, or `NULL`.
   *
   * Since: 0.1
   */
  properties[PROP_AUTHORITIES] = g_param_spec_object ("authorities", NULL, NULL, GRPC_AIO_TYPE_TLS_AUTHORITIES, read_flags);

  /**
   * GrpcAioTlsServerCredentials:client-check: (getter get_client_check)
   *
   * Whether a client has to show a certificate.
   *
   * Since: 0.1
   */
  properties[PROP_CLIENT_CHECK] = g_param_spec_enum ("client-check", NULL, NULL, GRPC_AIO_TYPE_TLS_CLIENT_CHECK,
                                                     GRPC_AIO_TLS_CLIENT_CHECK_NONE, read_flags);

  /**
   * GrpcAioTlsServerCredentials:crl-directory: (getter get_crl_directory)
   *
   * Where the lists of revoked certificates are, or `NULL` for none.
   *
   * Since: 0.1
   */
  properties[PROP_CRL_DIRECTORY] = g_param_spec_string ("crl-directory", NULL, NULL, NULL, read_flags);

  /**
   * GrpcAioTlsServerCredentials:identity: (getter get_identity) (setter set_identity)
   *
   * The certificate of the server, and its key.
   *
   * Since: 0.1
   */
  properties[PROP_IDENTITY] = g_param_spec_object ("identity", NULL, NULL, GRPC_AIO_TYPE_TLS_IDENTITY,
                                                   G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * GrpcAioTlsServerCredentials:key-log-file: (getter get_key_log_file)
   *
   * Where the keys of connections are written to, or `NULL`.
   *
   * Since: 0.1
   */
  properties[PROP_KEY_LOG_FILE] = g_param_spec_string ("key-log-file", NULL, NULL, NULL, read_flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GrpcAioTlsServerCredentials::connecting:
   * @self: the credentials
   *
   * Emitted when a client connects, to look whether the identity is still the
   * right one. What a handler gives to
   * [method@TlsServerCredentials.set_identity] is for the connections after this
   * one, which is not held up. Clients that connect at the same time are told
   * once.
   *
   * It is emitted in the main context that was the thread-default one when the
   * credentials were made. There are no signals with lists of revoked
   * certificates, a log of keys or clients that are not verified.
   *
   * Since: 0.1
   */
  signals[CONNECTING] = g_signal_new ("connecting", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                      0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
grpc_aio_tls_server_credentials_init (GrpcAioTlsServerCredentials *self)
{
  g_mutex_init (&self->lock);
  self->context = g_main_context_ref_thread_default ();
  self->ports = g_ptr_array_new_with_free_func (g_free);
  self->other_identities = g_ptr_array_new_with_free_func (g_object_unref);
}

/**
 * grpc_aio_tls_server_credentials_new:
 * @identity: the certificate of the server, and its key
 *
 * Creates credentials for TLS, which let every client in.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioTlsServerCredentials *
grpc_aio_tls_server_credentials_new (GrpcAioTlsIdentity *identity)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_IDENTITY (identity), NULL);

  return g_object_new (GRPC_AIO_TYPE_TLS_SERVER_CREDENTIALS, "identity", identity, NULL);
}

/**
 * grpc_aio_tls_server_credentials_get_identity:
 * @self: credentials
 *
 * Gets the certificate of the server, and its key.
 *
 * Returns: (transfer none): the identity
 *
 * Since: 0.1
 */
GrpcAioTlsIdentity *
grpc_aio_tls_server_credentials_get_identity (GrpcAioTlsServerCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self), NULL);

  return self->identity;
}

/**
 * grpc_aio_tls_server_credentials_set_identity:
 * @self: credentials
 * @identity: the certificate of the server, and its key
 *
 * Sets what connections show from now on, also while the server runs (gRFC A29).
 *
 * With lists of revoked certificates, a log of keys or clients that are not
 * verified only the files of an identity can change once there is a port: grpc-core
 * takes no other identity then, and to set one is a mistake of the program.
 *
 * Since: 0.1
 */
void
grpc_aio_tls_server_credentials_set_identity (GrpcAioTlsServerCredentials *self,
                                              GrpcAioTlsIdentity *identity)
{
  gboolean has_changed;

  g_return_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self));
  g_return_if_fail (GRPC_AIO_IS_TLS_IDENTITY (identity));
  g_return_if_fail (!self->is_fixed);

  g_mutex_lock (&self->lock);
  has_changed = g_set_object (&self->identity, identity);
  self->generation += has_changed;
  g_mutex_unlock (&self->lock);

  if (has_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IDENTITY]);
}

/**
 * grpc_aio_tls_server_credentials_set_other_identities:
 * @self: credentials
 * @identities: (array length=n_identities) (nullable): certificates and their keys
 * @n_identities: how many there are
 *
 * Sets what a client is shown that asks for a name which the identity's certificate
 * does not have: the first of these that has it. Who asks for another name yet, or
 * for none, is shown the identity.
 *
 * Like the identity they may be changed while the server runs, unless there are
 * lists of revoked certificates, a log of keys or clients that are not verified:
 * then grpc-core shows the identity alone, and to set others is a mistake of the
 * program once there is a port.
 *
 * Since: 0.1
 */
void
grpc_aio_tls_server_credentials_set_other_identities (GrpcAioTlsServerCredentials *self,
                                                      GrpcAioTlsIdentity **identities,
                                                      gsize n_identities)
{
  g_autoptr (GPtrArray) others = NULL;

  g_return_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self));
  g_return_if_fail (identities != NULL || n_identities == 0);
  g_return_if_fail (!self->is_fixed);

  others = g_ptr_array_new_with_free_func (g_object_unref);
  for (gsize i = 0; i < n_identities; i++)
    {
      g_return_if_fail (GRPC_AIO_IS_TLS_IDENTITY (identities[i]));
      g_ptr_array_add (others, g_object_ref (identities[i]));
    }

  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->other_identities, g_ptr_array_unref);
  self->other_identities = g_steal_pointer (&others);
  self->generation++;
  g_mutex_unlock (&self->lock);
}

/**
 * grpc_aio_tls_server_credentials_get_client_check:
 * @self: credentials
 *
 * Gets whether a client has to show a certificate.
 *
 * Returns: what is asked of clients
 *
 * Since: 0.1
 */
GrpcAioTlsClientCheck
grpc_aio_tls_server_credentials_get_client_check (GrpcAioTlsServerCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self), GRPC_AIO_TLS_CLIENT_CHECK_NONE);

  return self->client_check;
}

/**
 * grpc_aio_tls_server_credentials_get_authorities:
 * @self: credentials
 *
 * Gets who vouches for clients.
 *
 * Returns: (nullable) (transfer none): the authorities, or `NULL` for none
 *
 * Since: 0.1
 */
GrpcAioTlsAuthorities *
grpc_aio_tls_server_credentials_get_authorities (GrpcAioTlsServerCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self), NULL);

  return self->authorities;
}

static gboolean
is_verified (GrpcAioTlsClientCheck client_check)
{
  return client_check == GRPC_AIO_TLS_CLIENT_CHECK_REQUEST || client_check == GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE;
}

/**
 * grpc_aio_tls_server_credentials_set_client_check:
 * @self: credentials that no port has yet
 * @client_check: what is asked of clients
 * @authorities: (nullable): who vouches for clients, which
 *   `GRPC_AIO_TLS_CLIENT_CHECK_REQUEST` and `GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE`
 *   need; `NULL` for the others
 *
 * Sets whether a client has to show a certificate (mutual TLS). A handler finds
 * it in the [class@AuthContext] of its call.
 *
 * Since: 0.1
 */
void
grpc_aio_tls_server_credentials_set_client_check (GrpcAioTlsServerCredentials *self,
                                                  GrpcAioTlsClientCheck client_check,
                                                  GrpcAioTlsAuthorities *authorities)
{
  g_return_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self));
  g_return_if_fail ((guint) client_check <= GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE_UNVERIFIED);
  g_return_if_fail (authorities == NULL || GRPC_AIO_IS_TLS_AUTHORITIES (authorities));
  g_return_if_fail (is_verified (client_check) == (authorities != NULL));
  g_return_if_fail (self->ports->len == 0 && !self->is_fixed);

  g_mutex_lock (&self->lock);
  self->client_check = client_check;
  g_set_object (&self->authorities, authorities);
  g_mutex_unlock (&self->lock);

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CLIENT_CHECK]);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTHORITIES]);
}

/* Unlike the identity the rest stays for as long as there are ports. */
static gboolean
set_string (GrpcAioTlsServerCredentials *self,
            char **field,
            const char *value,
            guint property,
            GError **error)
{
  gboolean is_used, has_changed = FALSE;

  g_mutex_lock (&self->lock);
  is_used = self->ports->len > 0 || self->is_fixed;
  if (!is_used)
    {
      has_changed = g_strcmp0 (*field, value) != 0;
      g_free (*field);
      *field = g_strdup (value);
    }
  g_mutex_unlock (&self->lock);

  if (is_used)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("A server uses these credentials already"));
  else if (has_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[property]);

  return !is_used;
}

/**
 * grpc_aio_tls_server_credentials_get_crl_directory:
 * @self: credentials
 *
 * Gets where the lists of revoked certificates are.
 *
 * Returns: (nullable) (type filename): a path, or `NULL` for no lists
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_server_credentials_get_crl_directory (GrpcAioTlsServerCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self), NULL);

  return self->crl_directory;
}

/**
 * grpc_aio_tls_server_credentials_set_crl_directory:
 * @self: credentials that no port has yet
 * @crl_directory: (type filename) (nullable): a folder, or `NULL` for no lists
 * @error: where to put an error
 *
 * Refuses clients whose certificate was revoked, as lists in a folder say. Their
 * names are those that `openssl rehash` gives them. A certificate whose issuer
 * has no list there is accepted; a list that is out of date revokes all.
 *
 * It fails with `G_FILE_ERROR` or `G_IO_ERROR` when there is no folder, or none
 * with lists.
 *
 * Returns: whether the folder is used from now on
 *
 * Since: 0.1
 */
gboolean
grpc_aio_tls_server_credentials_set_crl_directory (GrpcAioTlsServerCredentials *self,
                                                   const char *crl_directory,
                                                   GError **error)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self), FALSE);

  if (crl_directory != NULL && !grpc_aio_tls_options_check_crl_directory (crl_directory, error))
    return FALSE;

  return set_string (self, &self->crl_directory, crl_directory, PROP_CRL_DIRECTORY, error);
}

/**
 * grpc_aio_tls_server_credentials_get_key_log_file:
 * @self: credentials
 *
 * Gets where the keys of connections are written to.
 *
 * Returns: (nullable) (type filename): a path, or `NULL` for nowhere
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_server_credentials_get_key_log_file (GrpcAioTlsServerCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self), NULL);

  return self->key_log_file;
}

/**
 * grpc_aio_tls_server_credentials_set_key_log_file:
 * @self: credentials that no port has yet
 * @key_log_file: (type filename) (nullable): a file, or `NULL` for nowhere
 * @error: where to put an error
 *
 * Has the keys of connections written to a file, in the form that Wireshark reads
 * (gRFC A43, `SSLKEYLOGFILE`). Whoever has the file can read what is sent: this
 * is for finding faults, and never for daily use.
 *
 * It fails with `G_IO_ERROR` when the file cannot be written.
 *
 * Returns: whether the file is used from now on
 *
 * Since: 0.1
 */
gboolean
grpc_aio_tls_server_credentials_set_key_log_file (GrpcAioTlsServerCredentials *self,
                                                  const char *key_log_file,
                                                  GError **error)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_SERVER_CREDENTIALS (self), FALSE);

  if (key_log_file != NULL && !grpc_aio_tls_options_check_key_log_file (key_log_file, error))
    return FALSE;

  return set_string (self, &self->key_log_file, key_log_file, PROP_KEY_LOG_FILE, error);
}
