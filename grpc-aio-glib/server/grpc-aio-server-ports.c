/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "server/grpc-aio-server-parts-private.h"

#include <unistd.h>

#include <glib/gi18n-lib.h>
#include <grpc/grpc_security.h>

#include "engine/grpc-aio-core-private.h"
#include "engine/grpc-aio-sync-private.h"
#include "security/grpc-aio-server-credentials-private.h"
#include "server/grpc-aio-address-private.h"
#include "server/grpc-aio-config-fetcher-private.h"
#include "server/grpc-aio-service-private.h"

/* How often and how long to try to have a port back from grpc-core. */
#define MAX_TRIES 500
#define TRY_AGAIN_USEC (10 * 1000)

/* A port to listen on once more. */
typedef struct
{
  char *address;
  GrpcAioServerCredentials *credentials;
} Port;

static void
method_free (gpointer data)
{
  GrpcAioServerMethod *method = data;

  g_free (method->name);
  g_clear_object (&method->handler);
  g_free (method->shares);
  g_free (method);
}

/* A listener that never started goes without waiting for anything. */
static void
destroy_unstarted (grpc_server *core)
{
  grpc_completion_queue *queue = grpc_completion_queue_create_for_pluck (NULL);

  grpc_server_register_completion_queue (core, queue, NULL);
  grpc_server_shutdown_and_notify (core, queue, NULL);
  grpc_server_cancel_all_calls (core);
  grpc_completion_queue_pluck (queue, NULL, gpr_inf_future (GPR_CLOCK_REALTIME), NULL);
  grpc_server_destroy (core);
  grpc_completion_queue_shutdown (queue);
  grpc_completion_queue_destroy (queue);
}

void
grpc_aio_server_drop_core (grpc_server *core,
                           guint fetcher_id)
{
  if (core != NULL && grpc_aio_core_is_usable ())
    destroy_unstarted (core);
  if (fetcher_id != 0)
    grpc_aio_config_fetcher_forget (fetcher_id);
}

/* When it does not listen any more, or never will. */
static void
release_port (GrpcAioServerListener *listener)
{
  if (listener->reserved_fd >= 0)
    close (listener->reserved_fd);
  listener->reserved_fd = -1;
  if (listener->fetcher_id != 0)
    grpc_aio_config_fetcher_forget (listener->fetcher_id);
  listener->fetcher_id = 0;
}

void
grpc_aio_server_listener_free (gpointer data)
{
  GrpcAioServerListener *listener = data;

  g_clear_pointer (&listener->acceptor, grpc_aio_acceptor_close);
  grpc_aio_server_drop_core (listener->core, 0);
  release_port (listener);
  g_ptr_array_unref (listener->methods);
  g_clear_object (&listener->credentials);
  g_free (listener->address);
  g_free (listener);
}

/* After each step of a listener's stopping. */
void
grpc_aio_server_check_listener (GrpcAioServerListener *listener)
{
  GrpcAioServer *self = listener->server;
  GrpcAioOperationList waiters = { NULL, NULL };
  grpc_server *core = NULL;
  GSource *grace = NULL;

  g_mutex_lock (&self->lock);
  if (listener->is_shut_down && listener->n_requests == 0 && listener->n_calls == 0 && listener->core != NULL)
    {
      core = g_steal_pointer (&listener->core);
      self->n_listening--;
      waiters = grpc_aio_operation_list_take (&listener->waiters);
      grace = g_steal_pointer (&listener->grace);
      g_object_ref (self);
    }
  g_mutex_unlock (&self->lock);

  if (core == NULL)
    return;

  grpc_server_destroy (core);
  release_port (listener);
  grpc_aio_operation_list_return_true (&waiters);
  grpc_aio_server_drop_grace (grace);
  grpc_aio_server_check_stopped (self);
  g_object_unref (self);
}

static void
on_shut_down (GrpcAioCompletion *completion,
              gboolean ok)
{
  GrpcAioServerListener *listener = (GrpcAioServerListener *) ((guint8 *) completion - G_STRUCT_OFFSET (GrpcAioServerListener, shutdown));

  g_mutex_lock (&listener->server->lock);
  listener->is_shut_down = TRUE;
  g_mutex_unlock (&listener->server->lock);

  grpc_aio_server_check_listener (listener);
}

