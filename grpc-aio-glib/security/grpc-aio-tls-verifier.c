/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Checks certificates after the handshake, before anything else is sent: here it
 * is known what is wrong with them, and the program can be asked. */

#include "security/grpc-aio-tls-verifier-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <grpc/support/alloc.h>
#include <grpc/support/string_util.h>

#include "security/grpc-aio-tls-authorities-private.h"
#include "security/grpc-aio-tls-verification-private.h"
#include "security/grpc-aio-x509-private.h"

/* How many servers' intermediate certificates are kept. */
#define MAX_CHAINS 64

/* How many of a certificate's names a person wants to read. */
#define MAX_NAMES 5

typedef grpc_tls_custom_verification_check_request Request;

/* Where the program is asked. */
typedef struct
{
  gatomicrefcount refs; /* of the verifier and of questions on their way */
  GWeakRef asked;
  GrpcAioInbox *inbox;
} Home;

/* Belongs to grpc-core, which calls it from any thread. */
typedef struct
{
  grpc_tls_certificate_verifier_external external;
  grpc_tls_certificate_verifier *host_name;
  GrpcAioTlsAuthorities *authorities;
  char *crl_directory;
  gboolean is_for_clients;
  gboolean checks_certificate;
  gboolean resumes_sessions;

  Home *home; /* NULL unless the program is asked */
  guint timeout_msec;
  GCancellable *closed;

  GMutex lock; /* for all that follows */
  X509_STORE *system_store;
  GHashTable *pending; /* Request → GrpcAioTlsPending */
  GHashTable *chains;  /* certificate → those that came with it, both as PEM */
} Verifier;

static X509_STORE *
ref_store (Verifier *self)
{
  X509_STORE *store;

  if (self->authorities != NULL)
    return grpc_aio_tls_authorities_ref_store (self->authorities, self->crl_directory);

  g_mutex_lock (&self->lock);
  if (self->system_store == NULL)
    self->system_store = grpc_aio_x509_store_new (NULL, self->crl_directory);
  store = self->system_store;
  X509_STORE_up_ref (store);
  g_mutex_unlock (&self->lock);

  return store;
}

/* A session that is resumed comes without the certificates in the middle. They
 * are no secret, and worth nothing by themselves. */
static char *
dup_chain (Verifier *self,
           const Request *request)
{
  const char *certificate = request->peer_info.peer_cert;
  const char *chain = request->peer_info.peer_cert_full_chain;
  char *found;

  if (!self->resumes_sessions || certificate == NULL)
    return g_strdup (chain);

  g_mutex_lock (&self->lock);
  if (chain != NULL && *chain != '\0')
    {
      if (g_hash_table_size (self->chains) >= MAX_CHAINS)
        g_hash_table_remove_all (self->chains);
      g_hash_table_replace (self->chains, g_strdup (certificate), g_strdup (chain));
    }
  found = g_strdup (g_hash_table_lookup (self->chains, certificate));
  g_mutex_unlock (&self->lock);

  return found;
}

static void
append_names (GString *all,
              char **names,
              gsize n_names)
{
  for (gsize i = 0; i < n_names && i < MAX_NAMES; i++)
    {
      g_autofree char *name = g_strescape (names[i], NULL);

      g_string_append_printf (all, "%s“%s”", all->len > 0 ? ", " : "", name);
    }
  if (n_names > MAX_NAMES)
    g_string_append (all, ", …");
}

static char *
find_fault_of_name (Verifier *self,
                    Request *request)
{
  grpc_status_code status = GRPC_STATUS_OK;
  g_autoptr (GString) names = g_string_new (NULL);
  char *details = NULL;

  grpc_tls_certificate_verifier_verify (self->host_name, request, NULL, NULL, &status, &details);
  gpr_free (details);
  if (status == GRPC_STATUS_OK)
    return NULL;

  append_names (names, request->peer_info.san_names.dns_names, request->peer_info.san_names.dns_names_size);
  append_names (names, request->peer_info.san_names.ip_names, request->peer_info.san_names.ip_names_size);
  if (names->len == 0 && request->peer_info.common_name != NULL)
    append_names (names, (char **) &request->peer_info.common_name, 1);
  if (names->len == 0)
    return g_strdup_printf (_("The certificate is for no host at all, and so not for “%s”"), request->target_name);

  return g_strdup_printf (_("The certificate is for %s, and not for “%s”"), names->str, request->target_name);
}

static char *
find_fault (Verifier *self,
            Request *request,
            const char *chain)
{
  char *fault = NULL;

  if (self->checks_certificate)
    {
      X509_STORE *store = ref_store (self);

      fault = grpc_aio_x509_find_fault (store, request->peer_info.peer_cert, chain, !self->is_for_clients);
      X509_STORE_free (store);
    }
  if (fault == NULL && self->host_name != NULL)
    fault = find_fault_of_name (self, request);

  return fault;
}

