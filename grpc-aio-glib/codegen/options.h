/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

typedef enum
{
  EMIT_STRUCTS = 1 << 0,
  EMIT_STUBS = 1 << 1,
  EMIT_SERVICERS = 1 << 2,
  EMIT_MESSAGES = 1 << 3,
  EMIT_DESCRIPTORS = 1 << 4,
  EMIT_PYI = 1 << 5,
  EMIT_DTS = 1 << 6,
  EMIT_VALA = 1 << 7,
} EmitFlags;

#define EMIT_DEFAULT (EMIT_STRUCTS | EMIT_STUBS | EMIT_SERVICERS | EMIT_MESSAGES)
#define EMIT_OBJECTS (EMIT_STUBS | EMIT_SERVICERS | EMIT_MESSAGES)

typedef struct
{
  EmitFlags emit;
  char *prefix;         /* of the packages that code is made of, or NULL */
  GHashTable *prefixes; /* package → prefix */
  char *resource;       /* path of the resource with the descriptors */
  char *gir_version;    /* of the GIR that is made of the code */
} Options;

Options *options_parse (const char *parameter,
                        GError **error);

void options_free (Options *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Options, options_free)
