# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the binding test in Python stands on: await on GLib's main loop, TAP, a
record of what was used, and a watch over objects that should be gone."""

import atexit
import gc
import itertools
import os
import traceback

import gi
gi.require_version('GrpcAio', '1')
from gi.repository import GLib, GrpcAio

FunctionInfo = type(GrpcAio.main_context_accelerate)

# How long one case may take before it fails: nothing here should wait.
PATIENCE_SECONDS = 30

# What was used of the API, named like Call.cancel, Call:state and Call::done.
used = set()


def record_uses():
    """Has every function of the API note that it was called."""
    for name in dir(GrpcAio):
        item = getattr(GrpcAio, name)
        if isinstance(item, type):
            for member, value in list(vars(item).items()):
                if not isinstance(value, FunctionInfo):
                    continue
                if value.is_method():
                    setattr(item, member, recording(f'{name}.{member}', value))
                else:
                    value = getattr(item, member)
                    setattr(item, member, staticmethod(recording(f'{name}.{member}', value)))
        elif isinstance(item, FunctionInfo):
            setattr(GrpcAio, name, recording(name, item))


def recording(name, function):
    def call(*arguments):
        used.add(name)
        return function(*arguments)

    return call


@atexit.register
def save_uses():
    if 'GRPC_AIO_USES' in os.environ:
        with open(os.environ['GRPC_AIO_USES'], 'a') as file:
            file.writelines(name + '\n' for name in sorted(used))


def get(item, name):
    """Reads a property, and notes it."""
    value = item.get_property(name)
    for parent in type(item).__mro__:
        used.add(f"{parent.__name__}:{name}")
    return value


def watch(item, signal, function):
    """Connects to a signal, and notes it once it is emitted."""
    def on_signal(*arguments):
        used.add(f'{type(item).__name__}::{signal}')
        function()

    return item.connect(signal, on_signal)


class operation:
    """Starts source.x_async() and becomes what source.x_finish() returns."""

    def __init__(self, source, name, *arguments, cancellable=None):
        self.source = source
        self.name = name
        self.arguments = (*arguments, cancellable)

    def __await__(self):
        source, result = yield self
        return getattr(source, self.name + '_finish')(result)

    def begin(self, callback):
        begin = getattr(self.source, self.name + '_async')
        # The operation has to keep its source, not we.
        self.source = None
        begin(*self.arguments, lambda source, result: callback((source, result)))


class started(operation):
    """Starts source.x_async() now, to be awaited later."""

    def __init__(self, *arguments, **keywords):
        super().__init__(*arguments, **keywords)
        self.value = None
        self.callback = None
        super().begin(self.on_ready)

    def on_ready(self, value):
        self.value = value
        if self.callback is not None:
            self.callback(value)

    def begin(self, callback):
        if self.value is not None:
            GLib.idle_add(callback, self.value)
        else:
            self.callback = callback


class event:
    """Something to await that set() lets happen."""

    def __init__(self):
        self.is_set = False
        self.callback = None

    def set(self, *arguments):
        self.is_set = True
        if self.callback is not None:
            callback, self.callback = self.callback, None
            GLib.idle_add(callback, None)

    def __await__(self):
        if not self.is_set:
            yield self

    def begin(self, callback):
        self.callback = callback


class turn:
    """Lets the main loop go round, after all that is ready now."""

    def __await__(self):
        yield self

    def begin(self, callback):
        GLib.idle_add(callback, None, priority=GLib.PRIORITY_LOW)


async def until(condition):
    while not condition():
        await turn()


def start(coroutine, done=None):
    """Runs a coroutine from operation to operation; returns at the first one
    that has to be waited for."""
    def step(value):
        try:
            coroutine.send(value).begin(step)
        except StopIteration:
            if done is not None:
                done(None)
        except Exception as error:
            if done is None:
                raise
            done(error)

    step(None)


def run(coroutine):
    """Runs the main loop until a coroutine has ended."""
    loop = GLib.MainLoop()
    ends = []

    def on_done(error):
        ends.append(error)
        GLib.idle_add(loop.quit)

    start(coroutine, on_done)
    watchdog = GLib.timeout_add_seconds(PATIENCE_SECONDS, loop.quit)
    loop.run()
    if not ends:
        raise TimeoutError('The case waits for something that does not come')
    GLib.source_remove(watchdog)
    if ends[0] is not None:
        raise ends[0]


class Census:
    """Knows which of the objects given to it still live."""

    def __init__(self):
        self.living = {}
        self.numbers = itertools.count()

    def add(self, item):
        key = next(self.numbers), type(item).__name__
        self.living[key] = item.weak_ref(self.on_gone, key)
        return item

    def on_gone(self, key):
        del self.living[key]

    def names(self):
        return sorted(name for number, name in self.living)

    async def wait_until_empty(self):
        """Waits for the operations that end by themselves, not for ever."""
        end = GLib.get_monotonic_time() + 5_000_000
        gc.collect()
        while self.living and GLib.get_monotonic_time() < end:
            await turn()
            gc.collect()
        assert not self.living, f'These still live: {self.names()}'


def equal(value, expected):
    assert value == expected, f'{value!r} is not {expected!r}'


def bytes_of(text):
    return GLib.Bytes.new(text.encode())


def text_of(message):
    return None if message is None else message.get_data().decode()


async def fails(awaitable, domain, code):
    """Awaits what has to fail, and returns the error."""
    try:
        value = await awaitable
    except GLib.Error as error:
        assert error.matches(domain, code), f'{error!r} is not {domain} {code!r}'
        return error
    raise AssertionError(f'{value!r} instead of a failure with {code!r}')


def fails_now(domain, code, function, *arguments):
    """Calls what has to fail, and returns the error."""
    try:
        value = function(*arguments)
    except GLib.Error as error:
        assert error.matches(domain, code), f'{error!r} is not {domain} {code!r}'
        return error
    raise AssertionError(f'{value!r} instead of a failure with {code!r}')


def run_cases(cases):
    """Runs cases and prints TAP."""
    failures = 0
    print(f'1..{len(cases)}', flush=True)
    for number, (name, case) in enumerate(cases, 1):
        try:
            run(case())
        except Exception:
            failures += 1
            print(''.join('# ' + line + '\n' for line in traceback.format_exc().splitlines()), end='')
            print(f'not ok {number} {name}', flush=True)
        else:
            print(f'ok {number} {name}', flush=True)

    return 1 if failures else 0
