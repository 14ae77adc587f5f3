/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* grpc-core says of a connection that could not be made what OpenSSL says, or that
 * the socket was closed. That helps few. */

#include "security/grpc-aio-tls-diagnosis-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-tls-channel-credentials.h>

#include "security/grpc-aio-channel-credentials-private.h"

/* In grpc-core's text for a connection that could not be made. What follows is the
 * reason. */
#define LAST_ERROR "; last error: "

/* Before what our verifier says. */
#define VERIFIER "Custom verification check failed with error: UNAUTHENTICATED: "

/* What stands in grpc-core's reason, and what it means. The first one counts. */
static const struct
{
  const char *pattern;
  const char *meaning;
} meanings[] = {
  { "certificate verify failed",
    N_ ("The certificate of the server is not accepted: it is signed by an authority that is not trusted, or it is expired, not valid yet or revoked") },
  { "missing selected ALPN property",
    N_ ("The server has TLS, but did not choose HTTP/2 by ALPN: it is no gRPC server, or something in between ends TLS") },
  { "alert protocol version",
    N_ ("The server has no version of TLS that is new enough: 1.2 is the oldest that is used") },
  { "unsupported protocol",
    N_ ("The server has no version of TLS that is new enough: 1.2 is the oldest that is used") },
  { "wrong version number",
    N_ ("The server does not speak TLS at this port") },
  { "packet length too long",
    N_ ("The server does not speak TLS at this port") },
  { "alert certificate required",
    N_ ("The server demands a certificate of the client, and the credentials have none") },
  { "alert unknown ca",
    N_ ("The server does not accept the certificate of the client: it does not trust who signed it") },
  { "alert certificate expired",
    N_ ("The server does not accept the certificate of the client: it is expired") },
  { "alert certificate revoked",
    N_ ("The server does not accept the certificate of the client: it was revoked") },
  { "alert bad certificate",
    N_ ("The server does not accept the certificate of the client") },
  { "alert certificate unknown",
    N_ ("The server does not accept the certificate of the client") },
  { "alert unsupported certificate",
    N_ ("The server does not accept the certificate of the client") },
  { "alert handshake failure",
    N_ ("The server refuses the connection: it demands a certificate of the client, or has no way to encrypt in common") },
  { "alert unrecognized name",
    N_ ("The server does not know the host by the name that it was asked for") },
  { "Failed to create security handshaker",
    N_ ("There are no certificates of authorities on this system: install them, or give the credentials those to trust") },
};

/* The other side left without a word. */
static const char *const silences[] = {
  "Socket closed",
  "Connection reset by peer",
  "Handshake read failed",
};

static const char *
explain_silence (GrpcAioChannelCredentials *credentials)
{
  if (credentials != NULL)
    credentials = grpc_aio_channel_credentials_get_transport (credentials);

  if (!GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (credentials))
    return _("The server closed the connection at once: maybe it demands TLS, and the channel's credentials are without it");

  if (grpc_aio_tls_channel_credentials_get_identity (GRPC_AIO_TLS_CHANNEL_CREDENTIALS (credentials)) == NULL)
    return _("The server closed the connection at once: maybe it demands a certificate of the client, and the credentials have none");

  return _("The server closed the connection at once: maybe it does not accept the certificate of the client, or does not trust who signed it");
}

static const char *
find_meaning (const char *reason,
              GrpcAioChannelCredentials *credentials)
{
  for (guint i = 0; i < G_N_ELEMENTS (meanings); i++)
    {
      if (strstr (reason, meanings[i].pattern) != NULL)
        return _(meanings[i].meaning);
    }

  for (guint i = 0; i < G_N_ELEMENTS (silences); i++)
    {
      if (strstr (reason, silences[i]) != NULL)
        return explain_silence (credentials);
    }

  return NULL;
}

char *
grpc_aio_tls_explain (const char *details,
                      GrpcAioChannelCredentials *credentials)
{
  const char *reason = details != NULL ? strstr (details, LAST_ERROR) : NULL;
  const char *meaning, *verifier;

  if (reason == NULL)
    return NULL;
  reason += strlen (LAST_ERROR);

  verifier = strstr (reason, VERIFIER);
  if (verifier != NULL)
    return g_strdup_printf ("%s (%.*s)", verifier + strlen (VERIFIER), (int) (verifier - details) - 2, details);

  meaning = find_meaning (reason, credentials);

  return meaning != NULL ? g_strdup_printf ("%s (%s)", meaning, details) : NULL;
}
