/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* grpc-core takes PEM without a word and says of a certificate only that it was
 * refused. The same library that grpc-core uses, asked the same questions, tells
 * what is wrong with them. */

#include "security/grpc-aio-x509-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

/* As grpc-core has it. */
#define MAX_CHAIN_LENGTH 100

typedef STACK_OF (X509) Certificates;

static void
certificates_free (Certificates *certificates)
{
  sk_X509_pop_free (certificates, X509_free);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BIO, BIO_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Certificates, certificates_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (EVP_PKEY, EVP_PKEY_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SSL_CTX, SSL_CTX_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509, X509_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (X509_STORE_CTX, X509_STORE_CTX_free)

static const char *
get_reason (void)
{
  const char *reason = ERR_reason_error_string (ERR_peek_last_error ());

  return reason != NULL ? reason : "";
}

static gboolean
is_at_end (void)
{
  unsigned long code = ERR_peek_last_error ();

  return ERR_GET_LIB (code) == ERR_LIB_PEM && ERR_GET_REASON (code) == PEM_R_NO_START_LINE;
}

static Certificates *
read_certificates (const char *pem,
                   const char *name,
                   GError **error)
{
  g_autoptr (BIO) bio = BIO_new_mem_buf (pem, -1);
  g_autoptr (Certificates) certificates = sk_X509_new_null ();
  X509 *certificate;

  ERR_clear_error ();
  while ((certificate = PEM_read_bio_X509 (bio, NULL, NULL, NULL)) != NULL)
    sk_X509_push (certificates, certificate);

  if (!is_at_end ())
    {
      g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                   _("Certificate %d in %s cannot be read: %s"), sk_X509_num (certificates) + 1, name, get_reason ());
      ERR_clear_error ();
      return NULL;
    }

  ERR_clear_error ();
  if (sk_X509_num (certificates) == 0)
    {
      g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                   _("There is no certificate in %s: it must be PEM, with “-----BEGIN CERTIFICATE-----”"), name);
      return NULL;
    }

  return g_steal_pointer (&certificates);
}

static EVP_PKEY *
read_private_key (const char *pem,
                  const char *name,
                  GError **error)
{
  g_autoptr (BIO) bio = BIO_new_mem_buf (pem, -1);
  EVP_PKEY *key;

  ERR_clear_error ();
  key = PEM_read_bio_PrivateKey (bio, NULL, NULL, (gpointer) "");
  if (key != NULL)
    return key;

  if (strstr (pem, "ENCRYPTED") != NULL)
    g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                 _("The private key in %s is encrypted; it must be there without a password"), name);
  else if (strstr (pem, "PRIVATE KEY-----") == NULL)
    g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                 _("There is no private key in %s: it must be PEM, with “-----BEGIN PRIVATE KEY-----”"), name);
  else
    g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                 _("The private key in %s cannot be read: %s"), name, get_reason ());
  ERR_clear_error ();

  return NULL;
}

gboolean
grpc_aio_x509_check_certificates (const char *pem,
                                  const char *name,
                                  GError **error)
{
  g_autoptr (Certificates) certificates = read_certificates (pem, name, error);

  return certificates != NULL;
}

gboolean
grpc_aio_x509_check_identity (const char *certificate_chain,
                              const char *chain_name,
                              const char *private_key,
                              const char *key_name,
                              GError **error)
{
  g_autoptr (Certificates) certificates = read_certificates (certificate_chain, chain_name, error);
  g_autoptr (EVP_PKEY) key = NULL;
  g_autoptr (SSL_CTX) context = NULL;
  X509 *first;

  if (certificates == NULL)
    return FALSE;
  key = read_private_key (private_key, key_name, error);
  if (key == NULL)
    return FALSE;

  first = sk_X509_value (certificates, 0);
  if (X509_check_private_key (first, key) != 1)
    {
      ERR_clear_error ();
      g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                   _("The private key in %s does not belong to the first certificate in %s"), key_name, chain_name);
      return FALSE;
    }

  /* Such as a key that the system's policy finds too short. */
  context = SSL_CTX_new (TLS_method ());
  if (SSL_CTX_use_certificate (context, first) != 1 || SSL_CTX_use_PrivateKey (context, key) != 1)
    {
      g_set_error (error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE,
                   _("The certificate in %s cannot be used: %s"), chain_name, get_reason ());
      ERR_clear_error ();
      return FALSE;
    }

  return TRUE;
}

/* A certificate without a list is let through, as grpc-core does. */
static int
on_verified (int is_ok,
             X509_STORE_CTX *context)
{
  return X509_STORE_CTX_get_error (context) == X509_V_ERR_UNABLE_TO_GET_CRL ? 1 : is_ok;
}

/* With @roots, which were checked before, or those of the system. */
X509_STORE *
grpc_aio_x509_store_new (const char *roots,
                         const char *crl_directory)
{
  X509_STORE *self = X509_STORE_new ();
  const char *default_file = g_getenv ("GRPC_DEFAULT_SSL_ROOTS_FILE_PATH");
  X509_VERIFY_PARAM *parameters = X509_STORE_get0_param (self);
  g_autoptr (SSL_CTX) policy = SSL_CTX_new (TLS_method ());

  if (roots != NULL)
    {
      g_autoptr (Certificates) certificates = read_certificates (roots, "", NULL);

      for (int i = 0; certificates != NULL && i < sk_X509_num (certificates); i++)
        X509_STORE_add_cert (self, sk_X509_value (certificates, i));
    }
  else if (default_file == NULL || X509_STORE_load_file (self, default_file) != 1)
    {
      X509_STORE_set_default_paths (self);
    }

  X509_VERIFY_PARAM_set_flags (parameters, X509_V_FLAG_PARTIAL_CHAIN | X509_V_FLAG_TRUSTED_FIRST);
  X509_VERIFY_PARAM_set_depth (parameters, MAX_CHAIN_LENGTH);
  X509_VERIFY_PARAM_set_auth_level (parameters, SSL_CTX_get_security_level (policy));

  if (crl_directory != NULL)
    {
      X509_STORE_load_path (self, crl_directory);
      X509_VERIFY_PARAM_set_flags (parameters, X509_V_FLAG_CRL_CHECK | X509_V_FLAG_CRL_CHECK_ALL);
      X509_STORE_set_verify_cb (self, on_verified);
    }
  ERR_clear_error ();

  return self;
}

