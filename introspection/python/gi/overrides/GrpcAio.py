# SPDX-License-Identifier: LGPL-2.1-or-later

"""What Python needs on top of the introspected API.

Every function `x_async` that is called without a callback returns something to await,
on any loop of asyncio, and on a main loop of GLib in a coroutine that `spawn` runs.
What is a `GLib.Bytes` may be given as bytes. Calls can be awaited and iterated,
channels and servers are context managers, and an error of a call has all that its
status has.
"""

import contextlib
import contextvars
import functools
import sys

from gi._gi import Direction
from gi.repository import GLib

from ..module import get_introspection_module

GrpcAio = get_introspection_module('GrpcAio')

_FunctionInfo = type(GrpcAio.error_quark)
_ERROR_DOMAIN = GLib.quark_to_string(GrpcAio.error_quark())

# Its callers know it as it is.
_LEFT_ALONE = ('Port',)

__all__ = ['Operation', 'RpcError', 'spawn']


def _gio():
    """Gio, which is loaded when it is needed."""
    from gi.repository import Gio
    return Gio


class RpcError(GLib.Error):
    """A call ended with a status that is not OK.

    It is a `GLib.Error`, and also a `grpc_aio_glib.RpcError` if that package is there.
    """

    def __init__(self, message='', domain=_ERROR_DOMAIN, code=0, call=None):
        super().__init__(message, domain, code)
        self._call = call

    @property
    def status_code(self):
        """The status code, as a `GrpcAio.StatusCode`."""
        return GrpcAio.StatusCode(self.code)

    @property
    def details(self):
        """The text of the status."""
        return self.message

    @property
    def debug_string(self):
        """A text for developers, or None."""
        return self._call.get_debug_string() if self._call is not None else None

    def _metadata(self, name):
        if self._call is None or not self._call.is_done():
            return None
        try:
            return getattr(self._call, name)(None)
        except GLib.Error:
            return None

    @property
    def initial_metadata(self):
        """What the server sent before its first message, or None."""
        return self._metadata('initial_metadata_sync')

    @property
    def trailing_metadata(self):
        """What the server sent with the status, or None."""
        return self._metadata('trailing_metadata_sync')

    @property
    def rpc_status(self):
        """The details of the status as `GrpcAio.RpcStatus`, or None."""
        try:
            return self._call.dup_rpc_status() if self._call is not None else None
        except GLib.Error:
            return None


_rich_class = []


def _error_class():
    """RpcError, which is the package's, too, once that is there."""
    names = sys.modules.get('grpc_aio_glib._names')
    if names is None:
        return RpcError
    if not _rich_class:
        _rich_class.append(type('RpcError', (RpcError, names.RpcError), {
            '__doc__': RpcError.__doc__, '__module__': RpcError.__module__}))
    return _rich_class[0]


def _enrich(error, source):
    """The error to raise for one of the library's."""
    if type(error) is not GLib.Error or error.domain != _ERROR_DOMAIN:
        return error
    call = source if isinstance(source, GrpcAio.Call) else None
    return _error_class()(error.message, error.domain, error.code, call)


def _running_loop():
    """The loop of asyncio that runs in this thread, or None."""
    asyncio = sys.modules.get('asyncio')
    return asyncio._get_running_loop() if asyncio is not None else None


class Operation:
    """An asynchronous function that is under way on a main loop of GLib."""

    def __init__(self):
        self._callbacks = []
        self._cancellable = None
        self._is_done = False
        self._result = None
        self._error = None

    def done(self):
        """Whether it is over."""
        return self._is_done

    def cancel(self):
        """Asks for its end. False when it is over."""
        if self._is_done:
            return False
        if self._cancellable is not None:
            self._cancellable.cancel()
        return True

    def result(self):
        """What it gave, or raises what went wrong."""
        if not self._is_done:
            raise RuntimeError('The operation is not over')
        if self._error is not None:
            raise self._error
        return self._result

    def add_done_callback(self, callback):
        """Has a function called with this object when it is over."""
        if self._is_done:
            callback(self)
        else:
            self._callbacks.append(callback)

    def _finish(self, result, error=None):
        self._is_done = True
        self._result = result
        self._error = error
        self._cancellable = None
        callbacks, self._callbacks = self._callbacks, []
        for callback in callbacks:
            callback(self)

    def __await__(self):
        loop = _running_loop()
        if loop is not None and not self._is_done:
            # It was begun where no loop of asyncio ran, and is awaited in one.
            future = loop.create_future()
            self.add_done_callback(
                lambda _: loop.call_soon_threadsafe(lambda: future.done() or future.set_result(None)))
            yield from future
        elif not self._is_done:
            yield self
        return self.result()


