/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A relay between a client and a server on this machine that keeps each byte of
 * one connection, both ways. It has threads of its own. */
typedef struct _Wire Wire;

/* What one side sent, taken apart. */
typedef struct
{
  GByteArray *headers; /* all blocks of headers as they came, still packed */
  GPtrArray *messages; /* WireMessage, of all streams, in order of streams */
} WireSide;

typedef struct
{
  guint32 stream;
  gboolean is_compressed; /* what the flag says */
  gsize size;
} WireMessage;

Wire *wire_new (const char *server_target,
                char **target);
/* Waits until both ends have closed the connection. */
void wire_finish (Wire *self,
                  WireSide *client,
                  WireSide *server);
void wire_side_clear (WireSide *self);

/* Whether the side sent the header for the first time: later grpc-core only says
 * which it means. */
gboolean wire_side_has_header (const WireSide *self,
                               const char *name,
                               const char *value);

G_END_DECLS
