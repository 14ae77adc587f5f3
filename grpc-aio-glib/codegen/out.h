/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* A file in the making, and the variables of the templates that fill it. */
typedef struct _Out Out;

Out *out_new (void);

void out_free (Out *self);

void out_set (Out *self,
              const char *name,
              const char *value);

void out (Out *self,
          const char *text);

void out_printf (Out *self,
                 const char *format,
                 ...) G_GNUC_PRINTF (2, 3);

const GString *out_get_text (Out *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Out, out_free)
