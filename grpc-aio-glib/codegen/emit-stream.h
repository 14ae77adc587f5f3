/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "emit-flavor.h"

/* Reading and writing of messages, the same on both sides. The templates use the
 * variables Wrapper, wrapper, WRAPPER (a class), function (what its functions
 * start with), inner (the member with the object that does it), core (what the
 * functions of that start with) and relay (call or context). */

void stream_declare_read (Out *o);

void stream_define_read (Out *o);

void stream_declare_write (Out *o);

void stream_define_write (Out *o);

/* Class, type, `get_INNER ()`. */
void stream_declare_class (Out *o);

void stream_define_class (Out *o,
                          const char *doc);
