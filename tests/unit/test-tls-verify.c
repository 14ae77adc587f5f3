/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include "test-tls-utils.h"

/* What a program answers, and what it was asked. */
typedef struct
{
  TlsPeer peer;
  GrpcAioTlsChannelCredentials *credentials;
  GrpcAioTlsVerification *kept;
  GThread *thread;
  guint n_asked;
  guint n_cancelled;
  gboolean accepts;
  gboolean keeps;
  const char *denies;
} Fixture;

static void
on_cancelled (GrpcAioTlsVerification *verification,
              gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_false (grpc_aio_tls_verification_is_pending (verification));
  fixture->n_cancelled++;
}

static void
on_verify (GrpcAioTlsChannelCredentials *credentials,
           GrpcAioTlsVerification *verification,
           gpointer user_data)
{
  Fixture *fixture = user_data;

  g_assert_true (GRPC_AIO_IS_TLS_CHANNEL_CREDENTIALS (credentials));
  g_assert_true (g_thread_self () == fixture->thread);
  fixture->n_asked++;
  if (fixture->accepts)
    grpc_aio_tls_verification_accept (verification);
  else if (fixture->denies != NULL)
    grpc_aio_tls_verification_deny (verification, fixture->denies);
  if (fixture->keeps)
    {
      g_signal_connect (verification, "cancelled", G_CALLBACK (on_cancelled), fixture);
      g_set_object (&fixture->kept, verification);
    }
}

/* @data is the authority that the client trusts. */
static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  fixture->thread = g_thread_self ();
  tls_peer_start (&fixture->peer, serving ("chain"));
  fixture->credentials = trusting (data);
  g_signal_connect (fixture->credentials, "verify", G_CALLBACK (on_verify), fixture);
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  tls_peer_stop (&fixture->peer);
  if (fixture->kept != NULL)
    g_assert_finalize_object (fixture->kept);
  assert_finalizes (fixture->credentials);
}

static void
connect_to (Fixture *fixture,
            const char *host)
{
  tls_peer_connect (&fixture->peer, g_object_ref (fixture->credentials), host);
}

static GrpcAioMultiCallable *
start_call (Fixture *fixture,
            gint64 timeout_usec,
            GAsyncResult **result)
{
  GrpcAioMultiCallable *method = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  g_autoptr (GrpcAioCallOptions) options = timeout_usec > 0 ? options_with_timeout (timeout_usec) : NULL;
  g_autoptr (GBytes) request = bytes_from ("secret");

  grpc_aio_multi_callable_invoke_async (method, request, options, NULL, store_result, result);

  return method;
}

static gboolean
is_kept (gpointer data)
{
  return ((Fixture *) data)->kept != NULL;
}

static gboolean
is_cancelled (gpointer data)
{
  return ((Fixture *) data)->n_cancelled > 0;
}

static void
test_accept (Fixture *fixture,
             gconstpointer data)
{
  g_test_summary ("A program accepts what the library would not");

  fixture->accepts = TRUE;
  connect_to (fixture, "other.example");
  tls_peer_assert_echo (&fixture->peer);
  tls_peer_assert_echo (&fixture->peer);
  g_assert_cmpuint (fixture->n_asked, ==, 1);
}

static void
test_deny (Fixture *fixture,
           gconstpointer data)
{
  g_test_summary ("A program denies what the library would accept, and says why");

  fixture->denies = "The user does not like it";
  connect_to (fixture, "server.example");
  tls_peer_assert_refused (&fixture->peer, "The user does not like it (");
  g_assert_cmpuint (fixture->n_asked, >, 0);
}

static void
test_unanswered (Fixture *fixture,
                 gconstpointer data)
{
  g_test_summary ("A question that nobody keeps is denied");

  connect_to (fixture, "server.example");
  tls_peer_assert_refused (&fixture->peer, "The program did not accept the certificate (");
  g_assert_cmpuint (fixture->n_asked, >, 0);
}

static void
test_later (Fixture *fixture,
            gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *path = certificate_path ("chain.pem");
  g_autofree char *chain = NULL;
  g_autofree char *host = NULL;
  g_autofree char *property = NULL;

  g_test_summary ("An answer may come later; until then the call waits, and nothing is sent");

  g_file_get_contents (path, &chain, NULL, &error);
  g_assert_no_error (error);

  fixture->keeps = TRUE;
  connect_to (fixture, "other.example");
  method = start_call (fixture, 0, &result);
  iterate_until (is_kept, fixture);
  g_assert_true (grpc_aio_tls_verification_is_pending (fixture->kept));
  g_assert_cmpstr (grpc_aio_tls_verification_get_target_name (fixture->kept), ==, "other.example");
  g_assert_cmpstr (grpc_aio_tls_verification_get_certificate_chain (fixture->kept), ==, chain);
  g_assert_cmpstr (grpc_aio_tls_verification_get_fault (fixture->kept), ==,
                   "The certificate is for “server.example”, “*.wild.example”, “127.0.0.1”, and not for “other.example”");
  g_object_get (fixture->kept, "target-name", &host, "fault", &property, NULL);
  g_assert_cmpstr (host, ==, "other.example");
  g_assert_cmpstr (property, ==, grpc_aio_tls_verification_get_fault (fixture->kept));
  g_assert_cmpuint (fixture->peer.n_handled, ==, 0);
  g_assert_null (result);

  grpc_aio_tls_verification_accept (fixture->kept);
  g_assert_false (grpc_aio_tls_verification_is_pending (fixture->kept));
  grpc_aio_tls_verification_deny (fixture->kept, "too late");
  response = grpc_aio_multi_callable_invoke_finish (method, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "secret");
  g_assert_cmpuint (fixture->n_cancelled, ==, 0);
}

