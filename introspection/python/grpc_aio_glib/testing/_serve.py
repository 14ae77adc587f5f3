# SPDX-License-Identifier: LGPL-2.1-or-later

"""A server and a channel to it, for as long as a test runs."""

import contextlib
import tempfile
from typing import Any, AsyncIterator, Callable, Sequence, Tuple

from .. import aio


@contextlib.asynccontextmanager
async def serve(*servicers: Tuple[Callable[[Any, Any], None], Any], handlers: Sequence[Any] = (),
                channel_options: Any = None, interceptors: Any = None,
                **server_options: Any) -> AsyncIterator[aio.Channel]:
    """Serves as long as its context lasts, and gives a channel.

        async with testing.serve((add_GreeterServicer_to_server, Greeter())) as channel:
            stub = GreeterStub(channel)

    Calls that still run at the end are cancelled.

    Args:
      servicers: pairs of a generated function, which adds to a server, and what it adds.
      handlers: generic handlers to add as well.
      channel_options: the options of the channel.
      interceptors: the interceptors of the channel.
      server_options: what `aio.server` takes.
    """
    with tempfile.TemporaryDirectory(prefix='grpc-testing-') as folder:
        server = aio.server(handlers=handlers, **server_options)
        for add, servicer in servicers:
            add(servicer, server)
        server.add_insecure_port(f'unix:{folder}/socket')
        await server.start()
        try:
            async with aio.insecure_channel(f'unix:{folder}/socket', options=channel_options,
                                            interceptors=interceptors) as channel:
                yield channel
        finally:
            await server.stop(None)
