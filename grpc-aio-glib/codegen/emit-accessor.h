/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "model.h"
#include "out.h"

/* How the class of a message shows a field. */
typedef enum
{
  SHAPE_PLAIN, /* a number or a boolean */
  SHAPE_STRING,
  SHAPE_BYTES,
  SHAPE_OBJECT,
  SHAPE_LIST, /* of messages, or of the entries of a map */
  SHAPE_STRINGS,
  SHAPE_VARIANT, /* numbers, a map, several bytes */
} Shape;

typedef struct
{
  Shape shape;
  const char *get;     /* what is returned, with its space */
  const char *set;     /* what is taken */
  const char *verb;    /* get or dup */
  const char *invalid; /* what is returned for no instance */
} Accessor;

const Accessor *accessor_of (const Field *field);

/* Sets get, set, verb, accessor, property and name. */
void accessor_set (Out *o,
                   const Accessor *accessor,
                   const Field *field);

/* The format of a variant. */
char *accessor_variant_type (const Field *field);

gboolean accessor_is_nullable (const Field *field);