/* What identifies somebody to a person. The peer wrote it: nothing in it controls
 * a terminal. */
static char *
dup_name (X509_NAME *name)
{
  const unsigned long flags = (XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) | ASN1_STRFLGS_UTF8_CONVERT;
  g_autoptr (BIO) bio = BIO_new (BIO_s_mem ());
  g_autofree char *text = NULL;
  int at = X509_NAME_get_index_by_NID (name, NID_commonName, -1);
  char *data;
  long length;

  if (at >= 0)
    ASN1_STRING_print_ex (bio, X509_NAME_ENTRY_get_data (X509_NAME_get_entry (name, at)), flags & 0xffff);
  else
    X509_NAME_print_ex (bio, name, 0, flags);

  length = BIO_get_mem_data (bio, &data);
  text = g_utf8_make_valid (data, MIN (length, 200));

  return g_steal_pointer (&text);
}

static char *
dup_time (const ASN1_TIME *time)
{
  g_autoptr (GDateTime) date = NULL;
  struct tm tm;

  if (ASN1_TIME_to_tm (time, &tm) != 1)
    return g_strdup ("?");
  date = g_date_time_new_utc (tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);

  return date != NULL ? g_date_time_format (date, "%F %T UTC") : g_strdup ("?");
}

static char *
explain (X509_STORE_CTX *context,
         X509 *leaf)
{
  int code = X509_STORE_CTX_get_error (context);
  X509 *current = X509_STORE_CTX_get_current_cert (context);
  g_autofree char *leaf_name = dup_name (X509_get_subject_name (leaf));
  g_autofree char *subject = NULL;
  g_autofree char *issuer = NULL;
  g_autofree char *time = NULL;

  if (current == NULL)
    current = leaf;
  subject = dup_name (X509_get_subject_name (current));
  issuer = dup_name (X509_get_issuer_name (current));

  switch (code)
    {
    case X509_V_ERR_CERT_HAS_EXPIRED:
      time = dup_time (X509_get0_notAfter (current));
      return g_strdup_printf (_("The certificate of “%s” expired on %s"), subject, time);

    case X509_V_ERR_CERT_NOT_YET_VALID:
      time = dup_time (X509_get0_notBefore (current));
      return g_strdup_printf (_("The certificate of “%s” is not valid before %s; is the clock right?"), subject, time);

    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return g_strdup_printf (_("The certificate of “%s” is signed by itself, and not one of those that are trusted"), subject);

    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
      return g_strdup_printf (_("The certificate of “%s” is signed by “%s”, which is not trusted"), leaf_name, subject);

    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_CERT_SIGNATURE_FAILURE:
      return g_strdup_printf (_("The certificate of “%s” is signed by “%s”, which is not trusted"), subject, issuer);

    case X509_V_ERR_CERT_REVOKED:
      return g_strdup_printf (_("The certificate of “%s” was revoked by “%s”"), subject, issuer);

    case X509_V_ERR_CRL_HAS_EXPIRED:
      return g_strdup_printf (_("The list of certificates that “%s” revoked is out of date"), issuer);

    case X509_V_ERR_INVALID_PURPOSE:
      return g_strdup_printf (_("The certificate of “%s” is made for another purpose"), subject);

    default:
      return g_strdup_printf (_("The certificate of “%s” is not accepted: %s"), subject, X509_verify_cert_error_string (code));
    }
}

char *
grpc_aio_x509_find_fault (X509_STORE *roots,
                          const char *certificate,
                          const char *chain,
                          gboolean is_server)
{
  g_autoptr (X509_STORE_CTX) context = X509_STORE_CTX_new ();
  g_autoptr (Certificates) leaf = NULL;
  g_autoptr (Certificates) intermediates = NULL;
  g_autoptr (GError) error = NULL;
  X509 *first;

  if (certificate != NULL)
    leaf = read_certificates (certificate, _("what was sent"), &error);
  else
    g_set_error_literal (&error, G_TLS_ERROR, G_TLS_ERROR_BAD_CERTIFICATE, _("No certificate was sent"));
  if (leaf == NULL)
    return g_strdup (error->message);
  if (chain != NULL && *chain != '\0')
    intermediates = read_certificates (chain, "", NULL);

  first = sk_X509_value (leaf, 0);
  if (X509_STORE_CTX_init (context, roots, first, intermediates) != 1 ||
      X509_STORE_CTX_set_default (context, is_server ? "ssl_server" : "ssl_client") != 1)
    {
      ERR_clear_error ();
      return g_strdup (_("The certificate cannot be checked"));
    }

  /* An error, too, is less than 1. */
  if (X509_verify_cert (context) == 1)
    return NULL;

  ERR_clear_error ();

  return explain (context, first);
}