class _Spawned(Operation):
    """A coroutine that goes from operation to operation."""

    def __init__(self, coroutine):
        super().__init__()
        self._coroutine = coroutine
        self._context = contextvars.copy_context()
        self._awaited = None
        self._is_cancelled = False

    def cancel(self):
        if self._is_done:
            return False
        self._is_cancelled = True
        if self._awaited is not None:
            self._awaited.cancel()
        return True

    def _step(self, _awaited=None):
        self._awaited = None
        try:
            awaited = self._context.run(self._coroutine.send, None)
        except StopIteration as stop:
            self._finish(stop.value)
        except BaseException as error:
            self._finish(None, error)
        else:
            self._awaited = awaited
            if self._is_cancelled:
                awaited.cancel()
            awaited.add_done_callback(self._step)


def spawn(coroutine):
    """Runs a coroutine on the main loop of GLib, up to the first thing that takes time
    and then from there, and returns an Operation.

    What goes wrong is raised by its result(), or where it is awaited.
    """
    spawned = _Spawned(coroutine)
    spawned._step()
    return spawned


def _begin_on_glib(source, start, finish, args, cancellable):
    operation = Operation()
    operation._cancellable = cancellable if cancellable is not None else _gio().Cancellable()

    def on_ready(_source, result, *_data):
        try:
            value = finish(result)
        except GLib.Error as error:
            operation._finish(None, _enrich(error, source))
        else:
            operation._finish(value)

    start(*args, operation._cancellable, on_ready)
    return operation


def _begin_on_asyncio(source, start, finish, args, cancellable):
    from grpc_aio_glib._port import Port

    def finish_richly(result):
        try:
            return finish(result)
        except GLib.Error as error:
            raise _enrich(error, source) from None

    future = Port.get().call_async(start, finish_richly, *args, cancellable=cancellable)
    # Who does not await it does not want to know.
    future.add_done_callback(lambda future: future.cancelled() or future.exception())
    return future


def _begin(source, start, finish, args, cancellable):
    begin = _begin_on_glib if _running_loop() is None else _begin_on_asyncio
    return begin(source, start, finish, args, cancellable)


def _visible_arguments(info):
    """The arguments that Python gives."""
    return [argument for argument in info.get_arguments()
            if argument.get_direction() != Direction.OUT and argument.get_name() != 'user_data']


def _takes_bytes(argument):
    # PyGObject has renamed it.
    kind = (getattr(argument, 'get_type_info', None) or argument.get_type)()
    interface = kind.get_interface()
    return interface is not None and interface.get_namespace() == 'GLib' and interface.get_name() == 'Bytes'


def _to_bytes(value):
    if isinstance(value, (bytes, bytearray, memoryview)):
        return GLib.Bytes.new(bytes(value))
    return value


def _convert(args, kwargs, places):
    """Makes GLib.Bytes of bytes."""
    args = list(args)
    for place, name in places:
        if place < len(args):
            args[place] = _to_bytes(args[place])
        elif name in kwargs:
            kwargs[name] = _to_bytes(kwargs[name])
    return args


def _with_bytes(info, places):
    @functools.wraps(info)
    def call(self, *args, **kwargs):
        return info(self, *_convert(args, kwargs, places), **kwargs)

    return call