/* With the lock. Closes what is left when nothing runs any more, or the grace has
 * ended: only this ends connections of clients that keep theirs open. */
void
grpc_aio_server_cancel_calls (GrpcAioServerListener *listener)
{
  listener->is_cancelled = TRUE;
  if (listener->core != NULL && grpc_aio_core_is_usable ())
    grpc_server_cancel_all_calls (listener->core);
}

/* With the lock. Listens no longer and refuses new calls from now on; clients are
 * told to go. */
void
grpc_aio_server_begin_stop_listener (GrpcAioServerListener *listener)
{
  GrpcAioServer *self = listener->server;

  if (listener->is_stopping)
    return;

  listener->is_stopping = TRUE;
  g_clear_pointer (&listener->acceptor, grpc_aio_acceptor_close);
  if (self->state == GRPC_AIO_SERVER_STATE_NEW)
    {
      destroy_unstarted (g_steal_pointer (&listener->core));
      release_port (listener);
      self->n_listening--;
      return;
    }

  listener->shutdown.run = on_shut_down;
  grpc_server_shutdown_and_notify (listener->core, grpc_aio_queue_get_core (grpc_aio_server_get_lane (self, 0)->queue), &listener->shutdown);
  if (listener->n_calls == 0)
    grpc_aio_server_cancel_calls (listener);
}

/* A core for a port. */
static grpc_server *
take_core (GrpcAioServer *self,
           guint *fetcher_id,
           GError **error)
{
  if (self->spare_core == NULL)
    return grpc_aio_server_create_core (self, fetcher_id, error);

  *fetcher_id = self->spare_fetcher_id;
  self->spare_fetcher_id = 0;

  return g_steal_pointer (&self->spare_core);
}

static void
add_method (const char *full_name,
            GrpcAioRpcMethodHandler *handler,
            gpointer user_data)
{
  GrpcAioServerListener *listener = user_data;
  GrpcAioMethodKind kind = grpc_aio_rpc_method_handler_get_kind (handler);
  GrpcAioServerMethod *method;

  for (guint i = 0; i < listener->methods->len; i++)
    {
      const GrpcAioServerMethod *other = g_ptr_array_index (listener->methods, i);

      /* The first service that has the method serves it. */
      if (g_str_equal (other->name, full_name))
        return;
    }

  method = g_new0 (GrpcAioServerMethod, 1);
  method->listener = listener;
  method->name = g_strdup (full_name);
  method->handler = g_object_ref (handler);
  method->has_payload = kind == GRPC_AIO_METHOD_KIND_UNARY_UNARY || kind == GRPC_AIO_METHOD_KIND_UNARY_STREAM;
  g_ptr_array_add (listener->methods, method);
}

/* Makes the methods, with a share of each for each lane. */
static void
make_methods (GrpcAioServerListener *listener)
{
  GrpcAioServer *self = listener->server;
  GrpcAioServerMethod *others = g_new0 (GrpcAioServerMethod, 1);

  for (guint i = 0; i < self->services->len; i++)
    grpc_aio_service_foreach_method (g_ptr_array_index (self->services, i), add_method, listener);
  others->listener = listener;
  g_ptr_array_add (listener->methods, others);

  for (guint i = 0; i < listener->methods->len; i++)
    {
      GrpcAioServerMethod *method = g_ptr_array_index (listener->methods, i);

      method->shares = g_new0 (GrpcAioServerShare, self->lanes->len);
      for (guint j = 0; j < self->lanes->len; j++)
        {
          method->shares[j].method = method;
          method->shares[j].lane = grpc_aio_server_get_lane (self, j);
        }
    }
}

void
grpc_aio_server_start_listener (GrpcAioServerListener *listener)
{
  GrpcAioServer *self = listener->server;

  if (listener->methods->len == 0)
    make_methods (listener);

  for (guint i = 0; i < listener->methods->len; i++)
    {
      GrpcAioServerMethod *method = g_ptr_array_index (listener->methods, i);

      if (method->name != NULL)
        method->registered = grpc_server_register_method (listener->core, method->name, NULL,
                                                          method->has_payload
                                                              ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER
                                                              : GRPC_SRM_PAYLOAD_NONE,
                                                          0);
    }

  for (guint i = 0; i < self->lanes->len; i++)
    grpc_server_register_completion_queue (listener->core, grpc_aio_queue_get_core (grpc_aio_server_get_lane (self, i)->queue), NULL);
  grpc_server_start (listener->core);
}

