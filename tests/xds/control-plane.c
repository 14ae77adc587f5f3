/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "control-plane.h"

#include "xds.pb-c.h"

static const char *const type_urls[N_RESOURCE_TYPES] = {
  "type.googleapis.com/envoy.config.listener.v3.Listener",
  "type.googleapis.com/envoy.config.route.v3.RouteConfiguration",
  "type.googleapis.com/envoy.config.cluster.v3.Cluster",
  "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment",
};

/* What a program wants of a type. */
typedef struct
{
  GStrv names;
  guint nonce; /* of the last response; 0 for none */
} Subscription;

/* A program that listens. */
typedef struct
{
  ControlPlane *control_plane;
  GrpcAioServicerContext *context;
  Subscription subscriptions[N_RESOURCE_TYPES];
} Stream;

struct _ControlPlane
{
  char *address;
  GrpcAioServer *server;
  GPtrArray *streams; /* of Stream */
  GHashTable *resources[N_RESOURCE_TYPES]; /* name → GBytes */
  guint versions[N_RESOURCE_TYPES];
  guint accepted[N_RESOURCE_TYPES]; /* the newest version that was */
  char *refusals[N_RESOURCE_TYPES]; /* of the newest version */
  guint nonce;
};

const char *
control_plane_get_type_url (ResourceType type)
{
  return type_urls[type];
}

static void
stream_free (gpointer data)
{
  Stream *stream = data;

  for (guint i = 0; i < N_RESOURCE_TYPES; i++)
    g_strfreev (stream->subscriptions[i].names);
  g_object_unref (stream->context);
  g_free (stream);
}

static GBytes *
pack (const ProtobufCMessage *message)
{
  gsize length = protobuf_c_message_get_packed_size (message);
  guint8 *data = g_malloc (MAX (length, 1));

  protobuf_c_message_pack (message, data);

  return g_bytes_new_take (data, length);
}

/* Sends all that the stream wants of a type and there is. */
static void
respond (Stream *stream,
         ResourceType type)
{
  ControlPlane *self = stream->control_plane;
  Subscription *subscription = &stream->subscriptions[type];
  Test__Xds__DiscoveryResponse response = TEST__XDS__DISCOVERY_RESPONSE__INIT;
  g_autoptr (GPtrArray) resources = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *version = g_strdup_printf ("%u", self->versions[type]);
  g_autofree char *nonce = NULL;
  g_autoptr (GBytes) message = NULL;

  for (char **name = subscription->names; name != NULL && *name != NULL; name++)
    {
      GBytes *resource = g_hash_table_lookup (self->resources[type], *name);
      Test__Xds__Any *any;

      if (resource == NULL)
        continue;

      any = g_new (Test__Xds__Any, 1);
      test__xds__any__init (any);
      any->type_url = (char *) type_urls[type];
      any->value.data = (guint8 *) g_bytes_get_data (resource, &any->value.len);
      g_ptr_array_add (resources, any);
    }

  /* Nothing yet is no answer; nothing any more is one. */
  if (resources->len == 0 && subscription->nonce == 0)
    return;

  subscription->nonce = ++self->nonce;
  nonce = g_strdup_printf ("%u", subscription->nonce);
  response.version_info = version;
  response.nonce = nonce;
  response.type_url = (char *) type_urls[type];
  response.n_resources = resources->len;
  response.resources = (Test__Xds__Any **) resources->pdata;
  message = pack (&response.base);
  grpc_aio_servicer_context_write_async (stream->context, message, NULL, NULL, NULL);
}

static gboolean
wants_same (const Subscription *subscription,
            const Test__Xds__DiscoveryRequest *request)
{
  if (subscription->names == NULL || g_strv_length (subscription->names) != request->n_resource_names)
    return FALSE;

  for (gsize i = 0; i < request->n_resource_names; i++)
    {
      if (!g_strv_contains ((const char *const *) subscription->names, request->resource_names[i]))
        return FALSE;
    }

  return TRUE;
}

static void
on_request (Stream *stream,
            const Test__Xds__DiscoveryRequest *request)
{
  ControlPlane *self = stream->control_plane;
  Subscription *subscription;
  ResourceType type = 0;

  while (type < N_RESOURCE_TYPES && !g_str_equal (type_urls[type], request->type_url))
    type++;
  if (type == N_RESOURCE_TYPES)
    return;

  subscription = &stream->subscriptions[type];
  if (*request->response_nonce != '\0')
    {
      /* It answers something older than what is on its way. */
      if (g_ascii_strtoull (request->response_nonce, NULL, 10) != subscription->nonce)
        return;

      g_clear_pointer (&self->refusals[type], g_free);
      if (request->error_detail != NULL)
        {
          g_test_message ("refused: %s", request->error_detail->message);
          self->refusals[type] = g_strdup (request->error_detail->message);
        }
      else
        self->accepted[type] = (guint) g_ascii_strtoull (request->version_info, NULL, 10);
    }

  if (wants_same (subscription, request))
    return;

  g_strfreev (subscription->names);
  subscription->names = g_new0 (char *, request->n_resource_names + 1);
  for (gsize i = 0; i < request->n_resource_names; i++)
    subscription->names[i] = g_strdup (request->resource_names[i]);
  respond (stream, type);
}

