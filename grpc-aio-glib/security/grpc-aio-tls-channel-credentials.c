/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <grpc-aio-glib/grpc-aio-tls-channel-credentials.h>

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-enums.h>

#include "security/grpc-aio-channel-credentials-private.h"
#include "security/grpc-aio-tls-options-private.h"
#include "security/grpc-aio-tls-verification-private.h"
#include "security/grpc-aio-tls-verifier-private.h"

/**
 * GrpcAioTlsChannelCredentials:
 *
 * Credentials for TLS.
 *
 * As they are made, the server has to show a certificate for the channel's host
 * that an authority of the system vouches for. What a server may get wrong, and
 * why a connection was not made, is in the error of the calls.
 *
 * A channel takes over the properties when it is made. Later changes are for
 * later channels.
 *
 * ```c
 * g_autoptr (GrpcAioTlsChannelCredentials) tls = grpc_aio_tls_channel_credentials_new ();
 * g_autoptr (GrpcAioTlsAuthorities) authorities = NULL;
 * g_autoptr (GError) local_error = NULL;
 *
 * authorities = grpc_aio_tls_authorities_new_from_file ("/etc/example/ca.pem", &local_error);
 * if (authorities == NULL)
 *   g_error ("%s", local_error->message);
 * grpc_aio_tls_channel_credentials_set_authorities (tls, authorities);
 * ```
 *
 * Since: 0.1
 */
struct _GrpcAioTlsChannelCredentials
{
  GrpcAioChannelCredentials parent_instance;

  GMutex lock; /* for all that follows */
  GrpcAioTlsAuthorities *authorities;
  GrpcAioTlsIdentity *identity;
  GrpcAioTlsServerCheck server_check;
  char *crl_directory;
  char *key_log_file;
  guint session_cache_size;
  grpc_ssl_session_cache *session_cache;
  grpc_channel_credentials *shared; /* of channels with these properties, or NULL */
  GPtrArray *retired;               /* shared ones that a channel may be made with now */
};

/* How long grpc-core waits for a handshake. */
#define DEFAULT_TIMEOUT_MSEC (20 * 1000)
#define MIN_TIMEOUT_MSEC 100

struct _GrpcAioTlsChannelCredentialsClass
{
  GrpcAioChannelCredentialsClass parent_class;
};

enum
{
  PROP_AUTHORITIES = 1,
  PROP_CRL_DIRECTORY,
  PROP_IDENTITY,
  PROP_KEY_LOG_FILE,
  PROP_SERVER_CHECK,
  PROP_SESSION_CACHE_SIZE,
  N_PROPS,
};

enum
{
  VERIFY,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GrpcAioTlsChannelCredentials, grpc_aio_tls_channel_credentials, GRPC_AIO_TYPE_CHANNEL_CREDENTIALS)

/* With the lock. */
static void
retire_shared (GrpcAioTlsChannelCredentials *self)
{
  if (self->shared != NULL)
    g_ptr_array_add (self->retired, g_steal_pointer (&self->shared));
}

/* With the lock. */
static grpc_channel_credentials *
create (GrpcAioTlsChannelCredentials *self,
        guint timeout_msec,
        GCancellable *closed)
{
  const gboolean is_asking = closed != NULL;
  grpc_tls_credentials_options *options = grpc_tls_credentials_options_create ();
  const gboolean checks_certificate = self->server_check != GRPC_AIO_TLS_SERVER_CHECK_NONE_INSECURE;
  const gboolean checks_host_name = self->server_check == GRPC_AIO_TLS_SERVER_CHECK_FULL;
  const GrpcAioTlsVerifierOptions verifier_options = {
    .authorities = self->authorities,
    .crl_directory = self->crl_directory,
    .checks_certificate = checks_certificate,
    .checks_host_name = checks_host_name,
    .resumes_sessions = self->session_cache != NULL,
    .asked = is_asking ? G_OBJECT (self) : NULL,
    .context = is_asking ? g_object_get_data (G_OBJECT (closed), "grpc-aio-context") : NULL,
    .timeout_msec = timeout_msec,
    .closed = closed,
  };
  grpc_tls_certificate_verifier *verifier = grpc_aio_tls_verifier_new (&verifier_options);

  grpc_tls_credentials_options_set_certificate_verifier (options, verifier);
  grpc_tls_certificate_verifier_release (verifier);

  /* The verifier knows what is wrong, but comes after the handshake. That is early
   * enough, unless the handshake already tells the server who the client is. */
  grpc_tls_credentials_options_set_verify_server_cert (options, self->identity != NULL && checks_certificate && !is_asking);
  grpc_tls_credentials_options_set_check_call_host (options, checks_host_name && !is_asking);
  grpc_aio_tls_options_provide (options, self->identity, self->authorities);
  if (self->crl_directory != NULL)
    grpc_tls_credentials_options_set_crl_directory (options, self->crl_directory);
  if (self->key_log_file != NULL)
    grpc_tls_credentials_options_set_tls_session_key_log_file_path (options, self->key_log_file);

  return grpc_tls_credentials_create (options);
}

