/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "test-utils.h"

#include <string.h>

/* A test that waits longer than this has failed. */
#define GIVE_UP_SECONDS 60

static gboolean
on_give_up (gpointer data)
{
  g_error ("Nothing happened for %d seconds", GIVE_UP_SECONDS);

  return G_SOURCE_REMOVE;
}

static GSource *
watchdog_new (void)
{
  GSource *watchdog = g_timeout_source_new_seconds (GIVE_UP_SECONDS);

  g_source_set_callback (watchdog, on_give_up, NULL, NULL);
  g_source_attach (watchdog, g_main_context_get_thread_default ());

  return watchdog;
}

void
store_result (GObject *source,
              GAsyncResult *result,
              gpointer user_data)
{
  GAsyncResult **stored = user_data;

  g_assert_null (*stored);
  *stored = g_object_ref (result);
}

void
iterate_until (gboolean (*condition) (gpointer),
               gpointer user_data)
{
  g_autoptr (GSource) watchdog = watchdog_new ();

  while (!condition (user_data))
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);

  g_source_destroy (watchdog);
}

static gboolean
on_tick (gpointer data)
{
  return G_SOURCE_CONTINUE;
}

void
wait_until (gboolean (*condition) (gpointer),
            gpointer user_data)
{
  g_autoptr (GSource) tick = g_timeout_source_new (1);

  g_source_set_callback (tick, on_tick, NULL, NULL);
  g_source_attach (tick, g_main_context_get_thread_default ());
  iterate_until (condition, user_data);
  g_source_destroy (tick);
}

gboolean
call_is_done (gpointer call)
{
  return grpc_aio_call_is_done (call);
}

gboolean
is_mine (gpointer object)
{
  return g_atomic_int_get (&G_OBJECT (object)->ref_count) == 1;
}

static gboolean
is_gone (gpointer data)
{
  g_autoptr (GObject) object = g_weak_ref_get (data);

  return object == NULL;
}

void
assert_finalizes (gpointer object)
{
  GWeakRef weak_ref;

  g_weak_ref_init (&weak_ref, object);
  g_object_unref (object);
  wait_until (is_gone, &weak_ref);
  g_weak_ref_clear (&weak_ref);
}

static gboolean
is_stored (gpointer data)
{
  return *(gpointer *) data != NULL;
}

GAsyncResult *
await (GAsyncResult **result)
{
  iterate_until (is_stored, result);

  return *result;
}

static void
on_message (const char *domain,
            GLogLevelFlags level,
            const char *message,
            gpointer user_data)
{
  g_atomic_int_inc ((gint *) user_data);
}

/* Not with a writer function: the handler of g_test in newer GLib does not ask that. */
void
count_messages (gint *n_messages)
{
  g_log_set_handler ("GrpcAio", G_LOG_LEVEL_MESSAGE, on_message, n_messages);
}

GBytes *
bytes_from (const char *text)
{
  return g_bytes_new (text, strlen (text));
}

GrpcAioCallOptions *
options_with_timeout (gint64 timeout_usec)
{
  return g_object_new (GRPC_AIO_TYPE_CALL_OPTIONS, "timeout-usec", timeout_usec, NULL);
}

/* Lets everything pass. */
typedef struct
{
  GrpcAioClientInterceptor parent_instance;
} PassInterceptor;

typedef struct
{
  GrpcAioClientInterceptorClass parent_class;
} PassInterceptorClass;

GType pass_interceptor_get_type (void);

G_DEFINE_TYPE (PassInterceptor, pass_interceptor, GRPC_AIO_TYPE_CLIENT_INTERCEPTOR)

static void
pass_interceptor_class_init (PassInterceptorClass *klass)
{
}

static void
pass_interceptor_init (PassInterceptor *self)
{
}

GrpcAioClientInterceptor *
pass_interceptor_new (void)
{
  return g_object_new (pass_interceptor_get_type (), NULL);
}

/* What holds for calls holds for those that interceptors pass on. */
static void
intercept_channel (Peer *peer)
{
  g_autoptr (GrpcAioClientInterceptor) first = pass_interceptor_new ();
  g_autoptr (GrpcAioClientInterceptor) second = pass_interceptor_new ();
  GrpcAioClientInterceptor *interceptors[] = { first, second };
  g_autoptr (GrpcAioChannel) channel = g_steal_pointer (&peer->channel);

  peer->channel = grpc_aio_channel_intercept (channel, interceptors, G_N_ELEMENTS (interceptors));
}

/* The handlers */

static void
handle_echo (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Peer *peer = user_data;

  peer->n_handled++;
  grpc_aio_servicer_context_complete (context, request);
}

