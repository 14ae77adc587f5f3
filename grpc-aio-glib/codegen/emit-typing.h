/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "emit.h"

/* Typings are for a namespace of introspection: all wanted files that have one
 * prefix. */

/* The wanted files by prefix, in the order of their first file. */
GPtrArray *typing_prefixes (const Model *model);

/* The names of what @prefix uses of others, sorted. */
GPtrArray *typing_imports (const Model *model,
                           const char *prefix);

gboolean typing_has (const File *file,
                     const char *prefix);

/* A class as it is called in @prefix: without it, or with its namespace. */
char *typing_class (const char *prefix,
                    const File *file,
                    const char *type);

/* What follows @name once the prefix is off. */
const char *typing_short (const File *file,
                          const char *name);

char *typing_constant (const Enum *self,
                       const EnumValue *value);
