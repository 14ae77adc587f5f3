/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "resources.h"

#include "xds.pb-c.h"

#define TYPE_EDS 3
#define LB_POLICY_ROUND_ROBIN 0
#define LB_POLICY_RING_HASH 2

#define MAX_ENDPOINTS 8

#define TYPE_URL_CONNECTION_MANAGER \
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
#define TYPE_URL_UPSTREAM_TLS "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"
#define TYPE_URL_DOWNSTREAM_TLS "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
#define TYPE_URL_ROUTER "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"

static char *
text (const char *constant)
{
  return (char *) constant;
}

/* What TLS is to use, in the form of either side. */
typedef struct
{
  Test__Xds__CertificateProviderPluginInstance certificates;
  Test__Xds__CertificateValidationContext validation;
  Test__Xds__CommonTlsContext common;
  Test__Xds__TlsContext context;
  Test__Xds__Any any;
  Test__Xds__TransportSocket socket;
  guint8 data[256];
} Tls;

static Test__Xds__TransportSocket *
tls_init (Tls *tls,
          gboolean is_server)
{
  test__xds__certificate_provider_plugin_instance__init (&tls->certificates);
  test__xds__certificate_validation_context__init (&tls->validation);
  test__xds__common_tls_context__init (&tls->common);
  test__xds__tls_context__init (&tls->context);
  test__xds__any__init (&tls->any);
  test__xds__transport_socket__init (&tls->socket);
  tls->certificates.instance_name = text (CERTIFICATES);
  tls->validation.ca_certificate_provider_instance = &tls->certificates;
  if (is_server)
    tls->common.tls_certificate_provider_instance = &tls->certificates;
  else
    tls->common.validation_context = &tls->validation;
  tls->context.common_tls_context = &tls->common;
  g_assert_cmpuint (test__xds__tls_context__get_packed_size (&tls->context), <=, sizeof tls->data);
  tls->any.type_url = text (is_server ? TYPE_URL_DOWNSTREAM_TLS : TYPE_URL_UPSTREAM_TLS);
  tls->any.value.len = test__xds__tls_context__pack (&tls->context, tls->data);
  tls->any.value.data = tls->data;
  tls->socket.name = text ("envoy.transport_sockets.tls");
  tls->socket.typed_config = &tls->any;

  return &tls->socket;
}

static void
set_listener (ControlPlane *self,
              Test__Xds__Listener *listener,
              Test__Xds__HttpConnectionManager *manager,
              gboolean is_server,
              gboolean has_tls)
{
  Tls tls;
  Test__Xds__Any router = TEST__XDS__ANY__INIT;
  Test__Xds__HttpFilter http_filter = TEST__XDS__HTTP_FILTER__INIT, *http_filters[] = { &http_filter };
  Test__Xds__Any any = TEST__XDS__ANY__INIT;
  Test__Xds__ApiListener api_listener = TEST__XDS__API_LISTENER__INIT;
  Test__Xds__Filter filter = TEST__XDS__FILTER__INIT, *filters[] = { &filter };
  Test__Xds__FilterChain chain = TEST__XDS__FILTER_CHAIN__INIT, *chains[] = { &chain };
  g_autofree guint8 *data = NULL;

  router.type_url = text (TYPE_URL_ROUTER);
  http_filter.name = text ("router");
  http_filter.typed_config = &router;
  if (manager->rds != NULL || manager->route_config != NULL)
    {
      manager->n_http_filters = 1;
      manager->http_filters = http_filters;
    }

  data = g_malloc (test__xds__http_connection_manager__get_packed_size (manager) + 1);
  any.type_url = text (TYPE_URL_CONNECTION_MANAGER);
  any.value.len = test__xds__http_connection_manager__pack (manager, data);
  any.value.data = data;

  if (is_server)
    {
      filter.name = text ("connection manager");
      filter.typed_config = &any;
      chain.n_filters = 1;
      chain.filters = filters;
      if (has_tls)
        chain.transport_socket = tls_init (&tls, TRUE);
      listener->n_filter_chains = 1;
      listener->filter_chains = chains;
    }
  else
    {
      api_listener.api_listener = &any;
      listener->api_listener = &api_listener;
    }
  control_plane_set (self, RESOURCE_LISTENER, listener->name, &listener->base);
}