/* Channels share connections if they have the same core. Those that ask do not: a
 * certificate that one accepts the other may deny. */
static grpc_channel_credentials *
grpc_aio_tls_channel_credentials_create_core (GrpcAioChannelCredentials *credentials,
                                              GrpcAioCoreArgs *args)
{
  GrpcAioTlsChannelCredentials *self = GRPC_AIO_TLS_CHANNEL_CREDENTIALS (credentials);
  gboolean is_asking = g_signal_has_handler_pending (self, signals[VERIFY], 0, TRUE);
  grpc_channel_credentials *core;

  if (is_asking)
    grpc_aio_core_args_set_int (args, GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);

  g_mutex_lock (&self->lock);
  if (self->session_cache != NULL)
    {
      grpc_arg arg = grpc_ssl_session_cache_create_channel_arg (self->session_cache);

      grpc_aio_core_args_set_pointer (args, arg.key, arg.value.pointer.p, arg.value.pointer.vtable);
    }
  if (is_asking)
    {
      int timeout_msec = grpc_aio_core_args_get_int (args, GRPC_ARG_MIN_RECONNECT_BACKOFF_MS);

      /* Further core channels of a channel may be made in any thread. */
      if (args->closed == NULL)
        {
          args->closed = g_cancellable_new ();
          g_object_set_data_full (G_OBJECT (args->closed), "grpc-aio-context",
                                  g_main_context_ref_thread_default (), (GDestroyNotify) g_main_context_unref);
        }
      core = create (self, timeout_msec > 0 ? MAX (timeout_msec, MIN_TIMEOUT_MSEC) : DEFAULT_TIMEOUT_MSEC, args->closed);
    }
  else
    {
      if (self->shared == NULL)
        self->shared = create (self, 0, NULL);
      core = self->shared;
    }
  g_mutex_unlock (&self->lock);

  return core;
}

static void
grpc_aio_tls_channel_credentials_release_core (GrpcAioChannelCredentials *credentials,
                                               grpc_channel_credentials *core)
{
  GrpcAioTlsChannelCredentials *self = GRPC_AIO_TLS_CHANNEL_CREDENTIALS (credentials);
  gboolean is_shared;

  g_mutex_lock (&self->lock);
  is_shared = core == self->shared || g_ptr_array_find (self->retired, core, NULL);
  g_mutex_unlock (&self->lock);

  if (!is_shared)
    grpc_channel_credentials_release (core);
}

static void
grpc_aio_tls_channel_credentials_finalize (GObject *object)
{
  GrpcAioTlsChannelCredentials *self = GRPC_AIO_TLS_CHANNEL_CREDENTIALS (object);

  retire_shared (self);
  g_ptr_array_unref (self->retired);
  g_clear_object (&self->authorities);
  g_clear_object (&self->identity);
  g_clear_pointer (&self->session_cache, grpc_ssl_session_cache_destroy);
  g_free (self->crl_directory);
  g_free (self->key_log_file);
  g_mutex_clear (&self->lock);

  G_OBJECT_CLASS (grpc_aio_tls_channel_credentials_parent_class)->finalize (object);
}

