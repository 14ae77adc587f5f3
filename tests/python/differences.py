# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases that fail with grpc.aio, each with the reason. They pass with ours.

Those that fail only sometimes say so: they may also pass there. Where grpc.aio loses a
race of its own, any case may fail that gives it the chance."""

import re


DEADLINE = 'with interceptors a deadline counts from 1970, so this hangs'

CONNECTION = 'wait_for_connection hangs when the call is cancelled before its requests are sent'

DIFFERENCES = {
    'test_abort.Abort.test_ok_is_no_failure':
        'abort (OK) hangs',
    'test_channel.Channel.test_call_keeps_the_channel':
        'a call hangs whose channel was dropped',
    'test_call_unary_stream.UnaryStream.test_reads_of_several':
        'of several reads at the same time some hang, sometimes',
    'test_call_unary_unary.UnaryUnary.test_request_that_cannot_be_sent':
        'a serializer that raises ends the call with OK and nothing',
    'test_call_unary_unary.UnaryUnary.test_response_that_cannot_be_read':
        'a deserializer that raises ends the call with OK and nothing',
    'test_client_interceptor_stream_stream.AllKinds.test_deadline_stream_stream':
        DEADLINE,
    'test_client_interceptor_stream_stream.AllKinds.test_deadline_stream_unary':
        DEADLINE,
    'test_client_interceptor_stream_stream.AllKinds.test_deadline_unary_stream':
        DEADLINE,
    'test_client_interceptor_unary_stream.UnaryStream.test_end_of_reads':
        'with interceptors the end of the stream is StopAsyncIteration, not EOF',
    'test_compatibility.SyncHandlers.test_abort_in_a_generator':
        'in a plain function abort returns, and the call hangs, sometimes',
    'test_compatibility.SyncHandlers.test_abort_raises':
        'in a plain function abort returns',
    'test_context_peer.Context.test_code_and_details':
        'code () is a number, or None, where a StatusCode was set',
    'test_init.Errors.test_pickle':
        'an AioRpcError that is pickled recurses without end',
    'test_secure_call.Secure.test_certificates_that_change':
        'kills the process, sometimes, on Debian 13',
    'test_server.Limit.test_stop_when_it_is_reached':
        'a server at its limit hangs when it is stopped',
    'test_timeout.WaitForConnection.test_is_cancelled_stream_stream':
        CONNECTION,
    'test_timeout.WaitForConnection.test_is_cancelled_stream_unary':
        CONNECTION,
}

# What such a case is called, what its traceback tells, the reason.
RACES = (
    # The task that sends the requests cancels the call when its last batch fails
    # before the status has come: as with a deadline that has passed already.
    (re.compile('stream_(unary|stream)'), re.compile(r'grpc/aio/_call\.py.*\n.*\n(.*\^.*\n)?.*CancelledError\s*$'),
     'a call that fails while its requests are sent may be cancelled instead'),
)


def race_of(name, problem):
    """The reason when the case fails by a race of grpc.aio, or None."""
    for names, traces, reason in RACES:
        if names.search(name) and traces.search(problem):
            return reason
    return None
