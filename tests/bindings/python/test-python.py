#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Uses all of the API from Python: client and server in one main loop, and, for
what blocks, in two processes."""

import gc
import os
import sys
import threading

import gi
gi.require_version('GrpcAio', '1')
from gi.repository import Gio, GLib, GObject, GrpcAio

import channelz
import client_interceptors
import contexts
import credentials
import message_formats
import messages
import port_delivery
import ports
import tls_credentials
import reflection
import server_interceptors
import sockets
from service import new_metadata, serve, TestHandler, TestService
from support import (
    Census, bytes_of, equal, event, fails, fails_now, get, operation, record_uses, run_cases,
    start, started, text_of, turn, until, used, watch)

ERROR = GrpcAio.Error.quark()
IO_ERROR = Gio.io_error_quark()
IOErrorEnum = Gio.IOErrorEnum
StatusCode = GrpcAio.StatusCode

STRESS_CALLS = 300


class Fixture:
    """A server and a channel to it, which have to be gone after each case."""

    def __init__(self):
        self.census = Census()
        self.service = self.census.add(TestService())
        self.server = self.census.add(GrpcAio.Server.new())
        self.server.add_service(self.service)
        self.server.add_generic_handler(self.census.add(TestHandler()))
        self.port = self.server.add_port('127.0.0.1:0', None)
        self.server.start()
        self.channel = self.new_channel()

    def new_channel(self):
        return self.census.add(GrpcAio.Channel.new(f'127.0.0.1:{self.port}', None))

    def method(self, name):
        kinds = {
            'stream_stream': ['Chat', 'Listen'],
            'stream_unary': ['Join', 'Refuse'],
            'unary_stream': ['Count', 'CountForEver', 'CountAndFail'],
        }
        kind = next((kind for kind, names in kinds.items() if name in names), 'unary_unary')
        return self.census.add(getattr(self.channel, kind)('/test.Test/' + name))

    def call(self, name, text=None, **options):
        request = bytes_of(text) if text is not None else None
        options = self.census.add(GrpcAio.CallOptions(**options)) if options else None
        return self.census.add(self.method(name).call(request, options))

    def invoke(self, name, text, cancellable=None, **options):
        options = GrpcAio.CallOptions(**options) if options else None
        return operation(self.method(name), 'invoke', bytes_of(text), options, cancellable=cancellable)

    async def tear_down(self):
        await operation(self.server, 'stop', 0)
        self.service.kept.clear()
        self.service = self.server = self.channel = None
        await self.census.wait_until_empty()


cases = []


def case(function):
    async def with_fixture():
        fixture = Fixture()
        await function(fixture)
        await fixture.tear_down()

    cases.append((function.__name__.replace('_', '-'), with_fixture))


@case
async def unary(fixture):
    response = await fixture.invoke('Echo', 'hello', timeout_usec=5_000_000)
    equal(text_of(response), 'hello')

    states = []
    done = event()
    call = fixture.call('Echo', 'again')
    watch(call, 'done', done.set)
    call.connect('notify::state', lambda call, pspec: states.append(get(call, 'state')))
    equal(call.get_state(), GrpcAio.CallState.STARTED)
    assert call.is_active() and not call.is_done() and not call.is_cancelled()
    equal(call.time_remaining(), -1)

    # Both may be asked for more than once, and after the end.
    for _ in range(2):
        equal(text_of(await operation(call, 'response')), 'again')
        equal(await operation(call, 'status'), StatusCode.OK)
    await done
    equal(states[-1], GrpcAio.CallState.DONE)
    equal(call.get_code(), StatusCode.OK)
    equal(call.get_details(), '')
    equal(call.get_debug_string(), None)
    assert not call.is_active() and call.is_done() and not call.is_cancelled()
    assert call.dup_peer().startswith('ipv4:127.0.0.1:')

    method = call.get_multi_callable()
    equal(get(call, 'multi-callable'), method)
    equal(method.get_method(), '/test.Test/Echo')
    equal(get(method, 'method'), '/test.Test/Echo')
    equal(method.get_kind(), GrpcAio.MethodKind.UNARY_UNARY)
    equal(get(method, 'kind'), GrpcAio.MethodKind.UNARY_UNARY)
    equal(method.get_channel(), fixture.channel)
    equal(get(method, 'channel'), fixture.channel)


@case
async def every_code(fixture):
    for code in range(1, 17):
        error = await fails(fixture.invoke('Fail', str(code)), ERROR, code)
        equal(error.message, 'As asked')
        equal(GrpcAio.Error.get_status_code(error), StatusCode(code))
        equal(GrpcAio.error_get_status_code(error), StatusCode(code))
        await fails(fixture.invoke('FailWithError', str(code)), ERROR, code)

        call = fixture.call('Fail', str(code))
        equal(await operation(call, 'status'), StatusCode(code))
        equal(call.get_code(), StatusCode(code))
        equal(call.get_details(), 'As asked')
        assert 'As asked' in call.get_debug_string()


@case
async def failures_of_handlers(fixture):
    error = await fails(fixture.invoke('Broken', ''), ERROR, GrpcAio.Error.INTERNAL)
    assert 'This handler is broken' in error.message
    await fails(fixture.invoke('Drop', ''), ERROR, GrpcAio.Error.UNKNOWN)
    await fails(fixture.invoke('Nothing', ''), ERROR, GrpcAio.Error.UNIMPLEMENTED)

    call = fixture.call('Code', '')
    error = await fails(operation(call, 'response'), ERROR, GrpcAio.Error.OUT_OF_RANGE)
    equal(error.message, 'Too far')
    trailing = await operation(call, 'trailing_metadata')
    equal(trailing.get('trailing'), 'text')


@case
async def metadata_of_failures(fixture):
    call = fixture.call('Fail', '5')
    error = await fails(operation(call, 'response'), ERROR, GrpcAio.Error.NOT_FOUND)
    initial = await operation(call, 'initial_metadata')
    equal(initial.get('initial'), 'text')
    equal(initial.get_bytes('initial-bin').get_data(), b'\0\xff')
    trailing = await operation(call, 'trailing_metadata')
    equal(trailing.get('trailing'), 'text')
    equal(trailing.get_bytes('trailing-bin').get_data(), b'\0\xff')

    # A GLib.Error of PyGObject has a domain, a code and a message, and nothing
    # beside them: the call is to be asked for more.
    for module, prefix in ((GrpcAio.Error, ''), (GrpcAio, 'error_')):
        for name in ('get_initial_metadata', 'get_trailing_metadata', 'get_debug_string'):
            equal(getattr(module, prefix + name)(error), None)
    equal(GrpcAio.error_quark(), GrpcAio.Error.quark())
    equal(error.domain, GLib.quark_to_string(GrpcAio.Error.quark()))


@case
async def status_details(fixture):
    status = GrpcAio.RpcStatus.new(StatusCode.ABORTED, 'As asked')
    status.add_detail('test.Detail', bytes_of('detail'))
    equal(status.get_code(), StatusCode.ABORTED)
    equal(status.get_message(), 'As asked')
    equal(status.get_n_details(), 1)

    call = fixture.census.add(fixture.method('FailRichly').call(status.to_bytes(), None))
    await fails(operation(call, 'response'), ERROR, GrpcAio.Error.ABORTED)
    received = call.dup_rpc_status()
    equal(received.get_nth_type_url(0), 'type.googleapis.com/test.Detail')
    equal(text_of(received.get_nth_value(0)), 'detail')
    equal(text_of(received.find_detail('test.Detail')), 'detail')
    equal(received.find_detail('test.None'), None)
    fails_now(IO_ERROR, IOErrorEnum.INVALID_DATA, GrpcAio.RpcStatus.new_from_bytes, bytes_of('nonsense'))

    assert GrpcAio.status_to_user_string(StatusCode.NOT_FOUND)


@case
async def deadlines(fixture):
    await fails(fixture.invoke('Keep', '', timeout_usec=1_000), ERROR, GrpcAio.Error.DEADLINE_EXCEEDED)

    call = fixture.call('Keep', '', timeout_usec=20_000)
    assert 0 <= call.time_remaining() <= 20_000
    equal(await operation(call, 'status'), StatusCode.DEADLINE_EXCEEDED)
    equal(call.time_remaining(), 0)

    # A slow machine needs more time for the call to reach the server.
    timeout_usec = 20_000
    while not fixture.service.ends:
        call = fixture.call('Listen', timeout_usec=timeout_usec)
        await fails(operation(call, 'read'), ERROR, GrpcAio.Error.DEADLINE_EXCEEDED)
        timeout_usec *= 2
    await until(lambda: 'done' in fixture.service.ends)

    text = text_of(await fixture.invoke('Describe', '', timeout_usec=5_000_000))
    assert ' limited ' in text, text


@case
async def cancelling_a_call(fixture):
    # During, from here and from another thread.
    for cancel in (lambda call: call.cancel(), lambda call: threading.Thread(target=call.cancel).start()):
        call = fixture.call('Keep', '')
        response = started(call, 'response')
        await until(lambda: fixture.service.kept)
        context = fixture.census.add(fixture.service.kept.pop())
        gone = event()
        watch(context, 'done', gone.set)
        cancel(call)
        await fails(response, IO_ERROR, IOErrorEnum.CANCELLED)
        equal(await operation(call, 'status'), StatusCode.CANCELLED)
        assert call.is_cancelled() and call.is_done()
        await gone
        assert context.is_cancelled() and context.is_done() and not context.is_active()
        context.complete(None)

    # After.
    call = fixture.call('Echo', '')
    await operation(call, 'response')
    assert not call.cancel()

    # Streams, with everything under way.
    call = fixture.call('Chat')
    pending = [started(call, 'read'), started(call, 'read')]
    assert call.cancel()
    for read in pending:
        await fails(read, IO_ERROR, IOErrorEnum.CANCELLED)
    await fails(operation(call, 'write', bytes_of('')), IO_ERROR, IOErrorEnum.CANCELLED)
    await fails(operation(call, 'wait_for_connection'), IO_ERROR, IOErrorEnum.CANCELLED)


@case
async def cancelling_an_operation(fixture):
    # Before.
    cancelled = Gio.Cancellable.new()
    cancelled.cancel()
    await fails(fixture.invoke('Echo', '', cancelled), IO_ERROR, IOErrorEnum.CANCELLED)
    for name, operations in {
            'Keep': ['response', 'wait_for_connection', 'status', 'initial_metadata', 'trailing_metadata'],
            'Chat': ['read', 'done_writing']}.items():
        for member in operations:
            call = fixture.call(name, '' if name == 'Keep' else None)
            await fails(operation(call, member, cancellable=cancelled), IO_ERROR, IOErrorEnum.CANCELLED)
            call.cancel()

    # During.
    cancellable = Gio.Cancellable.new()
    call = fixture.call('Listen')
    await operation(call, 'initial_metadata')
    read = started(call, 'read', cancellable=cancellable)
    cancellable.cancel()
    await fails(read, IO_ERROR, IOErrorEnum.CANCELLED)
    equal(await operation(call, 'status'), StatusCode.CANCELLED)
    await until(lambda: len(fixture.service.ends) == 2)
    assert GrpcAio.Error.CANCELLED in fixture.service.ends

    # Waiting for the status does not own the call.
    cancellable = Gio.Cancellable.new()
    call = fixture.call('Later', 'fine')
    status = started(call, 'status', cancellable=cancellable)
    cancellable.cancel()
    await fails(status, IO_ERROR, IOErrorEnum.CANCELLED)
    equal(text_of(await operation(call, 'response')), 'fine')


@case
async def answers_later(fixture):
    equal(text_of(await fixture.invoke('Later', 'at last')), 'at last')

    # Kept, and answered from outside the handler.
    call = fixture.call('Keep', '')
    await until(lambda: fixture.service.kept)
    equal(fixture.server.get_active_calls(), 1)
    equal(get(fixture.server, 'active-calls'), 1)
    fixture.service.kept.pop().complete(bytes_of('done'))
    equal(text_of(await operation(call, 'response')), 'done')
    await until(lambda: fixture.server.get_active_calls() == 0)

    # Kept, and let go of.
    call = fixture.call('Keep', '')
    await until(lambda: fixture.service.kept)
    fixture.service.kept.clear()
    equal(await operation(call, 'status'), StatusCode.UNKNOWN)


@case
async def streams_of_responses(fixture):
    call = fixture.call('Count', '5')
    texts = []
    while message := await operation(call, 'read'):
        texts.append(text_of(message))
    equal(texts, ['0', '1', '2', '3', '4'])
    equal(await operation(call, 'status'), StatusCode.OK)
    equal(await operation(call, 'read'), None)

    # Reads queue.
    call = fixture.call('Count', '2')
    reads = [started(call, 'read') for _ in range(3)]
    equal([text_of(await read) for read in reads], ['0', '1', None])

    call = fixture.call('CountAndFail', '')
    equal(text_of(await operation(call, 'read')), '0')
    error = await fails(operation(call, 'read'), ERROR, GrpcAio.Error.DATA_LOSS)
    equal(error.message, 'The rest is lost')

    # A call that nobody holds is cancelled.
    call = fixture.call('CountForEver', '')
    await operation(call, 'read')
    del call
    gc.collect()
    await until(lambda: len(fixture.service.ends) == 2)
    assert GrpcAio.Error.CANCELLED in fixture.service.ends


@case
async def streams_of_requests(fixture):
    call = fixture.call('Join')
    for text in ('one', 'two'):
        assert await operation(call, 'write', bytes_of(text))
    assert await operation(call, 'done_writing')
    equal(text_of(await operation(call, 'response')), 'one two')

    # Not awaited: writes queue, in order.
    call = fixture.call('Join')
    texts = [str(number) for number in range(50)]
    for text in texts:
        call.write_async(bytes_of(text), None, None)
    call.done_writing_async(None, None)
    equal(text_of(await operation(call, 'response')), ' '.join(texts))

    # The server ends the call before we do.
    call = fixture.call('Refuse')
    await operation(call, 'write', bytes_of(''))
    await fails(operation(call, 'response'), ERROR, GrpcAio.Error.RESOURCE_EXHAUSTED)
    await fails(operation(call, 'write', bytes_of('')), ERROR, GrpcAio.Error.RESOURCE_EXHAUSTED)


@case
async def streams_both_ways(fixture):
    call = fixture.call('Chat')
    for number in range(20):
        await operation(call, 'write', bytes_of(str(number)))
        equal(text_of(await operation(call, 'read')), str(number))
    await operation(call, 'done_writing')
    equal(await operation(call, 'read'), None)
    equal(await operation(call, 'status'), StatusCode.OK)

    call = fixture.call('Chat')
    flags = GrpcAio.WriteFlags.NO_COMPRESS | GrpcAio.WriteFlags.WRITE_THROUGH
    assert await operation(call, 'write_with_flags', bytes_of('flags'), flags)
    equal(text_of(await operation(call, 'read')), 'flags')
    await operation(call, 'done_writing')

    call = fixture.call('Listen')
    assert await operation(call, 'wait_for_connection')
    equal(call.get_state(), GrpcAio.CallState.CONNECTED)
    metadata = await operation(call, 'initial_metadata')
    equal(metadata.get_bytes('initial-bin').get_data(), b'\0\xff')
    del call


@case
async def wrong_kinds(fixture):
    call = fixture.call('Echo', '')
    await fails(operation(call, 'read'), IO_ERROR, IOErrorEnum.NOT_SUPPORTED)
    await fails(operation(call, 'write', bytes_of('')), IO_ERROR, IOErrorEnum.NOT_SUPPORTED)
    call = fixture.call('Chat')
    await fails(operation(call, 'response'), IO_ERROR, IOErrorEnum.NOT_SUPPORTED)


@case
async def metadata(fixture):
    metadata = new_metadata('key')
    metadata.append('key', 'more')
    equal(metadata.get_size(), 3)
    equal([metadata.get_nth_key(i) for i in range(3)], ['key', 'key-bin', 'key'])
    equal([metadata.get_nth_value(i) for i in range(3)], ['text', None, 'more'])
    equal([metadata.get_nth_bytes(i).get_data() for i in range(3)], [b'text', b'\0\xff', b'more'])
    equal(metadata.dup_all('key'), ['text', 'more'])
    equal(metadata.dup_all('none'), [])
    equal(metadata.get('none'), None)
    equal(metadata.get_bytes('none'), None)
    assert metadata.contains('key') and not metadata.contains('none')

    copy = metadata.copy()
    assert copy.remove('key') and not copy.remove('key')
    equal((copy.get_size(), metadata.get_size()), (1, 3))

    for key, value in (('Key', ''), ('', ''), ('key', 'ä'), ('key-bin', '')):
        fails_now(IO_ERROR, IOErrorEnum.INVALID_ARGUMENT, metadata.append, key, value)
    fails_now(IO_ERROR, IOErrorEnum.INVALID_ARGUMENT, metadata.append_bytes, 'key', bytes_of(''))
    assert GrpcAio.Metadata.key_is_legal('key') and not GrpcAio.metadata_key_is_legal('Key')

    # It stays after its owner is gone.
    call = fixture.call('Fail', '5')
    trailing = await operation(call, 'trailing_metadata')
    del call
    gc.collect()
    equal(trailing.get('trailing'), 'text')

    text = text_of(await fixture.invoke('Describe', '', metadata=metadata))
    equal(text, '/test.Test/Describe unary-unary ipv4 unlimited text 1')


@case
async def options(fixture):
    options = GrpcAio.CallOptions.new()
    metadata = new_metadata('key')
    values = {
        'authority': 'example.org', 'timeout-usec': 5, 'deadline-usec': 6, 'wait-for-ready': True,
        'compression': GrpcAio.Compression.GZIP, 'compression-set': True,
    }
    options.set_authority('example.org')
    options.set_metadata(metadata)
    options.set_timeout_usec(5)
    options.set_deadline_usec(6)
    options.set_compression(GrpcAio.Compression.GZIP)
    options.set_wait_for_ready(True)
    equal({name: get(options, name) for name in values}, values)
    equal(get(options, 'metadata').get_size(), 2)
    equal(options.get_authority(), 'example.org')
    equal(options.get_metadata().get('key'), 'text')
    equal(options.get_timeout_usec(), 5)
    equal(options.get_deadline_usec(), 6)
    equal(options.get_compression(), GrpcAio.Compression.GZIP)
    assert options.get_compression_set()
    options.set_compression_set(False)
    equal(options.get_wait_for_ready(), True)
    options.props.authority = options.props.metadata = None
    equal((options.get_authority(), options.get_metadata()), (None, None))
    options.set_authority(None)
    options.set_metadata(None)

    # What proves who the caller is does not go over a channel that is not secure.
    credentials = GrpcAio.CallCredentials.new_access_token('secret')
    options.set_credentials(credentials)
    equal(options.get_credentials(), credentials)
    equal(get(options, 'credentials'), credentials)
    method = fixture.method('Echo')
    await fails(operation(method, 'invoke', bytes_of(''), options), ERROR, GrpcAio.Error.UNAUTHENTICATED)
    options.set_credentials(None)
    del method

    # A call that helps to serve another ends with it.
    parent = fixture.call('Keep', 'x')
    await until(lambda: fixture.service.kept)
    options = fixture.census.add(GrpcAio.CallOptions.new())
    options.set_parent(fixture.service.kept[0])
    equal(options.get_parent(), fixture.service.kept[0])
    equal(get(options, 'parent'), fixture.service.kept[0])
    child = fixture.census.add(fixture.method('Keep').call(bytes_of('y'), options))
    await until(lambda: len(fixture.service.kept) == 2)
    options.set_parent(None)
    parent.cancel()
    equal(await operation(child, 'status'), StatusCode.CANCELLED)
    fixture.service.kept.clear()
    del parent, child

    options = GrpcAio.ChannelOptions.new()
    options.set_int('grpc.lb', 3)
    options.set_string('grpc.primary_user_agent', 'test')
    equal(tuple(options.get_int('grpc.lb')), (True, 3))
    equal(tuple(options.get_int('none')), (False, 0))
    equal(options.get_string('grpc.primary_user_agent'), 'test')
    options.unset('grpc.lb')
    equal(options.get_int('grpc.lb')[0], False)
    hardened = GrpcAio.ChannelOptions.new_hardened()
    equal(hardened.props.max_concurrent_streams, 100)
    for pspec in options.list_properties():
        get(options, pspec.name)
    options.props.keepalive_time_ms = 10 * 60 * 1000
    equal(tuple(options.get_int('grpc.keepalive_time_ms')), (True, 600000))
    assert options.set_service_config('{ "methodConfig": [{ "name": [{}], "timeout": "20s" }] }')
    equal(options.get_service_config(), '{"methodConfig":[{"name":[{}],"timeout":"20s"}]}')
    try:
        options.set_service_config('{"methodConfig": 1}')
        assert False
    except GLib.Error as error:
        assert error.matches(IO_ERROR, IOErrorEnum.INVALID_ARGUMENT) and 'methodConfig' in error.message

    target = f'127.0.0.1:{fixture.port}'
    credentials = GrpcAio.ChannelCredentials.new_insecure()
    channel = fixture.census.add(GrpcAio.Channel.new_with_options(target, credentials, options))
    equal((channel.get_target(), get(channel, 'target')), (target, target))
    equal((channel.get_credentials(), get(channel, 'credentials')), (credentials, credentials))
    equal((channel.get_options(), get(channel, 'options')), (options, options))
    equal((fixture.channel.get_credentials(), fixture.channel.get_options()), (None, None))
    compressing = fixture.census.add(GrpcAio.Channel(target=target, compression=GrpcAio.Compression.GZIP))
    equal((compressing.get_compression(), get(compressing, 'compression')), (GrpcAio.Compression.GZIP,) * 2)
    equal(channel.get_compression(), GrpcAio.Compression.NONE)

    method = channel.unary_unary('/test.Generic/Whatever')
    options = GrpcAio.CallOptions(authority='example.org', metadata=metadata)
    response = await operation(method, 'invoke', bytes_of(''), options)
    equal(text_of(response), '/test.Generic/Whatever example.org text')


@case
async def generic_handlers(fixture):
    method = fixture.channel.unary_unary('/test.Generic/Whatever')
    response = await operation(method, 'invoke', bytes_of(''), None)
    equal(text_of(response), f'/test.Generic/Whatever 127.0.0.1:{fixture.port} no-key')
    method = fixture.channel.unary_unary('/test.Generic/Else')
    await fails(operation(method, 'invoke', bytes_of(''), None), ERROR, GrpcAio.Error.UNIMPLEMENTED)


@case
async def channels(fixture):
    Connectivity = GrpcAio.ChannelConnectivity
    channel = fixture.channel
    equal(channel.get_state(False), Connectivity.IDLE)
    states = []
    channel.connect('notify::state', lambda channel, pspec: states.append(get(channel, 'state')))
    change = started(channel, 'wait_for_state_change', Connectivity.IDLE)
    assert await operation(channel, 'ready')
    assert await change
    equal(channel.get_state(True), Connectivity.READY)
    channel.reset_connect_backoff()
    await until(lambda: Connectivity.READY in states)

    # Running calls go on when a channel is closed with grace.
    call = fixture.call('Later', 'fine')
    closed = started(channel, 'close', -1)
    equal(text_of(await operation(call, 'response')), 'fine')
    assert await closed
    equal(channel.get_state(False), Connectivity.SHUTDOWN)
    await fails(fixture.invoke('Echo', ''), ERROR, GrpcAio.Error.FAILED_PRECONDITION)
    await fails(operation(channel, 'ready'), IO_ERROR, IOErrorEnum.CLOSED)

    fixture.channel = fixture.new_channel()
    call = fixture.call('Keep', '')
    await until(lambda: fixture.service.kept)
    fixture.channel.close()
    equal(await operation(call, 'status'), StatusCode.CANCELLED)
    assert fixture.channel.close_sync(0, None)

    # Nobody listens there.
    fixture.channel = fixture.census.add(GrpcAio.Channel.new('unix:/nowhere/at/all', None))
    await fails(fixture.invoke('Echo', ''), ERROR, GrpcAio.Error.UNAVAILABLE)
    await fails(fixture.invoke('Echo', '', wait_for_ready=True, timeout_usec=20_000),
                ERROR, GrpcAio.Error.DEADLINE_EXCEEDED)
    cancellable = Gio.Cancellable.new()
    ready = started(fixture.channel, 'ready', cancellable=cancellable)
    cancellable.cancel()
    await fails(ready, IO_ERROR, IOErrorEnum.CANCELLED)


@case
async def servers(fixture):
    State = GrpcAio.ServerState
    options = GrpcAio.ChannelOptions.new()
    options.set_int('grpc.so_reuseport', 0)
    server = fixture.census.add(GrpcAio.Server.new_with_options(options))
    equal((server.get_options(), get(server, 'options')), (options, options))
    equal(server.get_state(), State.NEW)

    address = f'127.0.0.1:{fixture.port}'
    fails_now(IO_ERROR, IOErrorEnum.ADDRESS_IN_USE, server.add_port, address, None)
    port = server.add_port('127.0.0.1:0', GrpcAio.ServerCredentials.new_insecure())
    assert port > 0
    other_port = server.add_port('127.0.0.1:0', None)

    equal((server.get_compression(), get(server, 'compression')), (GrpcAio.Compression.NONE,) * 2)
    compressing = fixture.census.add(GrpcAio.Server(compression=GrpcAio.Compression.GZIP))
    equal(compressing.get_compression(), GrpcAio.Compression.GZIP)

    server.props.maximum_concurrent_rpcs = 3
    server.props.maximum_queued_rpcs = 4
    equal((server.get_maximum_concurrent_rpcs(), server.get_maximum_queued_rpcs()), (3, 4))
    server.set_maximum_concurrent_rpcs(5)
    server.set_maximum_queued_rpcs(6)
    equal((get(server, 'maximum-concurrent-rpcs'), get(server, 'maximum-queued-rpcs')), (5, 6))

    service = GrpcAio.Service.new('test.Hand')
    made = GrpcAio.RpcMethodHandler.new_unary_unary(lambda context, request: context.complete(request))
    equal((made.get_kind(), get(made, 'kind')), (GrpcAio.MethodKind.UNARY_UNARY,) * 2)
    service.add_method('Echo', made)
    equal((service.get_method('Echo'), service.get_method('None')), (made, None))
    equal((service.get_name(), get(service, 'name')), ('test.Hand', 'test.Hand'))
    equal(get(fixture.service, 'name'), 'test.Test')
    server.add_service(service)

    states = []
    server.connect('notify::state', lambda server, pspec: states.append(get(server, 'state')))
    assert server.start()
    equal(server.get_state(), State.SERVING)
    terminated = started(server, 'wait_for_termination')
    equal((server.get_queued_calls(), get(server, 'queued-calls')), (0, 0))
    assert await operation(server, 'remove_port', f'127.0.0.1:{port}', 0)
    assert server.remove_port_sync(f'127.0.0.1:{other_port}', 0, None)
    await fails(operation(server, 'remove_port', 'nowhere:1', 0), IO_ERROR, IOErrorEnum.NOT_FOUND)
    assert server.stop_sync(0, None)
    assert await terminated
    await until(lambda: State.STOPPED in states)

    # Grace lets running calls end; after it the rest is cancelled.
    call = fixture.call('Keep', '')
    lost = fixture.call('Keep', '')
    await until(lambda: len(fixture.service.kept) == 2)
    stopped = started(fixture.server, 'stop', 20_000)
    equal(fixture.server.get_state(), State.STOPPING)
    fixture.service.kept[0].complete(bytes_of('in time'))
    assert await stopped
    results = {await operation(call, 'status'), await operation(lost, 'status')}
    assert StatusCode.OK in results and len(results) == 2, results
    assert await operation(fixture.server, 'wait_for_termination')
    assert fixture.server.wait_for_termination_sync(None)


@case
async def workers(fixture):
    await operation(fixture.server, 'stop', 0)
    threads = set()

    def echo(context, request):
        assert GLib.MainContext.get_thread_default().is_owner()
        threads.add(threading.get_ident())
        context.complete(request)

    service = GrpcAio.Service.new('test.Test')
    service.add_method('Echo', GrpcAio.RpcMethodHandler.new_unary_unary(echo))
    server = fixture.server = fixture.census.add(GrpcAio.Server.new())
    equal(server.get_n_workers(), 0)
    server.props.n_workers = 3
    equal((server.get_n_workers(), get(server, 'n-workers')), (3, 3))
    server.set_n_workers(2)
    server.add_service(service)
    fixture.port = server.add_port('127.0.0.1:0', None)
    server.start()

    fixture.channel = fixture.new_channel()
    for number in range(STRESS_CALLS):
        equal(text_of(await fixture.invoke('Echo', str(number))), str(number))
    assert 1 <= len(threads) <= 2 and threading.get_ident() not in threads, threads


@case
async def connectables(fixture):
    address = Gio.NetworkAddress.new('127.0.0.1', fixture.port)
    channel = fixture.channel = fixture.census.add(GrpcAio.Channel.new_for_connectable(address, None, None))
    equal((channel.get_connectable(), get(channel, 'connectable')), (address, address))
    equal(text_of(await fixture.invoke('Echo', 'hello')), 'hello')


@case
async def xds(fixture):
    # What the control plane of the tests in C shows: here is none.
    assert 'GRPC_XDS_BOOTSTRAP' not in os.environ
    equal(GrpcAio.xds_dump_configs(), None)

    server = fixture.census.add(GrpcAio.Server.new_for_xds(None))
    equal((server.get_xds_enabled(), get(server, 'xds-enabled')), (True, True))
    equal(fixture.server.get_xds_enabled(), False)
    changed = event()
    watch(server, 'serving-status-changed', changed.set)
    server.emit('serving-status-changed', '127.0.0.1:1', StatusCode.OK, '')
    await changed
    fails_now(IO_ERROR, IOErrorEnum.INVALID_DATA, server.add_port, '127.0.0.1:0', None)
    fails_now(IO_ERROR, IOErrorEnum.INVALID_DATA, server.start)

    fixture.channel = fixture.census.add(GrpcAio.Channel.new('xds:///service', None))
    await fails(fixture.invoke('Echo', ''), ERROR, GrpcAio.Error.UNAVAILABLE)


@case
async def blocking_handlers(fixture):
    await operation(fixture.server, 'stop', 0)
    asked = threading.Event()

    def wait(context, request):
        assert asked.wait(60) and threading.current_thread() is not threading.main_thread()
        context.complete(request)

    def ask(context, request):
        assert threading.current_thread() is threading.main_thread()
        asked.set()
        context.complete(request)

    def join(context, request):
        texts = []
        while message := context.read_sync(None):
            texts.append(text_of(message))
        context.complete(bytes_of(' '.join(texts)))

    service = GrpcAio.Service.new('test.Test')
    for name, make, func in [('Wait', 'new_unary_unary', wait), ('Join', 'new_stream_unary', join)]:
        handler = getattr(GrpcAio.RpcMethodHandler, make)(func)
        assert not handler.get_blocking()
        handler.set_blocking(True)
        assert handler.get_blocking() and get(handler, 'blocking')
        service.add_method(name, handler)
    service.add_method('Ask', GrpcAio.RpcMethodHandler.new_unary_unary(ask))
    server = fixture.server = fixture.census.add(GrpcAio.Server.new())
    equal(server.get_max_threads(), 0)
    server.props.max_threads = 3
    equal((server.get_max_threads(), get(server, 'max-threads')), (3, 3))
    server.set_max_threads(2)
    server.add_service(service)
    fixture.port = server.add_port('127.0.0.1:0', None)
    server.start()

    fixture.channel = fixture.new_channel()
    waiting = fixture.call('Wait', 'at last')
    equal(text_of(await fixture.invoke('Ask', 'now')), 'now')
    equal(text_of(await operation(waiting, 'response')), 'at last')
    call = fixture.call('Join')
    for text in 'abc':
        await operation(call, 'write', bytes_of(text))
    await operation(call, 'done_writing')
    equal(text_of(await operation(call, 'response')), 'a b c')


@case
async def tls(fixture):
    folder = os.environ['GRPC_AIO_TEST_TLS']

    def read(name):
        with open(os.path.join(folder, name), encoding='ascii') as file:
            return file.read()

    key, certificate = read('key.pem'), read('certificate.pem')
    credentials = GrpcAio.ServerCredentials.new_ssl(key, certificate, None, False)
    server = fixture.census.add(GrpcAio.Server.new())
    server.add_service(fixture.service)
    port = server.add_port('127.0.0.1:0', credentials)
    server.start()

    credentials = GrpcAio.ChannelCredentials.new_ssl(certificate, None, None)
    fixture.channel = fixture.census.add(GrpcAio.Channel.new(f'localhost:{port}', credentials))
    equal(text_of(await fixture.invoke('Echo', 'secret')), 'secret')
    await operation(server, 'stop', 0)


@case
async def main_contexts(fixture):
    context = GLib.MainContext.new()
    accelerated = GrpcAio.main_context_accelerate(context)
    equal(accelerated, os.environ.get('GRPC_AIO_ENGINE') != 'thread')
    context.push_thread_default()
    try:
        GrpcAio.main_context_set_priority(context, GLib.PRIORITY_LOW)
        GrpcAio.main_context_set_budget(context, 8, 1_000)
        other = Fixture()
        texts = []

        def on_response(method, result):
            texts.append(text_of(method.invoke_finish(result)))

        for number in range(20):
            other.method('Echo').invoke_async(bytes_of(str(number)), None, None, on_response)
        while len(texts) < 20:
            context.iteration(True)
        equal(sorted(texts, key=int), [str(number) for number in range(20)])
        other.server.stop_sync(0, None)
    finally:
        context.pop_thread_default()
    other.channel.close()


class Peer:
    """A server in another process, so that we may block."""

    def __init__(self):
        flags = Gio.SubprocessFlags.STDIN_PIPE | Gio.SubprocessFlags.STDOUT_PIPE
        self.process = Gio.Subprocess.new([sys.executable, __file__, '--serve'], flags)
        stream = Gio.DataInputStream.new(self.process.get_stdout_pipe())
        self.port = int(stream.read_line_utf8(None)[0])

    def stop(self):
        self.process.get_stdin_pipe().close(None)
        self.process.wait_check(None)


@case
async def blocking(fixture):
    peer = Peer()
    await operation(fixture.server, 'stop', 0)
    fixture.channel = channel = fixture.census.add(GrpcAio.Channel.new(f'127.0.0.1:{peer.port}', None))
    assert channel.ready_sync(None)
    assert channel.wait_for_state_change_sync(GrpcAio.ChannelConnectivity.IDLE, None)

    method = fixture.method('Echo')
    equal(text_of(method.invoke_sync(bytes_of('block'), None, None)), 'block')
    message_formats.call_and_wait(fixture.channel)
    call = fixture.call('Fail', '5')
    fails_now(ERROR, GrpcAio.Error.NOT_FOUND, call.response_sync, None)
    equal(call.status_sync(None), StatusCode.NOT_FOUND)
    equal(call.initial_metadata_sync(None).get('initial'), 'text')
    equal(call.trailing_metadata_sync(None).get('trailing'), 'text')
    equal(text_of(fixture.call('Later', 'x').response_sync(None)), 'x')

    call = fixture.census.add(channel.stream_stream('/test.Test/ChatBlocking').call(None, None))
    assert call.wait_for_connection_sync(None)
    for text in ('one', 'two'):
        assert call.write_sync(bytes_of(text), None)
        equal(text_of(call.read_sync(None)), text)
    assert call.write_with_flags_sync(bytes_of('flags'), GrpcAio.WriteFlags.WRITE_THROUGH, None)
    equal(text_of(call.read_sync(None)), 'flags')
    assert call.done_writing_sync(None)
    equal(call.read_sync(None), None)

    cancelled = Gio.Cancellable.new()
    cancelled.cancel()
    fails_now(IO_ERROR, IOErrorEnum.CANCELLED, method.invoke_sync, bytes_of(''), None, cancelled)
    options = GrpcAio.CallOptions(timeout_usec=20_000)
    keep = fixture.method('Keep')
    fails_now(ERROR, GrpcAio.Error.DEADLINE_EXCEEDED, keep.invoke_sync, bytes_of(''), options, None)
    del call, channel, method, keep
    peer.stop()


@case
async def dropped_references(fixture):
    """Everything is let go of while it is awaited."""
    for name, text, operations in (
            ('Later', 'x', ['response', 'status', 'initial_metadata', 'trailing_metadata', 'wait_for_connection']),
            ('Count', '0', ['read', 'status', 'initial_metadata', 'trailing_metadata', 'wait_for_connection']),
            ('Join', None, ['done_writing']),
            ('Chat', None, ['done_writing'])):
        for member in operations:
            pending = started(fixture.call(name, text), member)
            gc.collect()
            await pending

    pending = started(fixture.call('Join'), 'write', bytes_of('x'))
    gc.collect()
    await pending
    pending = started(fixture.method('Later'), 'invoke', bytes_of('x'), None)
    gc.collect()
    equal(text_of(await pending), 'x')

    # Fire and forget, and a channel of which only a call is left.
    fixture.call('Keep', 'x')
    gc.collect()
    await until(lambda: fixture.service.kept)
    fixture.service.kept.pop().complete(bytes_of(''))
    channel = fixture.new_channel()
    pending = started(channel.unary_unary('/test.Test/Later').call(bytes_of('x'), None), 'response')
    ready = started(channel, 'ready')
    del channel
    gc.collect()
    equal(text_of(await pending), 'x')
    assert await ready


@case
async def garbage_collection(fixture):
    """Hundreds of calls, with the collector in every handler and callback."""
    ends = []

    async def unary(number):
        gc.collect()
        equal(text_of(await fixture.invoke('Later' if number % 2 else 'Echo', str(number))), str(number))
        gc.collect()
        ends.append(number)

    async def stream(number):
        call = fixture.call('Chat')
        for i in range(3):
            gc.collect()
            await operation(call, 'write', bytes_of(str(i)))
            equal(text_of(await operation(call, 'read')), str(i))
        await operation(call, 'done_writing')
        equal(await operation(call, 'read'), None)
        ends.append(number)

    gc.disable()
    for number in range(0, STRESS_CALLS, 10):
        for i in range(number, number + 9):
            start(unary(i))
        start(stream(number + 9))
        gc.collect()
        await until(lambda: len(ends) == number + 10)
    gc.enable()


for module in (
    channelz,
    client_interceptors,
    contexts,
    credentials,
    message_formats,
    messages,
    port_delivery,
    ports,
    reflection,
    server_interceptors,
    sockets,
    tls_credentials,
):
    for function in module.CASES:
        case(function)

record_uses()
if sys.argv[1:] == ['--serve']:
    serve()
else:
    sys.exit(run_cases(cases))
