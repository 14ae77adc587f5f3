/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* From GIO's way to name servers to that of grpc-core: a target with all of the
 * addresses. */

#include "client/grpc-aio-addresses-private.h"

#include <string.h>

#include <gio/gunixsocketaddress.h>
#include <glib/gi18n-lib.h>

/* More would make a target of absurd length. */
#define MAX_ADDRESSES 256

static int
compare_texts (gconstpointer a,
               gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static gboolean
contains (GPtrArray *texts,
          const char *text)
{
  for (guint i = 0; i < texts->len; i++)
    {
      if (g_str_equal (g_ptr_array_index (texts, i), text))
        return TRUE;
    }

  return FALSE;
}

static char *
format_ip (GInetSocketAddress *address,
           gboolean as_ipv6)
{
  g_autofree char *ip = g_inet_address_to_string (g_inet_socket_address_get_address (address));
  const guint port = g_inet_socket_address_get_port (address);
  guint32 scope;

  if (g_socket_address_get_family (G_SOCKET_ADDRESS (address)) == G_SOCKET_FAMILY_IPV4)
    return g_strdup_printf (as_ipv6 ? "[::ffff:%s]:%u" : "%s:%u", ip, port);

  /* The target is a URI. */
  scope = g_inet_socket_address_get_scope_id (address);
  if (scope != 0)
    return g_strdup_printf ("[%s%%25%u]:%u", ip, scope, port);

  return g_strdup_printf ("[%s]:%u", ip, port);
}

/* NULL for a name that cannot stand in a list. */
static char *
format_unix (GUnixSocketAddress *address)
{
  const char *path = g_unix_socket_address_get_path (address);

  if (strlen (path) != g_unix_socket_address_get_path_len (address) || *path == '\0' || strchr (path, ',') != NULL)
    return NULL;

  return g_uri_escape_string (path, G_URI_RESERVED_CHARS_ALLOWED_IN_PATH, FALSE);
}

static gboolean
is_ip (GSocketAddress *address,
       GSocketFamily family)
{
  return G_IS_INET_SOCKET_ADDRESS (address) && g_socket_address_get_family (address) == family;
}

static gboolean
is_unix (GSocketAddress *address,
         GUnixSocketAddressType type)
{
  return G_IS_UNIX_SOCKET_ADDRESS (address) &&
         g_unix_socket_address_get_address_type (G_UNIX_SOCKET_ADDRESS (address)) == type;
}

static char *
join (const char *scheme,
      GPtrArray *texts)
{
  GString *target = g_string_new (scheme);
  const char *first = g_ptr_array_index (texts, 0);

  if (g_str_has_prefix (scheme, "ip"))
    g_string_append (target, GRPC_AIO_ADDRESSES_MARK);
  else if (*first == '/')
    g_string_append (target, "://");
  else
    g_string_append_c (target, ':');
  for (guint i = 0; i < texts->len; i++)
    g_string_append_printf (target, "%s%s", i == 0 ? "" : ",", (char *) g_ptr_array_index (texts, i));

  return g_string_free (target, FALSE);
}

/* A target has addresses of one kind: that of the first one. Those of IPv4 have a
 * form in IPv6. The same addresses in another order have the same key. */
static char *
make_target (GPtrArray *addresses,
             char **key)
{
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  char *target;
  const char *scheme = NULL;
  gboolean has_ipv6 = FALSE;

  for (guint i = 0; i < addresses->len; i++)
    has_ipv6 = has_ipv6 || is_ip (g_ptr_array_index (addresses, i), G_SOCKET_FAMILY_IPV6);

  for (guint i = 0; i < addresses->len; i++)
    {
      GSocketAddress *address = g_ptr_array_index (addresses, i);
      const char *kind = NULL;
      g_autofree char *text = NULL;

      if (G_IS_INET_SOCKET_ADDRESS (address))
        {
          kind = has_ipv6 ? "ipv6" : "ipv4";
          text = format_ip (G_INET_SOCKET_ADDRESS (address), has_ipv6);
        }
      else if (is_unix (address, G_UNIX_SOCKET_ADDRESS_PATH))
        {
          kind = "unix";
          text = format_unix (G_UNIX_SOCKET_ADDRESS (address));
        }
      else if (is_unix (address, G_UNIX_SOCKET_ADDRESS_ABSTRACT))
        {
          kind = "unix-abstract";
          text = format_unix (G_UNIX_SOCKET_ADDRESS (address));
        }

      if (text == NULL || contains (texts, text) || texts->len == MAX_ADDRESSES)
        continue;
      if (scheme == NULL)
        scheme = kind;
      if (g_str_equal (scheme, kind))
        g_ptr_array_add (texts, g_steal_pointer (&text));
    }

  if (texts->len == 0)
    return NULL;

  target = join (scheme, texts);
  g_ptr_array_sort (texts, compare_texts);
  *key = join (scheme, texts);

  return target;
}

/* Adds to @addresses. FALSE when there was an error, after those that came. */
static gboolean
enumerate (GSocketConnectable *connectable,
           GPtrArray *addresses,
           GCancellable *cancellable,
           GError **error)
{
  g_autoptr (GSocketAddressEnumerator) enumerator = g_socket_connectable_enumerate (connectable);
  g_autoptr (GError) reason = NULL;
  GSocketAddress *address;

  while (addresses->len < MAX_ADDRESSES &&
         (address = g_socket_address_enumerator_next (enumerator, cancellable, &reason)) != NULL)
    g_ptr_array_add (addresses, address);

  if (reason == NULL)
    return TRUE;

  g_propagate_error (error, g_steal_pointer (&reason));

  return FALSE;
}

static guint
count_priorities (GList *targets)
{
  guint n_priorities = 1;

  for (; targets->next != NULL; targets = targets->next)
    {
      if (g_srv_target_get_priority (targets->data) != g_srv_target_get_priority (targets->next->data))
        n_priorities++;
    }

  return n_priorities;
}

/* Only the servers of one priority are to be used: of the first one or, when that
 * was tried without success, of a later one (RFC 2782). They come in that order. */
static gboolean
enumerate_service (GNetworkService *service,
                   guint n_failures,
                   GPtrArray *addresses,
                   GCancellable *cancellable)
{
  g_autoptr (GResolver) resolver = g_resolver_get_default ();
  GList *targets = g_resolver_lookup_service (resolver, g_network_service_get_service (service),
                                              g_network_service_get_protocol (service),
                                              g_network_service_get_domain (service), cancellable, NULL);
  guint n_to_skip;

  if (targets == NULL)
    return FALSE;

  n_to_skip = n_failures % count_priorities (targets);
  for (GList *at = targets; at != NULL; at = at->next)
    {
      if (n_to_skip == 0)
        {
          g_autoptr (GSocketConnectable) host = g_network_address_new (g_srv_target_get_hostname (at->data),
                                                                       g_srv_target_get_port (at->data));

          enumerate (host, addresses, cancellable, NULL);
        }
      if (at->next != NULL && g_srv_target_get_priority (at->data) != g_srv_target_get_priority (at->next->data) &&
          n_to_skip-- == 0)
        break;
    }
  g_resolver_free_targets (targets);

  return addresses->len > 0;
}

/* Blocks. What @connectable stands for, as a target. @n_failures is how often
 * addresses were of no use since they last were. */
char *
grpc_aio_addresses_look_up (GSocketConnectable *connectable,
                            guint n_failures,
                            GCancellable *cancellable,
                            char **key,
                            GError **error)
{
  g_autoptr (GPtrArray) addresses = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GError) reason = NULL;
  g_autofree char *name = NULL;
  char *target;

  if (!G_IS_NETWORK_SERVICE (connectable) ||
      !enumerate_service (G_NETWORK_SERVICE (connectable), n_failures, addresses, cancellable))
    enumerate (connectable, addresses, cancellable, &reason);

  /* Those that came are better than none. */
  target = make_target (addresses, key);
  if (target != NULL)
    return target;

  name = grpc_aio_addresses_get_name (connectable);
  if (reason != NULL)
    g_set_error (error, reason->domain, reason->code, _("Cannot find the addresses of “%s”: %s"), name, reason->message);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND, _("“%s” has no addresses that can be used"), name);

  return NULL;
}