/* With the lock. Where grpc-core does not listen itself. */
void
grpc_aio_server_accept_connections (GrpcAioServerListener *listener)
{
  g_autoptr (GMainContext) context = NULL;

  if (listener->acceptor == NULL)
    return;

  context = grpc_aio_queue_dup_context (grpc_aio_server_get_lane (listener->server, 0)->queue);
  if (context != NULL)
    grpc_aio_acceptor_start (listener->acceptor, context);
}

/* With the lock. One that was for the same address and is over, or a new one. */
static GrpcAioServerListener *
get_listener (GrpcAioServer *self,
              const char *address,
              int port)
{
  g_autofree char *whole = grpc_aio_address_with_port (address, port);
  GrpcAioServerListener *listener;

  for (guint i = 0; i < self->listeners->len; i++)
    {
      listener = g_ptr_array_index (self->listeners, i);
      if (listener->core == NULL && g_str_equal (listener->address, whole))
        return listener;
    }

  listener = g_new0 (GrpcAioServerListener, 1);
  listener->server = self;
  listener->address = g_steal_pointer (&whole);
  listener->methods = g_ptr_array_new_with_free_func (method_free);
  g_ptr_array_add (self->listeners, listener);

  return listener;
}

/* Takes over @core and what belongs to it, unless the server stops. With @socket the
 * connections come from there. */
static gboolean
begin_listening (GrpcAioServer *self,
                 grpc_server *core,
                 guint fetcher_id,
                 int reserved_fd,
                 GSocket *socket,
                 const char *address,
                 int port,
                 GrpcAioServerCredentials *credentials)
{
  gboolean is_late;

  g_mutex_lock (&self->lock);
  is_late = self->state > GRPC_AIO_SERVER_STATE_SERVING;
  if (!is_late)
    {
      GrpcAioServerListener *listener = get_listener (self, address, port);

      listener->core = core;
      g_set_object (&listener->credentials, credentials);
      listener->fetcher_id = fetcher_id;
      listener->reserved_fd = reserved_fd;
      if (socket != NULL)
        listener->acceptor = grpc_aio_acceptor_new (socket, core);
      listener->is_stopping = listener->is_cancelled = listener->is_shut_down = FALSE;
      self->n_listening++;
      if (credentials != NULL && !g_ptr_array_find (self->credentials, credentials, NULL))
        g_ptr_array_add (self->credentials, g_object_ref (credentials));
      if (self->state == GRPC_AIO_SERVER_STATE_SERVING)
        {
          grpc_aio_server_start_listener (listener);
          grpc_aio_server_ask_for_calls (listener);
          grpc_aio_server_accept_connections (listener);
        }
    }
  g_mutex_unlock (&self->lock);

  return !is_late;
}

static int
refuse_port (const char *address,
             GError **error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_CLOSED, _("Cannot listen on %s: the server is stopping"), address);

  return 0;
}

/**
 * grpc_aio_server_add_port:
 * @self: a server
 * @address: where to listen: `host:port`, `[::]:port`, `unix:/absolute/path`
 *   or `unix-abstract:name`; port 0 takes a free one
 * @credentials: (nullable): how to secure connections, or `NULL` for not at all
 * @error: where to put an error
 *
 * Has the server listen at an address: once it is started, or from now on when it
 * serves already.
 *
 * It fails with `G_IO_ERROR_ADDRESS_IN_USE` and the like, and says why; with
 * `G_IO_ERROR_CLOSED` when the server has begun to stop.
 * [method@Server.remove_port_async] takes the port away.
 *
 * Returns: the port number, 1 for a Unix socket, or 0 with an error
 *
 * Since: 0.1
 */
