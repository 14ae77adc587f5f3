/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* protoc-gen-grpc-aio-glib: protoc writes what it read from .proto files to our
 * standard input, and takes the files to make from our standard output. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"

static GBytes *
read_all (int fd)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();
  guint8 buffer[65536];

  for (;;)
    {
      gssize size = read (fd, buffer, sizeof buffer);

      if (size < 0 && errno == EINTR)
        continue;
      if (size < 0)
        return NULL;
      if (size == 0)
        return g_byte_array_free_to_bytes (g_steal_pointer (&bytes));
      g_byte_array_append (bytes, buffer, size);
    }
}

static gboolean
write_all (int fd,
           GBytes *bytes)
{
  gsize left;
  const guint8 *data = g_bytes_get_data (bytes, &left);

  while (left > 0)
    {
      gssize size = write (fd, data, left);

      if (size < 0 && errno == EINTR)
        continue;
      if (size < 0)
        return FALSE;
      data += size;
      left -= size;
    }

  return TRUE;
}

int
main (int argc,
      char **argv)
{
  g_autoptr (GBytes) request = NULL;
  g_autoptr (GBytes) response = NULL;
  g_autoptr (GError) error = NULL;

  if (argc == 2 && strcmp (argv[1], "--version") == 0)
    {
      printf ("protoc-gen-grpc-aio-glib %s\n", PACKAGE_VERSION);
      return EXIT_SUCCESS;
    }

  if (argc > 1 || isatty (STDIN_FILENO))
    {
      fprintf (argc == 2 && strcmp (argv[1], "--help") == 0 ? stdout : stderr,
               "protoc runs this program:\n"
               "  protoc --grpc-aio-glib_out=[OPTION,…:]DIRECTORY FILE.proto\n"
               "Options: structs, stubs, servicers, messages (the default is these four),\n"
               "  descriptors, pyi, dts, vala, vala=VERSION, prefix=NAME, prefix.PACKAGE=NAME,\n"
               "  resource=/PATH\n");
      return argc == 2 && strcmp (argv[1], "--help") == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
    }

  request = read_all (STDIN_FILENO);
  if (request == NULL)
    {
      fprintf (stderr, "protoc-gen-grpc-aio-glib: %s\n", g_strerror (errno));
      return EXIT_FAILURE;
    }

  response = plugin_run (request, &error);
  if (response == NULL)
    {
      fprintf (stderr, "protoc-gen-grpc-aio-glib: %s\n", error->message);
      return EXIT_FAILURE;
    }

  if (!write_all (STDOUT_FILENO, response))
    {
      fprintf (stderr, "protoc-gen-grpc-aio-glib: %s\n", g_strerror (errno));
      return EXIT_FAILURE;
    }

  return EXIT_SUCCESS;
}
