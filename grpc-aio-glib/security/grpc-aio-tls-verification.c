/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "security/grpc-aio-tls-verification-private.h"

#include <glib/gi18n-lib.h>

#include "engine/grpc-aio-core-private.h"

struct _GrpcAioTlsPending
{
  gatomicrefcount refs;
  GWeakRef verification;
  char *target_name;
  guint timeout_msec;
  GCancellable *closed;
  gulong closed_id;

  GrpcAioErrand errand;
  GrpcAioTlsVerification *delivered; /* until it is */
  GrpcAioTlsDeliver deliver;
  gpointer deliver_data;

  GMutex lock;           /* for all that follows */
  GMainContext *context; /* where it was delivered, or NULL */
  GSource *timer;        /* from then on */
  gboolean is_finished;  /* the errand */
  gboolean is_cancelled;
  grpc_tls_on_custom_verification_check_done_cb callback; /* NULL once it is answered */
  void *callback_arg;
  grpc_tls_custom_verification_check_request *request;
  GrpcAioTlsPendingDone done;
  gpointer user_data;
};

/**
 * GrpcAioTlsVerification:
 *
 * The question whether a certificate is good enough for a connection.
 *
 * It comes with [signal@TlsChannelCredentials::verify], and is answered with
 * [method@TlsVerification.accept] or [method@TlsVerification.deny], then or
 * later. Keep a reference to answer later: a question that nobody holds any
 * more is denied.
 *
 * The connection waits for 20 seconds, or for as long as the option
 * `grpc.min_reconnect_backoff_ms` of the channel says. When it is given up before
 * there is an answer, because of that or since the channel is closed,
 * [signal@TlsVerification::cancelled] tells, and a later answer changes nothing.
 *
 * Since: 0.1
 */
struct _GrpcAioTlsVerification
{
  GObject parent_instance;

  GrpcAioTlsPending *pending;
  GTlsCertificate *certificate;
  char *certificate_chain;
  char *fault;
};

enum
{
  PROP_CERTIFICATE = 1,
  PROP_CERTIFICATE_CHAIN,
  PROP_FAULT,
  PROP_TARGET_NAME,
  N_PROPS,
};

enum
{
  CANCELLED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GrpcAioTlsVerification, grpc_aio_tls_verification, G_TYPE_OBJECT)

static void
on_closed (GCancellable *cancellable,
           gpointer data)
{
  grpc_aio_tls_pending_cancel (data);
}

static gboolean
on_timeout (gpointer data)
{
  grpc_aio_tls_pending_cancel (data);

  return G_SOURCE_REMOVE;
}

/* What is told to grpc-core needs it alive until then. grpc-core 1.51 has a way to
 * call a question back, but does not use it, neither when the channel is closed
 * nor when its own time for the handshake is over. */
GrpcAioTlsPending *
grpc_aio_tls_pending_new (grpc_tls_custom_verification_check_request *request,
                          grpc_tls_on_custom_verification_check_done_cb callback,
                          void *callback_arg,
                          guint timeout_msec,
                          GCancellable *closed,
                          GrpcAioTlsPendingDone done,
                          gpointer user_data)
{
  GrpcAioTlsPending *self = g_new0 (GrpcAioTlsPending, 1);

  grpc_aio_core_ref ();
  g_atomic_ref_count_init (&self->refs);
  g_mutex_init (&self->lock);
  g_weak_ref_init (&self->verification, NULL);
  self->target_name = g_strdup (request->target_name);
  self->request = request;
  self->callback = callback;
  self->callback_arg = callback_arg;
  self->done = done;
  self->user_data = user_data;

  self->timeout_msec = timeout_msec;
  self->closed = g_object_ref (closed);
  self->closed_id = g_cancellable_connect (closed, G_CALLBACK (on_closed), grpc_aio_tls_pending_ref (self), (GDestroyNotify) grpc_aio_tls_pending_unref);

  return self;
}

GrpcAioTlsPending *
grpc_aio_tls_pending_ref (GrpcAioTlsPending *self)
{
  g_atomic_ref_count_inc (&self->refs);

  return self;
}

void
grpc_aio_tls_pending_unref (GrpcAioTlsPending *self)
{
  if (!g_atomic_ref_count_dec (&self->refs))
    return;

  g_assert (self->callback == NULL);

  g_weak_ref_clear (&self->verification);
  g_clear_pointer (&self->timer, g_source_unref);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_object_unref (self->closed);
  g_mutex_clear (&self->lock);
  g_free (self->target_name);
  g_free (self);
}

