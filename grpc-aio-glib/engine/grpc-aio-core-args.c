/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/grpc-aio-core-args-private.h"

#include "types/grpc-aio-channel-options-private.h"

#define USER_AGENT "grpc-aio-glib/" PACKAGE_VERSION

/* How long a client has to wait between pings, as grpc-core has it. */
#define PING_INTERVAL_MS (5 * 60 * 1000)

/* NULL for what is not set. */
static grpc_arg *
find (GrpcAioCoreArgs *self,
      const char *name)
{
  for (gsize i = 0; i < self->args.num_args; i++)
    {
      if (g_str_equal (self->args.args[i].key, name))
        return &self->args.args[i];
    }

  return NULL;
}

static grpc_arg *
get (GrpcAioCoreArgs *self,
     const char *name)
{
  grpc_arg *arg = find (self, name);

  if (arg != NULL)
    return arg;

  if (self->args.num_args == self->capacity)
    {
      self->capacity += 8;
      self->args.args = g_renew (grpc_arg, self->args.args, self->capacity);
    }
  arg = &self->args.args[self->args.num_args++];
  *arg = (grpc_arg){ .key = (char *) name };

  return arg;
}

static void
set_string (GrpcAioCoreArgs *self,
            const char *name,
            const char *value)
{
  grpc_arg *arg = get (self, name);

  arg->type = GRPC_ARG_STRING;
  arg->value.string = (char *) value;
}

static void
set_default (GrpcAioCoreArgs *self,
             const char *name,
             int value)
{
  if (find (self, name) == NULL)
    grpc_aio_core_args_set_int (self, name, value);
}

static void
add_option (const char *name,
            const char *string,
            int integer,
            gpointer user_data)
{
  GrpcAioCoreArgs *self = user_data;

  if (string == NULL)
    grpc_aio_core_args_set_int (self, name, integer);
  else
    set_string (self, name, string);
}

void
grpc_aio_core_args_init (GrpcAioCoreArgs *self,
                         GrpcAioChannelOptions *options,
                         guint n_extra)
{
  self->capacity = n_extra + (options != NULL ? grpc_aio_channel_options_get_size (options) : 0);
  self->args.num_args = 0;
  self->args.args = g_new0 (grpc_arg, self->capacity);

  if (options != NULL)
    grpc_aio_channel_options_foreach (options, add_option, self);
}

/* The program's own name comes first. */
static void
add_user_agent (GrpcAioCoreArgs *self)
{
  const grpc_arg *arg = find (self, GRPC_ARG_PRIMARY_USER_AGENT_STRING);

  if (arg != NULL)
    self->user_agent = g_strconcat (arg->value.string, " " USER_AGENT, NULL);
  else
    self->user_agent = g_strdup (USER_AGENT);
  set_string (self, GRPC_ARG_PRIMARY_USER_AGENT_STRING, self->user_agent);
}

/* Whoever asks for signs of life wants them for as long as there are none:
 * grpc-core would give up after two. */
static gboolean
has_keepalive (GrpcAioCoreArgs *self,
               int *time_ms)
{
  const grpc_arg *arg = find (self, GRPC_ARG_KEEPALIVE_TIME_MS);

  if (arg == NULL || arg->value.integer == G_MAXINT)
    return FALSE;

  *time_ms = arg->value.integer;
  set_default (self, GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);

  return TRUE;
}

void
grpc_aio_core_args_add_client_defaults (GrpcAioCoreArgs *self)
{
  int time_ms;

  /* No keepalive is grpc-core's default, and a timer of its own that is set anew
   * for each read, unless it is asked for. */
  if (!has_keepalive (self, &time_ms))
    grpc_aio_core_args_set_int (self, GRPC_ARG_KEEPALIVE_TIME_MS, G_MAXINT);

  add_user_agent (self);
}

void
grpc_aio_core_args_add_server_defaults (GrpcAioCoreArgs *self)
{
  int time_ms;

  /* grpc-core would share a port with any other program of the same user that
   * allows it too: a busy port shall be an error, unless asked otherwise. */
  set_default (self, GRPC_ARG_ALLOW_REUSEPORT, 0);

  /* Clients with the same options are welcome, also if their pings bunch up. */
  if (has_keepalive (self, &time_ms))
    set_default (self, GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, MIN (time_ms / 2, PING_INTERVAL_MS));
}

void
grpc_aio_core_args_set_int (GrpcAioCoreArgs *self,
                            const char *name,
                            int value)
{
  grpc_arg *arg = get (self, name);

  arg->type = GRPC_ARG_INTEGER;
  arg->value.integer = value;
}

void
grpc_aio_core_args_set_pointer (GrpcAioCoreArgs *self,
                                const char *name,
                                gpointer value,
                                const grpc_arg_pointer_vtable *vtable)
{
  grpc_arg *arg = get (self, name);

  arg->type = GRPC_ARG_POINTER;
  arg->value.pointer.p = value;
  arg->value.pointer.vtable = vtable;
}

int
grpc_aio_core_args_get_int (GrpcAioCoreArgs *self,
                            const char *name)
{
  for (gsize i = 0; i < self->args.num_args; i++)
    {
      const grpc_arg *arg = &self->args.args[i];

      if (arg->type == GRPC_ARG_INTEGER && g_str_equal (arg->key, name))
        return arg->value.integer;
    }

  return 0;
}

void
grpc_aio_core_args_clear (GrpcAioCoreArgs *self)
{
  g_clear_pointer (&self->args.args, g_free);
  g_clear_pointer (&self->user_agent, g_free);
  g_clear_object (&self->closed);
}