/* Sends back the client's metadata. */
static void
handle_metadata (GrpcAioServicerContext *context,
                 GBytes *request,
                 gpointer user_data)
{
  GrpcAioMetadata *metadata = grpc_aio_servicer_context_get_invocation_metadata (context);

  grpc_aio_servicer_context_send_initial_metadata_async (context, metadata, NULL, NULL, NULL);
  grpc_aio_servicer_context_set_trailing_metadata (context, metadata);
  grpc_aio_servicer_context_complete (context, request);
}

/* The request is the number of messages. */
static void
handle_count (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (request, NULL), g_bytes_get_size (request));
  guint64 n = g_ascii_strtoull (text, NULL, 10);

  for (guint64 i = 0; i < n; i++)
    {
      g_autofree char *number = g_strdup_printf ("%" G_GUINT64_FORMAT, i);
      g_autoptr (GBytes) message = bytes_from (number);

      grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
    }
  grpc_aio_servicer_context_complete (context, NULL);
}

static void
on_joined (GObject *source,
           GAsyncResult *result,
           gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_servicer_context_read_finish (context, result, &error);
  GString *all = g_object_get_data (source, "all");

  if (message != NULL)
    {
      g_string_append_len (all, g_bytes_get_data (message, NULL), g_bytes_get_size (message));
      grpc_aio_servicer_context_read_async (context, NULL, on_joined, NULL);
    }
  else if (error == NULL)
    {
      g_autoptr (GBytes) response = bytes_from (all->str);

      grpc_aio_servicer_context_complete (context, response);
    }
  else
    {
      g_assert_true (error->domain == GRPC_AIO_ERROR);
    }
}

static void
free_string (gpointer data)
{
  g_string_free (data, TRUE);
}

static void
handle_join (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  g_assert_null (request);
  g_object_set_data_full (G_OBJECT (context), "all", g_string_new (NULL), free_string);
  grpc_aio_servicer_context_read_async (context, NULL, on_joined, NULL);
}

static void
on_chat (GObject *source,
         GAsyncResult *result,
         gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_servicer_context_read_finish (context, result, &error);

  if (message != NULL)
    {
      grpc_aio_servicer_context_write_async (context, message, NULL, NULL, NULL);
      grpc_aio_servicer_context_read_async (context, NULL, on_chat, NULL);
    }
  else if (error == NULL)
    {
      grpc_aio_servicer_context_complete (context, NULL);
    }
}

static void
handle_chat (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  grpc_aio_servicer_context_read_async (context, NULL, on_chat, NULL);
}

/* Fails with the code and text of the request, as "5 text". */
static void
handle_fail (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  g_autofree char *text = g_strndup (g_bytes_get_data (request, NULL), g_bytes_get_size (request));
  char *details;
  guint64 code = g_ascii_strtoull (text, &details, 10);

  grpc_aio_servicer_context_abort (context, (GrpcAioStatusCode) code, g_strchug (details));
}

/* The same, with the client's metadata. */
static void
handle_fail_with (GrpcAioServicerContext *context,
                  GBytes *request,
                  gpointer user_data)
{
  grpc_aio_servicer_context_set_trailing_metadata (context, grpc_aio_servicer_context_get_invocation_metadata (context));
  handle_fail (context, request, user_data);
}

/* Fails with the packed google.rpc.Status of the request. */
static void
handle_fail_richly (GrpcAioServicerContext *context,
                    GBytes *request,
                    gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GError) problem = NULL;
  g_autoptr (GrpcAioRpcStatus) status = grpc_aio_rpc_status_new_from_bytes (request, &problem);

  g_assert_no_error (problem);
  error = grpc_aio_error_new_with_rpc_status (status);
  g_prefix_error (&error, "peer: ");
  grpc_aio_servicer_context_complete_with_error (context, error);
}

/* Fails twice, then answers. */
static void
handle_flaky (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  Peer *peer = user_data;

  if (++peer->n_handled % 3 != 0)
    grpc_aio_servicer_context_abort (context, GRPC_AIO_STATUS_CODE_UNAVAILABLE, "not now");
  else
    grpc_aio_servicer_context_complete (context, request);
}

static void
on_hung_done (GrpcAioServicerContext *context,
              gpointer user_data)
{
  Peer *peer = user_data;

  g_assert_true (grpc_aio_servicer_context_is_done (context));
  if (grpc_aio_servicer_context_is_cancelled (context))
    peer->n_cancelled++;
}

/* Never answers by itself. */
static void
handle_hang (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  Peer *peer = user_data;

  peer->n_handled++;
  g_signal_connect (context, "done", G_CALLBACK (on_hung_done), peer);
  g_ptr_array_add (peer->contexts, g_object_ref (context));
}

static void
handle_drop (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
}

