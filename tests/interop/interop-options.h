/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* What the command lines of both programs share. */

gboolean interop_options_parse (const char *summary,
                                const GOptionEntry *entries,
                                int *argc,
                                char ***argv,
                                GError **error);
gboolean interop_options_parse_boolean (const char *name,
                                        const char *value,
                                        gboolean *result,
                                        GError **error);
gboolean interop_options_check_port (const char *name,
                                     int port,
                                     GError **error);
char *interop_options_read_file (const char *name,
                                 const char *path,
                                 GError **error);

/* Fails unless @condition holds: for options that contradict each other. */
#define INTEROP_OPTIONS_REQUIRE(condition, error, ...)                              \
  G_STMT_START                                                                      \
  {                                                                                 \
    if (!(condition))                                                               \
      {                                                                             \
        g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, __VA_ARGS__); \
        return FALSE;                                                               \
      }                                                                             \
  }                                                                                 \
  G_STMT_END

G_END_DECLS
