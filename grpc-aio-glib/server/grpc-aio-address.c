/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* grpc-core only says that an address cannot be listened on. This finds out
 * why. */

#include "server/grpc-aio-address-private.h"

#include <string.h>

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

static gboolean
try_address (const char *address,
             GError **error)
{
  g_autoptr (GSocketAddress) unix_address = parse_unix (address);
  g_autoptr (GSocketConnectable) connectable = NULL;
  g_autoptr (GSocketAddressEnumerator) enumerator = NULL;

  if (unix_address != NULL)
    return try_bind (unix_address, error);

  for (const char *const *prefix = (const char *const[]){ "dns:///", "dns:", "ipv4:", "ipv6:", NULL }; *prefix != NULL; prefix++)
    {
      if (g_str_has_prefix (address, *prefix))
        {
          address += strlen (*prefix);
          break;
        }
    }

  connectable = g_network_address_parse (address, 0, error);
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
