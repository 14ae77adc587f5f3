/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Call credentials that get a token, or make one, by themselves. */

#include <glib/gi18n-lib.h>
#include <grpc/support/time.h>

#include "security/grpc-aio-call-credentials-private.h"
#include "security/grpc-aio-credentials-json-private.h"
#include "security/grpc-aio-sts-options-private.h"

/* What grpc-core refuses though our checks do not: it only says why in its log. */
static GrpcAioCallCredentials *
take_or_refuse (GrpcAioCallCredentials *self,
                grpc_call_credentials *core,
                GError **error)
{
  if (core == NULL)
    {
      g_object_unref (self);
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("grpc-core does not take these credentials; GRPC_VERBOSITY=error shows why"));
      return NULL;
    }

  grpc_aio_call_credentials_take_core (self, core);

  return self;
}

static GrpcAioCallCredentials *
new_empty (void)
{
  return g_object_new (GRPC_AIO_TYPE_CALL_CREDENTIALS, NULL);
}

/**
 * grpc_aio_call_credentials_new_iam:
 * @authorization_token: the token
 * @authority_selector: what selects the authority
 * @error: return location for an error
 *
 * Creates credentials for Google's Identity and Access Management, which send
 * both with each call. Do not use them for services of others.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_credentials_new_iam (const char *authorization_token,
                                   const char *authority_selector,
                                   GError **error)
{
  GrpcAioCallCredentials *self;

  g_return_val_if_fail (authorization_token != NULL, NULL);
  g_return_val_if_fail (authority_selector != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!grpc_aio_credentials_check_token ("authorization_token", authorization_token, error) ||
      !grpc_aio_credentials_check_token ("authority_selector", authority_selector, error))
    return NULL;

  self = new_empty ();
  grpc_aio_call_credentials_take_core (self, grpc_google_iam_credentials_create (authorization_token, authority_selector, NULL));

  return self;
}

/**
 * grpc_aio_call_credentials_new_service_account_jwt:
 * @json_key: the key of a service account, as the JSON that Google's console
 *   makes
 * @lifetime_sec: for how long a token is to be valid, in seconds; an hour at the
 *   most, which 0 stands for
 * @error: return location for an error
 *
 * Creates credentials that sign a JSON Web Token with the account's key for each
 * service (RFC 7519), and send it. Nothing is fetched.
 *
 * JSON that lacks something, a key that cannot be read and a longer lifetime are
 * refused with `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_credentials_new_service_account_jwt (const char *json_key,
                                                   guint lifetime_sec,
                                                   GError **error)
{
  GrpcAioCallCredentials *self;
  gint64 longest = grpc_max_auth_token_lifetime ().tv_sec;
  gpr_timespec lifetime;

  g_return_val_if_fail (json_key != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (lifetime_sec > longest)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("A token cannot be valid for %u seconds: %d are the most"), lifetime_sec, (int) longest);
      return NULL;
    }
  if (!grpc_aio_credentials_json_check_service_account (json_key, error))
    return NULL;

  lifetime = gpr_time_from_seconds (lifetime_sec != 0 ? lifetime_sec : longest, GPR_TIMESPAN);
  self = new_empty ();

  return take_or_refuse (self, grpc_service_account_jwt_access_credentials_create (json_key, lifetime, NULL), error);
}

/**
 * grpc_aio_call_credentials_new_refresh_token:
 * @json_refresh_token: a refresh token and what belongs to it, as the JSON that
 *   `gcloud auth application-default login` makes
 * @error: return location for an error
 *
 * Creates credentials that get access tokens from Google with a refresh token
 * (RFC 6749, section 6). Do not use them for services of others.
 *
 * JSON that lacks something is refused with `G_IO_ERROR_INVALID_ARGUMENT`.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_credentials_new_refresh_token (const char *json_refresh_token,
                                             GError **error)
{
  GrpcAioCallCredentials *self;

  g_return_val_if_fail (json_refresh_token != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!grpc_aio_credentials_json_check_refresh_token (json_refresh_token, error))
    return NULL;

  self = new_empty ();

  return take_or_refuse (self, grpc_google_refresh_token_credentials_create (json_refresh_token, NULL), error);
}

static gboolean
check_sts_options (GrpcAioStsOptions *options,
                   GError **error)
{
  static const struct
  {
    GrpcAioStsOption option;
    const char *name;
  } required[] = {
    { GRPC_AIO_STS_TOKEN_EXCHANGE_SERVICE_URI, "token-exchange-service-uri" },
    { GRPC_AIO_STS_SUBJECT_TOKEN_PATH, "subject-token-path" },
    { GRPC_AIO_STS_SUBJECT_TOKEN_TYPE, "subject-token-type" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (required); i++)
    {
      if (grpc_aio_sts_options_get (options, required[i].option) != NULL)
        continue;

      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("The option “%s” is not set"), required[i].name);
      return FALSE;
    }

  /* grpc-core would leave the type out. */
  if ((grpc_aio_sts_options_get (options, GRPC_AIO_STS_ACTOR_TOKEN_PATH) != NULL) !=
      (grpc_aio_sts_options_get (options, GRPC_AIO_STS_ACTOR_TOKEN_TYPE) != NULL))
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                           _("The options “actor-token-path” and “actor-token-type” go together"));
      return FALSE;
    }

  return grpc_aio_credentials_check_url ("token-exchange-service-uri",
                                         grpc_aio_sts_options_get (options, GRPC_AIO_STS_TOKEN_EXCHANGE_SERVICE_URI),
                                         error);
}