int
grpc_aio_server_add_port (GrpcAioServer *self,
                          const char *address,
                          GrpcAioServerCredentials *credentials,
                          GError **error)
{
  grpc_server_credentials *core_credentials;
  g_autofree char *reserved_address = NULL;
  grpc_server *core;
  guint fetcher_id = 0;
  int port = 0, reserved_port = 0, reserved_fd = -1;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);
  g_return_val_if_fail (address != NULL, 0);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_SERVER_CREDENTIALS (credentials), 0);

  if (!grpc_aio_core_is_usable ())
    {
      g_propagate_error (error, grpc_aio_core_new_forked_error ());
      return 0;
    }
  if (grpc_aio_server_get_state (self) > GRPC_AIO_SERVER_STATE_SERVING)
    return refuse_port (address, error);
  if (!grpc_aio_address_check (address, error) || !grpc_aio_server_check_xds (self, error))
    return 0;
  if (self->is_xds_enabled)
    {
      reserved_address = grpc_aio_address_reserve (address, &reserved_port, &reserved_fd, error);
      if (reserved_address == NULL)
        return 0;
    }

  core = take_core (self, &fetcher_id, error);
  if (core == NULL)
    {
      close (reserved_fd);
      return 0;
    }

  if (credentials != NULL)
    core_credentials = grpc_aio_server_credentials_acquire_core (credentials);
  else
    core_credentials = grpc_insecure_server_credentials_create ();

  if (core_credentials != NULL)
    port = grpc_server_add_http2_port (core, reserved_address != NULL ? reserved_address : address, core_credentials);
  if (credentials != NULL)
    grpc_aio_server_credentials_release_core (credentials, core_credentials);
  else
    grpc_server_credentials_release (core_credentials);

  /* It does not listen yet, and says -1. */
  if (port != 0 && reserved_address != NULL)
    port = reserved_port;

  if (port <= 0)
    {
      grpc_aio_server_drop_core (core, fetcher_id);
      if (reserved_fd >= 0)
        close (reserved_fd);
      grpc_aio_address_explain_failure (address, credentials != NULL, error);
      return 0;
    }

  if (!begin_listening (self, core, fetcher_id, reserved_fd, NULL, address, port, credentials))
    {
      grpc_aio_server_drop_core (core, fetcher_id);
      if (reserved_fd >= 0)
        close (reserved_fd);
      return refuse_port (address, error);
    }

  return port;
}

/**
 * grpc_aio_server_add_socket:
 * @self: a server
 * @socket: a stream socket that listens
 * @credentials: (nullable): `NULL`, or credentials that secure nothing
 * @error: where to put an error
 *
 * Has the server take the connections of a socket that exists already, such as one of
 * another program: once it is started, or from now on when it serves already.
 *
 * The server owns the socket from now on, and closes it when it stops or
 * [method@Server.remove_port_async] is called with the socket's address. The file of
 * a Unix socket stays, for it belongs to whoever made it. Connections that wait in
 * the socket when it is closed here are served by whoever else has it, such as the
 * next process that is activated.
 *
 * The connections cannot be secured: grpc-core does that only where it listens
 * itself. With other @credentials this fails with `G_IO_ERROR_NOT_SUPPORTED`, as it
 * does for servers with xDS. It fails with `G_IO_ERROR_INVALID_ARGUMENT` when
 * @socket does not listen, and with `G_IO_ERROR_CLOSED` when the server has begun to
 * stop; then the socket is left alone.
 *
 * When there are too many open files connections wait in the socket until there are
 * fewer. A client that connects and says nothing keeps its connection; the channel
 * argument `grpc.max_connection_idle_ms` puts an end to that.
 *
 * Returns: the port number, 1 for a Unix socket, or 0 with an error
 *
 * Since: 0.1
 */
int
grpc_aio_server_add_socket (GrpcAioServer *self,
                            GSocket *socket,
                            GrpcAioServerCredentials *credentials,
                            GError **error)
{
  g_autofree char *address = NULL;
  grpc_server *core;
  guint fetcher_id = 0;
  int port;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), 0);
  g_return_val_if_fail (G_IS_SOCKET (socket), 0);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_SERVER_CREDENTIALS (credentials), 0);

  if (!grpc_aio_core_is_usable ())
    {
      g_propagate_error (error, grpc_aio_core_new_forked_error ());
      return 0;
    }
  if (!grpc_aio_acceptor_check_socket (g_socket_get_fd (socket), error))
    return 0;

  address = grpc_aio_address_of_socket (socket, &port);
  if (grpc_aio_server_get_state (self) > GRPC_AIO_SERVER_STATE_SERVING)
    return refuse_port (address, error);
  if (credentials != NULL && !grpc_aio_server_credentials_is_insecure (credentials))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _("Cannot listen on %s: the connections of a socket that was made elsewhere cannot be secured"), address);
      return 0;
    }
  if (self->is_xds_enabled)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_SUPPORTED,
                   _("Cannot listen on %s: a server with xDS takes no sockets that were made elsewhere"), address);
      return 0;
    }

  core = grpc_aio_server_create_core (self, &fetcher_id, error);
  if (!begin_listening (self, core, 0, -1, socket, address, port, credentials))
    {
      grpc_aio_server_drop_core (core, 0);
      return refuse_port (address, error);
    }

  return port;
}

