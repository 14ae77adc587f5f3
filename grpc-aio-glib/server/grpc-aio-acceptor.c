/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* grpc-core listens only on sockets that it made itself, and gives one up for good
 * when it has no descriptor for a connection. This listens in a main context, and
 * hands the connections over. */

#define _GNU_SOURCE /* accept4 () */

#include "server/grpc-aio-acceptor-private.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n-lib.h>
#include <grpc/grpc_posix.h>
#include <grpc/grpc_security.h>

#include "engine/grpc-aio-core-private.h"

/* How many connections to take before other sources get their turn. */
#define MAX_ACCEPTED 16

/* How long to wait when there is no descriptor for a connection; doubled, up to the
 * maximum, until there is one. */
#define MIN_WAIT_USEC (50 * 1000)
#define MAX_WAIT_USEC G_USEC_PER_SEC

/* What grpc-core calls the peer of a connection that it was handed. */
#define PEER_PREFIX "fd:"

struct _GrpcAioAcceptor
{
  gint refs; /* atomic; the server's and the source's */
  guint id;

  GMutex lock; /* for all that follows */
  GSocket *socket;
  grpc_server *core; /* NULL when it is closed */
  grpc_server_credentials *credentials;
  GSource *source; /* from the start on */
  gpointer tag;    /* of the descriptor; NULL while the source waits for others */
  gint64 wait_usec;
};

typedef struct
{
  GSource parent;
  GrpcAioAcceptor *acceptor; /* a reference */
} AcceptSource;

/* Who is at the other end of a connection. */
typedef struct
{
  guint acceptor_id;
  guint64 cookie; /* the kernel's, of the socket */
  char *name;
  gboolean has_credentials;
  struct ucred credentials;
} Peer;

/* The peers, by descriptor. A connection is not closed before its last call is freed,
 * so that each call finds the peer of its own connection, even when that is lost. An
 * entry stays until the kernel gives its number to another connection. */
static GMutex peers_lock;
static GHashTable *peers; /* with the lock */

static gint n_acceptors; /* atomic; so far */

static void
peer_free (gpointer data)
{
  Peer *peer = data;

  g_free (peer->name);
  g_free (peer);
}

/* As grpc-core names the peers of connections that it has accepted. */
static char *
inet_to_name (GInetSocketAddress *address)
{
  GInetAddress *inet = g_inet_socket_address_get_address (address);
  guint16 port = g_inet_socket_address_get_port (address);
  const guint8 *bytes = g_inet_address_to_bytes (inet);
  g_autofree char *host = NULL;

  if (g_inet_address_get_family (inet) == G_SOCKET_FAMILY_IPV4)
    {
      host = g_inet_address_to_string (inet);
      return g_strdup_printf ("ipv4:%s:%u", host, port);
    }

  if (IN6_IS_ADDR_V4MAPPED ((const struct in6_addr *) bytes))
    return g_strdup_printf ("ipv4:%u.%u.%u.%u:%u", bytes[12], bytes[13], bytes[14], bytes[15], port);

  host = g_inet_address_to_string (inet);

  return g_strdup_printf ("ipv6:%%5B%s%%5D:%u", host, port);
}

static char *
address_to_name (const struct sockaddr_storage *native,
                 socklen_t length)
{
  g_autoptr (GSocketAddress) address = NULL;

  /* Most clients have not bound their socket. */
  if (native->ss_family == AF_UNIX && length <= sizeof (sa_family_t))
    return g_strdup ("unix:");

  address = g_socket_address_new_from_native ((gpointer) native, length);
  if (G_IS_INET_SOCKET_ADDRESS (address))
    return inet_to_name (G_INET_SOCKET_ADDRESS (address));
  if (!G_IS_UNIX_SOCKET_ADDRESS (address))
    return NULL;

  return g_strconcat (g_unix_socket_address_get_address_type (G_UNIX_SOCKET_ADDRESS (address)) == G_UNIX_SOCKET_ADDRESS_ABSTRACT
                          ? "unix-abstract:"
                          : "unix:",
                      g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (address)), NULL);
}

/* 0 when it is no socket. */
static guint64
get_cookie (int fd)
{
  guint64 cookie = 0;
  socklen_t length = sizeof cookie;

  if (getsockopt (fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) != 0)
    return 0;

  return cookie;
}