static void
grpc_aio_tls_channel_credentials_get_property (GObject *object,
                                               guint id,
                                               GValue *value,
                                               GParamSpec *pspec)
{
  GrpcAioTlsChannelCredentials *self = GRPC_AIO_TLS_CHANNEL_CREDENTIALS (object);

  switch (id)
    {
    case PROP_AUTHORITIES:
      g_value_set_object (value, self->authorities);
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

    case PROP_SERVER_CHECK:
      g_value_set_enum (value, self->server_check);
      break;

    case PROP_SESSION_CACHE_SIZE:
      g_value_set_uint (value, self->session_cache_size);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_tls_channel_credentials_set_property (GObject *object,
                                               guint id,
                                               const GValue *value,
                                               GParamSpec *pspec)
{
  GrpcAioTlsChannelCredentials *self = GRPC_AIO_TLS_CHANNEL_CREDENTIALS (object);

  switch (id)
    {
    case PROP_AUTHORITIES:
      grpc_aio_tls_channel_credentials_set_authorities (self, g_value_get_object (value));
      break;

    case PROP_IDENTITY:
      grpc_aio_tls_channel_credentials_set_identity (self, g_value_get_object (value));
      break;

    case PROP_SERVER_CHECK:
      grpc_aio_tls_channel_credentials_set_server_check (self, g_value_get_enum (value));
      break;

    case PROP_SESSION_CACHE_SIZE:
      grpc_aio_tls_channel_credentials_set_session_cache_size (self, g_value_get_uint (value));
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_tls_channel_credentials_class_init (GrpcAioTlsChannelCredentialsClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GrpcAioChannelCredentialsClass *credentials_class = (GrpcAioChannelCredentialsClass *) klass;
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;
  const GParamFlags read_flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->finalize = grpc_aio_tls_channel_credentials_finalize;
  object_class->get_property = grpc_aio_tls_channel_credentials_get_property;
  object_class->set_property = grpc_aio_tls_channel_credentials_set_property;
  credentials_class->create_core = grpc_aio_tls_channel_credentials_create_core;
  credentials_class->release_core = grpc_aio_tls_channel_credentials_release_core;

  /**
   * GrpcAioTlsChannelCredentials:authorities: (getter get_authorities) (setter set_authorities)
   *
   * Who vouches for servers; `NULL` for the authorities of the system.
   *
   * Since: 0.1
   */
  properties[PROP_AUTHORITIES] = g_param_spec_object ("authorities", NULL, NULL, GRPC_AIO_TYPE_TLS_AUTHORITIES, flags);

  /**
   * GrpcAioTlsChannelCredentials:crl-directory: (getter get_crl_directory)
   *
   * Where the lists of revoked certificates are, or `NULL` for none.
   *
   * Since: 0.1
   */
  properties[PROP_CRL_DIRECTORY] = g_param_spec_string ("crl-directory", NULL, NULL, NULL, read_flags);

  /**
   * GrpcAioTlsChannelCredentials:identity: (getter get_identity) (setter set_identity)
   *
   * What is shown to a server that asks who the client is, or `NULL`.
   *
   * Since: 0.1
   */
  properties[PROP_IDENTITY] = g_param_spec_object ("identity", NULL, NULL, GRPC_AIO_TYPE_TLS_IDENTITY, flags);

  /**
   * GrpcAioTlsChannelCredentials:key-log-file: (getter get_key_log_file)
   *
   * Where the keys of connections are written to, or `NULL`.
   *
   * Since: 0.1
   */
  properties[PROP_KEY_LOG_FILE] = g_param_spec_string ("key-log-file", NULL, NULL, NULL, read_flags);

  /**
   * GrpcAioTlsChannelCredentials:server-check: (getter get_server_check) (setter set_server_check)
   *
   * What is checked of a server's certificate.
   *
   * Since: 0.1
   */
  properties[PROP_SERVER_CHECK] = g_param_spec_enum ("server-check", NULL, NULL, GRPC_AIO_TYPE_TLS_SERVER_CHECK,
                                                     GRPC_AIO_TLS_SERVER_CHECK_FULL, flags);

  /**
   * GrpcAioTlsChannelCredentials:session-cache-size: (getter get_session_cache_size) (setter set_session_cache_size)
   *
   * How many servers are known again, so that connecting anew is cheaper; 0 for
   * none.
   *
   * Since: 0.1
   */
  properties[PROP_SESSION_CACHE_SIZE] = g_param_spec_uint ("session-cache-size", NULL, NULL, 0, G_MAXINT, 0, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GrpcAioTlsChannelCredentials::verify:
   * @self: the credentials
   * @verification: what has to be answered
   *
   * Emitted when a server shows its certificate, if there is a handler when the
   * channel is made. Then the program decides, and not the library, which tells
   * what it found in [method@TlsVerification.get_fault].
   *
   * A handler answers at once, or keeps @verification and answers later, such as
   * after asking the user. Nothing is sent to the server before, except for the
   * certificate of [property@TlsChannelCredentials:identity].
   *
   * It is emitted in the thread-default main context of the thread that made the
   * channel.
   *
   * Since: 0.1
   */
  signals[VERIFY] = g_signal_new ("verify", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                  0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 1, GRPC_AIO_TYPE_TLS_VERIFICATION);
}

static void
grpc_aio_tls_channel_credentials_init (GrpcAioTlsChannelCredentials *self)
{
  g_mutex_init (&self->lock);
  self->retired = g_ptr_array_new_with_free_func ((GDestroyNotify) grpc_channel_credentials_release);
}

/**
 * grpc_aio_tls_channel_credentials_new:
 *
 * Creates credentials for TLS.
 *
 * Returns: (transfer full): new credentials
 *
 * Since: 0.1
 */
GrpcAioTlsChannelCredentials *
grpc_aio_tls_channel_credentials_new (void)
{
  return g_object_new (GRPC_AIO_TYPE_TLS_CHANNEL_CREDENTIALS, NULL);
}

/**
 * grpc_aio_tls_channel_credentials_get_authorities:
 * @self: credentials
 *
 * Gets who vouches for servers.
 *
 * Returns: (nullable) (transfer none): the authorities, or `NULL` for those of
 *   the system
 *
 * Since: 0.1
 */
GrpcAioTlsAuthorities *
grpc_aio_tls_channel_credentials_get_authorities (GrpcAioTlsChannelCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self), NULL);

  return self->authorities;
}

/* TRUE when there is something to notify. */
static gboolean
set_object (GrpcAioTlsChannelCredentials *self,
            gpointer field,
            gpointer value)
{
  gboolean has_changed;

  g_mutex_lock (&self->lock);
  has_changed = g_set_object ((GObject **) field, value);
  if (has_changed)
    retire_shared (self);
  g_mutex_unlock (&self->lock);

  return has_changed;
}

static void
set_string (GrpcAioTlsChannelCredentials *self,
            char **field,
            const char *value,
            guint property)
{
  gboolean has_changed;

  g_mutex_lock (&self->lock);
  has_changed = g_strcmp0 (*field, value) != 0;
  if (has_changed)
    {
      g_free (*field);
      *field = g_strdup (value);
      retire_shared (self);
    }
  g_mutex_unlock (&self->lock);

  if (has_changed)
    g_object_notify_by_pspec (G_OBJECT (self), properties[property]);
}

/**
 * grpc_aio_tls_channel_credentials_set_authorities:
 * @self: credentials
 * @authorities: (nullable): the authorities, or `NULL` for those of the system
 *
 * Sets who vouches for servers. No others are trusted.
 *
 * Since: 0.1
 */
void
grpc_aio_tls_channel_credentials_set_authorities (GrpcAioTlsChannelCredentials *self,
                                                  GrpcAioTlsAuthorities *authorities)
{
  g_return_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self));
  g_return_if_fail (authorities == NULL || GRPC_AIO_IS_TLS_AUTHORITIES (authorities));

  if (set_object (self, &self->authorities, authorities))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_AUTHORITIES]);
}

