# SPDX-License-Identifier: LGPL-2.1-or-later

"""The calls of one asyncio loop, by way of a GrpcAio.Port.

Nothing here is for applications. A port belongs to a loop and its thread: all that
is done with it, and with its calls, is done there. What a peer does raises nothing;
it is in the status of a call.
"""

import asyncio
import collections
import contextlib
import os
import re
import struct
import sys
import threading
import time
import weakref

import gi

gi.require_version('GrpcAio', '1')

# Is there where the compiler found Python's headers. It changes nothing but the speed.
try:
    if os.environ.get('GRPC_AIO_SPEEDUPS') == 'no':
        raise ImportError('It is not wanted')
    import _grpc_aio_glib as _speedups
except ImportError:
    _speedups = None

from gi.repository import Gio, GrpcAio  # noqa: E402 (the version comes first)

PENDING = type('Pending', (), {'__repr__': lambda self: 'PENDING', '__slots__': ()})()

# What the library's frames are made of.
_HEADER = struct.Struct('<IIII')
_TWO = struct.Struct('<II')
_LENGTH = struct.Struct('<I')
_OPTIONS = struct.Struct('<IIqI')
_CALL_START = struct.Struct('<qI')

(_RESULT, _STATUS, _STARTED, _CONNECTED, _MESSAGE, _LARGE_MESSAGE, _END_OF_MESSAGES, _WRITTEN,
 _NOT_WRITTEN, _WRITES_DONE, _METHOD, _CALL, _OVER) = range(1, 14)

_SERVED = 0x80000000
_COST = GrpcAio.PORT_MESSAGE_COST
_ALLOWANCE = 65536
_GIVE_BACK = _ALLOWANCE // 2

_UNARY_UNARY, _UNARY_STREAM, _STREAM_UNARY, _STREAM_STREAM = range(4)

_CANCELLED = 1
_UNKNOWN = 2
_UNAVAILABLE = 14

_KEY = re.compile('[0-9a-z_.-]+')
_VALUE = re.compile('[ -~]*')


def decode_metadata(data, offset=0):
    """The metadata in @data, and where it ends."""
    count, = _LENGTH.unpack_from(data, offset)
    offset += 4
    entries = []
    for _ in range(count):
        key_length, value_length = _TWO.unpack_from(data, offset)
        offset += 8
        key = str(data[offset:offset + key_length], 'latin-1')
        offset += key_length
        value = data[offset:offset + value_length]
        offset += value_length
        entries.append((key, value if key.endswith('-bin') else str(value, 'utf-8', 'replace')))
    return tuple(entries), offset


