/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The sockets that systemd, or whoever else speaks its protocol, hands to a process
 * that it starts. */

#include <grpc-aio-glib/grpc-aio-server.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <glib/gi18n-lib.h>

#include <grpc-aio-glib/grpc-aio-server-credentials.h>

#include "server/grpc-aio-acceptor-private.h"

#define FIRST_FD 3

/* What a socket is called that has no name. */
#define NO_NAME "unknown"

typedef struct
{
  int fd;
  char *name;
} Handed;

/* What is left of the sockets. What others make of the same variables later has no
 * effect here: a number may be another file's by then. */
static GMutex lock;
static GPtrArray *handed; /* with the lock; of Handed; NULL until the first look */

static void
handed_free (gpointer data)
{
  Handed *one = data;

  g_free (one->name);
  g_free (one);
}

/* FALSE when there is no such variable, or with an error. */
static gboolean
read_number (const char *variable,
             gint64 *number,
             GError **error)
{
  const char *text = g_getenv (variable);
  g_autoptr (GError) reason = NULL;

  if (text == NULL)
    return FALSE;

  if (g_ascii_string_to_signed (text, 10, 0, G_MAXINT - FIRST_FD, number, &reason))
    return TRUE;

  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
               _("The environment variable %s is wrong: %s"), variable, reason->message);

  return FALSE;
}

/* With the lock. Finds out once what was handed over. Children of this process get
 * none of it. */
static gboolean
look (GError **error)
{
  g_autoptr (GError) reason = NULL;
  g_auto (GStrv) names = NULL;
  gint64 pid = 0, n = 0;
  guint n_names;

  if (handed != NULL)
    return TRUE;

  if (!read_number ("LISTEN_PID", &pid, &reason) || pid != getpid () || !read_number ("LISTEN_FDS", &n, &reason))
    n = 0;
  if (reason != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reason));
      return FALSE;
    }

  handed = g_ptr_array_new_with_free_func (handed_free);
  names = g_strsplit (g_getenv ("LISTEN_FDNAMES") != NULL ? g_getenv ("LISTEN_FDNAMES") : "", ":", -1);
  n_names = g_strv_length (names);
  for (guint i = 0; i < n; i++)
    {
      Handed *one = g_new0 (Handed, 1);

      one->fd = FIRST_FD + (int) i;
      one->name = g_strdup (i < n_names ? names[i] : NO_NAME);
      g_ptr_array_add (handed, one);
      if (fcntl (one->fd, F_SETFD, FD_CLOEXEC) != 0)
        g_debug ("Descriptor %d was not handed over: %s", one->fd, g_strerror (errno));
    }

  return TRUE;
}

static gboolean
is_meant (const Handed *one,
          const char *name)
{
  return name == NULL || g_str_equal (one->name, name);
}

/* With the lock. Whether all the sockets of @name are of use. */
static gboolean
check_sockets (const char *name,
               GError **error)
{
  for (guint i = 0; i < handed->len; i++)
    {
      const Handed *one = g_ptr_array_index (handed, i);

      if (is_meant (one, name) && !grpc_aio_acceptor_check_socket (one->fd, error))
        return FALSE;
    }

  return TRUE;
}

/* With the lock. Takes the socket away, unless it fails. */
static gboolean
add_socket (GrpcAioServer *server,
            guint index,
            GrpcAioServerCredentials *credentials,
            GError **error)
{
  Handed *one = g_ptr_array_index (handed, index);
  g_autoptr (GSocket) copy = NULL;
  int fd = fcntl (one->fd, F_DUPFD_CLOEXEC, FIRST_FD);

  if (fd < 0)
    {
      const int code = errno;

      g_set_error (error, G_IO_ERROR, (gint) g_io_error_from_errno (code),
                   _("Cannot listen on descriptor %d: %s"), one->fd, g_strerror (code));
      return FALSE;
    }

  copy = g_socket_new_from_fd (fd, error);
  if (copy == NULL)
    close (fd);
  if (copy == NULL || grpc_aio_server_add_socket (server, copy, credentials, error) == 0)
    return FALSE;

  close (one->fd);
  g_ptr_array_remove_index (handed, index);

  return TRUE;
}

/**
 * grpc_aio_server_add_activation_sockets:
 * @self: a server
 * @name: (nullable): the `FileDescriptorName=` of the sockets to take, or `NULL` for
 *   all
 * @credentials: (nullable): `NULL`, or credentials that secure nothing
 * @error: where to put an error
 *
 * Has the server take the connections of the sockets that this process was started
 * with, as systemd does it for a `.socket` unit.
 *
 * They are what the environment variables `LISTEN_PID`, `LISTEN_FDS` and
 * `LISTEN_FDNAMES` say. Each is taken once in the life of the process, and the
 * processes that this one starts do not inherit them. Sockets of other names are left
 * for others. When none was handed over nothing happens, and a program may then
 * listen on a port of its own.
 *
 * All is as in [method@Server.add_socket], also the errors. When one of the sockets is
 * of no use none is taken.
 *
 * Returns: how many sockets were taken, also 0, or -1 with an error
 *
 * Since: 0.1
 */
int
grpc_aio_server_add_activation_sockets (GrpcAioServer *self,
                                        const char *name,
                                        GrpcAioServerCredentials *credentials,
                                        GError **error)
{
  gboolean is_good;
  int n_taken = 0;

  g_return_val_if_fail (GRPC_AIO_IS_SERVER (self), -1);
  g_return_val_if_fail (credentials == NULL || GRPC_AIO_IS_SERVER_CREDENTIALS (credentials), -1);

  g_mutex_lock (&lock);
  is_good = look (error) && check_sockets (name, error);
  for (guint i = 0; is_good && i < handed->len;)
    {
      if (!is_meant (g_ptr_array_index (handed, i), name))
        {
          i++;
          continue;
        }

      is_good = add_socket (self, i, credentials, error);
      n_taken++;
    }
  g_mutex_unlock (&lock);

  return is_good ? n_taken : -1;
}