static void
test_deny_with_fault (Fixture *fixture,
                      gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A program that agrees with the library need not say why");

  fixture->keeps = TRUE;
  connect_to (fixture, "server.example");
  method = start_call (fixture, 0, &result);
  iterate_until (is_kept, fixture);
  grpc_aio_tls_verification_deny (fixture->kept, NULL);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_true (g_str_has_prefix (error->message, "The certificate of “server.example” is signed by “The middle”, which is not trusted (") ||
                 g_str_has_prefix (error->message, "The certificate of “The middle” is signed by “The authority”, which is not trusted ("));
}

static void
test_certificate (Fixture *fixture,
                  gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GTlsCertificate) property = NULL;
  g_autoptr (GTlsCertificate) pinned = NULL;
  g_autofree char *path = certificate_path ("leaf.pem");
  GTlsCertificate *certificate;
  g_autoptr (GError) error = NULL;

  g_test_summary ("The certificate comes as GIO's, with its issuer, to be compared with another");

  if (!g_tls_backend_supports_tls (g_tls_backend_get_default ()))
    {
      g_test_skip ("GIO has no module for TLS (glib-networking)");
      return;
    }

  fixture->keeps = TRUE;
  connect_to (fixture, "server.example");
  method = start_call (fixture, 0, &result);
  iterate_until (is_kept, fixture);
  certificate = grpc_aio_tls_verification_get_certificate (fixture->kept);
  g_assert_true (G_IS_TLS_CERTIFICATE (certificate));
  g_object_get (fixture->kept, "certificate", &property, NULL);
  g_assert_true (property == certificate);
  pinned = g_tls_certificate_new_from_file (path, &error);
  g_assert_no_error (error);
  g_assert_true (g_tls_certificate_is_same (certificate, pinned));
  g_assert_nonnull (g_tls_certificate_get_issuer (certificate));
  g_assert_null (grpc_aio_tls_verification_get_fault (fixture->kept));

  grpc_aio_tls_verification_deny (fixture->kept, NULL);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  g_assert_true (g_str_has_prefix (error->message, "The program did not accept the certificate ("));
}

static void
test_two_channels (Fixture *fixture,
                   gconstpointer data)
{
  GrpcAioChannel *first;

  g_test_summary ("What one channel was denied cannot ride on what another was allowed");

  fixture->accepts = TRUE;
  connect_to (fixture, "server.example");
  tls_peer_assert_echo (&fixture->peer);
  g_assert_cmpuint (fixture->n_asked, ==, 1);
  first = g_steal_pointer (&fixture->peer.channel);

  fixture->accepts = FALSE;
  fixture->denies = "Not this time";
  connect_to (fixture, "server.example");
  tls_peer_assert_refused (&fixture->peer, "Not this time (");
  g_assert_cmpuint (fixture->n_asked, >=, 2);
  tls_peer_disconnect (&fixture->peer);

  fixture->peer.channel = first;
  tls_peer_assert_echo (&fixture->peer);
}

static void
test_not_asked (Fixture *fixture,
                gconstpointer data)
{
  g_test_summary ("A channel that was made before there was a handler does not ask");

  g_signal_handlers_disconnect_by_func (fixture->credentials, on_verify, fixture);
  connect_to (fixture, "server.example");
  g_signal_connect (fixture->credentials, "verify", G_CALLBACK (on_verify), fixture);
  tls_peer_assert_echo (&fixture->peer);
  g_assert_cmpuint (fixture->n_asked, ==, 0);
}

static void
test_closed (Fixture *fixture,
             gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A channel that closes while it is asked tells, and an answer then does nothing");

  fixture->keeps = TRUE;
  connect_to (fixture, "server.example");
  method = start_call (fixture, 0, &result);
  iterate_until (is_kept, fixture);
  grpc_aio_channel_close (fixture->peer.channel);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_nonnull (error);
  iterate_until (is_cancelled, fixture);
  g_assert_cmpuint (fixture->n_cancelled, ==, 1);
  g_assert_false (grpc_aio_tls_verification_is_pending (fixture->kept));
  grpc_aio_tls_verification_accept (fixture->kept);
  g_assert_cmpuint (fixture->peer.n_handled, ==, 0);
}