static void
on_message (GObject *source,
            GAsyncResult *result,
            gpointer user_data)
{
  GrpcAioServicerContext *context = GRPC_AIO_SERVICER_CONTEXT (source);
  g_autoptr (GError) error = NULL;
  g_autoptr (GBytes) message = grpc_aio_servicer_context_read_finish (context, result, &error);
  Test__Xds__DiscoveryRequest *request;
  gconstpointer data;
  gsize length;

  /* Without a message the stream is over, and freed. */
  if (message == NULL)
    {
      if (error == NULL)
        grpc_aio_servicer_context_complete (context, NULL);
      return;
    }

  data = g_bytes_get_data (message, &length);
  request = test__xds__discovery_request__unpack (NULL, length, data);
  g_assert_nonnull (request);
  on_request (user_data, request);
  test__xds__discovery_request__free_unpacked (request, NULL);

  grpc_aio_servicer_context_read_async (context, NULL, on_message, user_data);
}

static void
on_done (GrpcAioServicerContext *context,
         gpointer user_data)
{
  Stream *stream = user_data;

  g_ptr_array_remove (stream->control_plane->streams, stream);
}

static void
handle_stream (GrpcAioServicerContext *context,
               GBytes *request,
               gpointer user_data)
{
  ControlPlane *self = user_data;
  Stream *stream = g_new0 (Stream, 1);

  stream->control_plane = self;
  stream->context = g_object_ref (context);
  g_ptr_array_add (self->streams, stream);
  g_signal_connect (context, "done", G_CALLBACK (on_done), stream);
  grpc_aio_servicer_context_read_async (context, NULL, on_message, stream);
}

ControlPlane *
control_plane_new (const char *address)
{
  ControlPlane *self = g_new0 (ControlPlane, 1);

  self->address = g_strdup (address);
  self->streams = g_ptr_array_new_with_free_func (stream_free);
  for (guint i = 0; i < N_RESOURCE_TYPES; i++)
    self->resources[i] = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_bytes_unref);
  control_plane_start (self);

  return self;
}

/* The resources stay from one time to the next. */
void
control_plane_start (ControlPlane *self)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("envoy.service.discovery.v3.AggregatedDiscoveryService");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_stream_stream (handle_stream, self, NULL);
  g_autoptr (GError) error = NULL;

  grpc_aio_service_add_method (service, "StreamAggregatedResources", handler);
  self->server = grpc_aio_server_new ();
  grpc_aio_server_add_service (self->server, service);
  grpc_aio_server_add_port (self->server, self->address, NULL, &error);
  g_assert_no_error (error);
  grpc_aio_server_start (self->server, &error);
  g_assert_no_error (error);
}

void
control_plane_stop (ControlPlane *self)
{
  g_autoptr (GError) error = NULL;

  grpc_aio_server_stop_sync (self->server, 0, NULL, &error);
  g_assert_no_error (error);
  while (self->streams->len > 0)
    g_main_context_iteration (NULL, TRUE);
  g_clear_object (&self->server);
}

void
control_plane_free (ControlPlane *self)
{
  if (self->server != NULL)
    control_plane_stop (self);

  for (guint i = 0; i < N_RESOURCE_TYPES; i++)
    {
      g_hash_table_unref (self->resources[i]);
      g_free (self->refusals[i]);
    }
  g_ptr_array_unref (self->streams);
  g_free (self->address);
  g_free (self);
}

/* Tells a new version to those who want @name. */
static void
publish (ControlPlane *self,
         ResourceType type,
         const char *name)
{
  self->versions[type]++;
  g_clear_pointer (&self->refusals[type], g_free);

  for (guint i = 0; i < self->streams->len; i++)
    {
      Stream *stream = g_ptr_array_index (self->streams, i);
      GStrv names = stream->subscriptions[type].names;

      if (names != NULL && g_strv_contains ((const char *const *) names, name))
        respond (stream, type);
    }
}

void
control_plane_set (ControlPlane *self,
                   ResourceType type,
                   const char *name,
                   const ProtobufCMessage *resource)
{
  g_hash_table_replace (self->resources[type], g_strdup (name), pack (resource));
  publish (self, type, name);
}

void
control_plane_remove (ControlPlane *self,
                      ResourceType type,
                      const char *name)
{
  g_hash_table_remove (self->resources[type], name);
  publish (self, type, name);
}

gboolean
control_plane_is_accepted (ControlPlane *self,
                           ResourceType type)
{
  return self->accepted[type] == self->versions[type];
}

const char *
control_plane_get_refusal (ControlPlane *self,
                           ResourceType type)
{
  return self->refusals[type];
}