/* The errand is over once the program had it and there is an answer. */
static void
finish_errand (GrpcAioTlsPending *self)
{
  gboolean is_over;

  g_mutex_lock (&self->lock);
  is_over = self->context != NULL && self->callback == NULL && !self->is_finished;
  self->is_finished |= is_over;
  g_mutex_unlock (&self->lock);

  if (is_over)
    {
      g_source_destroy (self->timer);
      grpc_aio_inbox_finish (&self->errand);
    }
}

/* In any thread, but inside of neither a call of grpc-core's nor a handler of the
 * cancellable. Only the first answer counts. */
static void
answer (GrpcAioTlsPending *self,
        grpc_status_code status,
        const char *details)
{
  grpc_tls_on_custom_verification_check_done_cb callback;

  g_mutex_lock (&self->lock);
  callback = g_steal_pointer (&self->callback);
  g_mutex_unlock (&self->lock);
  if (callback == NULL)
    return;

  finish_errand (self);
  g_cancellable_disconnect (self->closed, self->closed_id);

  if (grpc_aio_core_is_usable () && grpc_aio_core_enter ())
    {
      self->done (self->request, self->user_data);
      callback (self->request, self->callback_arg, status, details);
      grpc_aio_core_leave ();
    }
  grpc_aio_core_unref ();
}

static void
answer_cancelled (gpointer data,
                  gpointer user_data)
{
  g_autoptr (GrpcAioTlsPending) self = data;

  answer (self, GRPC_STATUS_CANCELLED, "The connection was given up before the certificate was accepted");
}

static gboolean
on_cancelled (gpointer data)
{
  GrpcAioTlsPending *self = data;
  g_autoptr (GrpcAioTlsVerification) verification = g_weak_ref_get (&self->verification);

  if (verification != NULL)
    g_signal_emit (verification, signals[CANCELLED], 0);

  return G_SOURCE_REMOVE;
}

/* May be inside of a call of grpc-core's, which holds locks that the answer takes:
 * the answer comes from another thread. The main loop may not run any more. */
void
grpc_aio_tls_pending_cancel (GrpcAioTlsPending *self)
{
  static gsize pool = 0;
  g_autoptr (GMainContext) context = NULL;
  g_autoptr (GSource) source = NULL;
  gboolean is_first;

  g_mutex_lock (&self->lock);
  is_first = self->callback != NULL && !self->is_cancelled;
  self->is_cancelled = TRUE;
  if (self->context != NULL)
    context = g_main_context_ref (self->context);
  g_mutex_unlock (&self->lock);
  if (!is_first)
    return;

  if (g_once_init_enter (&pool))
    g_once_init_leave (&pool, (gsize) g_thread_pool_new (answer_cancelled, NULL, 1, FALSE, NULL));
  g_thread_pool_push ((GThreadPool *) pool, grpc_aio_tls_pending_ref (self), NULL);

  if (context == NULL)
    return;

  source = g_idle_source_new ();
  g_source_set_static_name (source, "GrpcAioTlsVerification::cancelled");
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_cancelled, grpc_aio_tls_pending_ref (self), (GDestroyNotify) grpc_aio_tls_pending_unref);
  g_source_attach (source, context);

  /* This thread may sleep in grpc-core, on behalf of the context. */
  g_main_context_wakeup (context);
}

static void
on_errand (GrpcAioErrand *errand)
{
  g_autoptr (GrpcAioTlsPending) self = (GrpcAioTlsPending *) ((guint8 *) errand - G_STRUCT_OFFSET (GrpcAioTlsPending, errand));
  g_autoptr (GrpcAioTlsVerification) verification = g_steal_pointer (&self->delivered);

  g_mutex_lock (&self->lock);
  self->context = g_main_context_ref_thread_default ();
  self->timer = g_timeout_source_new (self->timeout_msec);
  g_source_set_static_name (self->timer, "GrpcAioTlsVerification");
  g_source_set_callback (self->timer, on_timeout, grpc_aio_tls_pending_ref (self), (GDestroyNotify) grpc_aio_tls_pending_unref);
  g_source_attach (self->timer, self->context);
  g_mutex_unlock (&self->lock);

  self->deliver (verification, self->deliver_data);
  g_clear_object (&verification);
  finish_errand (self);
}

