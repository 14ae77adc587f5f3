# SPDX-License-Identifier: LGPL-2.1-or-later

"""Lets Python's await work on the operations of GLib, on GLib's own main loop.

An operation of GLib is a pair of methods: x_async() starts it and calls back
when it has ended, x_finish() then hands out its result or raises its error.
With the few lines below it is written as

    result = await operation(source, 'x', arguments...)
"""

from gi.repository import GLib


class operation:
    """Starts source.x_async() and becomes what source.x_finish() returns."""

    def __init__(self, source, name, *arguments):
        self.source = source
        self.name = name
        self.arguments = arguments

    def __await__(self):
        result = yield self
        return getattr(self.source, self.name + '_finish')(result)

    def begin(self, callback):
        begin = getattr(self.source, self.name + '_async')
        begin(*self.arguments, None, lambda source, result: callback(result))


def start(coroutine):
    """Runs a coroutine from operation to operation; returns at the first one
    that has to be waited for."""
    def step(result):
        try:
            coroutine.send(result).begin(step)
        except StopIteration:
            pass

    step(None)


def run(coroutine):
    """Runs the main loop until a coroutine has ended."""
    loop = GLib.MainLoop()
    failures = []

    async def main():
        try:
            await coroutine
        except BaseException as failure:
            failures.append(failure)
        # From an idle function, so that it works before run(), too.
        GLib.idle_add(loop.quit)

    start(main())
    loop.run()
    if failures:
        raise failures[0]
