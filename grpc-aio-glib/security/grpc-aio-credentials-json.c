/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-credentials-json-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <json-glib/json-glib.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#define SERVICE_ACCOUNT "service_account"
#define AUTHORIZED_USER "authorized_user"
#define EXTERNAL_ACCOUNT "external_account"

G_GNUC_PRINTF (2, 3)
static gboolean
refuse (GError **error,
        const char *format,
        ...)
{
  va_list args;

  if (error != NULL)
    {
      va_start (args, format);
      *error = g_error_new_valist (G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, format, args);
      va_end (args);
    }

  return FALSE;
}

static JsonNode *
parse (const char *json,
       GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (JsonNode) node = json_from_string (json, &problem);

  if (problem != NULL)
    refuse (error, _("The JSON of the credentials cannot be read: %s"), problem->message);
  else if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    refuse (error, _("The JSON of the credentials is not an object"));
  else
    return g_steal_pointer (&node);

  return NULL;
}

/* NULL when there is no such member, or it is not a string. */
static const char *
get_text (JsonObject *object,
          const char *name)
{
  JsonNode *node = json_object_get_member (object, name);

  if (node == NULL || !JSON_NODE_HOLDS_VALUE (node) || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;

  return json_node_get_string (node);
}

static gboolean
check_texts (JsonObject *object,
             const char *const *names,
             GError **error)
{
  for (; *names != NULL; names++)
    {
      const char *text = get_text (object, *names);

      if (text == NULL || *text == '\0')
        return refuse (error, _("The JSON of the credentials has no text “%s”"), *names);
    }

  return TRUE;
}

/* grpc-core takes what is not text for an empty one. */
static gboolean
check_optional_texts (JsonObject *object,
                      const char *const *names,
                      GError **error)
{
  for (; *names != NULL; names++)
    {
      if (json_object_has_member (object, *names) && get_text (object, *names) == NULL)
        return refuse (error, _("“%s” in the JSON of the credentials is not text"), *names);
    }

  return TRUE;
}

static gboolean
check_type (JsonObject *object,
            const char *wanted,
            GError **error)
{
  const char *type = get_text (object, "type");

  if (g_strcmp0 (type, wanted) == 0)
    return TRUE;

  return refuse (error, _("The “type” in the JSON of the credentials is “%s” instead of “%s”"),
                 type != NULL ? type : "", wanted);
}

/* grpc-core makes credentials of any text, also where it cannot sign with it. */
static gboolean
check_private_key (const char *pem,
                   GError **error)
{
  BIO *bio = BIO_new_mem_buf (pem, -1);
  EVP_PKEY *key = PEM_read_bio_PrivateKey (bio, NULL, NULL, (gpointer) "");
  gboolean is_rsa = key != NULL && EVP_PKEY_get_base_id (key) == EVP_PKEY_RSA;

  EVP_PKEY_free (key);
  BIO_free (bio);
  ERR_clear_error ();

  return is_rsa || refuse (error, _("The “private_key” in the JSON of the credentials is not an RSA key in PEM that can be read"));
}

gboolean
grpc_aio_credentials_check_url (const char *what,
                                const char *url,
                                GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  const char *scheme = uri != NULL ? g_uri_get_scheme (uri) : NULL;

  if (scheme == NULL || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0')
    return refuse (error, _("“%s” is not a URL: %s"), what, url);
  if (!g_str_equal (scheme, "https") && !g_str_equal (scheme, "http"))
    return refuse (error, _("“%s” is neither an https nor an http URL: %s"), what, url);

  return TRUE;
}

static gboolean
check_optional_url (JsonObject *object,
                    const char *name,
                    GError **error)
{
  const char *url = get_text (object, name);

  return url == NULL || *url == '\0' || grpc_aio_credentials_check_url (name, url, error);
}

static gboolean
check_service_account (JsonObject *object,
                       GError **error)
{
  static const char *const names[] = { "private_key_id", "client_id", "client_email", "private_key", NULL };

  return check_type (object, SERVICE_ACCOUNT, error) &&
         check_texts (object, names, error) &&
         check_private_key (get_text (object, "private_key"), error);
}

static gboolean
check_refresh_token (JsonObject *object,
                     GError **error)
{
  static const char *const names[] = { "client_id", "client_secret", "refresh_token", NULL };

  return check_type (object, AUTHORIZED_USER, error) && check_texts (object, names, error);
}

static gboolean
check_format (JsonObject *source,
              GError **error)
{
  static const char *const names[] = { "type", NULL };
  static const char *const fields[] = { "subject_token_field_name", NULL };
  JsonNode *node = json_object_get_member (source, "format");
  const char *type;

  if (node == NULL)
    return TRUE;
  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, _("“%s” in the JSON of the credentials is not an object"), "format");
  if (!check_texts (json_node_get_object (node), names, error))
    return FALSE;

  type = get_text (json_node_get_object (node), "type");
  if (g_str_equal (type, "json"))
    return check_texts (json_node_get_object (node), fields, error);

  return g_str_equal (type, "text") || refuse (error, _("The “format” of the tokens is “%s”: only “text” and “json” are known"), type);
}

static gboolean
check_headers (JsonObject *source,
               GError **error)
{
  JsonNode *node = json_object_get_member (source, "headers");

  if (node == NULL || JSON_NODE_HOLDS_OBJECT (node))
    return TRUE;

  return refuse (error, _("“%s” in the JSON of the credentials is not an object"), "headers");
}

static gboolean
check_aws (JsonObject *source,
           GError **error)
{
  static const char *const names[] = { "environment_id", "regional_cred_verification_url", NULL };
  const char *id = get_text (source, "environment_id");

  if (!check_texts (source, names, error))
    return FALSE;
  if (!g_str_equal (id, "aws1"))
    return refuse (error, _("The “environment_id” in the JSON of the credentials is “%s”: only “aws1” is known"), id);

  return check_optional_url (source, "region_url", error) && check_optional_url (source, "url", error) &&
         check_optional_url (source, "imdsv2_session_token_url", error);
}

static gboolean
check_source (JsonObject *object,
              GError **error)
{
  static const char *const file[] = { "file", NULL };
  static const char *const url[] = { "url", NULL };
  JsonNode *node = json_object_get_member (object, "credential_source");
  JsonObject *source;

  if (node == NULL || !JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, _("“%s” in the JSON of the credentials is not an object"), "credential_source");

  source = json_node_get_object (node);
  if (json_object_has_member (source, "environment_id"))
    return check_aws (source, error);
  if (json_object_has_member (source, "file"))
    return check_texts (source, file, error) && check_format (source, error);
  if (json_object_has_member (source, "url"))
    return check_texts (source, url, error) && check_optional_url (source, "url", error) &&
           check_headers (source, error) && check_format (source, error);

  return refuse (error, _("The “credential_source” in the JSON of the credentials has no “environment_id”, “file” or “url”"));
}

static gboolean
check_external_account (JsonObject *object,
                        GError **error)
{
  static const char *const names[] = { "audience", "subject_token_type", "token_url", NULL };
  static const char *const optional[] = {
    "service_account_impersonation_url",
    "token_info_url",
    "quota_project_id",
    "client_id",
    "client_secret",
    "workforce_pool_user_project",
    NULL,
  };

  return check_type (object, EXTERNAL_ACCOUNT, error) &&
         check_texts (object, names, error) &&
         check_optional_texts (object, optional, error) &&
         check_optional_url (object, "token_url", error) &&
         check_optional_url (object, "service_account_impersonation_url", error) &&
         check_source (object, error);
}

gboolean
grpc_aio_credentials_json_check_service_account (const char *json,
                                                 GError **error)
{
  g_autoptr (JsonNode) node = parse (json, error);

  return node != NULL && check_service_account (json_node_get_object (node), error);
}

gboolean
grpc_aio_credentials_json_check_refresh_token (const char *json,
                                               GError **error)
{
  g_autoptr (JsonNode) node = parse (json, error);

  return node != NULL && check_refresh_token (json_node_get_object (node), error);
}

gboolean
grpc_aio_credentials_json_check_external_account (const char *json,
                                                  GError **error)
{
  g_autoptr (JsonNode) node = parse (json, error);

  return node != NULL && check_external_account (json_node_get_object (node), error);
}

gboolean
grpc_aio_credentials_json_check_any (const char *json,
                                     GError **error)
{
  g_autoptr (JsonNode) node = parse (json, error);
  const char *type;

  if (node == NULL)
    return FALSE;

  type = get_text (json_node_get_object (node), "type");
  if (g_strcmp0 (type, SERVICE_ACCOUNT) == 0)
    return check_service_account (json_node_get_object (node), error);
  if (g_strcmp0 (type, AUTHORIZED_USER) == 0)
    return check_refresh_token (json_node_get_object (node), error);
  if (g_strcmp0 (type, EXTERNAL_ACCOUNT) == 0)
    return check_external_account (json_node_get_object (node), error);

  return refuse (error, _("The “type” in the JSON of the credentials is “%s”: only “%s”, “%s” and “%s” are known"),
                 type != NULL ? type : "", SERVICE_ACCOUNT, AUTHORIZED_USER, EXTERNAL_ACCOUNT);
}