void
set_client_listener (ControlPlane *self,
                     const char *name)
{
  Test__Xds__AggregatedConfigSource ads = TEST__XDS__AGGREGATED_CONFIG_SOURCE__INIT;
  Test__Xds__ConfigSource source = TEST__XDS__CONFIG_SOURCE__INIT;
  Test__Xds__Rds rds = TEST__XDS__RDS__INIT;
  Test__Xds__HttpConnectionManager manager = TEST__XDS__HTTP_CONNECTION_MANAGER__INIT;
  Test__Xds__Listener listener = TEST__XDS__LISTENER__INIT;

  source.ads = &ads;
  rds.config_source = &source;
  rds.route_config_name = text (name);
  manager.rds = &rds;
  listener.name = text (name);
  set_listener (self, &listener, &manager, FALSE, FALSE);
}

void
set_bad_listener (ControlPlane *self,
                  const char *name)
{
  Test__Xds__HttpConnectionManager manager = TEST__XDS__HTTP_CONNECTION_MANAGER__INIT;
  Test__Xds__Listener listener = TEST__XDS__LISTENER__INIT;

  listener.name = text (name);
  set_listener (self, &listener, &manager, FALSE, FALSE);
}

char *
get_server_listener_name (const char *address,
                          guint port)
{
  return g_strdup_printf ("server/%s:%u", address, port);
}

void
set_server_listener (ControlPlane *self,
                     const char *address,
                     guint port,
                     gboolean has_tls)
{
  Test__Xds__RouteMatch match = TEST__XDS__ROUTE_MATCH__INIT;
  Test__Xds__NonForwardingAction action = TEST__XDS__NON_FORWARDING_ACTION__INIT;
  Test__Xds__Route route = TEST__XDS__ROUTE__INIT, *routes[] = { &route };
  Test__Xds__VirtualHost host = TEST__XDS__VIRTUAL_HOST__INIT, *hosts[] = { &host };
  char *domains[] = { text ("*") };
  Test__Xds__RouteConfiguration configuration = TEST__XDS__ROUTE_CONFIGURATION__INIT;
  Test__Xds__HttpConnectionManager manager = TEST__XDS__HTTP_CONNECTION_MANAGER__INIT;
  Test__Xds__SocketAddress socket_address = TEST__XDS__SOCKET_ADDRESS__INIT;
  Test__Xds__Address listening_address = TEST__XDS__ADDRESS__INIT;
  Test__Xds__Listener listener = TEST__XDS__LISTENER__INIT;
  g_autofree char *name = get_server_listener_name (address, port);

  match.prefix = text ("/");
  route.match = &match;
  route.non_forwarding_action = &action;
  host.name = text ("all");
  host.n_domains = 1;
  host.domains = domains;
  host.n_routes = 1;
  host.routes = routes;
  configuration.name = text ("all");
  configuration.n_virtual_hosts = 1;
  configuration.virtual_hosts = hosts;
  manager.route_config = &configuration;
  socket_address.address = text (address);
  socket_address.port_value = port;
  listening_address.socket_address = &socket_address;
  listener.name = name;
  listener.address = &listening_address;
  set_listener (self, &listener, &manager, TRUE, has_tls);
}

