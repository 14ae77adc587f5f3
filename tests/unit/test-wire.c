/* SPDX-License-Identifier: LGPL-2.1-or-later */

#define _GNU_SOURCE /* memmem () */

#include "test-wire.h"

#include <stdlib.h>
#include <string.h>

#include "test-utils.h"

/* HTTP/2: RFC 9113. */
#define PREFACE_SIZE 24
#define FRAME_HEADER_SIZE 9
#define FRAME_DATA 0
#define FRAME_HEADERS 1
#define FRAME_CONTINUATION 9
#define FLAG_PADDED 0x8

/* Of each message: the flag, and the size in four bytes. */
#define PREFIX_SIZE 5

struct _Wire
{
  GSocket *listener;
  GSocketAddress *server;
  GThread *thread;
  GByteArray *sent[2]; /* by the client, by the server */
  gint is_over;        /* atomic */
};

typedef struct
{
  GSocket *from;
  GSocket *to;
  GByteArray *record;
} Direction;

static gpointer
carry (gpointer data)
{
  Direction *direction = data;
  gssize n;

  do
    {
      char buffer[4096];
      gssize sent = 0;

      n = g_socket_receive (direction->from, buffer, sizeof buffer, NULL, NULL);
      if (n > 0)
        g_byte_array_append (direction->record, (guint8 *) buffer, (guint) n);
      while (n > 0 && sent < n)
        {
          gssize n_sent = g_socket_send (direction->to, buffer + sent, (gsize) (n - sent), NULL, NULL);

          if (n_sent <= 0)
            break;
          sent += n_sent;
        }
    }
  while (n > 0);

  g_socket_shutdown (direction->to, FALSE, TRUE, NULL);

  return NULL;
}

static gpointer
relay (gpointer data)
{
  Wire *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GSocket) client = g_socket_accept (self->listener, NULL, &error);
  g_autoptr (GSocket) server = NULL;
  Direction directions[2];
  GThread *back;

  g_assert_no_error (error);
  server = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_connect (server, self->server, NULL, &error);
  g_assert_no_error (error);

  directions[0] = (Direction){ client, server, self->sent[0] };
  directions[1] = (Direction){ server, client, self->sent[1] };
  back = g_thread_new ("wire-back", carry, &directions[1]);
  carry (&directions[0]);
  g_thread_join (back);
  g_atomic_int_set (&self->is_over, TRUE);

  return NULL;
}

Wire *
wire_new (const char *server_target,
          char **target)
{
  Wire *self = g_new0 (Wire, 1);
  g_autoptr (GError) error = NULL;
  g_autoptr (GInetAddress) loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any_port = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;

  g_assert_true (g_str_has_prefix (server_target, "127.0.0.1:"));
  self->server = g_inet_socket_address_new (loopback, (guint16) atoi (strchr (server_target, ':') + 1));
  self->listener = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, &error);
  g_assert_no_error (error);
  g_socket_bind (self->listener, any_port, FALSE, &error);
  g_assert_no_error (error);
  g_socket_listen (self->listener, &error);
  g_assert_no_error (error);
  address = g_socket_get_local_address (self->listener, &error);
  g_assert_no_error (error);
  *target = g_strdup_printf ("127.0.0.1:%d", g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));

  self->sent[0] = g_byte_array_new ();
  self->sent[1] = g_byte_array_new ();
  self->thread = g_thread_new ("wire", relay, self);

  return self;
}

/* The data of a stream, put together from its frames. */
static GByteArray *
get_stream (GPtrArray *streams,
            guint32 id)
{
  while (streams->len <= id)
    g_ptr_array_add (streams, NULL);
  if (streams->pdata[id] == NULL)
    streams->pdata[id] = g_byte_array_new ();

  return streams->pdata[id];
}

static guint32
read_number (const guint8 *data,
             guint n)
{
  guint32 number = 0;

  for (guint i = 0; i < n; i++)
    number = number << 8 | data[i];

  return number;
}

static void
take_messages (WireSide *self,
               guint32 id,
               GByteArray *data)
{
  gsize at = 0;

  while (at + PREFIX_SIZE <= data->len)
    {
      WireMessage *message = g_new (WireMessage, 1);

      message->stream = id;
      message->is_compressed = data->data[at] != 0;
      message->size = read_number (data->data + at + 1, 4);
      g_ptr_array_add (self->messages, message);
      at += PREFIX_SIZE + message->size;
    }
  g_assert_cmpuint (at, ==, data->len);
}

static void
wire_side_init (WireSide *self,
                const GByteArray *sent,
                gsize start)
{
  g_autoptr (GPtrArray) streams = g_ptr_array_new ();
  gsize at = start;

  self->headers = g_byte_array_new ();
  self->messages = g_ptr_array_new_with_free_func (g_free);

  while (at + FRAME_HEADER_SIZE <= sent->len)
    {
      const guint8 *frame = sent->data + at;
      guint32 size = read_number (frame, 3);
      guint8 type = frame[3], flags = frame[4];
      guint32 id = read_number (frame + 5, 4) & G_MAXINT32;

      g_assert_cmpuint (at + FRAME_HEADER_SIZE + size, <=, sent->len);
      if (type == FRAME_HEADERS || type == FRAME_CONTINUATION)
        g_byte_array_append (self->headers, frame + FRAME_HEADER_SIZE, size);
      if (type == FRAME_DATA)
        {
          g_assert_cmpuint (flags & FLAG_PADDED, ==, 0);
          g_byte_array_append (get_stream (streams, id), frame + FRAME_HEADER_SIZE, size);
        }
      at += FRAME_HEADER_SIZE + size;
    }
  g_assert_cmpuint (at, ==, sent->len);

  for (guint32 id = 0; id < streams->len; id++)
    {
      if (streams->pdata[id] == NULL)
        continue;

      take_messages (self, id, streams->pdata[id]);
      g_byte_array_unref (streams->pdata[id]);
    }
}

static gboolean
is_over (gpointer data)
{
  return g_atomic_int_get (&((Wire *) data)->is_over);
}

void
wire_finish (Wire *self,
             WireSide *client,
             WireSide *server)
{
  /* Connections may be closed in the main loop. */
  wait_until (is_over, self);
  g_thread_join (self->thread);

  wire_side_init (client, self->sent[0], PREFACE_SIZE);
  wire_side_init (server, self->sent[1], 0);

  g_byte_array_unref (self->sent[0]);
  g_byte_array_unref (self->sent[1]);
  g_object_unref (self->server);
  g_object_unref (self->listener);
  g_free (self);
}

void
wire_side_clear (WireSide *self)
{
  g_byte_array_unref (self->headers);
  g_ptr_array_unref (self->messages);
}

/* grpc-core sends text as it is, after its length (RFC 7541, 6.2). */
gboolean
wire_side_has_header (const WireSide *self,
                      const char *name,
                      const char *value)
{
  g_autofree char *literal = g_strdup_printf ("%c%s%c%s", (int) strlen (name), name, (int) strlen (value), value);

  return memmem (self->headers->data, self->headers->len, literal, strlen (literal)) != NULL;
}
