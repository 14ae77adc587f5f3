/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The channel arguments of grpc-core that make sense here. Each is a property of
 * GrpcAioChannelOptions with nearly the same name. */

#include "types/grpc-aio-channel-arguments-private.h"

#include <grpc-aio-glib/grpc-aio-enums.h>

#include "types/grpc-aio-service-config-private.h"

#define MiB (1024 * 1024)

/* Only the programmer sees these reasons. */
static char *
refuse (GError **error,
        const char *reason)
{
  g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, reason);

  return NULL;
}

static char *
parse_name (const char *text,
            GError **error)
{
  return *text != '\0' ? g_strdup (text) : refuse (error, "it is empty");
}

static char *
parse_header (const char *text,
              GError **error)
{
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c < ' ' || *c > '~')
        return refuse (error, "only printable ASCII may be in a header");
    }

  return parse_name (text, error);
}

static char *
parse_one_of (const char *text,
              const char *const *choices,
              GError **error)
{
  g_autofree char *all = NULL;

  if (g_strv_contains (choices, text))
    return g_strdup (text);

  all = g_strjoinv (", ", (char **) choices);
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "it can be one of %s", all);

  return NULL;
}

static char *
parse_scheme (const char *text,
              GError **error)
{
  return parse_one_of (text, (const char *const[]){ "http", "https", NULL }, error);
}

static char *
parse_policy (const char *text,
              GError **error)
{
  return parse_one_of (text, (const char *const[]){ "pick_first", "round_robin", "grpclb", NULL }, error);
}

static char *
parse_proxy (const char *text,
             GError **error)
{
  g_autoptr (GUri) uri = g_uri_parse (text, G_URI_FLAGS_NONE, NULL);

  if (uri == NULL || !g_str_equal (g_uri_get_scheme (uri), "http") || g_uri_get_host (uri) == NULL || *g_uri_get_host (uri) == '\0' || g_uri_get_port (uri) <= 0)
    return refuse (error, "it has to be http://host:port");

  return g_strdup (text);
}

#define INTEGER(name, property, sides, minimum, maximum, preset) \
  { name, property, GRPC_AIO_ARGUMENT_INTEGER, sides, minimum, maximum, preset, NULL }
#define BOOLEAN(name, property, sides, preset) \
  { name, property, GRPC_AIO_ARGUMENT_BOOLEAN, sides, FALSE, TRUE, preset, NULL }
#define COMPRESSION(name, property, sides) \
  { name, property, GRPC_AIO_ARGUMENT_COMPRESSION, sides, GRPC_AIO_COMPRESSION_NONE, GRPC_AIO_COMPRESSION_GZIP, GRPC_AIO_COMPRESSION_NONE, NULL }
#define TEXT(name, property, sides, parse) \
  { name, property, GRPC_AIO_ARGUMENT_TEXT, sides, 0, 0, 0, parse }
#define SIZE(name, property, sides) \
  { name, property, GRPC_AIO_ARGUMENT_SIZE, sides, -1, 0, -1, NULL }
#define POINTER(name) \
  { name, NULL, GRPC_AIO_ARGUMENT_POINTER, BOTH, 0, 0, 0, NULL }

#define CLIENT GRPC_AIO_SIDE_CLIENT
#define SERVER GRPC_AIO_SIDE_SERVER
#define BOTH GRPC_AIO_BOTH_SIDES

