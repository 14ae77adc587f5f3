/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* grpc-core only says that an address cannot be listened on. This finds out
 * why. */

#include "server/grpc-aio-address-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n-lib.h>

/* NULL when @address is not of a Unix socket. */
static GSocketAddress *
parse_unix (const char *address)
{
  const char *path;

  if (g_str_has_prefix (address, "unix-abstract:"))
    return g_unix_socket_address_new_with_type (address + strlen ("unix-abstract:"), -1, G_UNIX_SOCKET_ADDRESS_ABSTRACT);

  if (!g_str_has_prefix (address, "unix:"))
    return NULL;

  path = address + strlen ("unix:");
  if (g_str_has_prefix (path, "//"))
    path += strlen ("//");

  return g_unix_socket_address_new (path);
}

/* grpc-core takes the lower 16 bits of whatever number it is given. */
static gboolean
has_possible_port (const char *address)
{
  const char *colon = strrchr (address, ':');
  char *end;

  return colon == NULL || g_ascii_strtoull (colon + 1, &end, 10) <= G_MAXUINT16 || *end != '\0';
}

/* The kernel would make up a name that nobody knows. */
static gboolean
has_name (const char *address)
{
  return !g_str_equal (address, "unix:") && !g_str_equal (address, "unix://") && !g_str_equal (address, "unix-abstract:");
}

static gboolean
has_listener (GSocketAddress *address)
{
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_UNIX, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, NULL);

  return socket != NULL && g_socket_connect (socket, address, NULL, NULL);
}

/* grpc-core removes the file of a Unix socket before it listens, even while
 * another program serves there. That one must not be cut off. */
gboolean
grpc_aio_address_check (const char *address,
                        GError **error)
{
  g_autoptr (GSocketAddress) unix_address = NULL;

  if (!has_name (address))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("Cannot listen on %s: the name of the socket is missing"), address);
      return FALSE;
    }

  unix_address = parse_unix (address);
  if (unix_address == NULL && !has_possible_port (address))
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("Cannot listen on %s: there is no such port"), address);
      return FALSE;
    }

  if (unix_address == NULL || !has_listener (unix_address))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_ADDRESS_IN_USE,
               _("Cannot listen on %s: another program listens there"), address);

  return FALSE;
}

static gboolean
try_bind (GSocketAddress *address,
          GError **error)
{
  g_autoptr (GSocket) socket = g_socket_new (g_socket_address_get_family (address), G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_DEFAULT, error);

  return socket != NULL && g_socket_bind (socket, address, TRUE, error) && g_socket_listen (socket, error);
}

static const char *
skip_scheme (const char *address)
{
  for (const char *const *prefix = (const char *const[]){ "dns:///", "dns:", "ipv4:", "ipv6:", NULL }; *prefix != NULL; prefix++)
    {
      if (g_str_has_prefix (address, *prefix))
        return address + strlen (*prefix);
    }

  return address;
}

static gboolean
try_address (const char *address,
             GError **error)
{
  g_autoptr (GSocketAddress) unix_address = parse_unix (address);
  g_autoptr (GSocketConnectable) connectable = NULL;
  g_autoptr (GSocketAddressEnumerator) enumerator = NULL;

  if (unix_address != NULL)
    return try_bind (unix_address, error);

  connectable = g_network_address_parse (skip_scheme (address), 0, error);
  if (connectable == NULL)
    return FALSE;

  /* A name may stand for several addresses: one that fails is the reason. */
  enumerator = g_socket_connectable_enumerate (connectable);
  while (TRUE)
    {
      g_autoptr (GError) local_error = NULL;
      g_autoptr (GSocketAddress) next = g_socket_address_enumerator_next (enumerator, NULL, &local_error);

      if (local_error != NULL)
        {
          g_propagate_error (error, g_steal_pointer (&local_error));
          return FALSE;
        }
      if (next == NULL)
        return TRUE;
      if (!try_bind (next, error))
        return FALSE;
    }
}

void
grpc_aio_address_explain_failure (const char *address,
                                  gboolean is_secure,
                                  GError **error)
{
  g_autoptr (GError) reason = NULL;

  if (!try_address (address, &reason))
    g_set_error (error, reason->domain, reason->code, _("Cannot listen on %s: %s"), address, reason->message);
  else if (is_secure)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
                 _("Cannot listen on %s: the credentials are of no use; the key and the certificates must be PEM and belong together"), address);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED, _("Cannot listen on %s"), address);
}

