/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The peer's process: says its port, serves until its standard input ends. */
int rel_peer_main (void);

G_END_DECLS