def _awaitable(info, finish_name, names, places):
    """A method x_async that may be called without a callback."""
    index = names.index('callback')
    rest = names[:index - 1]

    @functools.wraps(info)
    def call(self, *args, **kwargs):
        args = _convert(args, kwargs, places)
        if len(args) > index or 'callback' in kwargs:
            with _loop_context():
                return info(self, *args, **kwargs)
        cancellable = args.pop() if len(args) == index else kwargs.pop('cancellable', None)
        args += [kwargs.pop(name) for name in rest[len(args):] if name in kwargs]
        if kwargs or len(args) != len(rest):
            raise TypeError(f'{info.__name__}() takes {", ".join(rest) or "no arguments"}, and then cancellable')
        return _begin(self, functools.partial(info, self), getattr(self, finish_name), args, cancellable)

    return call


def _awaitable_function(info, finish, names):
    """A function x_async of a class that may be called without a callback."""
    index = names.index('callback')

    @functools.wraps(info)
    def call(*args, **kwargs):
        if len(args) > index or 'callback' in kwargs:
            with _loop_context():
                return info(*args, **kwargs)
        args = list(args)
        cancellable = args.pop() if len(args) == index else kwargs.pop('cancellable', None)
        return _begin(None, info, finish, args, cancellable)

    return staticmethod(call)


def _improve(cls):
    for name, info in list(vars(cls).items()):
        if isinstance(info, staticmethod):
            info = info.__func__
        if not isinstance(info, _FunctionInfo):
            continue
        arguments = _visible_arguments(info)
        names = [argument.get_name() for argument in arguments]
        places = [(place, argument.get_name()) for place, argument in enumerate(arguments) if _takes_bytes(argument)]
        finish_name = name[:-len('async')] + 'finish'
        is_async = name.endswith('_async') and 'callback' in names and hasattr(cls, finish_name)
        if is_async and info.is_method():
            setattr(cls, name, _awaitable(info, finish_name, names, places))
        elif is_async:
            setattr(cls, name, _awaitable_function(info, getattr(cls, finish_name), names))
        elif places and info.is_method():
            setattr(cls, name, _with_bytes(info, places))


for _name in dir(GrpcAio):
    _class = getattr(GrpcAio, _name)
    if isinstance(_class, type) and _name not in _LEFT_ALONE:
        _improve(_class)


def _await_call(self):
    """Waits for the one response."""
    return self.response_async().__await__()


async def _iterate_call(self):
    """Yields the responses of a stream. Cancels the call when they are not all wanted."""
    try:
        while (message := await self.read_async()) is not None:
            yield message
    finally:
        self.cancel()


GrpcAio.Call.__await__ = _await_call
GrpcAio.Call.__aiter__ = _iterate_call


def _made_on_loop(cls):
    """Has a class told of its changes by the loop of asyncio in which objects are made."""
    initialize = cls.__init__

    def __init__(self, *args, **kwargs):
        with _loop_context():
            initialize(self, *args, **kwargs)

    cls.__init__ = __init__
    for name in [name for name in vars(cls) if name == 'new' or name.startswith('new_')]:
        make = getattr(cls, name)
        if not name.endswith(('_async', '_finish', '_sync')):
            setattr(cls, name, staticmethod(_on_loop(make)))


def _on_loop(function):
    @functools.wraps(function)
    def call(*args, **kwargs):
        with _loop_context():
            return function(*args, **kwargs)

    return call


def _loop_context():
    if _running_loop() is None:
        return contextlib.nullcontext()
    from grpc_aio_glib._port import Port
    return Port.get().context()


for _class in (GrpcAio.Channel, GrpcAio.TlsChannelCredentials, GrpcAio.TlsServerCredentials, GrpcAio.CallCredentials):
    _made_on_loop(_class)
GrpcAio.MultiCallable.call = _on_loop(GrpcAio.MultiCallable.call)
GrpcAio.Server.start = _on_loop(GrpcAio.Server.start)


async def _enter_channel(self):
    return self


async def _exit_channel(self, *_exception):
    await self.close_async(0)


GrpcAio.Channel.__aenter__ = _enter_channel
GrpcAio.Channel.__aexit__ = _exit_channel


async def _enter_server(self):
    if self.get_state() == GrpcAio.ServerState.NEW:
        self.start()
    return self


async def _exit_server(self, *_exception):
    await self.stop_async(0)


GrpcAio.Server.__aenter__ = _enter_server
GrpcAio.Server.__aexit__ = _exit_server
