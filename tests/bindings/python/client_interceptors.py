# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases of the binding test: interceptors of a client, derived in Python."""

from gi.repository import Gio, GLib, GrpcAio

from support import bytes_of, equal, fails, get, operation, start, started, text_of, until, watch

ERROR = GrpcAio.Error.quark()
IO_ERROR = Gio.io_error_quark()


class Watcher(GrpcAio.ClientInterceptor):
    """Sees all, and replaces messages."""

    __gtype_name__ = 'Watcher'

    def __init__(self):
        super().__init__()
        self.log = []

    def do_intercept(self, call):
        self.log.append(f'intercept {call.get_method()}')
        if call.get_metadata().contains('refuse'):
            raise GLib.Error.new_literal(ERROR, 'Not this one', GrpcAio.Error.PERMISSION_DENIED)
        call.return_call(call.proceed())

    def do_request_message(self, call, message):
        text = text_of(message)
        self.log.append(f'request {text}')
        if text == 'bad':
            raise GLib.Error.new_literal(ERROR, 'A bad message', GrpcAio.Error.OUT_OF_RANGE)
        return bytes_of(text.upper()) if text.islower() else None

    def do_response_message(self, call, message):
        self.log.append(f'response {text_of(message)}')
        return message

    def do_initial_metadata(self, call, metadata):
        self.log.append(f'metadata {metadata.get("initial")}')

    def do_done(self, call):
        assert call.is_done() and call.get_cancellable().is_cancelled()
        assert call.get_elapsed_usec() >= 0
        trailing = call.get_trailing_metadata().get('trailing')
        self.log.append(f'done {int(call.get_code())} {call.get_details()} {trailing} {call.dup_peer() is not None}')


class Doer(GrpcAio.ClientInterceptor):
    """Does what a test wants, as a coroutine."""

    __gtype_name__ = 'Doer'

    def __init__(self, function):
        super().__init__()
        self.function = function

    def do_intercept(self, call):
        start(self.function(call))


def intercept(fixture, *interceptors):
    base = fixture.channel
    fixture.channel = fixture.census.add(base.intercept([fixture.census.add(item) for item in interceptors]))
    equal(fixture.channel.get_base(), base)
    equal(get(fixture.channel, 'base'), base)


async def client_interceptors(fixture):
    watcher = fixture.census.add(Watcher())
    interceptors = Gio.ListStore.new(GrpcAio.ClientInterceptor)
    interceptors.append(watcher)
    fixture.channel = fixture.census.add(GrpcAio.Channel(target=f'127.0.0.1:{fixture.port}', interceptors=interceptors))
    equal(fixture.channel.get_interceptors().get_item(0), watcher)
    equal(get(fixture.channel, 'interceptors').get_n_items(), 1)

    equal(text_of(await fixture.invoke('Echo', 'hello')), 'HELLO')
    equal(watcher.log, [
        'intercept /test.Test/Echo', 'request hello', 'metadata None', 'response HELLO', 'done 0  None True',
    ])

    watcher.log.clear()
    error = await fails(fixture.invoke('Fail', '5'), ERROR, GrpcAio.Error.NOT_FOUND)
    equal(error.message, 'As asked')
    equal(watcher.log[2:], ['metadata text', 'done 5 As asked text True'])

    metadata = GrpcAio.Metadata.new()
    metadata.append('refuse', 'please')
    await fails(fixture.invoke('Echo', 'hello', metadata=metadata), ERROR, GrpcAio.Error.PERMISSION_DENIED)
    await fails(fixture.invoke('Echo', 'bad'), ERROR, GrpcAio.Error.OUT_OF_RANGE)

    call = fixture.call('Chat')
    for text in ('one', 'two'):
        call.write_async(bytes_of(text), None, None)
        equal(text_of(await operation(call, 'read')), text.upper())
    await operation(call, 'done_writing')
    equal(await operation(call, 'read'), None)
    equal(await operation(call, 'status'), GrpcAio.StatusCode.OK)


async def client_interceptors_at_work(fixture):
    """They take their time, change what is asked for, and try again."""
    attempts = []

    async def work(call):
        await operation(fixture.census.add(Gio.File.new_for_path('/')), 'query_info', 'standard::name',
                        Gio.FileQueryInfoFlags.NONE, GLib.PRIORITY_DEFAULT)
        equal(call.get_channel(), fixture.channel)
        equal(call.get_kind(), GrpcAio.MethodKind.UNARY_UNARY)
        equal(text_of(call.get_request()), 'ask')
        call.set_method('/test.Test/Describe')
        call.set_request(bytes_of('other'))
        call.get_options().set_timeout_usec(5_000_000)
        call.get_metadata().append('key', 'value')
        while len(attempts) < 3:
            attempts.append(call.proceed())
            await operation(attempts[-1], 'status')
        call.return_call(attempts[-1])

    intercept(fixture, Doer(work))
    text = text_of(await fixture.invoke('Echo', 'ask'))
    assert text.startswith('/test.Test/Describe ') and 'limited value' in text, text
    equal(len(attempts), 3)
    attempts.clear()