/* NULL when @address is not an IP address and a port. */
static GSocketAddress *
parse_ip (const char *address)
{
  g_autoptr (GSocketConnectable) connectable = g_network_address_parse (skip_scheme (address), 0, NULL);

  if (connectable == NULL)
    return NULL;

  return g_inet_socket_address_new_from_string (g_network_address_get_hostname (G_NETWORK_ADDRESS (connectable)),
                                                g_network_address_get_port (G_NETWORK_ADDRESS (connectable)));
}

/* A socket that nothing listens on. Others may use its port only if they share
 * ports, and are of the same user. */
static int
bind_shared (GSocketAddress *address,
             struct sockaddr_storage *bound)
{
  const int yes = 1;
  socklen_t length = sizeof *bound;
  int fd;

  if (!g_socket_address_to_native (address, bound, sizeof *bound, NULL))
    return -1;

  fd = socket (bound->ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd >= 0 &&
      setsockopt (fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes) == 0 &&
      bind (fd, (struct sockaddr *) bound, (socklen_t) g_socket_address_get_native_size (address)) == 0 &&
      getsockname (fd, (struct sockaddr *) bound, &length) == 0)
    return fd;

  if (fd >= 0)
    {
      const int saved = errno;

      close (fd);
      errno = saved;
    }

  return -1;
}

/* Keeps a port for grpc-core, which shall listen there later and has to share it.
 * Gives the address, with the port, and a descriptor to keep until then. */
char *
grpc_aio_address_reserve (const char *address,
                          int *port,
                          int *fd,
                          GError **error)
{
  g_autoptr (GSocketAddress) wanted = parse_ip (address);
  g_autoptr (GSocketAddress) found = NULL;
  g_autoptr (GError) reason = NULL;
  struct sockaddr_storage bound = { 0 };

  if (wanted == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                   _("Cannot listen on %s: a server with xDS needs an IP address and a port"), address);
      return NULL;
    }

  /* Sharing is for us alone. */
  if (g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (wanted)) != 0 && !try_bind (wanted, &reason))
    {
      g_set_error (error, reason->domain, reason->code, _("Cannot listen on %s: %s"), address, reason->message);
      return NULL;
    }

  *fd = bind_shared (wanted, &bound);
  if (*fd < 0)
    {
      const int code = errno;

      g_set_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (code),
                   _("Cannot listen on %s: %s"), address, g_strerror (code));
      return NULL;
    }

  found = g_socket_address_new_from_native (&bound, sizeof bound);
  *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (found));

  return g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (found));
}

/* What add_port () would be given, and would return, for a socket that listens. */
char *
grpc_aio_address_of_socket (GSocket *socket,
                            int *port)
{
  g_autoptr (GSocketAddress) address = g_socket_get_local_address (socket, NULL);
  GUnixSocketAddress *unix_address;

  *port = 1;
  if (G_IS_INET_SOCKET_ADDRESS (address))
    *port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  if (!G_IS_UNIX_SOCKET_ADDRESS (address))
    return address != NULL ? g_socket_connectable_to_string (G_SOCKET_CONNECTABLE (address)) : g_strdup_printf ("fd:%d", g_socket_get_fd (socket));

  unix_address = G_UNIX_SOCKET_ADDRESS (address);
  if (g_unix_socket_address_get_address_type (unix_address) == G_UNIX_SOCKET_ADDRESS_ABSTRACT)
    return g_strconcat ("unix-abstract:", g_unix_socket_address_get_path (unix_address), NULL);

  return g_strconcat ("unix:", g_unix_socket_address_get_path (unix_address), NULL);
}

/* What @address is once port 0 has become @port. */
char *
grpc_aio_address_with_port (const char *address,
                            int port)
{
  g_autoptr (GSocketAddress) unix_address = parse_unix (address);
  const char *colon = strrchr (address, ':');

  if (unix_address != NULL || colon == NULL || colon[1] == '\0' || strspn (colon + 1, "0") != strlen (colon + 1))
    return g_strdup (address);

  return g_strdup_printf ("%.*s:%d", (int) (colon - address), address, port);
}
