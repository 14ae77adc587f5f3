/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "model.h"
#include "out.h"

void emit_context_header (Out *o,
                          const Method *method);

void emit_context_source (Out *o,
                          const Method *method);
