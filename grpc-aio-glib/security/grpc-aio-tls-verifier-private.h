/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <grpc-aio-glib/grpc-aio-tls-authorities.h>
#include <grpc/grpc_security.h>

G_BEGIN_DECLS

/* How the certificates of the other side are checked. The texts are copied. */
typedef struct
{
  GrpcAioTlsAuthorities *authorities; /* or NULL for those of the system */
  const char *crl_directory;
  gboolean is_for_clients;
  gboolean checks_certificate;
  gboolean checks_host_name;
  gboolean resumes_sessions;

  GObject *asked; /* emits its signal “verify” in the context, or NULL */
  GMainContext *context;
  guint timeout_msec;
  GCancellable *closed; /* when nobody waits for an answer any more */
} GrpcAioTlsVerifierOptions;

grpc_tls_certificate_verifier *grpc_aio_tls_verifier_new (const GrpcAioTlsVerifierOptions *options);

G_END_DECLS