static void
test_deadline (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A call's deadline holds while the user thinks, and the channel goes on asking");

  fixture->keeps = TRUE;
  connect_to (fixture, "server.example");
  method = start_call (fixture, 50 * 1000, &result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  iterate_until (is_kept, fixture);
  g_assert_true (grpc_aio_tls_verification_is_pending (fixture->kept));
  grpc_aio_tls_verification_accept (fixture->kept);
  fixture->keeps = FALSE;
  tls_peer_assert_echo (&fixture->peer);
}

static void
test_dropped (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A question that is given up later is denied, too");

  fixture->keeps = TRUE;
  connect_to (fixture, "server.example");
  method = start_call (fixture, 0, &result);
  iterate_until (is_kept, fixture);
  g_assert_finalize_object (g_steal_pointer (&fixture->kept));
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

static void
test_timeout (Fixture *fixture,
              gconstpointer data)
{
  g_autoptr (GrpcAioChannelOptions) options = grpc_aio_channel_options_new ();
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A question that is never answered ends with the time for the handshake");

  fixture->keeps = TRUE;
  grpc_aio_channel_options_set_int (options, "grpc.min_reconnect_backoff_ms", 100);
  fixture->peer.channel = grpc_aio_channel_new_with_options (fixture->peer.target, GRPC_AIO_CHANNEL_CREDENTIALS (fixture->credentials), options);
  method = start_call (fixture, 0, &result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
  iterate_until (is_cancelled, fixture);
  g_assert_cmpuint (fixture->peer.n_handled, ==, 0);
}

static gpointer
answer_elsewhere (gpointer data)
{
  grpc_aio_tls_verification_accept (data);

  return NULL;
}

static void
test_other_thread (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("An answer may come from another thread");

  fixture->keeps = TRUE;
  connect_to (fixture, "server.example");
  method = start_call (fixture, 0, &result);
  iterate_until (is_kept, fixture);
  g_thread_join (g_thread_new ("answer", answer_elsewhere, fixture->kept));
  response = grpc_aio_multi_callable_invoke_finish (method, await (&result), &error);
  g_assert_no_error (error);
  assert_bytes (response, "secret");
}

static void
test_sync (Fixture *fixture,
           gconstpointer data)
{
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GBytes) request = bytes_from ("secret");
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A thread that blocks in a call is asked all the same");

  tls_peer_stop (&fixture->peer);
  fixture->peer.n_workers = 1;
  tls_peer_start (&fixture->peer, serving ("chain"));

  fixture->accepts = TRUE;
  connect_to (fixture, "other.example");
  method = grpc_aio_channel_unary_unary (fixture->peer.channel, "/test.Peer/Echo");
  response = grpc_aio_multi_callable_invoke_sync (method, request, NULL, NULL, &error);
  g_assert_no_error (error);
  assert_bytes (response, "secret");
  g_assert_cmpuint (fixture->n_asked, ==, 1);
}

static void
test_loop_stopped (Fixture *fixture,
                   gconstpointer data)
{
  GMainContext *context = g_main_context_new ();
  g_autoptr (GrpcAioMultiCallable) method = NULL;
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A channel whose main context does not run is in nobody's way");

  g_main_context_push_thread_default (context);
  connect_to (fixture, "server.example");
  g_main_context_pop_thread_default (context);
  method = start_call (fixture, 50 * 1000, &result);
  g_assert_null (grpc_aio_multi_callable_invoke_finish (method, await (&result), &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_assert_cmpuint (fixture->n_asked, ==, 0);

  g_clear_object (&method);
  g_clear_object (&result);
  g_main_context_push_thread_default (context);
  tls_peer_disconnect (&fixture->peer);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
}

int
main (int argc,
      char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  if (!certificates_make ())
    {
      g_print ("1..0 # SKIP There is no program openssl to make certificates with\n");
      return 0;
    }

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/tls-verify/accept", "foreign", test_accept);
  ADD ("/tls-verify/deny", "authority", test_deny);
  ADD ("/tls-verify/unanswered", "authority", test_unanswered);
  ADD ("/tls-verify/later", "authority", test_later);
  ADD ("/tls-verify/deny-with-fault", "foreign", test_deny_with_fault);
  ADD ("/tls-verify/certificate", "authority", test_certificate);
  ADD ("/tls-verify/two-channels", "authority", test_two_channels);
  ADD ("/tls-verify/not-asked", "authority", test_not_asked);
  ADD ("/tls-verify/closed", "authority", test_closed);
  ADD ("/tls-verify/deadline", "authority", test_deadline);
  ADD ("/tls-verify/dropped", "authority", test_dropped);
  ADD ("/tls-verify/timeout", "authority", test_timeout);
  ADD ("/tls-verify/other-thread", "authority", test_other_thread);
  ADD ("/tls-verify/sync", "authority", test_sync);
  ADD ("/tls-verify/loop-stopped", "authority", test_loop_stopped);
#undef ADD

  status = g_test_run ();
  certificates_remove ();

  return status;
}
