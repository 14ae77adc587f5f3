/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* grpc-core only says that it made no channel. This finds out why. */

#include "client/grpc-aio-target-private.h"

#include <string.h>
#include <sys/un.h>

#include <glib/gi18n-lib.h>
#include <grpc/grpc_security.h>

#define MAX_PATH (sizeof ((struct sockaddr_un *) NULL)->sun_path - 1)

static gboolean
is_address (const char *text,
            GSocketFamily family)
{
  g_autoptr (GSocketConnectable) parsed = NULL;
  g_autoptr (GInetAddress) address = NULL;
  const char *colon = strrchr (text, ':');

  if (colon == NULL || !g_ascii_isdigit (colon[1]) || !g_ascii_string_to_unsigned (colon + 1, 10, 0, G_MAXUINT16, NULL, NULL))
    return FALSE;
  if (family == G_SOCKET_FAMILY_IPV6 && *text != '[')
    return FALSE;

  parsed = g_network_address_parse (text, 0, NULL);
  if (parsed != NULL)
    address = g_inet_address_new_from_string (g_network_address_get_hostname (G_NETWORK_ADDRESS (parsed)));

  return address != NULL && g_inet_address_get_family (address) == family;
}

/* The first of the addresses in @list that is none, or NULL. */
static char *
find_wrong_address (const char *list,
                    GSocketFamily family)
{
  g_autofree char *plain = g_uri_unescape_string (list, NULL);
  g_auto (GStrv) addresses = NULL;

  if (plain == NULL)
    return g_strdup (list);

  addresses = g_strsplit (plain + strspn (plain, "/"), ",", -1);
  for (guint i = 0; addresses[i] != NULL; i++)
    {
      if (!is_address (addresses[i], family))
        return g_strdup (addresses[i]);
    }

  return NULL;
}

static char *
explain_addresses (const char *list,
                   GSocketFamily family,
                   const char *example)
{
  g_autofree char *wrong = find_wrong_address (list, family);

  return wrong == NULL ? NULL : g_strdup_printf (_("“%s” is no address and port, such as “%s”"), wrong, example);
}

static char *
explain_path (const char *path)
{
  if (g_str_has_prefix (path, "//") && path[2] != '/')
    return g_strdup (_("a path after “//” begins with “/”"));
  if (path[strspn (path, "/")] == '\0')
    return g_strdup (_("the path is missing"));
  if (strlen (path) > MAX_PATH)
    return g_strdup_printf (_("the path is longer than the %d bytes that there can be"), (int) MAX_PATH);

  return NULL;
}

static char *
explain_target (const char *target)
{
  const char *colon = strchr (target, ':');
  g_autofree char *scheme = colon != NULL ? g_strndup (target, (gsize) (colon - target)) : NULL;

  if (*target == '\0')
    return g_strdup (_("the target is empty"));
  if (scheme == NULL)
    return NULL;
  if (g_str_equal (scheme, "ipv4"))
    return explain_addresses (colon + 1, G_SOCKET_FAMILY_IPV4, "127.0.0.1:50051");
  if (g_str_equal (scheme, "ipv6"))
    return explain_addresses (colon + 1, G_SOCKET_FAMILY_IPV6, "[::1]:50051");
  if (g_str_equal (scheme, "unix") || g_str_equal (scheme, "unix-abstract"))
    return explain_path (colon + 1);
  if (g_str_equal (scheme, "dns") && colon[1 + strspn (colon + 1, "/")] == '\0')
    return g_strdup (_("the name of the server is missing"));

  return NULL;
}

/* Whether a channel is made of the same without the argument @name. */
static gboolean
works_without (const char *target,
               grpc_channel_credentials *credentials,
               GrpcAioCoreArgs *args,
               const char *name)
{
  const grpc_channel_args all = args->args;
  g_autofree grpc_arg *others = g_new (grpc_arg, all.num_args);
  grpc_channel_args without = { 0, others };
  grpc_channel *channel;
  gboolean works;

  for (gsize i = 0; i < all.num_args; i++)
    {
      if (!g_str_equal (all.args[i].key, name))
        others[without.num_args++] = all.args[i];
    }
  if (without.num_args == all.num_args)
    return FALSE;

  channel = grpc_channel_create (target, credentials, &without);
  works = grpc_channel_support_connectivity_watcher (channel);
  grpc_channel_destroy (channel);

  return works;
}

char *
grpc_aio_target_explain_failure (const char *target,
                                 grpc_channel_credentials *credentials,
                                 GrpcAioCoreArgs *args)
{
  g_autofree char *reason = explain_target (target);

  if (reason == NULL && credentials == NULL)
    reason = g_strdup (_("the credentials are of no use"));
  if (reason == NULL && works_without (target, credentials, args, GRPC_ARG_SERVICE_CONFIG))
    reason = g_strdup (_("grpc-core does not take the service config"));
  if (reason == NULL)
    reason = g_strdup (_("the target or an option is wrong"));

  return g_strdup_printf (_("There can be no connection to “%s”: %s"), target, reason);
}
