# SPDX-License-Identifier: LGPL-2.1-or-later

"""grpc.aio's own API, on GLib's gRPC.

Every asyncio loop works, in any thread, and several at a time. A call belongs to the
loop in which it was started; channels belong to none.
"""

from ._base_call import (Call, RpcContext, StreamStreamCall, StreamUnaryCall, UnaryStreamCall, UnaryUnaryCall)
from ._base_channel import (Channel, StreamStreamMultiCallable, StreamUnaryMultiCallable, UnaryStreamMultiCallable,
                            UnaryUnaryMultiCallable)
from ._base_server import Server, ServicerContext
from ._call import AioRpcError
from ._channel import insecure_channel, secure_channel
from ._errors import EOF, AbortError, BaseError, InternalError, UsageError
from ._intercepted_call import InterceptedUnaryUnaryCall
from ._interceptor import (ClientCallDetails, ClientInterceptor, ServerInterceptor, StreamStreamClientInterceptor,
                           StreamUnaryClientInterceptor, UnaryStreamClientInterceptor, UnaryUnaryClientInterceptor)
from ._metadata import Metadata
from ._server import server
from ._typing import ChannelArgumentType as ChannelArgumentType


def init_grpc_aio() -> None:
    """Does nothing: what is needed is there when it is needed."""


def shutdown_grpc_aio() -> None:
    """Does nothing: what is not needed any more goes by itself."""


__all__ = (
    'init_grpc_aio',
    'shutdown_grpc_aio',
    'AioRpcError',
    'RpcContext',
    'Call',
    'UnaryUnaryCall',
    'UnaryStreamCall',
    'StreamUnaryCall',
    'StreamStreamCall',
    'Channel',
    'UnaryUnaryMultiCallable',
    'UnaryStreamMultiCallable',
    'StreamUnaryMultiCallable',
    'StreamStreamMultiCallable',
    'ClientCallDetails',
    'ClientInterceptor',
    'UnaryStreamClientInterceptor',
    'UnaryUnaryClientInterceptor',
    'StreamUnaryClientInterceptor',
    'StreamStreamClientInterceptor',
    'InterceptedUnaryUnaryCall',
    'ServerInterceptor',
    'insecure_channel',
    'server',
    'Server',
    'ServicerContext',
    'EOF',
    'secure_channel',
    'AbortError',
    'BaseError',
    'UsageError',
    'InternalError',
    'Metadata',
)
