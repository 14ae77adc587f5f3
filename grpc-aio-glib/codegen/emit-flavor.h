/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "model.h"
#include "out.h"

/* Services speak in objects and in structs. Functions for structs have two
 * underscores where those for objects have one, and bindings do not see them. */
typedef enum
{
  FLAVOR_OBJECT,
  FLAVOR_STRUCT,
} Flavor;

gboolean flavor_is_wanted (const File *file,
                           Flavor flavor);

/* Sets what a template needs to know of a parameter that is a message: arg, its
 * name, Request, its type, request_check, and request_pack, which lacks the
 * error. */
void flavor_set_request (Out *o,
                         Flavor flavor,
                         const Message *message,
                         const char *name);

/* And of one that is given: Reply, reply_unpack, of the variable `bytes`. */
void flavor_set_reply (Out *o,
                       Flavor flavor,
                       const Message *message);

/* The method, and what it is documented by. */
void flavor_set_method (Out *o,
                        const Method *method);

void flavor_open (Out *o,
                  Flavor flavor);

void flavor_close (Out *o,
                   Flavor flavor);