static void
port_free (gpointer data)
{
  Port *port = data;

  g_free (port->address);
  g_clear_object (&port->credentials);
  g_free (port);
}

/* The old core closes its socket in a thread of grpc-core: until then the port is
 * in use. */
static void
listen_again (GrpcAioServer *self,
              const Port *port)
{
  g_autoptr (GError) error = NULL;

  for (guint n_tries = 0; n_tries < MAX_TRIES && grpc_aio_core_enter (); n_tries++)
    {
      gboolean is_over;

      g_clear_error (&error);
      is_over = grpc_aio_server_add_port (self, port->address, port->credentials, &error) != 0 ||
                g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CLOSED);
      grpc_aio_core_leave ();
      if (is_over)
        return;
      g_usleep (TRY_AGAIN_USEC);
    }

  if (error != NULL)
    g_message ("%s", error->message);
}

/* grpc-core accepts no connections any more on a port, and does not tell on which
 * one: all get a new core. Calls that run go on with the old one, connections
 * without any are closed. With xDS the control plane has the ports. Runs in a thread
 * that may block. */
void
grpc_aio_server_listen_again (GrpcAioServer *self)
{
  g_autoptr (GPtrArray) ports = g_ptr_array_new_with_free_func (port_free);

  if (!grpc_aio_core_enter ())
    return;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->listeners->len && !self->is_xds_enabled; i++)
    {
      GrpcAioServerListener *listener = g_ptr_array_index (self->listeners, i);
      Port *port;

      if (self->state != GRPC_AIO_SERVER_STATE_SERVING || listener->core == NULL || listener->is_stopping ||
          listener->acceptor != NULL)
        continue;

      port = g_new0 (Port, 1);
      port->address = g_strdup (listener->address);
      g_set_object (&port->credentials, listener->credentials);
      g_ptr_array_add (ports, port);
      grpc_aio_server_begin_stop_listener (listener);
    }
  g_mutex_unlock (&self->lock);
  grpc_aio_server_resume_lanes (self);
  grpc_aio_core_leave ();

  for (guint i = 0; i < ports->len; i++)
    listen_again (self, g_ptr_array_index (ports, i));
}

/* With the lock. The one that listens, or else one that is not over. */
static GrpcAioServerListener *
find_listener (GrpcAioServer *self,
               const char *address)
{
  GrpcAioServerListener *going = NULL;

  for (guint i = 0; i < self->listeners->len; i++)
    {
      GrpcAioServerListener *listener = g_ptr_array_index (self->listeners, i);

      if (listener->core == NULL || !g_str_equal (listener->address, address))
        continue;
      if (!listener->is_stopping)
        return listener;
      going = listener;
    }

  return going;
}

/**
 * grpc_aio_server_remove_port_async:
 * @self: a server
 * @address: an address given to [method@Server.add_port]; where that had port 0,
 *   with the number that it returned
 * @grace_usec: for how many microseconds the calls that came over this port may
 *   go on; 0 cancels them at once, a negative number lets them end by themselves
 * @cancellable: (nullable): a way to stop waiting; the port goes all the same
 * @callback: (scope async): called once nothing of the port is left
 * @user_data: data for @callback
 *
 * Stops listening at an address, while the server goes on at its others.
 *
 * The port is free at once for other programs. Clients that are connected there are
 * told to connect elsewhere (GOAWAY of HTTP/2), the calls that run may end, and
 * when there are none left the connections are closed. This works with all
 * credentials.
 *
 * It may be called several times: each waits, and the shortest grace counts. A
 * server that has lost its last port goes on until it is stopped.
 *
 * Since: 0.1
 */
