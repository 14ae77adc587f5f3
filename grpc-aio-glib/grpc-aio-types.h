/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#if !defined(GRPC_AIO_GLIB_INSIDE) && !defined(GRPC_AIO_GLIB_COMPILATION)
#error "Only <grpc-aio-glib/grpc-aio-glib.h> can be included directly."
#endif

#include <gio/gio.h>

#include <grpc-aio-glib/grpc-aio-version-macros.h>

G_BEGIN_DECLS

/**
 * GRPC_AIO_DECLARE_INTERNAL_TYPE: (skip)
 * @TypeName: the name of the class
 * @type_name: the same with underscores
 * @MODULE: the first part in upper case
 * @TYPE_NAME: the rest in upper case
 * @ParentName: the name of the parent
 *
 * Declares a class that only the library derives from.
 *
 * Since: 0.1
 */
#define GRPC_AIO_DECLARE_INTERNAL_TYPE(TypeName, type_name, MODULE, TYPE_NAME, ParentName) \
  GType type_name##_get_type (void); \
  typedef struct _##TypeName TypeName; \
  typedef struct _##TypeName##Class TypeName##Class; \
  _GLIB_DEFINE_AUTOPTR_CHAINUP (TypeName, ParentName) \
  static inline G_GNUC_UNUSED TypeName *MODULE##_##TYPE_NAME (gpointer object) \
  { \
    return G_TYPE_CHECK_INSTANCE_CAST (object, type_name##_get_type (), TypeName); \
  } \
  static inline G_GNUC_UNUSED gboolean MODULE##_IS_##TYPE_NAME (gpointer object) \
  { \
    return G_TYPE_CHECK_INSTANCE_TYPE (object, type_name##_get_type ()); \
  }

typedef struct _GrpcAioAuthContext GrpcAioAuthContext;
typedef struct _GrpcAioAuthMetadataContext GrpcAioAuthMetadataContext;
typedef struct _GrpcAioAuthMetadataPlugin GrpcAioAuthMetadataPlugin;
typedef struct _GrpcAioCall GrpcAioCall;
typedef struct _GrpcAioCallCredentials GrpcAioCallCredentials;
typedef struct _GrpcAioCallOptions GrpcAioCallOptions;
typedef struct _GrpcAioChannel GrpcAioChannel;
typedef struct _GrpcAioChannelCredentials GrpcAioChannelCredentials;
typedef struct _GrpcAioChannelOptions GrpcAioChannelOptions;
typedef struct _GrpcAioClientInterceptor GrpcAioClientInterceptor;
typedef struct _GrpcAioGenericRpcHandler GrpcAioGenericRpcHandler;
typedef struct _GrpcAioHandlerCallDetails GrpcAioHandlerCallDetails;
typedef struct _GrpcAioInterceptedCall GrpcAioInterceptedCall;
typedef struct _GrpcAioMessage GrpcAioMessage;
typedef struct _GrpcAioMessageClass GrpcAioMessageClass;
typedef struct _GrpcAioMessagePool GrpcAioMessagePool;
typedef struct _GrpcAioMetadata GrpcAioMetadata;
typedef struct _GrpcAioMultiCallable GrpcAioMultiCallable;
typedef struct _GrpcAioPort GrpcAioPort;
typedef struct _GrpcAioRpcMethodHandler GrpcAioRpcMethodHandler;
typedef struct _GrpcAioRpcStatus GrpcAioRpcStatus;
typedef struct _GrpcAioServer GrpcAioServer;
typedef struct _GrpcAioServerAuthInterceptor GrpcAioServerAuthInterceptor;
typedef struct _GrpcAioServerContinuation GrpcAioServerContinuation;
typedef struct _GrpcAioServerCredentials GrpcAioServerCredentials;
typedef struct _GrpcAioServerInterceptor GrpcAioServerInterceptor;
typedef struct _GrpcAioServerLoggingInterceptor GrpcAioServerLoggingInterceptor;
typedef struct _GrpcAioService GrpcAioService;
typedef struct _GrpcAioServicerContext GrpcAioServicerContext;
typedef struct _GrpcAioStsOptions GrpcAioStsOptions;
typedef struct _GrpcAioTlsAuthorities GrpcAioTlsAuthorities;
typedef struct _GrpcAioTlsIdentity GrpcAioTlsIdentity;
typedef struct _GrpcAioTlsVerification GrpcAioTlsVerification;

/**
 * GrpcAioStatusCode:
 * @GRPC_AIO_STATUS_CODE_OK: the call succeeded
 * @GRPC_AIO_STATUS_CODE_CANCELLED: the call was cancelled
 * @GRPC_AIO_STATUS_CODE_UNKNOWN: the handler failed without saying how
 * @GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT: the request is wrong whatever the state of the server
 * @GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED: the deadline passed before the call ended
 * @GRPC_AIO_STATUS_CODE_NOT_FOUND: what was asked for does not exist
 * @GRPC_AIO_STATUS_CODE_ALREADY_EXISTS: what was to be created exists
 * @GRPC_AIO_STATUS_CODE_PERMISSION_DENIED: the caller may not do this
 * @GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED: a quota or a size limit was hit
 * @GRPC_AIO_STATUS_CODE_FAILED_PRECONDITION: the server is not in the state the request needs
 * @GRPC_AIO_STATUS_CODE_ABORTED: the operation was given up, often because of a conflict
 * @GRPC_AIO_STATUS_CODE_OUT_OF_RANGE: the request reaches past the valid range
 * @GRPC_AIO_STATUS_CODE_UNIMPLEMENTED: the server does not have this method
 * @GRPC_AIO_STATUS_CODE_INTERNAL: an invariant of the system is broken
 * @GRPC_AIO_STATUS_CODE_UNAVAILABLE: the server cannot be reached now; try again
 * @GRPC_AIO_STATUS_CODE_DATA_LOSS: data was lost for good
 * @GRPC_AIO_STATUS_CODE_UNAUTHENTICATED: the caller did not say who it is
 *
 * How a call ended, with the numbers used on the wire (gRPC's status code
 * document).
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_STATUS_CODE_OK = 0,
  GRPC_AIO_STATUS_CODE_CANCELLED = 1,
  GRPC_AIO_STATUS_CODE_UNKNOWN = 2,
  GRPC_AIO_STATUS_CODE_INVALID_ARGUMENT = 3,
  GRPC_AIO_STATUS_CODE_DEADLINE_EXCEEDED = 4,
  GRPC_AIO_STATUS_CODE_NOT_FOUND = 5,
  GRPC_AIO_STATUS_CODE_ALREADY_EXISTS = 6,
  GRPC_AIO_STATUS_CODE_PERMISSION_DENIED = 7,
  GRPC_AIO_STATUS_CODE_RESOURCE_EXHAUSTED = 8,
  GRPC_AIO_STATUS_CODE_FAILED_PRECONDITION = 9,
  GRPC_AIO_STATUS_CODE_ABORTED = 10,
  GRPC_AIO_STATUS_CODE_OUT_OF_RANGE = 11,
  GRPC_AIO_STATUS_CODE_UNIMPLEMENTED = 12,
  GRPC_AIO_STATUS_CODE_INTERNAL = 13,
  GRPC_AIO_STATUS_CODE_UNAVAILABLE = 14,
  GRPC_AIO_STATUS_CODE_DATA_LOSS = 15,
  GRPC_AIO_STATUS_CODE_UNAUTHENTICATED = 16,
} GrpcAioStatusCode;

/**
 * GrpcAioCompression:
 * @GRPC_AIO_COMPRESSION_NONE: messages are sent as they are
 * @GRPC_AIO_COMPRESSION_DEFLATE: with zlib's format and the DEFLATE algorithm
 * @GRPC_AIO_COMPRESSION_GZIP: with the format of gzip
 *
 * How messages are compressed on the wire, with grpc-core's numbers (gRPC's
 * compression document, gRFC L46).
 *
 * A message that would not get smaller is sent as it is.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_COMPRESSION_NONE = 0,
  GRPC_AIO_COMPRESSION_DEFLATE = 1,
  GRPC_AIO_COMPRESSION_GZIP = 2,
} GrpcAioCompression;

/**
 * GrpcAioMethodKind:
 * @GRPC_AIO_METHOD_KIND_UNARY_UNARY: one request, one response
 * @GRPC_AIO_METHOD_KIND_UNARY_STREAM: one request, a stream of responses
 * @GRPC_AIO_METHOD_KIND_STREAM_UNARY: a stream of requests, one response
 * @GRPC_AIO_METHOD_KIND_STREAM_STREAM: two streams, independent of each other
 *
 * Which sides of a method stream. The names are those of gRFC L58.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_METHOD_KIND_UNARY_UNARY,
  GRPC_AIO_METHOD_KIND_UNARY_STREAM,
  GRPC_AIO_METHOD_KIND_STREAM_UNARY,
  GRPC_AIO_METHOD_KIND_STREAM_STREAM,
} GrpcAioMethodKind;

/**
 * GrpcAioChannelConnectivity:
 * @GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE: no connection, and none wanted yet
 * @GRPC_AIO_CHANNEL_CONNECTIVITY_CONNECTING: a connection is being made
 * @GRPC_AIO_CHANNEL_CONNECTIVITY_READY: connected
 * @GRPC_AIO_CHANNEL_CONNECTIVITY_TRANSIENT_FAILURE: connecting failed; it is tried again after a back-off
 * @GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN: closed for good
 *
 * The state of a channel, with grpc-core's numbers.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE,
  GRPC_AIO_CHANNEL_CONNECTIVITY_CONNECTING,
  GRPC_AIO_CHANNEL_CONNECTIVITY_READY,
  GRPC_AIO_CHANNEL_CONNECTIVITY_TRANSIENT_FAILURE,
  GRPC_AIO_CHANNEL_CONNECTIVITY_SHUTDOWN,
} GrpcAioChannelConnectivity;

/**
 * GrpcAioSecurityLevel:
 * @GRPC_AIO_SECURITY_LEVEL_NONE: others may read and change what is sent
 * @GRPC_AIO_SECURITY_LEVEL_INTEGRITY_ONLY: others may read but not change it
 * @GRPC_AIO_SECURITY_LEVEL_PRIVACY_AND_INTEGRITY: others may do neither
 *
 * How a connection protects what is sent over it (gRFC L62).
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_SECURITY_LEVEL_NONE = 0,
  GRPC_AIO_SECURITY_LEVEL_INTEGRITY_ONLY = 1,
  GRPC_AIO_SECURITY_LEVEL_PRIVACY_AND_INTEGRITY = 2,
} GrpcAioSecurityLevel;

/**
 * GrpcAioLocalConnectionType:
 * @GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS: a Unix socket
 * @GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP: TCP within one machine
 *
 * The connections that local credentials accept, with grpc-core's numbers.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS = 0,
  GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP = 1,
} GrpcAioLocalConnectionType;

/**
 * GrpcAioCallState:
 * @GRPC_AIO_CALL_STATE_STARTED: handed to grpc-core
 * @GRPC_AIO_CALL_STATE_CONNECTED: the server has sent its initial metadata
 * @GRPC_AIO_CALL_STATE_DONE: the call has a status
 *
 * How far a [class@Call] has come. It only moves forward.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_CALL_STATE_STARTED,
  GRPC_AIO_CALL_STATE_CONNECTED,
  GRPC_AIO_CALL_STATE_DONE,
} GrpcAioCallState;

/**
 * GrpcAioJsonFlags:
 * @GRPC_AIO_JSON_FLAGS_NONE: as protobuf's documentation says
 * @GRPC_AIO_JSON_FLAGS_PRETTY: written with line breaks and indentation
 * @GRPC_AIO_JSON_FLAGS_PRESERVE_NAMES: written with the names that the fields have in the .proto
 *   file
 * @GRPC_AIO_JSON_FLAGS_ALWAYS_PRINT: fields that cannot be told from unset ones when they are zero
 *   or empty are written then, too
 * @GRPC_AIO_JSON_FLAGS_ENUMS_AS_INTS: enumerations are written as numbers
 * @GRPC_AIO_JSON_FLAGS_IGNORE_UNKNOWN: fields that the message does not have, and names that an
 *   enumeration does not have, are passed over when read
 *
 * How a [class@Message] is written as JSON and read from it.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_JSON_FLAGS_NONE = 0,
  GRPC_AIO_JSON_FLAGS_PRETTY = 1 << 0,
  GRPC_AIO_JSON_FLAGS_PRESERVE_NAMES = 1 << 1,
  GRPC_AIO_JSON_FLAGS_ALWAYS_PRINT = 1 << 2,
  GRPC_AIO_JSON_FLAGS_ENUMS_AS_INTS = 1 << 3,
  GRPC_AIO_JSON_FLAGS_IGNORE_UNKNOWN = 1 << 4,
} GrpcAioJsonFlags;

/**
 * GrpcAioWriteFlags:
 * @GRPC_AIO_WRITE_FLAGS_NONE: as always
 * @GRPC_AIO_WRITE_FLAGS_BUFFER_HINT: the message may wait in memory for the next one, or for the
 *   end of the stream, to leave in one piece with it
 * @GRPC_AIO_WRITE_FLAGS_NO_COMPRESS: the message is not compressed, whatever the call is set to
 * @GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH: the write ends when the system has taken the message, not
 *   when flow control has
 *
 * How to write one message of a stream.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_WRITE_FLAGS_NONE = 0,
  GRPC_AIO_WRITE_FLAGS_BUFFER_HINT = 1 << 0,
  GRPC_AIO_WRITE_FLAGS_NO_COMPRESS = 1 << 1,
  GRPC_AIO_WRITE_FLAGS_WRITE_THROUGH = 1 << 2,
} GrpcAioWriteFlags;

/**
 * GrpcAioServerState:
 * @GRPC_AIO_SERVER_STATE_NEW: not started; ports and handlers may be added
 * @GRPC_AIO_SERVER_STATE_SERVING: accepts calls
 * @GRPC_AIO_SERVER_STATE_STOPPING: refuses new calls while running ones end
 * @GRPC_AIO_SERVER_STATE_STOPPED: nothing runs any more
 *
 * How far a [class@Server] has come. It only moves forward.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_SERVER_STATE_NEW,
  GRPC_AIO_SERVER_STATE_SERVING,
  GRPC_AIO_SERVER_STATE_STOPPING,
  GRPC_AIO_SERVER_STATE_STOPPED,
} GrpcAioServerState;

/**
 * GrpcAioTlsServerCheck:
 * @GRPC_AIO_TLS_SERVER_CHECK_FULL: it is valid, somebody trusted vouches for it, and it is for the host
 * @GRPC_AIO_TLS_SERVER_CHECK_WITHOUT_HOST_NAME: it is valid and somebody trusted vouches for it; whoever has such a certificate can pose as the server
 * @GRPC_AIO_TLS_SERVER_CHECK_NONE_INSECURE: nothing; connections are encrypted, but anybody can pose as the server
 *
 * What a client checks of a server's certificate.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_TLS_SERVER_CHECK_FULL,
  GRPC_AIO_TLS_SERVER_CHECK_WITHOUT_HOST_NAME,
  GRPC_AIO_TLS_SERVER_CHECK_NONE_INSECURE,
} GrpcAioTlsServerCheck;

/**
 * GrpcAioTlsClientCheck:
 * @GRPC_AIO_TLS_CLIENT_CHECK_NONE: no certificate is asked for
 * @GRPC_AIO_TLS_CLIENT_CHECK_REQUEST: a client may come without a certificate, but not with a bad one
 * @GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE: a client has to have a certificate that somebody trusted vouches for
 * @GRPC_AIO_TLS_CLIENT_CHECK_REQUEST_UNVERIFIED: a client may have any certificate or none, and the handlers look at it
 * @GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE_UNVERIFIED: a client has to have a certificate, and the handlers look at it
 *
 * What a server asks of a client.
 *
 * Since: 0.1
 */
typedef enum
{
  GRPC_AIO_TLS_CLIENT_CHECK_NONE,
  GRPC_AIO_TLS_CLIENT_CHECK_REQUEST,
  GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE,
  GRPC_AIO_TLS_CLIENT_CHECK_REQUEST_UNVERIFIED,
  GRPC_AIO_TLS_CLIENT_CHECK_REQUIRE_UNVERIFIED,
} GrpcAioTlsClientCheck;

G_END_DECLS