void
grpc_aio_tls_pending_deliver (GrpcAioTlsPending *self,
                              GrpcAioInbox *inbox,
                              GrpcAioTlsVerification *verification,
                              GrpcAioTlsDeliver func,
                              gpointer user_data)
{
  self->delivered = verification;
  self->deliver = func;
  self->deliver_data = user_data;
  self->errand.run = on_errand;
  grpc_aio_tls_pending_ref (self);
  grpc_aio_inbox_push (inbox, &self->errand);
}

static void
grpc_aio_tls_verification_dispose (GObject *object)
{
  GrpcAioTlsVerification *self = GRPC_AIO_TLS_VERIFICATION (object);

  answer (self->pending, GRPC_STATUS_UNAUTHENTICATED, _("The program did not accept the certificate"));

  G_OBJECT_CLASS (grpc_aio_tls_verification_parent_class)->dispose (object);
}

static void
grpc_aio_tls_verification_finalize (GObject *object)
{
  GrpcAioTlsVerification *self = GRPC_AIO_TLS_VERIFICATION (object);

  grpc_aio_tls_pending_unref (self->pending);
  g_clear_object (&self->certificate);
  g_free (self->certificate_chain);
  g_free (self->fault);

  G_OBJECT_CLASS (grpc_aio_tls_verification_parent_class)->finalize (object);
}

