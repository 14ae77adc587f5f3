/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "emit.h"

void
emit_dts (const Emitter *emitter,
          const Model *model)
{
}