/* grpc-core puts the options into the body of its request as they are. */
static char *
escape (GrpcAioStsOptions *options,
        GrpcAioStsOption option)
{
  const char *value = grpc_aio_sts_options_get (options, option);

  return value != NULL ? g_uri_escape_string (value, NULL, FALSE) : NULL;
}

/**
 * grpc_aio_call_credentials_new_sts:
 * @options: where to exchange which token for what
 * @error: return location for an error
 *
 * Creates credentials that exchange a token for one that the service takes (RFC
 * 8693), when one is needed.
 *
 * Options that lack something are refused with `G_IO_ERROR_INVALID_ARGUMENT`. A
 * file or a service that is not there fails the calls, with
 * `GRPC_AIO_ERROR_UNKNOWN`.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_credentials_new_sts (GrpcAioStsOptions *options,
                                   GError **error)
{
  GrpcAioCallCredentials *self;
  g_autofree char *resource = NULL;
  g_autofree char *audience = NULL;
  g_autofree char *scope = NULL;
  g_autofree char *requested_token_type = NULL;
  g_autofree char *subject_token_type = NULL;
  g_autofree char *actor_token_type = NULL;

  g_return_val_if_fail (GRPC_AIO_IS_STS_OPTIONS (options), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!check_sts_options (options, error))
    return NULL;

  resource = escape (options, GRPC_AIO_STS_RESOURCE);
  audience = escape (options, GRPC_AIO_STS_AUDIENCE);
  scope = escape (options, GRPC_AIO_STS_SCOPE);
  requested_token_type = escape (options, GRPC_AIO_STS_REQUESTED_TOKEN_TYPE);
  subject_token_type = escape (options, GRPC_AIO_STS_SUBJECT_TOKEN_TYPE);
  actor_token_type = escape (options, GRPC_AIO_STS_ACTOR_TOKEN_TYPE);

  const grpc_sts_credentials_options core_options = {
    .token_exchange_service_uri = grpc_aio_sts_options_get (options, GRPC_AIO_STS_TOKEN_EXCHANGE_SERVICE_URI),
    .resource = resource,
    .audience = audience,
    .scope = scope,
    .requested_token_type = requested_token_type,
    .subject_token_path = grpc_aio_sts_options_get (options, GRPC_AIO_STS_SUBJECT_TOKEN_PATH),
    .subject_token_type = subject_token_type,
    .actor_token_path = grpc_aio_sts_options_get (options, GRPC_AIO_STS_ACTOR_TOKEN_PATH),
    .actor_token_type = actor_token_type,
  };

  self = new_empty ();

  return take_or_refuse (self, grpc_sts_credentials_create (&core_options, NULL), error);
}

/**
 * grpc_aio_call_credentials_new_external_account:
 * @json: how to get a token of another provider and exchange it for one of
 *   Google, as the JSON that `gcloud iam workload-identity-pools
 *   create-cred-config` makes
 * @scopes: (nullable) (array zero-terminated=1): what the token is to allow, or
 *   `NULL` for all of Google Cloud
 * @error: return location for an error
 *
 * Creates credentials that turn a token of another provider (from a file, a URL
 * or AWS) into one of Google's, when one is needed.
 *
 * JSON that lacks something or has another source is refused with
 * `G_IO_ERROR_INVALID_ARGUMENT`. A file or a service that is not there fails the
 * calls, with `GRPC_AIO_ERROR_UNKNOWN`.
 *
 * Returns: (transfer full): new credentials, or `NULL` with an error
 *
 * Since: 0.1
 */
GrpcAioCallCredentials *
grpc_aio_call_credentials_new_external_account (const char *json,
                                                const char *const *scopes,
                                                GError **error)
{
  GrpcAioCallCredentials *self;
  g_autofree char *joined = NULL;

  g_return_val_if_fail (json != NULL, NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  if (!grpc_aio_credentials_json_check_external_account (json, error))
    return NULL;

  /* grpc-core takes an empty text for one empty scope. */
  joined = scopes != NULL && *scopes != NULL ? g_strjoinv (",", (char **) scopes)
                                             : g_strdup ("https://www.googleapis.com/auth/cloud-platform");
  self = new_empty ();

  return take_or_refuse (self, grpc_external_account_credentials_create (json, joined), error);
}
