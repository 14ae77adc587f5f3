/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "interop-options.h"

gboolean
interop_options_parse (const char *summary,
                       const GOptionEntry *entries,
                       int *argc,
                       char ***argv,
                       GError **error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context, summary);
  g_option_context_add_main_entries (context, entries, NULL);

  if (!g_option_context_parse (context, argc, argv, error))
    {
      if (error != NULL && g_error_matches (*error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION))
        g_prefix_error (error, "Not all flags of gRPC's interop programs are supported: ");

      return FALSE;
    }

  INTEROP_OPTIONS_REQUIRE (*argc == 1, error, "Unexpected argument '%s'", (*argv)[1]);

  return TRUE;
}

/* gRPC's programs take --flag, --flag=true and --flag=false. */
gboolean
interop_options_parse_boolean (const char *name,
                               const char *value,
                               gboolean *result,
                               GError **error)
{
  if (value == NULL || g_ascii_strcasecmp (value, "true") == 0 || g_str_equal (value, "1"))
    {
      *result = TRUE;
      return TRUE;
    }

  INTEROP_OPTIONS_REQUIRE (g_ascii_strcasecmp (value, "false") == 0 || g_str_equal (value, "0"),
                           error,
                           "%s is true or false, not '%s'",
                           name,
                           value);
  *result = FALSE;

  return TRUE;
}

gboolean
interop_options_check_port (const char *name,
                            int port,
                            GError **error)
{
  INTEROP_OPTIONS_REQUIRE (port >= 0 && port <= G_MAXUINT16,
                           error,
                           "%s is a port from 0 to %d, not %d",
                           name,
                           G_MAXUINT16,
                           port);

  return TRUE;
}

char *
interop_options_read_file (const char *name,
                           const char *path,
                           GError **error)
{
  g_autofree char *contents = NULL;

  if (!g_file_get_contents (path, &contents, NULL, error))
    {
      g_prefix_error (error, "%s: ", name);
      return NULL;
    }

  return g_steal_pointer (&contents);
}