static void
grpc_aio_tls_verification_get_property (GObject *object,
                                        guint id,
                                        GValue *value,
                                        GParamSpec *pspec)
{
  GrpcAioTlsVerification *self = GRPC_AIO_TLS_VERIFICATION (object);

  switch (id)
    {
    case PROP_CERTIFICATE:
      g_value_set_object (value, grpc_aio_tls_verification_get_certificate (self));
      break;

    case PROP_CERTIFICATE_CHAIN:
      g_value_set_string (value, self->certificate_chain);
      break;

    case PROP_FAULT:
      g_value_set_string (value, self->fault);
      break;

    case PROP_TARGET_NAME:
      g_value_set_string (value, self->pending->target_name);
      break;

    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
grpc_aio_tls_verification_class_init (GrpcAioTlsVerificationClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;

  object_class->dispose = grpc_aio_tls_verification_dispose;
  object_class->finalize = grpc_aio_tls_verification_finalize;
  object_class->get_property = grpc_aio_tls_verification_get_property;

  /**
   * GrpcAioTlsVerification:certificate: (getter get_certificate)
   *
   * The certificate, with its issuers as far as they were sent.
   *
   * Since: 0.1
   */
  properties[PROP_CERTIFICATE] = g_param_spec_object ("certificate", NULL, NULL, G_TYPE_TLS_CERTIFICATE, flags);

  /**
   * GrpcAioTlsVerification:certificate-chain: (getter get_certificate_chain)
   *
   * The certificate and those that were sent with it, as PEM.
   *
   * Since: 0.1
   */
  properties[PROP_CERTIFICATE_CHAIN] = g_param_spec_string ("certificate-chain", NULL, NULL, NULL, flags);

  /**
   * GrpcAioTlsVerification:fault: (getter get_fault)
   *
   * What is wrong with the certificate, or `NULL` for nothing.
   *
   * Since: 0.1
   */
  properties[PROP_FAULT] = g_param_spec_string ("fault", NULL, NULL, NULL, flags);

  /**
   * GrpcAioTlsVerification:target-name: (getter get_target_name)
   *
   * The host that the certificate has to be for.
   *
   * Since: 0.1
   */
  properties[PROP_TARGET_NAME] = g_param_spec_string ("target-name", NULL, NULL, NULL, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * GrpcAioTlsVerification::cancelled:
   * @self: a verification
   *
   * Emitted when the connection was given up, so that no answer is needed any
   * more. A window that asks the user can be closed.
   *
   * Since: 0.1
   */
  signals[CANCELLED] = g_signal_new ("cancelled", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST,
                                     0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
grpc_aio_tls_verification_init (GrpcAioTlsVerification *self)
{
}

GrpcAioTlsVerification *
grpc_aio_tls_verification_new (GrpcAioTlsPending *pending,
                               const char *certificate_chain,
                               const char *fault)
{
  GrpcAioTlsVerification *self = g_object_new (GRPC_AIO_TYPE_TLS_VERIFICATION, NULL);

  self->pending = grpc_aio_tls_pending_ref (pending);
  self->certificate_chain = g_strdup (certificate_chain);
  self->fault = g_strdup (fault);
  g_weak_ref_set (&pending->verification, self);

  return self;
}

/**
 * grpc_aio_tls_verification_get_target_name:
 * @self: a verification
 *
 * Gets the host that the certificate has to be for.
 *
 * Returns: (nullable): a host name, or `NULL` for the certificate of a client
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_verification_get_target_name (GrpcAioTlsVerification *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_VERIFICATION (self), NULL);

  return self->pending->target_name;
}

/**
 * grpc_aio_tls_verification_get_certificate_chain:
 * @self: a verification
 *
 * Gets the certificate and those that were sent with it.
 *
 * Returns: (nullable): the certificates, as PEM, or `NULL` if a client sent none
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_verification_get_certificate_chain (GrpcAioTlsVerification *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_VERIFICATION (self), NULL);

  return self->certificate_chain;
}

/**
 * grpc_aio_tls_verification_get_certificate: (get-property certificate)
 * @self: a verification
 *
 * Gets the certificate as GIO has it, with its issuers as far as they were sent.
 *
 * GIO needs a module for that, which is in the package glib-networking.
 *
 * Returns: (nullable) (transfer none): the certificate, or `NULL` if a client
 *   sent none or GIO has no such module
 *
 * Since: 0.1
 */
GTlsCertificate *
grpc_aio_tls_verification_get_certificate (GrpcAioTlsVerification *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_VERIFICATION (self), NULL);

  if (self->certificate == NULL && self->certificate_chain != NULL)
    self->certificate = g_tls_certificate_new_from_pem (self->certificate_chain, -1, NULL);

  return self->certificate;
}

/**
 * grpc_aio_tls_verification_get_fault:
 * @self: a verification
 *
 * Gets what the usual checks found.
 *
 * Returns: (nullable): a sentence for the user that says what is wrong with the
 *   certificate, or `NULL` if it would be accepted
 *
 * Since: 0.1
 */
const char *
grpc_aio_tls_verification_get_fault (GrpcAioTlsVerification *self)
{
  g_return_val_if_fail (GRPC_AIO_IS_TLS_VERIFICATION (self), NULL);

  return self->fault;
}

/**
 * grpc_aio_tls_verification_is_pending:
 * @self: a verification
 *
 * Asks whether an answer still counts.
 *
 * Returns: `FALSE` once it was answered or the connection was given up
 *
 * Since: 0.1
 */
gboolean
grpc_aio_tls_verification_is_pending (GrpcAioTlsVerification *self)
{
  gboolean is_pending;

  g_return_val_if_fail (GRPC_AIO_IS_TLS_VERIFICATION (self), FALSE);

  g_mutex_lock (&self->pending->lock);
  is_pending = self->pending->callback != NULL && !self->pending->is_cancelled;
  g_mutex_unlock (&self->pending->lock);

  return is_pending;
}

/**
 * grpc_aio_tls_verification_accept:
 * @self: a verification
 *
 * Lets the connection be used, whatever [method@TlsVerification.get_fault] says.
 *
 * Only the first answer counts. It may come from any thread.
 *
 * Since: 0.1
 */
void
grpc_aio_tls_verification_accept (GrpcAioTlsVerification *self)
{
  g_return_if_fail (GRPC_AIO_IS_TLS_VERIFICATION (self));

  answer (self->pending, GRPC_STATUS_OK, "");
}

/**
 * grpc_aio_tls_verification_deny:
 * @self: a verification
 * @reason: (nullable): why, for the error of the calls, or `NULL` for what
 *   [method@TlsVerification.get_fault] says
 *
 * Has the connection closed. Calls fail with `GRPC_AIO_ERROR_UNAVAILABLE`.
 *
 * Only the first answer counts. It may come from any thread.
 *
 * Since: 0.1
 */
void
grpc_aio_tls_verification_deny (GrpcAioTlsVerification *self,
                                const char *reason)
{
  g_return_if_fail (GRPC_AIO_IS_TLS_VERIFICATION (self));

  if (reason == NULL)
    reason = self->fault != NULL ? self->fault : _("The program did not accept the certificate");

  answer (self->pending, GRPC_STATUS_UNAUTHENTICATED, reason);
}
