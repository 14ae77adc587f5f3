# SPDX-License-Identifier: LGPL-2.1-or-later

"""gRPC for Python on GLib, with the names of grpcio.

    import grpc_aio_glib as grpc

is all that a program which uses `grpc.aio` has to change. Code that grpcio-tools
generated is used as it is; where grpcio is not installed its `import grpc` finds this
package, which has to be imported first.
"""

import logging

from . import _standin
from ._credentials import (AuthMetadataContext, AuthMetadataPlugin, AuthMetadataPluginCallback, CallCredentials,
                           ChannelCredentials, ServerCertificateConfiguration, ServerCredentials,
                           access_token_call_credentials, alts_channel_credentials, alts_server_credentials,
                           composite_call_credentials, composite_channel_credentials,
                           compute_engine_channel_credentials, dynamic_ssl_server_credentials,
                           insecure_server_credentials, local_channel_credentials, local_server_credentials,
                           metadata_call_credentials, ssl_channel_credentials,
                           ssl_server_certificate_configuration, ssl_server_credentials, xds_channel_credentials,
                           xds_server_credentials)
from ._handlers import (GenericRpcHandler, HandlerCallDetails, RpcMethodHandler, ServiceRpcHandler,
                        method_handlers_generic_handler, stream_stream_rpc_method_handler,
                        stream_unary_rpc_method_handler, unary_stream_rpc_method_handler,
                        unary_unary_rpc_method_handler)
from ._names import (Call, ChannelConnectivity, ClientCallDetails, Compression, Future, FutureCancelledError,
                     FutureTimeoutError, LocalConnectionType, RpcContext, RpcError, Status, StatusCode)
from ._protos import protos, protos_and_services, services
from ._sync_names import (Channel, Server, ServicerContext, StreamStreamMultiCallable, StreamUnaryMultiCallable,
                          UnaryStreamMultiCallable, UnaryUnaryMultiCallable)
from . import aio as aio  # isort: skip
from . import experimental as experimental  # isort: skip
from ._cython import cygrpc as _cygrpc  # noqa: F401  isort: skip
from ._sync import channel_ready_future, insecure_channel, secure_channel, server  # isort: skip

__version__ = '0.1.0'

__all__ = (
    'FutureTimeoutError',
    'FutureCancelledError',
    'Future',
    'ChannelConnectivity',
    'StatusCode',
    'Status',
    'RpcError',
    'RpcContext',
    'Call',
    'ChannelCredentials',
    'CallCredentials',
    'AuthMetadataContext',
    'AuthMetadataPluginCallback',
    'AuthMetadataPlugin',
    'Compression',
    'ClientCallDetails',
    'ServerCertificateConfiguration',
    'ServerCredentials',
    'LocalConnectionType',
    'UnaryUnaryMultiCallable',
    'UnaryStreamMultiCallable',
    'StreamUnaryMultiCallable',
    'StreamStreamMultiCallable',
    'Channel',
    'ServicerContext',
    'RpcMethodHandler',
    'HandlerCallDetails',
    'GenericRpcHandler',
    'ServiceRpcHandler',
    'Server',
    'unary_unary_rpc_method_handler',
    'unary_stream_rpc_method_handler',
    'stream_unary_rpc_method_handler',
    'stream_stream_rpc_method_handler',
    'method_handlers_generic_handler',
    'ssl_channel_credentials',
    'metadata_call_credentials',
    'access_token_call_credentials',
    'composite_call_credentials',
    'composite_channel_credentials',
    'compute_engine_channel_credentials',
    'local_channel_credentials',
    'local_server_credentials',
    'alts_channel_credentials',
    'alts_server_credentials',
    'ssl_server_credentials',
    'ssl_server_certificate_configuration',
    'dynamic_ssl_server_credentials',
    'channel_ready_future',
    'insecure_channel',
    'secure_channel',
    'server',
    'protos',
    'services',
    'protos_and_services',
    'xds_channel_credentials',
    'xds_server_credentials',
    'insecure_server_credentials',
    'aio',
)

# What is logged is only for programs that ask for it.
logging.getLogger(__name__).addHandler(logging.NullHandler())
_standin.install()
