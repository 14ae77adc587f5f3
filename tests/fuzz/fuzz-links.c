/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Shows that the compiler has libFuzzer. */

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t *data,
                            size_t size);

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t size)
{
  return 0;
}