static void
set_route_action (ControlPlane *self,
                  const char *name,
                  Test__Xds__RouteAction *action)
{
  Test__Xds__RouteMatch match = TEST__XDS__ROUTE_MATCH__INIT;
  Test__Xds__Route route = TEST__XDS__ROUTE__INIT, *routes[] = { &route };
  Test__Xds__VirtualHost host = TEST__XDS__VIRTUAL_HOST__INIT, *hosts[] = { &host };
  char *domains[] = { text ("*") };
  Test__Xds__RouteConfiguration configuration = TEST__XDS__ROUTE_CONFIGURATION__INIT;

  match.prefix = text ("/");
  route.match = &match;
  route.route = action;
  host.name = text ("all");
  host.n_domains = 1;
  host.domains = domains;
  host.n_routes = 1;
  host.routes = routes;
  configuration.name = text (name);
  configuration.n_virtual_hosts = 1;
  configuration.virtual_hosts = hosts;
  control_plane_set (self, RESOURCE_ROUTES, name, &configuration.base);
}

void
set_routes (ControlPlane *self,
            const char *name,
            const Share *shares,
            gsize n_shares)
{
  Test__Xds__UInt32Value weights[MAX_ENDPOINTS];
  Test__Xds__ClusterWeight clusters[MAX_ENDPOINTS], *pointers[MAX_ENDPOINTS];
  Test__Xds__UInt32Value total = TEST__XDS__UINT32_VALUE__INIT;
  Test__Xds__WeightedCluster weighted = TEST__XDS__WEIGHTED_CLUSTER__INIT;
  Test__Xds__RouteAction action = TEST__XDS__ROUTE_ACTION__INIT;

  g_assert_cmpuint (n_shares, <=, MAX_ENDPOINTS);
  for (gsize i = 0; i < n_shares; i++)
    {
      test__xds__uint32_value__init (&weights[i]);
      test__xds__cluster_weight__init (&clusters[i]);
      weights[i].value = shares[i].weight;
      total.value += shares[i].weight;
      clusters[i].name = text (shares[i].cluster);
      clusters[i].weight = &weights[i];
      pointers[i] = &clusters[i];
    }
  weighted.n_clusters = n_shares;
  weighted.clusters = pointers;
  weighted.total_weight = &total;
  action.weighted_clusters = &weighted;
  set_route_action (self, name, &action);
}

void
set_hashed_routes (ControlPlane *self,
                   const char *name,
                   const char *cluster,
                   const char *header)
{
  Test__Xds__HashPolicyHeader policy_header = TEST__XDS__HASH_POLICY_HEADER__INIT;
  Test__Xds__HashPolicy policy = TEST__XDS__HASH_POLICY__INIT, *policies[] = { &policy };
  Test__Xds__RouteAction action = TEST__XDS__ROUTE_ACTION__INIT;

  policy_header.header_name = text (header);
  policy.header = &policy_header;
  action.cluster = text (cluster);
  action.n_hash_policy = 1;
  action.hash_policy = policies;
  set_route_action (self, name, &action);
}

void
set_cluster (ControlPlane *self,
             const char *name,
             gboolean is_ring_hash,
             gboolean has_tls)
{
  Tls tls;
  Test__Xds__AggregatedConfigSource ads = TEST__XDS__AGGREGATED_CONFIG_SOURCE__INIT;
  Test__Xds__ConfigSource source = TEST__XDS__CONFIG_SOURCE__INIT;
  Test__Xds__EdsClusterConfig eds = TEST__XDS__EDS_CLUSTER_CONFIG__INIT;
  Test__Xds__Cluster cluster = TEST__XDS__CLUSTER__INIT;

  source.ads = &ads;
  eds.eds_config = &source;
  cluster.name = text (name);
  cluster.type = TYPE_EDS;
  cluster.eds_cluster_config = &eds;
  cluster.lb_policy = is_ring_hash ? LB_POLICY_RING_HASH : LB_POLICY_ROUND_ROBIN;
  if (has_tls)
    cluster.transport_socket = tls_init (&tls, FALSE);
  control_plane_set (self, RESOURCE_CLUSTER, name, &cluster.base);
}

/* What describes one backend. */
typedef struct
{
  Test__Xds__SocketAddress socket_address;
  Test__Xds__Address address;
  Test__Xds__Endpoint endpoint;
  Test__Xds__LbEndpoint lb_endpoint;
} Backend;