const GrpcAioArgument grpc_aio_arguments[] = {
  /* Messages */

  /**
   * GrpcAioChannelOptions:max-receive-message-length:
   *
   * The longest message that may come, in bytes; -1 is any.
   *
   * Longer ones end their call with `GRPC_AIO_ERROR_RESOURCE_EXHAUSTED`. A
   * larger limit makes the default of
   * [property@ChannelOptions:resource-quota] larger. The default is 4 MiB.
   *
   * Channels and servers; `grpc.max_receive_message_length`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.max_receive_message_length", "max-receive-message-length", BOTH, -1, G_MAXINT, 4 * MiB),

  /**
   * GrpcAioChannelOptions:max-send-message-length:
   *
   * The longest message that may be sent, in bytes; -1 is any, which is the
   * default.
   *
   * Channels and servers; `grpc.max_send_message_length`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.max_send_message_length", "max-send-message-length", BOTH, -1, G_MAXINT, -1),

  /**
   * GrpcAioChannelOptions:max-metadata-size:
   *
   * How much metadata may come with a call in one direction, in bytes, as
   * HTTP/2 counts them: each entry counts 32 more.
   *
   * The default is 8 KiB.
   *
   * Channels and servers; `grpc.max_metadata_size`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.max_metadata_size", "max-metadata-size", BOTH, 1, G_MAXINT, 8 * 1024),

  /**
   * GrpcAioChannelOptions:default-compression-algorithm:
   *
   * How messages are compressed that are sent, unless the channel, the
   * server or the call says otherwise.
   *
   * Channels and servers; `grpc.default_compression_algorithm`.
   *
   * Since: 0.1
   */
  COMPRESSION ("grpc.default_compression_algorithm", "default-compression-algorithm", BOTH),

  /**
   * GrpcAioChannelOptions:default-compression-level:
   *
   * How much a server compresses, with an algorithm that the client
   * understands: 0 not at all, 1 a little, 2 more, 3 most.
   *
   * It goes before [property@ChannelOptions:default-compression-algorithm].
   *
   * Servers; `grpc.default_compression_level`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.default_compression_level", "default-compression-level", SERVER, 0, 3, 0),

  /**
   * GrpcAioChannelOptions:compression-enabled-algorithms-bitset:
   *
   * Which compressions may be used, as a sum of bits: 1 for none, which
   * always is, 2 for DEFLATE, 4 for gzip.
   *
   * The default is all of them.
   *
   * Channels and servers; `grpc.compression_enabled_algorithms_bitset`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.compression_enabled_algorithms_bitset", "compression-enabled-algorithms-bitset", BOTH, 1, 7, 7),

  /**
   * GrpcAioChannelOptions:per-message-compression:
   *
   * Whether messages can be compressed at all.
   *
   * Channels and servers; `grpc.per_message_compression`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.per_message_compression", "per-message-compression", BOTH, TRUE),


  /* HTTP/2 */

  /**
   * GrpcAioChannelOptions:max-concurrent-streams:
   *
   * How many calls of one connection may run at a time; further ones wait
   * at the client.
   *
   * The default is any number.
   *
   * Servers; `grpc.max_concurrent_streams`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.max_concurrent_streams", "max-concurrent-streams", SERVER, 1, G_MAXINT, G_MAXINT),

  /**
   * GrpcAioChannelOptions:http2-max-frame-size:
   *
   * How large a frame of HTTP/2 may come, in bytes.
   *
   * Channels and servers; `grpc.http2.max_frame_size`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.http2.max_frame_size", "http2-max-frame-size", BOTH, 16384, 16777215, 16384),

  /**
   * GrpcAioChannelOptions:http2-lookahead-bytes:
   *
   * How much of each stream is taken before the program asks for it, in
   * bytes.
   *
   * It is where grpc-core starts from while
   * [property@ChannelOptions:http2-bdp-probe] is on.
   *
   * Channels and servers; `grpc.http2.lookahead_bytes`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.http2.lookahead_bytes", "http2-lookahead-bytes", BOTH, 5, G_MAXINT, 65535),

  /**
   * GrpcAioChannelOptions:http2-bdp-probe:
   *
   * Whether grpc-core measures the connection, and takes as much in advance
   * as keeps it busy.
   *
   * Channels and servers; `grpc.http2.bdp_probe`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.http2.bdp_probe", "http2-bdp-probe", BOTH, TRUE),

  /**
   * GrpcAioChannelOptions:http2-hpack-table-size-decoder:
   *
   * How much memory the other end may use here to compress metadata, in
   * bytes.
   *
   * Channels and servers; `grpc.http2.hpack_table_size.decoder`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.http2.hpack_table_size.decoder", "http2-hpack-table-size-decoder", BOTH, 0, G_MAXINT, 4096),

  /**
   * GrpcAioChannelOptions:http2-hpack-table-size-encoder:
   *
   * How much memory is used to compress metadata, in bytes.
   *
   * Channels and servers; `grpc.http2.hpack_table_size.encoder`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.http2.hpack_table_size.encoder", "http2-hpack-table-size-encoder", BOTH, 0, G_MAXINT, 4096),

  /**
   * GrpcAioChannelOptions:http2-write-buffer-size:
   *
   * How much a stream may hold back of what is written with a hint to
   * buffer it, in bytes.
   *
   * Channels and servers; `grpc.http2.write_buffer_size`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.http2.write_buffer_size", "http2-write-buffer-size", BOTH, 0, G_MAXINT, 65535),

  /**
   * GrpcAioChannelOptions:http2-true-binary:
   *
   * Whether metadata that ends in `-bin` may come as it is, without Base64.
   *
   * Channels and servers; `grpc.http2.true_binary`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.http2.true_binary", "http2-true-binary", BOTH, TRUE),

  /**
   * GrpcAioChannelOptions:http2-scheme:
   *
   * What calls say in the header `:scheme`, `http` or `https`, if that is
   * not to follow from the credentials.
   *
   * Channels; `grpc.http2_scheme`.
   *
   * Since: 0.1
   */
  TEXT ("grpc.http2_scheme", "http2-scheme", CLIENT, parse_scheme),


  /* Keepalive */

  /**
   * GrpcAioChannelOptions:keepalive-time-ms:
   *
   * After how many milliseconds without anything from the other end it is
   * asked for a sign of life.
   *
   * `G_MAXINT` is never, which is the default of channels; that of servers
   * is two hours. What has to fit to it is set with it, unless you set it:
   * [property@ChannelOptions:http2-max-pings-without-data] to 0, and on a
   * server
   * [property@ChannelOptions:http2-min-ping-interval-without-data-ms] to
   * half of the time, if that is less, so that clients with the same
   * options are welcome.
   *
   * Channels and servers; `grpc.keepalive_time_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.keepalive_time_ms", "keepalive-time-ms", BOTH, 1, G_MAXINT, G_MAXINT),

  /**
   * GrpcAioChannelOptions:keepalive-timeout-ms:
   *
   * For how many milliseconds that sign of life is waited for.
   *
   * Then the connection is closed, and its calls end with
   * `GRPC_AIO_ERROR_UNAVAILABLE`.
   *
   * Channels and servers; `grpc.keepalive_timeout_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.keepalive_timeout_ms", "keepalive-timeout-ms", BOTH, 1, G_MAXINT, 20000),

  /**
   * GrpcAioChannelOptions:keepalive-permit-without-calls:
   *
   * Whether to ask for signs of life while no call runs, and on a server
   * whether clients may.
   *
   * Both ends must have it: a server without it closes the connection of
   * such a client.
   *
   * Channels and servers; `grpc.keepalive_permit_without_calls`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.keepalive_permit_without_calls", "keepalive-permit-without-calls", BOTH, FALSE),

  /**
   * GrpcAioChannelOptions:http2-max-pings-without-data:
   *
   * How often to ask for a sign of life before something else has to be
   * sent; 0 is any number.
   *
   * Channels and servers; `grpc.http2.max_pings_without_data`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.http2.max_pings_without_data", "http2-max-pings-without-data", BOTH, 0, G_MAXINT, 2),

  /**
   * GrpcAioChannelOptions:http2-min-ping-interval-without-data-ms:
   *
   * How many milliseconds a client has to let pass between two pings while
   * the server sends it nothing.
   *
   * The default is five minutes.
   *
   * Servers; `grpc.http2.min_ping_interval_without_data_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.http2.min_ping_interval_without_data_ms", "http2-min-ping-interval-without-data-ms", SERVER, 0, G_MAXINT, 300000),

  /**
   * GrpcAioChannelOptions:http2-max-ping-strikes:
   *
   * How many pings may come too early before the connection is closed; 0 is
   * any number.
   *
   * Servers; `grpc.http2.max_ping_strikes`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.http2.max_ping_strikes", "http2-max-ping-strikes", SERVER, 0, G_MAXINT, 2),


  /* Connections of a server */

  /**
   * GrpcAioChannelOptions:max-connection-idle-ms:
   *
   * After how many milliseconds without a call a connection is closed.
   *
   * The default, `G_MAXINT`, is never.
   *
   * Servers; `grpc.max_connection_idle_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.max_connection_idle_ms", "max-connection-idle-ms", SERVER, 1, G_MAXINT, G_MAXINT),

  /**
   * GrpcAioChannelOptions:max-connection-age-ms:
   *
   * After how many milliseconds, give or take a tenth, a connection takes
   * no new calls.
   *
   * The client makes another one. The default, `G_MAXINT`, is never.
   *
   * Servers; `grpc.max_connection_age_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.max_connection_age_ms", "max-connection-age-ms", SERVER, 1, G_MAXINT, G_MAXINT),

  /**
   * GrpcAioChannelOptions:max-connection-age-grace-ms:
   *
   * For how many milliseconds the calls of a connection may go on that came
   * of age.
   *
   * The default, `G_MAXINT`, is for ever.
   *
   * Servers; `grpc.max_connection_age_grace_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.max_connection_age_grace_ms", "max-connection-age-grace-ms", SERVER, 0, G_MAXINT, G_MAXINT),

  /**
   * GrpcAioChannelOptions:server-handshake-timeout-ms:
   *
   * How many milliseconds a client has to say hello, in TLS and in HTTP/2.
   *
   * The default is two minutes.
   *
   * Servers; `grpc.server_handshake_timeout_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.server_handshake_timeout_ms", "server-handshake-timeout-ms", SERVER, 1, G_MAXINT, 120000),

  /**
   * GrpcAioChannelOptions:so-reuseport:
   *
   * Whether other servers of the same user may listen on the same port, in
   * this program or in others, and get some of its connections.
   *
   * Unlike in grpc-core it is off by default.
   *
   * Servers; `grpc.so_reuseport`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.so_reuseport", "so-reuseport", SERVER, FALSE),

  /**
   * GrpcAioChannelOptions:expand-wildcard-addrs:
   *
   * Whether to listen on each address of the machine by itself when a port
   * is for all.
   *
   * Servers; `grpc.expand_wildcard_addrs`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.expand_wildcard_addrs", "expand-wildcard-addrs", SERVER, FALSE),

  /**
   * GrpcAioChannelOptions:server-config-change-drain-grace-time-ms:
   *
   * For how many milliseconds connections may go on that were made before a
   * change of the server's configuration by xDS.
   *
   * The default is ten minutes.
   *
   * Servers; `grpc.experimental.server_config_change_drain_grace_time_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.experimental.server_config_change_drain_grace_time_ms", "server-config-change-drain-grace-time-ms", SERVER, 0, G_MAXINT, 600000),

  /**
   * GrpcAioChannelOptions:surface-user-agent:
   *
   * Whether handlers see the header `user-agent` of the client.
   *
   * Servers; `grpc.surface_user_agent`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.surface_user_agent", "surface-user-agent", SERVER, TRUE),


  /* The client's identity and its way to the server */

  /**
   * GrpcAioChannelOptions:default-authority:
   *
   * The name of the server that calls ask for, if that is not to follow
   * from the target.
   *
   * Channels; `grpc.default_authority`.
   *
   * Since: 0.1
   */
  TEXT ("grpc.default_authority", "default-authority", CLIENT, parse_name),

  /**
   * GrpcAioChannelOptions:primary-user-agent:
   *
   * What the header `user-agent` begins with.
   *
   * It goes on with the names and versions of this library and of
   * grpc-core.
   *
   * Channels; `grpc.primary_user_agent`.
   *
   * Since: 0.1
   */
  TEXT ("grpc.primary_user_agent", "primary-user-agent", CLIENT, parse_header),

  /**
   * GrpcAioChannelOptions:secondary-user-agent:
   *
   * What the header `user-agent` ends with.
   *
   * Channels; `grpc.secondary_user_agent`.
   *
   * Since: 0.1
   */
  TEXT ("grpc.secondary_user_agent", "secondary-user-agent", CLIENT, parse_header),

  /**
   * GrpcAioChannelOptions:ssl-target-name-override:
   *
   * The name that the certificate of the server must have, instead of that
   * in the target.
   *
   * For tests.
   *
   * Channels; `grpc.ssl_target_name_override`.
   *
   * Since: 0.1
   */
  TEXT ("grpc.ssl_target_name_override", "ssl-target-name-override", CLIENT, parse_name),

  /**
   * GrpcAioChannelOptions:tsi-max-frame-size:
   *
   * How large a frame of an encrypted connection may be, in bytes; 0 leaves
   * it to the protocol.
   *
   * Channels and servers; `grpc.tsi.max_frame_size`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.tsi.max_frame_size", "tsi-max-frame-size", BOTH, 0, G_MAXINT, 0),

  /**
   * GrpcAioChannelOptions:enable-http-proxy:
   *
   * Whether to heed a proxy, of [property@ChannelOptions:http-proxy] or
   * else of the environment (`grpc_proxy`, `https_proxy`, `http_proxy`,
   * `no_grpc_proxy`, `no_proxy`).
   *
   * Channels; `grpc.enable_http_proxy`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.enable_http_proxy", "enable-http-proxy", CLIENT, TRUE),

  /**
   * GrpcAioChannelOptions:http-proxy:
   *
   * The proxy to connect through, as `http://host:port`.
   *
   * It goes before those of the environment.
   *
   * Channels; `grpc.http_proxy`.
   *
   * Since: 0.1
   */
  TEXT ("grpc.http_proxy", "http-proxy", CLIENT, parse_proxy),

  /**
   * GrpcAioChannelOptions:client-idle-timeout-ms:
   *
   * After how many milliseconds without a call the channel lets its
   * connection go and is idle.
   *
   * The default, `G_MAXINT`, is never.
   *
   * Channels; `grpc.client_idle_timeout_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.client_idle_timeout_ms", "client-idle-timeout-ms", CLIENT, 1, G_MAXINT, G_MAXINT),

  /**
   * GrpcAioChannelOptions:initial-reconnect-backoff-ms:
   *
   * How many milliseconds to wait after the first failure to connect.
   *
   * Each further failure makes it 1.6 times as much, and chance up to a
   * fifth more or less.
   *
   * Channels; `grpc.initial_reconnect_backoff_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.initial_reconnect_backoff_ms", "initial-reconnect-backoff-ms", CLIENT, 100, G_MAXINT, 1000),

  /**
   * GrpcAioChannelOptions:min-reconnect-backoff-ms:
   *
   * For how many milliseconds, at least, one try to connect may take.
   *
   * Channels; `grpc.min_reconnect_backoff_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.min_reconnect_backoff_ms", "min-reconnect-backoff-ms", CLIENT, 100, G_MAXINT, 20000),

  /**
   * GrpcAioChannelOptions:max-reconnect-backoff-ms:
   *
   * For how many milliseconds, at most, to wait between tries to connect.
   *
   * The default is two minutes.
   *
   * Channels; `grpc.max_reconnect_backoff_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.max_reconnect_backoff_ms", "max-reconnect-backoff-ms", CLIENT, 100, G_MAXINT, 120000),

  /**
   * GrpcAioChannelOptions:use-local-subchannel-pool:
   *
   * Whether the channel has connections of its own.
   *
   * Otherwise channels that are equal in all they were made with share
   * theirs.
   *
   * Channels; `grpc.use_local_subchannel_pool`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.use_local_subchannel_pool", "use-local-subchannel-pool", CLIENT, FALSE),

  /**
   * GrpcAioChannelOptions:dns-min-time-between-resolutions-ms:
   *
   * How many milliseconds to let pass before a name is looked up again.
   *
   * Channels; `grpc.dns_min_time_between_resolutions_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.dns_min_time_between_resolutions_ms", "dns-min-time-between-resolutions-ms", CLIENT, 0, G_MAXINT, 30000),

  /**
   * GrpcAioChannelOptions:dns-ares-query-timeout-ms:
   *
   * For how many milliseconds to wait for the name service; 0 is for as
   * long as it takes.
   *
   * The default is two minutes.
   *
   * Channels; `grpc.dns_ares_query_timeout`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.dns_ares_query_timeout", "dns-ares-query-timeout-ms", CLIENT, 0, G_MAXINT, 120000),

  /**
   * GrpcAioChannelOptions:dns-enable-srv-queries:
   *
   * Whether to ask the name service for balancers, of the policy `grpclb`.
   *
   * Channels; `grpc.dns_enable_srv_queries`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.dns_enable_srv_queries", "dns-enable-srv-queries", CLIENT, FALSE),


  /* What calls do */

  /**
   * GrpcAioChannelOptions:service-config:
   *
   * How calls are retried, time out and wait, and how they are spread over
   * servers, as JSON.
   *
   * Better use [method@ChannelOptions.set_service_config], which says what
   * is wrong.
   *
   * Channels; `grpc.service_config`.
   *
   * Since: 0.1
   */
  TEXT ("grpc.service_config", "service-config", CLIENT, grpc_aio_service_config_parse),

  /**
   * GrpcAioChannelOptions:service-config-disable-resolution:
   *
   * Whether not to ask the name service for a service config.
   *
   * One that it has goes before [property@ChannelOptions:service-config].
   *
   * Channels; `grpc.service_config_disable_resolution`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.service_config_disable_resolution", "service-config-disable-resolution", CLIENT, TRUE),

  /**
   * GrpcAioChannelOptions:lb-policy-name:
   *
   * How calls are spread over the addresses of the target: `pick_first`,
   * the default, or `round_robin`, or `grpclb`.
   *
   * A service config goes before it.
   *
   * Channels; `grpc.lb_policy_name`.
   *
   * Since: 0.1
   */
  TEXT ("grpc.lb_policy_name", "lb-policy-name", CLIENT, parse_policy),

  /**
   * GrpcAioChannelOptions:enable-retries:
   *
   * Whether calls are tried again: those that no server has seen yet, and
   * those that the service config says.
   *
   * Channels; `grpc.enable_retries`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.enable_retries", "enable-retries", CLIENT, TRUE),

  /**
   * GrpcAioChannelOptions:per-rpc-retry-buffer-size:
   *
   * How much each call may keep so as to send it again, in bytes.
   *
   * One that has sent more is not tried again. The default is 256 KiB.
   *
   * Channels; `grpc.per_rpc_retry_buffer_size`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.per_rpc_retry_buffer_size", "per-rpc-retry-buffer-size", CLIENT, 0, G_MAXINT, 256 * 1024),

  /**
   * GrpcAioChannelOptions:inhibit-health-checking:
   *
   * Whether not to ask servers for their health, even if the service config
   * says so.
   *
   * Channels; `grpc.inhibit_health_checking`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.inhibit_health_checking", "inhibit-health-checking", CLIENT, FALSE),

  /**
   * GrpcAioChannelOptions:grpclb-call-timeout-ms:
   *
   * For how many milliseconds calls to a balancer of the policy `grpclb`
   * may last; 0 is for as long as they like.
   *
   * Channels; `grpc.grpclb_call_timeout_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.grpclb_call_timeout_ms", "grpclb-call-timeout-ms", CLIENT, 0, G_MAXINT, 0),

  /**
   * GrpcAioChannelOptions:grpclb-fallback-timeout-ms:
   *
   * For how many milliseconds to wait for the balancer of the policy
   * `grpclb` before using the addresses of the name service.
   *
   * Channels; `grpc.grpclb_fallback_timeout_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.grpclb_fallback_timeout_ms", "grpclb-fallback-timeout-ms", CLIENT, 0, G_MAXINT, 10000),

  /**
   * GrpcAioChannelOptions:priority-failover-timeout-ms:
   *
   * For how many milliseconds to wait for the servers of one priority, such
   * as those of xDS, before turning to the next.
   *
   * Channels; `grpc.priority_failover_timeout_ms`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.priority_failover_timeout_ms", "priority-failover-timeout-ms", CLIENT, 0, G_MAXINT, 10000),


  /* The machine */

  /**
   * GrpcAioChannelOptions:resource-quota:
   *
   * How much memory grpc-core may use for connections and for messages on
   * their way, in bytes; 0 is any amount, and -1 the default.
   *
   * See [class@ChannelOptions].
   *
   * Channels and servers; `grpc.resource_quota`.
   *
   * Since: 0.1
   */
  SIZE ("grpc.resource_quota", "resource-quota", BOTH),

  /**
   * GrpcAioChannelOptions:tcp-read-chunk-size:
   *
   * How much to read from a connection at a time at first, in bytes.
   *
   * Channels and servers; `grpc.experimental.tcp_read_chunk_size`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.experimental.tcp_read_chunk_size", "tcp-read-chunk-size", BOTH, 1, 32 * MiB, 8192),

  /**
   * GrpcAioChannelOptions:tcp-min-read-chunk-size:
   *
   * How much to read from a connection at a time at least, in bytes.
   *
   * Channels and servers; `grpc.experimental.tcp_min_read_chunk_size`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.experimental.tcp_min_read_chunk_size", "tcp-min-read-chunk-size", BOTH, 1, 32 * MiB, 256),

  /**
   * GrpcAioChannelOptions:tcp-max-read-chunk-size:
   *
   * How much to read from a connection at a time at most, in bytes.
   *
   * Channels and servers; `grpc.experimental.tcp_max_read_chunk_size`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.experimental.tcp_max_read_chunk_size", "tcp-max-read-chunk-size", BOTH, 1, 32 * MiB, 4 * MiB),

  /**
   * GrpcAioChannelOptions:tcp-tx-zerocopy-enabled:
   *
   * Whether the kernel sends large messages from the memory that they are
   * in (`MSG_ZEROCOPY`).
   *
   * Channels and servers; `grpc.experimental.tcp_tx_zerocopy_enabled`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.experimental.tcp_tx_zerocopy_enabled", "tcp-tx-zerocopy-enabled", BOTH, FALSE),

  /**
   * GrpcAioChannelOptions:tcp-tx-zerocopy-send-bytes-threshold:
   *
   * From how many bytes on messages are sent so.
   *
   * Channels and servers;
   * `grpc.experimental.tcp_tx_zerocopy_send_bytes_threshold`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.experimental.tcp_tx_zerocopy_send_bytes_threshold", "tcp-tx-zerocopy-send-bytes-threshold", BOTH, 0, G_MAXINT, 16384),

  /**
   * GrpcAioChannelOptions:tcp-tx-zerocopy-max-simultaneous-sends:
   *
   * How many messages of a connection may be sent so at a time.
   *
   * Channels and servers;
   * `grpc.experimental.tcp_tx_zerocopy_max_simultaneous_sends`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.experimental.tcp_tx_zerocopy_max_simultaneous_sends", "tcp-tx-zerocopy-max-simultaneous-sends", BOTH, 0, G_MAXINT, 4),

  /**
   * GrpcAioChannelOptions:enable-channelz:
   *
   * Whether grpc-core counts for channelz.
   *
   * Channels and servers; `grpc.enable_channelz`.
   *
   * Since: 0.1
   */
  BOOLEAN ("grpc.enable_channelz", "enable-channelz", BOTH, TRUE),

  /**
   * GrpcAioChannelOptions:max-channel-trace-event-memory-per-node:
   *
   * How much each channel, connection and server keeps of its history for
   * channelz, in bytes.
   *
   * Channels and servers; `grpc.max_channel_trace_event_memory_per_node`.
   *
   * Since: 0.1
   */
  INTEGER ("grpc.max_channel_trace_event_memory_per_node", "max-channel-trace-event-memory-per-node", BOTH, 0, G_MAXINT, 4096),

  /* What only grpc-core itself and other parts of this library can set. */

  POINTER ("grpc.authorization_policy_provider"),
  POINTER ("grpc.experimental.grpclb_channel_args"),
  POINTER ("grpc.socket_factory"),
  POINTER ("grpc.socket_mutator"),
  POINTER ("grpc.ssl_session_cache"),
};

