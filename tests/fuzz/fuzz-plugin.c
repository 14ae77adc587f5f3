/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* A target of libFuzzer: what protoc sends to the generator. */

#include "fuzz.h"

#include "codegen/plugin.h"

int
LLVMFuzzerTestOneInput (const guint8 *data,
                        gsize size)
{
  g_autoptr (GBytes) request = g_bytes_new (data, size);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) response = plugin_run (request, &error);

  g_assert ((response == NULL) == (error != NULL));
  if (error != NULL)
    g_assert (g_utf8_validate (error->message, -1, NULL));

  return 0;
}