/* Before grpc-core has @fd. */
static void
remember_peer (GrpcAioAcceptor *self,
               int fd,
               const struct sockaddr_storage *address,
               socklen_t address_length)
{
  Peer *peer = g_new0 (Peer, 1);
  socklen_t length = sizeof peer->credentials;

  peer->acceptor_id = self->id;
  peer->cookie = get_cookie (fd);
  peer->name = address_to_name (address, address_length);
  peer->has_credentials = address->ss_family == AF_UNIX &&
                          getsockopt (fd, SOL_SOCKET, SO_PEERCRED, &peer->credentials, &length) == 0;

  g_mutex_lock (&peers_lock);
  if (peers == NULL)
    peers = g_hash_table_new_full (NULL, NULL, NULL, peer_free);
  g_hash_table_replace (peers, GINT_TO_POINTER (fd), peer);
  g_mutex_unlock (&peers_lock);
}

static gboolean
may_be_known (const char *core_peer)
{
  return g_str_has_prefix (core_peer, PEER_PREFIX);
}

/* With the lock of the peers. NULL when the connection was not handed over here. */
static const Peer *
find_peer (const char *core_peer)
{
  gint64 fd;

  if (peers == NULL)
    return NULL;

  fd = g_ascii_strtoll (core_peer + strlen (PEER_PREFIX), NULL, 10);

  return g_hash_table_lookup (peers, GINT_TO_POINTER ((int) fd));
}

/* NULL when grpc-core knows it better. */
char *
grpc_aio_acceptor_dup_peer (const char *core_peer)
{
  const Peer *peer;
  char *name;

  if (!may_be_known (core_peer))
    return NULL;

  g_mutex_lock (&peers_lock);
  peer = find_peer (core_peer);
  name = peer != NULL ? g_strdup (peer->name) : NULL;
  g_mutex_unlock (&peers_lock);

  return name;
}

/* NULL when they are not known. */
GCredentials *
grpc_aio_acceptor_dup_credentials (const char *core_peer)
{
  GCredentials *credentials = NULL;
  const Peer *peer;

  if (!may_be_known (core_peer))
    return NULL;

  g_mutex_lock (&peers_lock);
  peer = find_peer (core_peer);
  if (peer != NULL && peer->has_credentials)
    {
      credentials = g_credentials_new ();
      g_credentials_set_native (credentials, G_CREDENTIALS_TYPE_LINUX_UCRED, (gpointer) &peer->credentials);
    }
  g_mutex_unlock (&peers_lock);

  return credentials;
}

static void
acceptor_unref (GrpcAioAcceptor *self)
{
  if (!g_atomic_int_dec_and_test (&self->refs))
    return;

  grpc_server_credentials_release (self->credentials);
  g_object_unref (self->socket);
  g_mutex_clear (&self->lock);
  g_free (self);
}

/* With the lock. Leaves the connections where they are, until there is more room. */
static void
pause_accepting (GrpcAioAcceptor *self,
                 int code)
{
  if (self->wait_usec == 0)
    g_message ("No connection could be accepted: %s. The server tries it again", g_strerror (code));

  self->wait_usec = CLAMP (2 * self->wait_usec, MIN_WAIT_USEC, MAX_WAIT_USEC);
  g_source_remove_unix_fd (self->source, g_steal_pointer (&self->tag));
  g_source_set_ready_time (self->source, g_get_monotonic_time () + self->wait_usec);
}

/* With the lock. */
static void
resume_accepting (GrpcAioAcceptor *self)
{
  g_source_set_ready_time (self->source, -1);
  self->tag = g_source_add_unix_fd (self->source, g_socket_get_fd (self->socket), G_IO_IN);
}

/* Hands a connection over to grpc-core, which owns it then. */
static void
hand_over (GrpcAioAcceptor *self,
           int fd,
           const struct sockaddr_storage *address,
           socklen_t address_length)
{
  const int yes = 1;

  /* As grpc-core does with its own. */
  if (address->ss_family == AF_INET || address->ss_family == AF_INET6)
    setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);

  remember_peer (self, fd, address, address_length);
  grpc_server_add_channel_from_fd (self->core, fd, self->credentials);
}

/* With the lock. FALSE when there is nothing to accept, for now. */
static gboolean
accept_one (GrpcAioAcceptor *self)
{
  struct sockaddr_storage address = { 0 };
  socklen_t address_length = sizeof address;
  int fd = accept4 (g_socket_get_fd (self->socket), (struct sockaddr *) &address, &address_length,
                    SOCK_CLOEXEC | SOCK_NONBLOCK);

  if (fd >= 0)
    {
      self->wait_usec = 0;
      hand_over (self, fd, &address, address_length);
      return TRUE;
    }

  switch (errno)
    {
    case EAGAIN:
      return FALSE;

    /* The connection was lost before it was accepted. */
    case EINTR:
    case ECONNABORTED:
    case EHOSTDOWN:
    case EHOSTUNREACH:
    case ENETDOWN:
    case ENETUNREACH:
    case ENONET:
    case ENOPROTOOPT:
    case EPERM:
    case EPROTO:
      return TRUE;

    default:
      pause_accepting (self, errno);
      return FALSE;
    }
}