static Home *
home_new (GObject *asked,
          GMainContext *context)
{
  Home *self = g_new0 (Home, 1);

  g_atomic_ref_count_init (&self->refs);
  g_weak_ref_init (&self->asked, asked);
  self->inbox = grpc_aio_inbox_new (context);

  return self;
}

/* With the last reference there is nothing on its way any more. */
static void
home_unref (Home *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_weak_ref_clear (&self->asked);
  grpc_aio_inbox_close (self->inbox);
  g_free (self);
}

static void
on_delivered (GrpcAioTlsVerification *verification,
              gpointer user_data)
{
  Home *home = user_data;
  g_autoptr (GObject) asked = g_weak_ref_get (&home->asked);

  if (asked != NULL)
    g_signal_emit_by_name (asked, "verify", verification);
  home_unref (home);
}

static void
on_answered (Request *request,
             gpointer user_data)
{
  Verifier *self = user_data;

  g_mutex_lock (&self->lock);
  g_hash_table_remove (self->pending, request);
  g_mutex_unlock (&self->lock);
}

static void
ask (Verifier *self,
     Request *request,
     grpc_tls_on_custom_verification_check_done_cb callback,
     void *callback_arg,
     const char *chain,
     const char *fault)
{
  g_autoptr (GrpcAioTlsPending) pending = grpc_aio_tls_pending_new (request, callback, callback_arg, self->timeout_msec,
                                                                    self->closed, on_answered, self);
  g_autoptr (GString) all = g_string_new (NULL);
  const char *certificate = request->peer_info.peer_cert;

  /* A server sees the client's own certificate apart from the others. */
  if (certificate != NULL && (self->is_for_clients || chain == NULL || *chain == '\0'))
    g_string_append (all, certificate);
  if (chain != NULL)
    g_string_append (all, chain);

  g_mutex_lock (&self->lock);
  g_hash_table_insert (self->pending, request, grpc_aio_tls_pending_ref (pending));
  g_mutex_unlock (&self->lock);

  g_atomic_ref_count_inc (&self->home->refs);
  grpc_aio_tls_pending_deliver (pending, self->home->inbox,
                                grpc_aio_tls_verification_new (pending, all->len > 0 ? all->str : NULL, fault),
                                on_delivered, self->home);
}

static int
verify (void *user_data,
        Request *request,
        grpc_tls_on_custom_verification_check_done_cb callback,
        void *callback_arg,
        grpc_status_code *sync_status,
        char **sync_error_details)
{
  Verifier *self = user_data;
  g_autofree char *chain = dup_chain (self, request);
  g_autofree char *fault = find_fault (self, request, chain);

  if (self->home != NULL)
    {
      ask (self, request, callback, callback_arg, chain, fault);
      return 0;
    }

  if (fault != NULL)
    {
      *sync_status = GRPC_STATUS_UNAUTHENTICATED;
      *sync_error_details = gpr_strdup (fault);
    }

  return 1;
}

static void
cancel (void *user_data,
        Request *request)
{
  Verifier *self = user_data;
  g_autoptr (GrpcAioTlsPending) pending = NULL;

  g_mutex_lock (&self->lock);
  pending = g_hash_table_lookup (self->pending, request);
  if (pending != NULL)
    grpc_aio_tls_pending_ref (pending);
  g_mutex_unlock (&self->lock);

  if (pending != NULL)
    grpc_aio_tls_pending_cancel (pending);
}

static void
destruct (void *user_data)
{
  Verifier *self = user_data;

  grpc_tls_certificate_verifier_release (self->host_name);
  g_clear_object (&self->authorities);
  g_free (self->crl_directory);
  g_clear_pointer (&self->home, home_unref);
  g_clear_object (&self->closed);
  X509_STORE_free (self->system_store);
  g_hash_table_unref (self->pending);
  g_hash_table_unref (self->chains);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* For one channel or port alone: grpc-core takes two verifiers for the same when
 * they are one. */
grpc_tls_certificate_verifier *
grpc_aio_tls_verifier_new (const GrpcAioTlsVerifierOptions *options)
{
  Verifier *self = g_new0 (Verifier, 1);

  self->external.user_data = self;
  self->external.verify = verify;
  self->external.cancel = cancel;
  self->external.destruct = destruct;
  if (options->checks_host_name)
    self->host_name = grpc_tls_certificate_verifier_host_name_create ();
  g_set_object (&self->authorities, options->authorities);
  self->crl_directory = g_strdup (options->crl_directory);
  self->is_for_clients = options->is_for_clients;
  self->checks_certificate = options->checks_certificate;
  self->resumes_sessions = options->resumes_sessions;
  if (options->asked != NULL)
    self->home = home_new (options->asked, options->context);
  self->timeout_msec = options->timeout_msec;
  g_set_object (&self->closed, options->closed);
  g_mutex_init (&self->lock);
  self->pending = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) grpc_aio_tls_pending_unref);
  self->chains = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);

  return grpc_tls_certificate_verifier_external_create (&self->external);
}