const guint grpc_aio_n_arguments = G_N_ELEMENTS (grpc_aio_arguments);

const GrpcAioArgument *
grpc_aio_argument_find (const char *name)
{
  for (guint i = 0; i < grpc_aio_n_arguments; i++)
    {
      if (g_str_equal (grpc_aio_arguments[i].name, name))
        return &grpc_aio_arguments[i];
    }

  return NULL;
}

/* The reasons are for the programmer. */
gboolean
grpc_aio_argument_check_int (const GrpcAioArgument *self,
                             int value,
                             GError **error)
{
  switch (self->kind)
    {
    case GRPC_AIO_ARGUMENT_INTEGER:
    case GRPC_AIO_ARGUMENT_BOOLEAN:
    case GRPC_AIO_ARGUMENT_COMPRESSION:
      if (value >= self->minimum && value <= self->maximum)
        return TRUE;
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "it can be from %d to %d", self->minimum, self->maximum);
      return FALSE;

    case GRPC_AIO_ARGUMENT_TEXT:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "it is a text");
      return FALSE;

    case GRPC_AIO_ARGUMENT_SIZE:
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "it is set with the property %s", self->property);
      return FALSE;

    case GRPC_AIO_ARGUMENT_POINTER:
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "it is a pointer");
      return FALSE;

    default:
      g_assert_not_reached ();
    }
}

