/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The names that fields have elsewhere. The generator uses these, too. */

/* @taken is a set of strings that grows; @suffix says what to add to a name that
 * is no good, such as "field". Returns a string that @taken owns. */
const char *grpc_aio_message_name_property (GHashTable *taken,
                                            const char *name,
                                            const char *suffix);

char *grpc_aio_message_name_json (const char *name);

G_END_DECLS
