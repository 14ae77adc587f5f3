/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "engine/grpc-aio-core-args-private.h"

#include "types/grpc-aio-channel-options-private.h"

static grpc_arg *
get (GrpcAioCoreArgs *self,
     const char *name)
{
  grpc_arg *arg;

  for (gsize i = 0; i < self->args.num_args; i++)
    {
      if (g_str_equal (self->args.args[i].key, name))
        return &self->args.args[i];
    }

  g_assert (self->args.num_args < self->capacity);

  arg = &self->args.args[self->args.num_args++];
  arg->key = (char *) name;

  return arg;
}

static void
add_option (const char *name,
            const char *string,
            int integer,
            gpointer user_data)
{
  GrpcAioCoreArgs *self = user_data;

  if (string == NULL)
    {
      grpc_aio_core_args_set_int (self, name, integer);
    }
  else
    {
      grpc_arg *arg = get (self, name);

      arg->type = GRPC_ARG_STRING;
      arg->value.string = (char *) string;
    }
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
grpc_aio_core_args_clear (GrpcAioCoreArgs *self)
{
  g_clear_pointer (&self->args.args, g_free);
}
