# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the cases share: the module under test, a server, channels, kinds of call.

GRPC_AIO_PYTHON names the module under test: grpc is python3-grpcio, which shows
that a case tells the truth about grpc.aio; grpc_aio_glib is ours.
"""

import asyncio
import concurrent.futures
import contextlib
import functools
import importlib
import os
import pathlib
import subprocess
import tempfile
import unittest

MODULE = os.environ.get('GRPC_AIO_PYTHON', 'grpc_aio_glib')
OURS = MODULE == 'grpc_aio_glib'

grpc = importlib.import_module(MODULE)
aio = importlib.import_module(MODULE + '.aio')

KINDS = ('unary_unary', 'unary_stream', 'stream_unary', 'stream_stream')
# Kinds with one response, with a stream of them, with a stream of requests.
ONE_RESPONSE = ('unary_unary', 'stream_unary')
RESPONSES = ('unary_stream', 'stream_stream')
REQUESTS = ('stream_unary', 'stream_stream')

SERVICE = 'test.Service'
# Seconds. Nothing takes that long unless it hangs.
LONG = 20
# A deadline that is meant to pass at once.
SHORT = 0.03
SERVER_NAME = 'server.test.example'


def path(method):
    return f'/{SERVICE}/{method}'


def kinds(*which):
    """A case for each of the kinds; it has the kind as argument."""
    def mark(function):
        function.kinds = which or KINDS
        return function

    return mark


def handler(kind, function, **serializers):
    """The handler of a method, made by the factory for its kind."""
    return getattr(grpc, f'{kind}_rpc_method_handler')(function, **serializers)


async def echo_unary_unary(request, context):
    return request


async def echo_unary_stream(request, context):
    for byte in request:
        yield bytes([byte])


async def echo_stream_unary(requests, context):
    return b''.join([request async for request in requests])


async def echo_stream_stream(requests, context):
    async for request in requests:
        yield request


ECHO = {kind: handler(kind, globals()[f'echo_{kind}']) for kind in KINDS}
# What a call with the standard requests b'a', b'b' answers.
ANSWERS = {
    'unary_unary': [b'ab'],
    'unary_stream': [b'a', b'b'],
    'stream_unary': [b'ab'],
    'stream_stream': [b'a', b'b'],
}


def wrap(kind, action):
    """A handler of any kind that first awaits action (context), then echoes."""
    async def one(request, context):
        await action(context)
        return await globals()[f'echo_{kind}'](request, context)

    async def many(request, context):
        await action(context)
        async for response in globals()[f'echo_{kind}'](request, context):
            yield response

    return handler(kind, one if kind in ONE_RESPONSE else many)


async def requests_of(*messages):
    for message in messages:
        yield message


async def drive(call, kind):
    """All responses of a call."""
    if kind in ONE_RESPONSE:
        return [await call]
    return [response async for response in call]


class Handlers(grpc.GenericRpcHandler):
    """Handlers by full name; remembers the details it was asked about."""

    def __init__(self, handlers):
        self.handlers = handlers
        self.asked = []

    def service(self, handler_call_details):
        self.asked.append(handler_call_details)
        return self.handlers.get(handler_call_details.method)


class Gate:
    """Where a handler waits until the case lets it go on."""

    def __init__(self):
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()
        self.cancelled = asyncio.Event()
        self.context = None

    async def wait(self, context=None):
        self.context = context
        self.entered.set()
        try:
            await self.opened.wait()
        except asyncio.CancelledError:
            self.cancelled.set()
            raise


class Case(unittest.TestCase):
    """Cases are coroutines, and take no longer than their limit.

    With ours each has an event loop of its own. With grpc.aio all in a process
    share one: it gets confused by loops that were closed.
    """

    limit = LONG
    shared_loop = None

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        for name, function in list(vars(cls).items()):
            for kind in getattr(function, 'kinds', ()):
                setattr(cls, f'{name}_{kind}', functools.partialmethod(function, kind))
            if hasattr(function, 'kinds'):
                delattr(cls, name)

    def _callTestMethod(self, method):
        self.async_cleanups = contextlib.AsyncExitStack()
        loop = Case.shared_loop or asyncio.new_event_loop()
        if not OURS:
            Case.shared_loop = loop
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(self.run_limited(method))
        finally:
            leftover = asyncio.all_tasks(loop)
            for task in leftover:
                task.cancel()
            if leftover:
                loop.run_until_complete(asyncio.wait(leftover, timeout=1))
            loop.run_until_complete(loop.shutdown_asyncgens())
            if loop is not Case.shared_loop:
                asyncio.set_event_loop(None)
                loop.close()

    async def run_limited(self, method):
        # Cases may themselves be about time; this is only for those that hang. A case that
        # expects to be cancelled would take the end of its time for that.
        case = asyncio.ensure_future(method())
        try:
            done, _ = await asyncio.wait({case}, timeout=self.limit)
            if not done:
                case.cancel()
                await asyncio.wait({case}, timeout=1)
                raise TimeoutError(f'After {self.limit} seconds the case has not ended')
            await case
        finally:
            await asyncio.wait_for(self.async_cleanups.aclose(), self.limit)

    def addAsyncCleanup(self, function, *arguments):
        self.async_cleanups.push_async_callback(function, *arguments)

    async def serve(self, handlers=None, *, address=None, credentials=None, **options):
        """Starts a server that also echoes; returns where it listens."""
        methods = dict(ECHO)
        methods.update(handlers or {})
        self.server = aio.server(**options)
        self.server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler(SERVICE, methods),))
        if address is None:
            address = f'unix:{self.folder()}/socket'
        if credentials is None:
            port = self.server.add_insecure_port(address)
        else:
            port = self.server.add_secure_port(address, credentials)
        await self.server.start()
        self.addAsyncCleanup(self.server.stop, None)
        self.address = address if address.startswith('unix:') else f'127.0.0.1:{port}'
        return self.address

    def pool(self):
        """Threads for plain handlers, which may wait for the loop until they end."""
        pool = concurrent.futures.ThreadPoolExecutor(max_workers=8)
        self.addAsyncCleanup(asyncio.to_thread, pool.shutdown)
        return pool

    def folder(self):
        folder = tempfile.TemporaryDirectory(prefix='grpc-')
        self.addCleanup(folder.cleanup)
        return folder.name

    def connect(self, address=None, credentials=None, **options):
        address = address or self.address
        if credentials is None:
            self.channel = aio.insecure_channel(address, **options)
        else:
            self.channel = aio.secure_channel(address, credentials, **options)
        self.addAsyncCleanup(self.channel.close)
        return self.channel

    async def pair(self, handlers=None, *, server=None, **options):
        """A server and a channel to it."""
        await self.serve(handlers, **(server or {}))
        return self.connect(**options)

    def start(self, kind, method=None, messages=(b'a', b'b'), **options):
        """Starts a call with the messages; a single request is all of them."""
        callable_ = getattr(self.channel, kind)(path(method or kind))
        if kind in REQUESTS:
            return callable_(requests_of(*messages), **options)
        return callable_(b''.join(messages), **options)

    def open(self, kind, method=None, **options):
        """Starts a call whose requests are written one by one."""
        return getattr(self.channel, kind)(path(method or kind))(**options)

    async def gated(self, kind, **options):
        """A server whose method waits at a gate, and a call that is there."""
        gate = Gate()
        await self.pair({'gate': wrap(kind, gate.wait)})
        call = self.start(kind, 'gate', **options)
        await gate.entered.wait()
        return gate, call

    async def begun(self, kind, method, entered):
        """A call whose deadline passes when its handler has set the event, however slow
        the machine is."""
        timeout = 0.25
        while True:
            call = self.start(kind, method, timeout=timeout)
            waiting = {asyncio.ensure_future(entered.wait()), asyncio.ensure_future(call.code())}
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for each in waiting:
                each.cancel()
            if entered.is_set():
                return call
            timeout *= 2

    async def fails(self, awaitable, code, details=None):
        """Awaiting raises AioRpcError with that code; returns the error."""
        with self.assertRaises(aio.AioRpcError) as caught:
            await awaitable
        self.assertEqual(caught.exception.code(), code)
        if details is not None:
            self.assertEqual(caught.exception.details(), details)
        return caught.exception

    async def cancelled(self, awaitable):
        with self.assertRaises(asyncio.CancelledError):
            await awaitable


def run_openssl(folder, *arguments):
    subprocess.run(['openssl', *arguments], cwd=folder, check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


@functools.cache
def certificates():
    """An authority, and what it vouches for: a server and a client. By name,
    with the ending of the file: 'ca.pem', 'server.key' and so on."""
    with tempfile.TemporaryDirectory(prefix='grpc-') as folder:
        new_key = ('-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes')
        run_openssl(folder, 'req', '-x509', *new_key, '-keyout', 'ca.key', '-out', 'ca.pem',
                    '-days', '2', '-subj', '/CN=Test authority')
        for name, extensions in (('server', f'subjectAltName=DNS:{SERVER_NAME}\n'),
                                 ('client', 'subjectAltName=DNS:client.test.example\n'),
                                 ('plain', 'basicConstraints=CA:FALSE\n')):
            pathlib.Path(folder, 'extensions').write_text(extensions, encoding='ascii')
            run_openssl(folder, 'req', *new_key, '-keyout', f'{name}.key', '-out', f'{name}.csr',
                        '-subj', f'/CN={name}.test.example')
            run_openssl(folder, 'x509', '-req', '-in', f'{name}.csr', '-CA', 'ca.pem',
                        '-CAkey', 'ca.key', '-CAcreateserial', '-out', f'{name}.pem',
                        '-days', '2', '-extfile', 'extensions')
        return {file.name: file.read_bytes() for file in pathlib.Path(folder).iterdir()}


def server_credentials(**options):
    files = certificates()
    return grpc.ssl_server_credentials([(files['server.key'], files['server.pem'])], **options)


def channel_credentials(name=None):
    """Credentials that trust the authority, with the client's own certificate."""
    files = certificates()
    if name is None:
        return grpc.ssl_channel_credentials(files['ca.pem'])
    return grpc.ssl_channel_credentials(files['ca.pem'], files[f'{name}.key'], files[f'{name}.pem'])


SECURE_OPTIONS = (('grpc.ssl_target_name_override', SERVER_NAME),)