/* Runs no code of the program, so that it does not matter whose context it is. */
static gboolean
accept_source_dispatch (GSource *source,
                        GSourceFunc callback,
                        gpointer user_data)
{
  GrpcAioAcceptor *self = ((AcceptSource *) source)->acceptor;

  /* The connections belong to the parent process. */
  if (!grpc_aio_core_is_usable ())
    return G_SOURCE_REMOVE;

  g_mutex_lock (&self->lock);
  if (self->core != NULL && self->tag == NULL)
    resume_accepting (self);
  for (guint i = 0; i < MAX_ACCEPTED && self->core != NULL && accept_one (self); i++)
    ;
  g_mutex_unlock (&self->lock);

  return G_SOURCE_CONTINUE;
}

static void
accept_source_finalize (GSource *source)
{
  acceptor_unref (((AcceptSource *) source)->acceptor);
}

static GSourceFuncs accept_source_funcs = {
  .dispatch = accept_source_dispatch,
  .finalize = accept_source_finalize,
};

static gboolean
get_int_option (int fd,
                int option,
                int *value)
{
  socklen_t length = sizeof *value;

  return getsockopt (fd, SOL_SOCKET, option, value, &length) == 0;
}

/* Whether there may be connections to take. */
gboolean
grpc_aio_acceptor_check_socket (int fd,
                                GError **error)
{
  int type, is_listening;

  if (!get_int_option (fd, SO_TYPE, &type) || !get_int_option (fd, SO_ACCEPTCONN, &is_listening))
    {
      const int code = errno;

      g_set_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (code),
                   _("Cannot listen on descriptor %d: %s"), fd, g_strerror (code));
      return FALSE;
    }
  if (type != SOCK_STREAM || !is_listening)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("Cannot listen on descriptor %d: it is not a stream socket that listens"), fd);
      return FALSE;
    }

  return TRUE;
}

/* Until it is closed @core lives. */
GrpcAioAcceptor *
grpc_aio_acceptor_new (GSocket *socket,
                       grpc_server *core)
{
  GrpcAioAcceptor *self = g_new0 (GrpcAioAcceptor, 1);

  self->refs = 1;
  self->id = (guint) g_atomic_int_add (&n_acceptors, 1) + 1;
  g_mutex_init (&self->lock);
  self->socket = g_object_ref (socket);
  self->core = core;
  self->credentials = grpc_insecure_server_credentials_create ();

  return self;
}

/* Takes connections from now on, in @context. */
void
grpc_aio_acceptor_start (GrpcAioAcceptor *self,
                         GMainContext *context)
{
  GSource *source = g_source_new (&accept_source_funcs, sizeof (AcceptSource));

  ((AcceptSource *) source)->acceptor = self;
  g_atomic_int_inc (&self->refs);
  g_source_set_static_name (source, "grpc-aio-acceptor");
  g_source_set_can_recurse (source, TRUE);

  g_mutex_lock (&self->lock);
  self->source = source;
  resume_accepting (self);
  g_mutex_unlock (&self->lock);

  g_source_attach (source, context);
}

/* How many of the connections that were taken here are not closed. */
guint
grpc_aio_acceptor_count_open (GrpcAioAcceptor *self)
{
  GHashTableIter iter;
  gpointer fd, data;
  guint n_open = 0;

  g_mutex_lock (&peers_lock);
  if (peers != NULL)
    {
      g_hash_table_iter_init (&iter, peers);
      while (g_hash_table_iter_next (&iter, &fd, &data))
        {
          const Peer *peer = data;

          /* Its number may be another file's by now. */
          if (peer->acceptor_id == self->id && get_cookie (GPOINTER_TO_INT (fd)) == peer->cookie)
            n_open++;
        }
    }
  g_mutex_unlock (&peers_lock);

  return n_open;
}

/* Listens no longer, and closes the socket; the connections are grpc-core's. Consumes
 * the caller's reference. */
void
grpc_aio_acceptor_close (GrpcAioAcceptor *self)
{
  GSource *source;

  g_mutex_lock (&self->lock);
  self->core = NULL;
  source = g_steal_pointer (&self->source);
  if (source != NULL)
    g_source_destroy (source);
  g_socket_close (self->socket, NULL);
  g_mutex_unlock (&self->lock);

  if (source != NULL)
    g_source_unref (source);
  acceptor_unref (self);
}