/* For people. */
char *
grpc_aio_addresses_get_name (GSocketConnectable *connectable)
{
  GNetworkService *service;

  if (!G_IS_NETWORK_SERVICE (connectable))
    return g_socket_connectable_to_string (connectable);

  service = G_NETWORK_SERVICE (connectable);

  return g_strdup_printf ("_%s._%s.%s", g_network_service_get_service (service),
                          g_network_service_get_protocol (service), g_network_service_get_domain (service));
}

/* What the server is called in calls and certificates; NULL when it has no name. */
char *
grpc_aio_addresses_get_authority (GSocketConnectable *connectable)
{
  if (G_IS_NETWORK_ADDRESS (connectable))
    {
      const char *host = g_network_address_get_hostname (G_NETWORK_ADDRESS (connectable));
      const guint port = g_network_address_get_port (G_NETWORK_ADDRESS (connectable));

      return g_strdup_printf (strchr (host, ':') != NULL ? "[%s]:%u" : "%s:%u", host, port);
    }

  if (G_IS_NETWORK_SERVICE (connectable))
    return g_strdup (g_network_service_get_domain (G_NETWORK_SERVICE (connectable)));

  if (G_IS_UNIX_SOCKET_ADDRESS (connectable))
    return g_strdup ("localhost");

  return NULL;
}