async def client_interceptors_that_answer(fixture):
    def new_metadata(value):
        metadata = GrpcAio.Metadata.new()
        metadata.append('own', value)
        return metadata

    async def respond(call):
        call.send_initial_metadata(new_metadata('initial'))
        call.set_trailing_metadata(new_metadata('trailing'))
        call.return_response(bytes_of('own'))

    async def refuse(call):
        call.return_status(GrpcAio.StatusCode.DATA_LOSS, 'Gone')

    async def fail(call):
        call.return_error(GLib.Error.new_literal(IO_ERROR, 'Not there', Gio.IOErrorEnum.NOT_FOUND))

    async def stream(call):
        while message := await operation(call, 'read_request'):
            assert await operation(call, 'write_response', message)
        call.return_status(GrpcAio.StatusCode.OK, None)

    async def block(call):
        message = call.read_request_sync(None)
        assert call.write_response_sync(message, None)
        call.return_status(GrpcAio.StatusCode.OK, None)

    answers = []

    async def keep(call):
        answers.append(call)

    async def answer(call):
        await answers[0](call)

    intercept(fixture, Doer(answer))
    answers.append(respond)
    call = fixture.call('Echo', 'x')
    equal((await operation(call, 'initial_metadata')).get('own'), 'initial')
    equal((await operation(call, 'trailing_metadata')).get('own'), 'trailing')
    equal(text_of(await operation(call, 'response')), 'own')

    answers[:] = [refuse]
    await fails(fixture.invoke('Echo', 'x'), ERROR, GrpcAio.Error.DATA_LOSS)
    answers[:] = [fail]
    await fails(fixture.invoke('Echo', 'x'), ERROR, GrpcAio.Error.NOT_FOUND)

    answers[:] = [stream]
    call = fixture.call('Chat')
    for text in ('one', 'two'):
        call.write_async(bytes_of(text), None, None)
        equal(text_of(await operation(call, 'read')), text)
    await operation(call, 'done_writing')
    equal(await operation(call, 'read'), None)

    answers[:] = [block]
    call = fixture.call('Chat')
    reading = started(call, 'read')
    call.write_async(bytes_of('three'), None, None)
    equal(text_of(await reading), 'three')
    equal(await operation(call, 'read'), None)

    # It never answers.
    answers[:] = [keep]
    await fails(fixture.invoke('Echo', 'x', timeout_usec=20_000), ERROR, GrpcAio.Error.DEADLINE_EXCEEDED)
    call = fixture.call('Echo', 'x')
    await until(lambda: len(answers) == 3)
    call.cancel()
    await fails(operation(call, 'response'), IO_ERROR, Gio.IOErrorEnum.CANCELLED)
    answers.clear()


async def shipped_interceptors(fixture):
    metadata = GrpcAio.Metadata.new()
    metadata.append('key', 'shipped')
    retry = GrpcAio.RetryClientInterceptor.new(['/test.Test/Fail'])
    hedging = GrpcAio.HedgingClientInterceptor.new(['/test.Test/Fail'])
    for item in (retry, hedging):
        equal(item.get_methods(), ['/test.Test/Fail'])
        equal(get(item, 'methods'), ['/test.Test/Fail'])
        assert item.get_retriable(GrpcAio.StatusCode.UNAVAILABLE)
        item.set_retriable(GrpcAio.StatusCode.ABORTED, True)
        assert get(item, 'max-attempts') > 1
    equal(get(retry, 'initial-backoff-usec'), 100_000)
    equal(get(retry, 'max-backoff-usec'), 5_000_000)
    equal(get(retry, 'backoff-multiplier'), 2)
    equal(get(retry, 'jitter'), 0.2)
    equal(get(hedging, 'hedging-delay-usec'), 500_000)
    deadline = GrpcAio.DeadlineClientInterceptor.new(5_000_000)
    equal(deadline.get_timeout_usec(), 5_000_000)
    equal(get(deadline, 'timeout-usec'), 5_000_000)
    injector = GrpcAio.MetadataClientInterceptor.new(metadata)
    equal(injector.get_metadata().get('key'), 'shipped')
    equal(get(injector, 'metadata').get('key'), 'shipped')
    authentication = GrpcAio.AuthenticationClientInterceptor.new()
    tokens = ['token']

    def on_refresh():
        if tokens:
            authentication.set_token(tokens.pop())
        else:
            authentication.fail(GLib.Error.new_literal(IO_ERROR, 'No login', Gio.IOErrorEnum.PERMISSION_DENIED))

    watch(authentication, 'refresh', on_refresh)
    intercept(fixture, GrpcAio.LoggingClientInterceptor.new(), deadline, injector, authentication, retry, hedging)

    text = text_of(await fixture.invoke('Describe', ''))
    assert 'limited shipped' in text, text
    equal(authentication.dup_token(), 'token')
    await fails(fixture.invoke('Fail', '16'), ERROR, GrpcAio.Error.PERMISSION_DENIED)
    equal(authentication.dup_token(), None)


CASES = [client_interceptors, client_interceptors_at_work, client_interceptors_that_answer, shipped_interceptors]
