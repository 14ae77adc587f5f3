/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Names that are in use, so that no two things get the same. */
typedef struct _Names Names;

/* As protoc-c makes them. */

char *names_camel (const char *name);

char *names_protobuf_type (const char *full_name);

char *names_protobuf_lower (const char *full_name);

char *names_protobuf_upper (const char *full_name);

char *names_protobuf_member (const char *name);

/* As GLib has them. */

char *names_lower (const char *name);

char *names_upper (const char *name);

char *names_dashes (const char *name);

char *names_file_id (const char *filename);

gboolean names_is_word (const char *name);

gboolean names_is_taken_by_c (const char *name);

Names *names_new (void);

void names_free (Names *self);

void names_inherit (Names *self,
                    const Names *other);

const char *names_inherited_clash (Names *self);

gboolean names_has (Names *self,
                    const char *name);

void names_add (Names *self,
                const char *name);

char *names_claim (Names *self,
                   const char *wanted);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Names, names_free)