def encode_metadata(metadata):
    """@metadata, pairs of a key and a value, as the library wants it.

    What cannot be sent raises TypeError or ValueError."""
    if not metadata:
        return b''
    parts = [b'']
    for key, value in metadata:
        if not isinstance(key, str):
            raise TypeError(f'A metadata key is no str, but {type(key).__name__}')
        if not _KEY.fullmatch(key):
            raise ValueError(f'The metadata key {key!r} is not legal: use lower case ASCII '
                             'letters, digits, "_", "-" and "."')
        raw = value.encode() if isinstance(value, str) else value
        if not isinstance(raw, bytes):
            raise TypeError(f'The value of the metadata key {key!r} is no str or bytes, '
                            f'but {type(value).__name__}')
        if not key.endswith('-bin') and not _VALUE.fullmatch(raw.decode('latin-1')):
            raise ValueError(f'The value of the metadata key {key!r} is not printable ASCII: '
                             'use a key that ends in "-bin"')
        parts += (_TWO.pack(len(key), len(raw)), key.encode('ascii'), raw)
    parts[0] = _LENGTH.pack(len(parts) // 3)
    return b''.join(parts)


def _decode_text(data, offset):
    length, = _LENGTH.unpack_from(data, offset)
    offset += 4
    return str(data[offset:offset + length], 'utf-8', 'replace'), offset + length


class _Waiter(asyncio.Future):
    """A future whose task goes on within the turn of the loop that has woken it.

    Usually that takes another turn, with another look at all descriptors."""

    __slots__ = ('_port', '_callback', '_context', '_on_cancel')

    def __init__(self, port, on_cancel=None):
        super().__init__(loop=port.loop)
        self._port = port
        self._callback = None
        self._on_cancel = on_cancel

    def add_done_callback(self, fn, *, context=None):
        if self._callback is None and context is not None and not self.done():
            self._callback = fn
            self._context = context
        else:
            super().add_done_callback(fn, context=context)

    def remove_done_callback(self, fn):
        removed = super().remove_done_callback(fn)
        if self._callback is not None and self._callback == fn:
            self._callback = None
            removed += 1
        return removed

    def cancel(self, msg=None):
        if not super().cancel(msg):
            return False
        if self._callback is not None:
            self.get_loop().call_soon(self._callback, self, context=self._context)
        if self._on_cancel is not None:
            self._on_cancel()
        return True

    def wake(self, result):
        if self.done():
            return
        self.set_result(result)
        port = self._port
        if self._callback is None:
            pass
        elif port.decoding:
            port.add_awake(self)
        elif not port.loop.is_closed():
            port.loop.call_soon(self._callback, self, context=self._context)

    def run(self):
        if self._callback is not None:
            self._context.run(self._callback, self)


if _speedups is not None:
    _Waiter = _speedups.Waiter


def _wake(waiters, result):
    for waiter in waiters:
        waiter.wake(result)
    waiters.clear()


class Status(collections.namedtuple('Status', 'code details initial_metadata trailing_metadata '
                                              'debug_string local')):
    """How a client's call ended."""

    __slots__ = ()


_OK = Status(0, '', (), (), '', False)


class _Call:
    """What calls of clients and servers have in common: messages both ways."""

    _over = False     # the library tells no more of it
    _messages = None  # that nobody has read
    _readers = None   # waiters for a message
    _ended = False    # no more messages will come
    _owed = 0         # what was read counts, and may be read anew
    _unsent = 0       # what was written and is not yet sent counts
    _window = 0       # how much that may be
    _writers = None   # waiters for room
    _waiters = None   # waiters for the end
    _callbacks = None
    _keepers = 0      # how many wait

    def __init__(self, port, id_):
        self._port = port
        self._id = id_

    # Reading

    def read_nowait(self):
        """The next message, None after the last one, or PENDING."""
        messages = self._messages
        if messages:
            message = messages.popleft()
            self._owed += len(message) + _COST
            if self._owed >= _GIVE_BACK:
                self._give_back()
            return message
        if self._ended:
            return None
        return PENDING

    async def read(self):
        """The next message, or None after the last one."""
        message = PENDING
        if not self._readers:
            message = self.read_nowait()
        if message is PENDING:
            message = await self._wait_for_message()
        return message

    async def _wait_for_message(self):
        port = self._port
        reader = _Waiter(port)
        if self._readers is None:
            self._readers = collections.deque()
        self._readers.append(reader)
        self._open()
        port.keep(self)
        try:
            return await reader
        except asyncio.CancelledError:
            # What came for it is for the next one.
            if reader.done() and not reader.cancelled():
                self._put_back(reader.result())
            raise
        finally:
            port.keep_no_more(self)

    def _open(self):
        """More than one message is wanted."""

    def _put_back(self, message):
        if message is None:
            return
        self._owed -= len(message) + _COST
        if self._messages is None:
            self._messages = collections.deque()
        self._messages.appendleft(message)
        self._feed_readers()

    def _feed_readers(self):
        readers, messages = self._readers, self._messages
        while readers and messages:
            reader = readers.popleft()
            if not reader.done():
                reader.wake(self.read_nowait())

    def _give_back(self):
        owed, self._owed = self._owed, 0
        if not self._over and not self._ended:
            self._port.command(self._port.core_read(self._id, owed))

    def _on_message(self, message):
        readers = self._readers
        while readers:
            reader = readers.popleft()
            if not reader.done():
                reader.wake(message)
                self._owed += len(message) + _COST
                if self._owed >= _GIVE_BACK:
                    self._give_back()
                return
        if self._messages is None:
            self._messages = collections.deque()
        self._messages.append(message)

    def _on_end_of_messages(self):
        self._ended = True
        if self._readers:
            _wake(self._readers, None)

    # Writing

    def write_nowait(self, data, flags=0):
        """True when @data was taken, False when the call has ended, or a future of it."""
        if self._over:
            return False
        port = self._port
        self._unsent += len(data) + _COST
        port.command(port.core_write(self._id, data, flags))
        if self._unsent <= self._window:
            return True
        writer = _Waiter(port)
        if self._writers is None:
            self._writers = collections.deque()
        self._writers.append(writer)
        return writer

    async def write(self, data, flags=0):
        """Sends a message, and returns when there is room for the next: whether the call
        goes on."""
        writer = self.write_nowait(data, flags)
        if writer is True or writer is False:
            return writer
        self._port.keep(self)
        try:
            return await writer
        finally:
            self._port.keep_no_more(self)

    def _on_written(self, cost):
        self._unsent -= cost
        if self._writers and self._unsent <= _ALLOWANCE:
            _wake(self._writers, True)

    def _on_not_written(self):
        if self._writers:
            _wake(self._writers, False)

    # The end

    async def _wait(self):
        if self._waiters is None:
            self._waiters = []
        await self._wait_in(self._waiters)

    async def _wait_in(self, waiters):
        port = self._port
        waiter = _Waiter(port)
        waiters.append(waiter)
        port.keep(self)
        try:
            return await waiter
        finally:
            port.keep_no_more(self)

    def peer(self):
        """The address of the other side, or None."""
        return self._port.core.dup_peer(self._id) if self._id is not None else None

    def auth_context(self):
        """A GrpcAio.AuthContext, or None."""
        return self._port.core.dup_auth_context(self._id) if self._id is not None else None


class ClientCall(_Call):
    """A call that this program makes. It is under way."""

    deadline = None
    status = None
    response = None
    initial_metadata = None
    _final = None       # the status, until what came before it was read
    _closing = None     # waiters for the end of the writes, or True
    _connecting = None  # waiters for initial metadata
    _started = False    # the server knows of the call
    _starting = None    # waiters for that
    owner = None        # whatever the caller likes

    def __init__(self, port, id_, kind):
        self._port = port
        self._id = id_
        self.kind = kind

    def __del__(self):
        if self._id is not None:
            self._port.drop(self._id)

    def done(self):
        """Whether the call has its status."""
        return self.status is not None

    def wait_done(self, on_cancel=None):
        """A future, for one who waits, of the end of a call that is not done.

        @on_cancel is called as soon as who waits is cancelled."""
        waiter = _Waiter(self._port, on_cancel)
        if self._waiters is None:
            self._waiters = []
        self._waiters.append(waiter)
        if self.kind in (_UNARY_STREAM, _STREAM_STREAM):
            self._port.keep(self)
            waiter.add_done_callback(lambda _: self._port.keep_no_more(self))
        return waiter

    async def wait_status(self):
        """The status, once there is one. Who is cancelled waits no more."""
        if self.status is None:
            await self._wait()
        return self.status

    async def wait_response(self):
        """The one response, or None when there is none: the status says why."""
        if self.status is None:
            await self._wait()
        return self.response

    def add_done_callback(self, callback):
        """Has the loop call @callback with the call once that is done."""
        if self.status is not None:
            self._port.loop.call_soon(callback, self)
        elif self._callbacks is None:
            self._callbacks = [callback]
        else:
            self._callbacks.append(callback)

    def remove_done_callback(self, callback):
        """How often @callback was there."""
        before = self._callbacks or []
        self._callbacks = [other for other in before if other != callback]
        return len(before) - len(self._callbacks)

    def time_remaining(self):
        """In seconds, or None without a deadline."""
        return None if self.deadline is None else max(0, self.deadline - time.monotonic())

    def cancel(self, details):
        """Ends the call here and now, and has the server told. False when it has ended."""
        if self.status is not None:
            return False
        if not self._over:
            self._port.core.cancel(self._id)
        self._messages = None
        self._set_status(Status(_CANCELLED, details, self.initial_metadata or (), (), '', True))
        return True

    async def done_writing(self):
        """Tells the server that there are no more requests: whether it will know."""
        if self._over:
            return False
        if self._closing is True:
            return True
        if self._closing is None:
            self._closing = []
            self._port.command(self._port.core.done_writing(self._id))
        return await self._wait_in(self._closing)

    async def wait_initial_metadata(self):
        """What the server sent first. () when the call ended before."""
        if self.initial_metadata is None and self.status is None:
            if self._connecting is None:
                self._connecting = []
            await self._wait_in(self._connecting)
        return self.initial_metadata if self.initial_metadata is not None else ()

    async def wait_for_connection(self):
        """Whether the server knows of the call. False when the call ended before.

        With a stream of requests that is when its start was sent, otherwise when
        the server has answered."""
        if self.kind in (_UNARY_UNARY, _UNARY_STREAM):
            await self.wait_initial_metadata()
            return self.initial_metadata is not None
        if not self._started and self.status is None:
            if self._starting is None:
                self._starting = []
            await self._wait_in(self._starting)
        return self._started

    def read_nowait(self):
        messages = self._messages
        if messages:
            message = messages.popleft()
            self._owed += len(message) + _COST
            if self._final is not None:
                if not messages:
                    self._set_status(self._final)
            elif self._owed >= _GIVE_BACK:
                self._give_back()
            return message
        if self._ended:
            return None
        return PENDING

    def _on_started(self):
        self._started = True
        self._window = _ALLOWANCE
        if self._starting:
            _wake(self._starting, True)

    def _on_connected(self, metadata):
        self.initial_metadata = metadata
        if not self._started:
            self._on_started()
        if self._connecting:
            _wake(self._connecting, True)

    def _on_writes_done(self):
        closing, self._closing = self._closing, True
        if closing and closing is not True:
            _wake(closing, True)

    def _on_result(self, response):
        self.response = response
        self.initial_metadata = ()
        self.status = _OK
        self._over = self._ended = True
        if self._waiters is not None:
            for waiter in self._waiters:
                waiter.wake(None)
            self._waiters = None
        if (self._callbacks is not None or self._connecting or self._starting or self._writers or
                self._closing):
            self._tell()

    def _on_status(self, code, payload):
        self._over = True
        if self.status is not None:
            return
        flags, = _LENGTH.unpack_from(payload)
        details, at = _decode_text(payload, 4)
        debug_string, at = _decode_text(payload, at)
        initial_metadata, at = decode_metadata(payload, at)
        trailing_metadata, at = decode_metadata(payload, at)
        if self.initial_metadata is None and (initial_metadata or code == 0):
            self._on_connected(initial_metadata)
        if flags & 2:
            self.response = payload[at:]
        status = Status(code, details, self.initial_metadata or (), trailing_metadata,
                        debug_string, flags & 1 != 0)
        if self._messages:
            self._final = status
        else:
            self._set_status(status)

    def _set_status(self, status):
        if self.status is not None:
            return
        self.status = status
        self._over = self._ended = True
        self._final = None
        if self._waiters:
            _wake(self._waiters, None)
        self._tell()

    def _tell(self):
        if self._readers:
            _wake(self._readers, None)
        if self._writers:
            _wake(self._writers, False)
        if self._closing and self._closing is not True:
            _wake(self._closing, False)
        if self._connecting:
            _wake(self._connecting, False)
        if self._starting:
            _wake(self._starting, False)
        callbacks, self._callbacks = self._callbacks, None
        if callbacks and not self._port.loop.is_closed():
            for callback in callbacks:
                self._port.loop.call_soon(callback, self)


class ServerCall(_Call):
    """A call that a client makes."""

    finished = False
    cancelled = False
    sent_initial_metadata = False
    _window = _ALLOWANCE
    _deadline = None
    _opened = False  # reads more than one message ahead
    _request = None  # who wants to have the first message
    _done = False

    def __init__(self, port, id_, method, start):
        self._port = port
        self._id = id_
        self.method = method
        self._start = start
        left, _ = _CALL_START.unpack_from(start)
        if left >= 0:
            self._deadline = time.monotonic() + left / 1e6

    @property
    def host(self):
        """What the client named as the server, or ''."""
        return _decode_text(self._start, _CALL_START.size)[0]

    @property
    def invocation_metadata(self):
        """The metadata that the client sent."""
        _, offset = _decode_text(self._start, _CALL_START.size)
        return decode_metadata(self._start, offset)[0]

    def time_remaining(self):
        """In seconds, or None without a deadline."""
        return None if self._deadline is None else max(0, self._deadline - time.monotonic())

    def done(self):
        """Whether the call is over."""
        return self._done

    async def wait_done(self):
        """Returns when the call is over."""
        if not self._done:
            await self._wait()

    def add_done_callback(self, callback):
        """Calls @callback with the call when that is over."""
        if self._done:
            callback(self)
        elif self._callbacks is None:
            self._callbacks = [callback]
        else:
            self._callbacks.append(callback)

    def read_nowait(self):
        message = super().read_nowait()
        if message is PENDING and not self._opened:
            self._open()
        return message

    def when_request(self, callback):
        """Calls @callback with the first message, or None when there is none."""
        message = super().read_nowait()
        if message is PENDING:
            self._request = callback
        else:
            callback(message)

    async def read(self):
        """The next message, or None after the last one."""
        if not self._opened:
            self._open()
        return await super().read()

    def send_initial_metadata(self, metadata):
        """Sends the metadata that comes before the first response, once."""
        data = encode_metadata(metadata)
        self.sent_initial_metadata = True
        if not self._over:
            self._port.command(self._port.core.send_initial_metadata(self._id, data))

    def set_compression(self, algorithm):
        """How responses are compressed. False when it is too late."""
        return not self._over and self._port.core.set_compression(self._id, algorithm)

    def finish(self, code=0, details='', trailing_metadata=None, response=None):
        """Answers the call, after all that was written. Only the first answer counts."""
        if self.finished:
            return
        data = encode_metadata(trailing_metadata)
        self.finished = True
        if self._over:
            return
        port, id_ = self._port, self._id
        if details or data:
            port.core.set_trailer(id_, details or None, data)
        keeps = self._callbacks is not None or self._waiters is not None
        if response is not None and code == 0:
            waits = port.core_respond(id_, response, keeps)
        else:
            waits = port.core.finish(id_, code, keeps)
        if not keeps:
            self._id = None
            self._over = self._done = True
            port.served[id_ - _SERVED] = None
        port.command(waits)

    def _open(self):
        if not self._opened and not self._over:
            self._opened = True
            self._port.command(self._port.core_read(self._id, _ALLOWANCE + _COST))

    def _on_message(self, message):
        if self._request is not None:
            request, self._request = self._request, None
            self._owed += len(message) + _COST
            self._port.run(request, message)
        else:
            super()._on_message(message)

    def _on_end_of_messages(self):
        super()._on_end_of_messages()
        if self._request is not None:
            request, self._request = self._request, None
            self._port.run(request, None)

    def _on_over(self, cancelled):
        self.cancelled = cancelled
        self._over = self._done = True
        callbacks, self._callbacks = self._callbacks, None
        for callback in callbacks or ():
            self._port.run(callback, self)
        self._on_end_of_messages()
        self._on_not_written()
        if self._waiters:
            _wake(self._waiters, None)


_local = threading.local()
_ports = weakref.WeakKeyDictionary()  # loop → weak reference to its port
_lock = threading.Lock()


class Port:
    """All calls of a loop."""

    def __init__(self, loop):
        self.loop = loop
        self.core = core = GrpcAio.Port.new()
        self._core_drain = core.drain
        self._thread = threading.get_ident()
        self._calls = []      # of clients, by id: calls, or weak references to those that stream
        self._free = []       # ids
        self._freed = []      # ids that are free after the next drain
        self.served = [None]  # calls of servers, by id
        self._methods = {}
        self._kept = set()   # calls that somebody waits for
        self._servers = {}    # number → who gets its calls
        self._scheduled = False
        self._pending = set()
        # Not self._on_event: who has that would keep the port.
        on_event = weakref.WeakMethod(self._on_event)
        self._fast = fast = None
        if _speedups is not None:
            self._fast = fast = _speedups.Core(core, self._calls, self._freed,
                                               lambda *event: on_event()(*event), _OK)
        self.core_read = (fast or core).read
        self.core_write = (fast or core).write
        self.core_respond = (fast or core).respond
        self._core_start = (fast or core).start
        self.decoding = False
        self._awake = []  # waiters whose tasks go on when all is decoded
        self.add_awake = self._awake.append
        loop.add_reader(core.get_fd(), self._drain)

    def __del__(self):
        core = getattr(self, 'core', None)
        if core is not None and not sys.is_finalizing():
            core.close()

    @staticmethod
    def get():
        """The port of the running loop."""
        loop = asyncio.get_running_loop()
        if getattr(_local, 'loop', None) is not None and _local.loop() is loop:
            port = _local.port()
            if port is not None:
                return port
        return Port.for_loop(loop)

    @staticmethod
    def for_loop(loop):
        """The port of @loop, in whose thread this has to be called."""
        with _lock:
            reference = _ports.get(loop)
            port = reference() if reference is not None else None
            if port is None:
                port = Port(loop)
                _ports[loop] = weakref.ref(port)
        _local.loop = weakref.ref(loop)
        _local.port = weakref.ref(port)
        return port

    @staticmethod
    def all():
        """The ports of all loops, of all threads."""
        with _lock:
            ports = [reference() for reference in _ports.values()]
        return [port for port in ports if port is not None]

    def calls(self):
        """The calls that clients make now."""
        calls = [call() if type(call) is weakref.ref else call for call in self._calls]
        return [call for call in calls if call is not None]

    # Whatever a command completes at once is to be drained, too.

    def command(self, waits):
        if waits and not self._scheduled and not self.loop.is_closed():
            self._scheduled = True
            self.loop.call_soon(self._drain)

    def run(self, callback, argument):
        """Whether @callback raised nothing. What it raises is its own affair."""
        try:
            callback(argument)
        except Exception as error:
            self.loop.call_exception_handler({
                'message': f'Exception in the callback {callback!r} of gRPC',
                'exception': error,
            })
            return False
        return True

    def keep(self, call):
        """Somebody waits for @call: it is not to be collected."""
        call._keepers += 1
        self._kept.add(call)

    def keep_no_more(self, call):
        call._keepers -= 1
        if not call._keepers:
            self._kept.discard(call)

    def drop(self, id_):
        """A call is gone. On any thread, and at any time."""
        if sys.is_finalizing():
            return
        if threading.get_ident() == self._thread:
            self._release(id_)
        else:
            with contextlib.suppress(RuntimeError):
                self.loop.call_soon_threadsafe(self._release, id_)

    def _release(self, id_):
        self._calls[id_] = None
        self._freed.append(id_)
        self.core.release(id_)

    # Clients

    def call(self, method, request, *, timeout=None, metadata=None, credentials=None,
             wait_for_ready=None, compression=None, authority=None, parent=None, kind=None,
             owner=None):
        """Starts a call of @method, a GrpcAio.MultiCallable."""
        options = deadline = None
        if (timeout is not None or metadata or wait_for_ready or compression is not None or
                authority or parent is not None):
            if timeout is not None:
                deadline = time.monotonic() + timeout
            options = self._encode_options(timeout, metadata, wait_for_ready, compression,
                                           authority, parent)
        if kind is None:
            kind = int(method.get_kind())
        if self._free:
            id_ = self._free.pop()
        else:
            id_ = len(self._calls)
            self._calls.append(None)
        call = ClientCall(self, id_, kind)
        if deadline is not None:
            call.deadline = deadline
        call.owner = owner
        self._calls[id_] = call if kind in (_UNARY_UNARY, _STREAM_UNARY) else weakref.ref(call)
        if (self._core_start(id_, method, request, options, credentials) and
                not self._scheduled):
            self._scheduled = True
            self.loop.call_soon(self._drain)
        return call

    @staticmethod
    def _encode_options(timeout, metadata, wait_for_ready, compression, authority, parent):
        flags = (1 if wait_for_ready else 0) | (2 if compression is not None else 0)
        # An hour more or less in a century is all the same.
        timeout_usec = -1 if timeout is None else min(max(int(timeout * 1e6), 0), 1 << 52)
        name = (authority or '').encode()
        return b''.join((
            _OPTIONS.pack(flags, compression or 0, timeout_usec,
                          parent._id or 0 if parent is not None else 0),
            _LENGTH.pack(len(name)), name, encode_metadata(metadata)))

    # Servers

    def serve(self, server, on_call):
        """Has @on_call called with each call that no service of @server takes."""
        self._servers[self.core.get_server_number(server)] = on_call
        server.add_generic_handler(self.core)

    def forget(self, server):
        """@server has stopped."""
        self._servers.pop(self.core.get_server_number(server), None)

    def start(self, server):
        """Starts @server in the main context of the port."""
        with self.context():
            server.start()

    # GObjects

    @contextlib.contextmanager
    def context(self):
        """The thread-default main context is the port's meanwhile."""
        self.core.enter()
        try:
            yield
        finally:
            self.core.leave()

    def call_async(self, start, finish, *args, cancellable=None):
        """A future of what an asynchronous function of a GObject gives."""
        future = self.loop.create_future()
        if cancellable is None:
            cancellable = Gio.Cancellable()
        # Somebody has to keep what nobody but the library knows of.
        self._pending.add(future)

        def on_ready(_source, result, *_):
            self._pending.discard(future)
            try:
                value = finish(result)
            except BaseException as error:
                if not future.done():
                    future.set_exception(error)
            else:
                if not future.done():
                    future.set_result(value)

        def on_done(_future):
            if future.cancelled():
                cancellable.cancel()

        future.add_done_callback(on_done)
        with self.context():
            start(*args, cancellable, on_ready)
        return future

    # What comes of it

    def _drain(self):
        self._scheduled = False
        if self._freed:
            self._free += self._freed
            self._freed.clear()
        self.decoding = True
        try:
            if self._fast is not None:
                self._fast.drain()
            else:
                self._decode(self._core_drain())
        finally:
            self.decoding = False
            if self._awake:
                self._run_awake()

    def _run_awake(self):
        awake = self._awake[:]
        self._awake.clear()
        if asyncio.current_task(self.loop) is not None:
            # A task runs the loop. Others cannot go on inside of it.
            for waiter in awake:
                self.loop.call_soon(waiter.run)
            return
        for i, waiter in enumerate(awake):
            try:
                waiter.run()
            except BaseException:
                # Such as KeyboardInterrupt, for who runs the loop.
                for other in awake[i + 1:]:
                    self.loop.call_soon(other.run)
                raise

    def _decode(self, data):
        calls, freed, unpack = self._calls, self._freed, _HEADER.unpack_from
        end = len(data)
        at = 0
        while at < end:
            id_, event, value, length = unpack(data, at)
            start = at + 16
            at = start + length
            if event == _RESULT:
                call = calls[id_]
                if call is not None:
                    calls[id_] = call._id = None
                    freed.append(id_)
                    call._on_result(call.response if value else data[start:at])
            else:
                self._on_event(id_, event, value, data[start:at])

    def _on_event(self, id_, event, value, payload):
        if id_ >= _SERVED:
            self._on_server_event(id_, event, value, payload)
            return
        if event == _METHOD:
            self._methods[id_] = str(payload, 'utf-8', 'replace')
            return
        call = self._calls[id_]
        if type(call) is weakref.ref:
            call = call()
        if call is None:
            return
        if event == _MESSAGE:
            call._on_message(payload)
        elif event == _WRITTEN:
            call._on_written(value)
        else:
            self._on_client_event(call, event, value, payload)

    def _forget(self, call):
        """The library has let the call go."""
        self._calls[call._id] = None
        self._freed.append(call._id)
        call._id = None

    def _on_client_event(self, call, event, value, payload):
        if event == _STATUS:
            self._forget(call)
            call._on_status(value, payload)
        elif event == _STARTED:
            call._on_started()
        elif event == _CONNECTED:
            call._on_connected(decode_metadata(payload)[0])
        elif event == _END_OF_MESSAGES:
            call._on_end_of_messages()
        elif event == _LARGE_MESSAGE:
            message = self.core.take_message(call._id)
            if call.kind in (_UNARY_UNARY, _STREAM_UNARY):
                call.response = message
            else:
                call._on_message(message)
        elif event == _NOT_WRITTEN:
            call._on_not_written()
        elif event == _WRITES_DONE:
            call._on_writes_done()

    def _on_server_event(self, id_, event, value, payload):
        served = self.served
        index = id_ - _SERVED
        if event == _CALL:
            while len(served) <= index:
                served.append(None)
            call = served[index] = ServerCall(self, id_, self._methods[value], payload)
            _, number = _CALL_START.unpack_from(payload)
            on_call = self._servers.get(number)
            if on_call is None:
                call.finish(_UNAVAILABLE, 'The server is gone')
            elif not self.run(on_call, call):
                call.finish(_UNKNOWN, 'The call could not be served')
            return
        call = served[index]
        if call is None:
            return
        if event == _MESSAGE:
            call._on_message(payload)
        elif event == _WRITTEN:
            call._on_written(value)
        elif event == _END_OF_MESSAGES:
            # When the client gave up, that is told next: no end of its own accord.
            if value == 0:
                call._on_end_of_messages()
        elif event == _LARGE_MESSAGE:
            call._on_message(self.core.take_message(id_))
        elif event == _NOT_WRITTEN:
            call._on_not_written()
        elif event == _OVER:
            served[index] = None
            call._on_over(value != 0)
            call._id = None
            self.core.release(id_)