void
grpc_aio_server_remove_port_async (GrpcAioServer *self,
                                   const char *address,
                                   gint64 grace_usec,
                                   GCancellable *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer user_data)
{
  g_autoptr (GMainContext) context = NULL;
  GrpcAioOperation *operation;
  GrpcAioServerListener *listener;
  gboolean is_busy = FALSE, is_over = FALSE, is_waiting = FALSE;

  g_return_if_fail (GRPC_AIO_IS_SERVER (self));
  g_return_if_fail (address != NULL);
  g_return_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable));

  operation = grpc_aio_server_new_stop_operation (self, grpc_aio_server_remove_port_async, cancellable, callback, user_data);
  if (grpc_aio_operation_refuse_forked (operation))
    return;

  g_mutex_lock (&self->lock);
  listener = find_listener (self, address);
  if (listener != NULL)
    {
      grpc_aio_server_begin_stop_listener (listener);
      is_busy = listener->n_calls > 0;
      is_over = listener->core == NULL;
      is_waiting = !is_over && !grpc_aio_operation_is_withdrawn (operation);
    }
  if (is_waiting)
    grpc_aio_operation_list_append (&listener->waiters, operation);
  g_mutex_unlock (&self->lock);

  if (listener == NULL)
    {
      grpc_aio_operation_return_new_error (operation, G_IO_ERROR_NOT_FOUND, _("The server does not listen on %s"), address);
      return;
    }
  if (is_over)
    grpc_aio_operation_return_number (operation, TRUE);
  else if (!is_waiting)
    grpc_aio_operation_return_cancelled (operation);

  grpc_aio_server_resume_lanes (self);
  context = g_main_context_ref_thread_default ();
  if (is_busy && grace_usec == 0)
    grpc_aio_server_on_listener_grace_ended (listener);
  else if (is_busy && grace_usec > 0)
    grpc_aio_server_set_listener_grace (listener, grace_usec, context);
  grpc_aio_server_check_listener (listener);
}

/**
 * grpc_aio_server_remove_port_finish:
 * @self: a server
 * @result: the result given to the callback
 * @error: where to put an error
 *
 * Ends [method@Server.remove_port_async].
 *
 * It fails with `G_IO_ERROR_NOT_FOUND` when the server does not listen there, or not
 * any more.
 *
 * Returns: whether nothing of the port is left
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_remove_port_finish (GrpcAioServer *self,
                                    GAsyncResult *result,
                                    GError **error)
{
  g_return_val_if_fail (grpc_aio_operation_is_valid (result, self, grpc_aio_server_remove_port_async), FALSE);

  return grpc_aio_operation_propagate_boolean (result, error);
}

/**
 * grpc_aio_server_remove_port_sync:
 * @self: a server
 * @address: an address given to [method@Server.add_port]; where that had port 0,
 *   with the number that it returned
 * @grace_usec: for how many microseconds the calls that came over this port may
 *   go on
 * @cancellable: (nullable): a way to stop waiting
 * @error: where to put an error
 *
 * Stops listening at an address, and blocks until nothing of the port is left.
 * Cancelling it ends the grace.
 *
 * Returns: whether nothing of the port is left
 *
 * Since: 0.1
 */
gboolean
grpc_aio_server_remove_port_sync (GrpcAioServer *self,
                                  const char *address,
                                  gint64 grace_usec,
                                  GCancellable *cancellable,
                                  GError **error)
{
  g_autoptr (GrpcAioQueue) queue = NULL;
  g_auto (GrpcAioSync) sync = { NULL };
  GrpcAioServerListener *listener = NULL;
  gboolean is_removed;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), FALSE);
  g_return_val_if_fail (address != NULL, FALSE);
  g_return_val_if_fail (cancellable == NULL || G_IS_CANCELLABLE (cancellable), FALSE);

  queue = grpc_aio_server_ref_queue (self);
  sync = grpc_aio_sync_begin (queue);
  grpc_aio_server_remove_port_async (self, address, grace_usec, cancellable, grpc_aio_sync_ready, &sync);
  is_removed = grpc_aio_server_remove_port_finish (self, grpc_aio_sync_wait (&sync), error);

  /* The grace was counted in the context that goes now. */
  if (!is_removed)
    {
      g_mutex_lock (&self->lock);
      listener = find_listener (self, address);
      g_mutex_unlock (&self->lock);
    }
  if (listener != NULL)
    grpc_aio_server_on_listener_grace_ended (listener);

  return is_removed;
}