static void
handle_nothing (GrpcAioServicerContext *context,
                GBytes *request,
                gpointer user_data)
{
  grpc_aio_servicer_context_complete (context, NULL);
}

static void
handle_error (GrpcAioServicerContext *context,
              GBytes *request,
              gpointer user_data)
{
  g_autoptr (GError) error = g_error_new_literal (G_FILE_ERROR, G_FILE_ERROR_NOENT, "no such file");

  grpc_aio_servicer_context_complete_with_error (context, error);
}

static void
add_unary (Peer *peer,
           const char *name,
           GrpcAioHandlerFunc func)
{
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (func, peer, NULL);

  grpc_aio_service_add_method (peer->service, name, handler);
}

void
peer_set_up (Peer *peer)
{
  g_autoptr (GrpcAioRpcMethodHandler) count = grpc_aio_rpc_method_handler_new_unary_stream (handle_count, peer, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) hang_stream = grpc_aio_rpc_method_handler_new_unary_stream (handle_hang, peer, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) join = grpc_aio_rpc_method_handler_new_stream_unary (handle_join, peer, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) chat = grpc_aio_rpc_method_handler_new_stream_stream (handle_chat, peer, NULL);
  g_autoptr (GrpcAioRpcMethodHandler) hang_chat = grpc_aio_rpc_method_handler_new_stream_stream (handle_hang, peer, NULL);
  g_autoptr (GError) error = NULL;
  int port;

  peer->contexts = g_ptr_array_new_with_free_func (g_object_unref);
  peer->service = grpc_aio_service_new ("test.Peer");
  add_unary (peer, "Echo", handle_echo);
  add_unary (peer, "Metadata", handle_metadata);
  add_unary (peer, "Fail", handle_fail);
  add_unary (peer, "FailRichly", handle_fail_richly);
  add_unary (peer, "FailWith", handle_fail_with);
  add_unary (peer, "Flaky", handle_flaky);
  add_unary (peer, "Hang", handle_hang);
  add_unary (peer, "Drop", handle_drop);
  add_unary (peer, "Nothing", handle_nothing);
  add_unary (peer, "Error", handle_error);
  grpc_aio_service_add_method (peer->service, "Count", count);
  grpc_aio_service_add_method (peer->service, "HangStream", hang_stream);
  grpc_aio_service_add_method (peer->service, "Join", join);
  grpc_aio_service_add_method (peer->service, "Chat", chat);
  grpc_aio_service_add_method (peer->service, "HangChat", hang_chat);

  peer->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (peer->server, peer->service);
  port = grpc_aio_server_add_port (peer->server, "127.0.0.1:0", NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpint (port, >, 0);
  g_assert_true (grpc_aio_server_start (peer->server, &error));
  g_assert_no_error (error);

  peer->target = g_strdup_printf ("127.0.0.1:%d", port);
  peer->channel = grpc_aio_channel_new (peer->target, NULL);
  if (g_getenv ("GRPC_AIO_TEST_INTERCEPTED") != NULL)
    intercept_channel (peer);
}

/* In the context of the calls. */
void
peer_close_channel (Peer *peer)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  grpc_aio_channel_close_async (peer->channel, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_channel_close_finish (peer->channel, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);
  /* What a call of another thread holds may go a little after its end. */
  assert_finalizes (g_steal_pointer (&peer->channel));
}

void
peer_tear_down (Peer *peer)
{
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;

  if (peer->channel != NULL)
    peer_close_channel (peer);

  grpc_aio_server_stop_async (peer->server, 0, NULL, store_result, &result);
  g_assert_true (grpc_aio_server_stop_finish (peer->server, await (&result), &error));
  g_assert_no_error (error);
  g_clear_object (&result);

  g_ptr_array_unref (peer->contexts);
  assert_finalizes (peer->server);
  assert_finalizes (peer->service);
  g_free (peer->target);
}

GrpcAioCall *
peer_call (Peer *peer,
           const char *method,
           GrpcAioMethodKind kind,
           const char *request,
           GrpcAioCallOptions *options)
{
  g_autofree char *full_name = g_strconcat ("/test.Peer/", method, NULL);
  g_autoptr (GrpcAioMultiCallable) multi_callable = NULL;
  g_autoptr (GBytes) bytes = request != NULL ? bytes_from (request) : NULL;

  switch (kind)
    {
    case GRPC_AIO_METHOD_KIND_UNARY_UNARY:
      multi_callable = grpc_aio_channel_unary_unary (peer->channel, full_name);
      break;

    case GRPC_AIO_METHOD_KIND_UNARY_STREAM:
      multi_callable = grpc_aio_channel_unary_stream (peer->channel, full_name);
      break;

    case GRPC_AIO_METHOD_KIND_STREAM_UNARY:
      multi_callable = grpc_aio_channel_stream_unary (peer->channel, full_name);
      break;

    case GRPC_AIO_METHOD_KIND_STREAM_STREAM:
      multi_callable = grpc_aio_channel_stream_stream (peer->channel, full_name);
      break;

    default:
      g_assert_not_reached ();
    }

  return grpc_aio_multi_callable_call (multi_callable, bytes, options);
}

struct _Relay
{
  char *target;
  GSocketConnectable *server;
  GSocketListener *listener;
  GCancellable *end;
  GThread *thread;

  GMutex lock; /* for what follows */
  GByteArray *sent;
  GByteArray *received;
};

/* FALSE when @from is at its end. */
static gboolean
relay_pass (Relay *self,
            GSocket *from,
            GSocket *to,
            GByteArray *record)
{
  char buffer[4096];
  gssize length = g_socket_receive (from, buffer, sizeof buffer, self->end, NULL);
  gssize passed = 0;

  if (length <= 0)
    return FALSE;

  g_mutex_lock (&self->lock);
  g_byte_array_append (record, (const guint8 *) buffer, (guint) length);
  g_mutex_unlock (&self->lock);

  while (passed < length)
    {
      gssize n = g_socket_send (to, buffer + passed, (gsize) (length - passed), self->end, NULL);

      if (n <= 0)
        return FALSE;
      passed += n;
    }

  return TRUE;
}

static gpointer
relay_run (gpointer data)
{
  Relay *self = data;
  g_autoptr (GSocketConnection) client = g_socket_listener_accept (self->listener, NULL, self->end, NULL);
  g_autoptr (GSocketClient) connector = g_socket_client_new ();
  g_autoptr (GSocketConnection) server = NULL;
  GPollFD polled[3];
  gboolean is_open = TRUE;

  if (client == NULL)
    return NULL;
  g_socket_client_set_enable_proxy (connector, FALSE);
  server = g_socket_client_connect (connector, self->server, self->end, NULL);
  if (server == NULL || !g_cancellable_make_pollfd (self->end, &polled[2]))
    return NULL;

  polled[0] = (GPollFD){ .fd = g_socket_get_fd (g_socket_connection_get_socket (client)), .events = G_IO_IN };
  polled[1] = (GPollFD){ .fd = g_socket_get_fd (g_socket_connection_get_socket (server)), .events = G_IO_IN };
  while (is_open && g_poll (polled, G_N_ELEMENTS (polled), -1) >= 0 && !g_cancellable_is_cancelled (self->end))
    {
      if (polled[0].revents != 0)
        is_open = relay_pass (self, g_socket_connection_get_socket (client), g_socket_connection_get_socket (server), self->sent);
      if (is_open && polled[1].revents != 0)
        is_open = relay_pass (self, g_socket_connection_get_socket (server), g_socket_connection_get_socket (client), self->received);
    }
  g_cancellable_release_fd (self->end);

  return NULL;
}

Relay *
relay_new (const char *server)
{
  Relay *self = g_new0 (Relay, 1);
  g_autoptr (GSocketAddress) address = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) bound = NULL;
  g_autoptr (GError) error = NULL;

  self->server = g_network_address_parse (server, 0, &error);
  g_assert_no_error (error);
  self->listener = g_socket_listener_new ();
  g_socket_listener_add_address (self->listener, address, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound, &error);
  g_assert_no_error (error);
  self->target = g_strdup_printf ("127.0.0.1:%u", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound)));
  self->end = g_cancellable_new ();
  g_mutex_init (&self->lock);
  self->sent = g_byte_array_new ();
  self->received = g_byte_array_new ();
  self->thread = g_thread_new ("relay", relay_run, self);

  return self;
}

const char *
relay_get_target (Relay *self)
{
  return self->target;
}

static GBytes *
relay_copy (Relay *self,
            GByteArray *record)
{
  GBytes *copy;

  g_mutex_lock (&self->lock);
  copy = g_bytes_new (record->data, record->len);
  g_mutex_unlock (&self->lock);

  return copy;
}

GBytes *
relay_get_sent (Relay *self)
{
  return relay_copy (self, self->sent);
}

GBytes *
relay_get_received (Relay *self)
{
  return relay_copy (self, self->received);
}

void
relay_free (Relay *self)
{
  g_cancellable_cancel (self->end);
  g_thread_join (self->thread);

  g_free (self->target);
  g_object_unref (self->server);
  g_object_unref (self->listener);
  g_object_unref (self->end);
  g_mutex_clear (&self->lock);
  g_byte_array_unref (self->sent);
  g_byte_array_unref (self->received);
  g_free (self);
}