/* What to store for @text, or NULL. */
char *
grpc_aio_argument_parse_text (const GrpcAioArgument *self,
                              const char *text,
                              GError **error)
{
  if (self->kind == GRPC_AIO_ARGUMENT_TEXT)
    return self->parse_text (text, error);

  if (self->kind == GRPC_AIO_ARGUMENT_SIZE || self->kind == GRPC_AIO_ARGUMENT_POINTER)
    grpc_aio_argument_check_int (self, 0, error);
  else
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, "it is a number");

  return NULL;
}

/* NULL for what is no property. */
GParamSpec *
grpc_aio_argument_new_pspec (const GrpcAioArgument *self)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  switch (self->kind)
    {
    case GRPC_AIO_ARGUMENT_INTEGER:
      return g_param_spec_int (self->property, NULL, NULL, self->minimum, self->maximum, self->preset, flags);

    case GRPC_AIO_ARGUMENT_BOOLEAN:
      return g_param_spec_boolean (self->property, NULL, NULL, self->preset, flags);

    case GRPC_AIO_ARGUMENT_COMPRESSION:
      return g_param_spec_enum (self->property, NULL, NULL, GRPC_AIO_TYPE_COMPRESSION, self->preset, flags);

    case GRPC_AIO_ARGUMENT_TEXT:
      return g_param_spec_string (self->property, NULL, NULL, NULL, flags);

    case GRPC_AIO_ARGUMENT_SIZE:
      return g_param_spec_int64 (self->property, NULL, NULL, self->minimum, G_MAXINT64, self->preset, flags);

    case GRPC_AIO_ARGUMENT_POINTER:
      return NULL;

    default:
      g_assert_not_reached ();
    }
}