/**
 * grpc_aio_tls_channel_credentials_get_identity:
 * @self: credentials
 *
 * Gets what is shown to a server that asks who the client is.
 *
 * Returns: (nullable) (transfer none): the identity, or `NULL` for none
 *
 * Since: 0.1
 */
GrpcAioTlsIdentity *
grpc_aio_tls_channel_credentials_get_identity (GrpcAioTlsChannelCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self), NULL);

  return self->identity;
}

/**
 * grpc_aio_tls_channel_credentials_set_identity:
 * @self: credentials
 * @identity: (nullable): the identity, or `NULL` for none
 *
 * Sets what is shown to a server that asks who the client is (mutual TLS).
 *
 * With an identity the server's certificate is checked within the handshake, so
 * that nobody else learns of it; the error of a call then cannot say what exactly
 * is wrong with the server's certificate.
 *
 * Files of the identity are followed for as long as a channel lives if the
 * authorities come from a file, too, or from the system.
 *
 * Since: 0.1
 */
void
grpc_aio_tls_channel_credentials_set_identity (GrpcAioTlsChannelCredentials *self,
                                               GrpcAioTlsIdentity *identity)
{
  g_return_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self));
  g_return_if_fail (identity == NULL || GRPC_AIO_IS_TLS_IDENTITY (identity));

  if (set_object (self, &self->identity, identity))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_IDENTITY]);
}

/**
 * grpc_aio_tls_channel_credentials_get_server_check:
 * @self: credentials
 *
 * Gets what is checked of a server's certificate.
 *
 * Returns: the checks
 *
 * Since: 0.1
 */
GrpcAioTlsServerCheck
grpc_aio_tls_channel_credentials_get_server_check (GrpcAioTlsChannelCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self), GRPC_AIO_TLS_SERVER_CHECK_FULL);

  return self->server_check;
}

/**
 * grpc_aio_tls_channel_credentials_set_server_check:
 * @self: credentials
 * @server_check: the checks
 *
 * Sets what is checked of a server's certificate. Less than all of it lets others
 * pose as the server.
 *
 * Since: 0.1
 */