static void
backend_init (Backend *backend,
              guint port)
{
  test__xds__socket_address__init (&backend->socket_address);
  test__xds__address__init (&backend->address);
  test__xds__endpoint__init (&backend->endpoint);
  test__xds__lb_endpoint__init (&backend->lb_endpoint);
  backend->socket_address.address = text ("127.0.0.1");
  backend->socket_address.port_value = port;
  backend->address.socket_address = &backend->socket_address;
  backend->endpoint.address = &backend->address;
  backend->lb_endpoint.endpoint = &backend->endpoint;
}

void
set_endpoints (ControlPlane *self,
               const char *name,
               const guint *ports,
               gsize n_ports)
{
  Backend backends[MAX_ENDPOINTS];
  Test__Xds__LbEndpoint *endpoints[MAX_ENDPOINTS];
  Test__Xds__Locality here = TEST__XDS__LOCALITY__INIT;
  Test__Xds__UInt32Value weight = TEST__XDS__UINT32_VALUE__INIT;
  Test__Xds__LocalityLbEndpoints locality = TEST__XDS__LOCALITY_LB_ENDPOINTS__INIT, *localities[] = { &locality };
  Test__Xds__ClusterLoadAssignment assignment = TEST__XDS__CLUSTER_LOAD_ASSIGNMENT__INIT;

  g_assert_cmpuint (n_ports, <=, MAX_ENDPOINTS);
  for (gsize i = 0; i < n_ports; i++)
    {
      backend_init (&backends[i], ports[i]);
      endpoints[i] = &backends[i].lb_endpoint;
    }
  here.region = text ("here");
  weight.value = 1;
  locality.locality = &here;
  locality.n_lb_endpoints = n_ports;
  locality.lb_endpoints = endpoints;
  locality.load_balancing_weight = &weight;
  assignment.cluster_name = text (name);
  assignment.n_endpoints = n_ports > 0 ? 1 : 0;
  assignment.endpoints = localities;
  control_plane_set (self, RESOURCE_ENDPOINTS, name, &assignment.base);
}

void
set_weighted_endpoints (ControlPlane *self,
                        const char *name,
                        const guint *ports,
                        const guint *weights,
                        gsize n_ports)
{
  Backend backends[MAX_ENDPOINTS];
  Test__Xds__LbEndpoint *endpoints[MAX_ENDPOINTS];
  char regions[MAX_ENDPOINTS][16];
  Test__Xds__Locality places[MAX_ENDPOINTS];
  Test__Xds__UInt32Value values[MAX_ENDPOINTS];
  Test__Xds__LocalityLbEndpoints localities[MAX_ENDPOINTS], *pointers[MAX_ENDPOINTS];
  Test__Xds__ClusterLoadAssignment assignment = TEST__XDS__CLUSTER_LOAD_ASSIGNMENT__INIT;

  g_assert_cmpuint (n_ports, <=, MAX_ENDPOINTS);
  for (gsize i = 0; i < n_ports; i++)
    {
      backend_init (&backends[i], ports[i]);
      endpoints[i] = &backends[i].lb_endpoint;
      g_snprintf (regions[i], sizeof regions[i], "region-%u", (guint) i);
      test__xds__locality__init (&places[i]);
      test__xds__uint32_value__init (&values[i]);
      test__xds__locality_lb_endpoints__init (&localities[i]);
      places[i].region = regions[i];
      values[i].value = weights[i];
      localities[i].locality = &places[i];
      localities[i].n_lb_endpoints = 1;
      localities[i].lb_endpoints = &endpoints[i];
      localities[i].load_balancing_weight = &values[i];
      pointers[i] = &localities[i];
    }
  assignment.cluster_name = text (name);
  assignment.n_endpoints = n_ports;
  assignment.endpoints = pointers;
  control_plane_set (self, RESOURCE_ENDPOINTS, name, &assignment.base);
}