void
grpc_aio_tls_channel_credentials_set_server_check (GrpcAioTlsChannelCredentials *self,
                                                   GrpcAioTlsServerCheck server_check)
{
  g_return_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self));
  g_return_if_fail ((guint) server_check <= GRPC_AIO_TLS_SERVER_CHECK_NONE_INSECURE);

  if (server_check == self->server_check)
    return;

  g_mutex_lock (&self->lock);
  self->server_check = server_check;
  retire_shared (self);
  g_mutex_unlock (&self->lock);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SERVER_CHECK]);
}

/**
 * grpc_aio_tls_channel_credentials_get_session_cache_size:
 * @self: credentials
 *
 * Gets how many servers are known again.
 *
 * Returns: a number of servers, or 0
 *
 * Since: 0.1
 */
guint
grpc_aio_tls_channel_credentials_get_session_cache_size (GrpcAioTlsChannelCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self), 0);

  return self->session_cache_size;
}

/**
 * grpc_aio_tls_channel_credentials_set_session_cache_size:
 * @self: credentials
 * @session_cache_size: a number of servers, or 0
 *
 * Sets how many servers are known again, by the tickets that they gave
 * ([RFC 8446](https://www.rfc-editor.org/rfc/rfc8446), 2.2). All channels with
 * these credentials share them. Setting it anew forgets all.
 *
 * Since: 0.1
 */
void
grpc_aio_tls_channel_credentials_set_session_cache_size (GrpcAioTlsChannelCredentials *self,
                                                         guint session_cache_size)
{
  g_return_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self));
  g_return_if_fail (session_cache_size <= G_MAXINT);

  g_mutex_lock (&self->lock);
  g_clear_pointer (&self->session_cache, grpc_ssl_session_cache_destroy);
  if (session_cache_size > 0)
    self->session_cache = grpc_ssl_session_cache_create_lru (session_cache_size);
  self->session_cache_size = session_cache_size;
  retire_shared (self);
  g_mutex_unlock (&self->lock);

  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SESSION_CACHE_SIZE]);
}

/**
 * grpc_aio_tls_channel_credentials_get_crl_directory:
 * @self: credentials
 *
 * Gets where the lists of revoked certificates are.
 *
 * Returns: (nullable) (type filename): a path, or `NULL` for no lists
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_channel_credentials_get_crl_directory (GrpcAioTlsChannelCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self), NULL);

  return self->crl_directory;
}

/**
 * grpc_aio_tls_channel_credentials_set_crl_directory:
 * @self: credentials
 * @crl_directory: (type filename) (nullable): a folder, or `NULL` for no lists
 * @error: where to put an error
 *
 * Refuses certificates that their issuers have revoked, as lists in a folder say.
 * Their names are those that `openssl rehash` gives them. A certificate whose
 * issuer has no list there is accepted; a list that is out of date revokes all.
 *
 * It fails with `G_FILE_ERROR` or `G_IO_ERROR` when there is no folder, or none
 * with lists.
 *
 * Returns: whether the folder is used from now on
 *
 * Since: 0.1
 */
gboolean
grpc_aio_tls_channel_credentials_set_crl_directory (GrpcAioTlsChannelCredentials *self,
                                                    const char *crl_directory,
                                                    GError **error)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self), FALSE);

  if (crl_directory != NULL && !grpc_aio_tls_options_check_crl_directory (crl_directory, error))
    return FALSE;

  set_string (self, &self->crl_directory, crl_directory, PROP_CRL_DIRECTORY);

  return TRUE;
}

/**
 * grpc_aio_tls_channel_credentials_get_key_log_file:
 * @self: credentials
 *
 * Gets where the keys of connections are written to.
 *
 * Returns: (nullable) (type filename): a path, or `NULL` for nowhere
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_channel_credentials_get_key_log_file (GrpcAioTlsChannelCredentials *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self), NULL);

  return self->key_log_file;
}

/**
 * grpc_aio_tls_channel_credentials_set_key_log_file:
 * @self: credentials
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
grpc_aio_tls_channel_credentials_set_key_log_file (GrpcAioTlsChannelCredentials *self,
                                                   const char *key_log_file,
                                                   GError **error)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (self), FALSE);

  if (key_log_file != NULL && !grpc_aio_tls_options_check_key_log_file (key_log_file, error))
    return FALSE;

  set_string (self, &self->key_log_file, key_log_file, PROP_KEY_LOG_FILE);

  return TRUE;
}
