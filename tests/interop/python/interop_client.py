#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs one case of gRPC's interoperability tests with grpc.aio.

The peer that grpc-aio-glib's interoperability server is tested against, and with
INTEROP_PYTHON=grpc_aio_glib the same program on the package of that name. The
exit code is 0 when the case passes, 1 when it fails, 2 when the command line
is wrong.
"""

import argparse
import asyncio
import importlib
import os
import sys

import empty_pb2
import messages_pb2
import test_pb2_grpc
from interop_options import add_boolean, port, read_file

grpc = importlib.import_module(os.environ.get("INTEROP_PYTHON", "grpc"))

REQUEST_SIZES = (27182, 8, 1828, 45904)
RESPONSE_SIZES = (31415, 9, 2653, 58979)
LARGE_REQUEST = 271828
LARGE_RESPONSE = 314159
ECHO_INITIAL = ("x-grpc-test-echo-initial", "test_initial_metadata_value")
ECHO_TRAILING = ("x-grpc-test-echo-trailing-bin", b"\xab\xab\xab")


class CaseFailed(Exception):
    """A check of the specification failed."""


def check(condition, text):
    if not condition:
        raise CaseFailed(text)


def payload(size):
    return messages_pb2.Payload(body=bytes(size))


def large_request():
    return messages_pb2.SimpleRequest(response_size=LARGE_RESPONSE, payload=payload(LARGE_REQUEST))


def output_request(body_size, sizes):
    parameters = [messages_pb2.ResponseParameters(size=size) for size in sizes]
    return messages_pb2.StreamingOutputCallRequest(response_parameters=parameters, payload=payload(body_size))


def check_payload(actual, size):
    check(actual.type == messages_pb2.COMPRESSABLE, f"The payload is of type {actual.type}, not COMPRESSABLE")
    check(len(actual.body) == size, f"The payload has {len(actual.body)} bytes, not {size}")
    check(actual.body == bytes(size), "The payload is not all zeros")


async def check_status(call, code, details=None):
    actual = await call.code()
    check(actual == code, f"The status is {actual} ({await call.details()}), not {code}")
    if details is not None:
        check(await call.details() == details, f"The status message is {await call.details()!r}, not {details!r}")


async def check_ok(call):
    await check_status(call, grpc.StatusCode.OK)


async def check_read(call, size):
    response = await call.read()
    check(response is not grpc.aio.EOF, f"The stream ended before the response of {size} bytes")
    check_payload(response.payload, size)


async def check_end_of_stream(call):
    response = await call.read()
    check(response is grpc.aio.EOF, "There is a response where the stream should end")


async def check_fails(awaitable, code):
    try:
        await awaitable
    except grpc.aio.AioRpcError as error:
        check(error.code() == code, f"The error is {error.code()} ({error.details()}), not {code}")
    except StopAsyncIteration:
        raise CaseFailed("The stream ended without an error") from None
    else:
        raise CaseFailed("The operation succeeded")


async def check_cancelled(awaitable):
    try:
        await awaitable
    except asyncio.CancelledError:
        return
    raise CaseFailed("The operation succeeded")


async def check_echoed_metadata(call):
    initial = await call.initial_metadata()
    check(ECHO_INITIAL in list(initial), f"The initial metadata is {initial}, without {ECHO_INITIAL}")
    trailing = await call.trailing_metadata()
    check(ECHO_TRAILING in list(trailing), f"The trailing metadata is {trailing}, without {ECHO_TRAILING}")


async def check_unary_status(stub, message):
    status = messages_pb2.EchoStatus(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
    call = stub.UnaryCall(messages_pb2.SimpleRequest(response_status=status))
    await check_fails(call, grpc.StatusCode.UNKNOWN)
    await check_status(call, grpc.StatusCode.UNKNOWN, message)


async def check_unimplemented(call):
    await check_fails(call, grpc.StatusCode.UNIMPLEMENTED)
    await check_status(call, grpc.StatusCode.UNIMPLEMENTED)


async def empty_unary(channel, stub):
    call = stub.EmptyCall(empty_pb2.Empty())
    response = await call
    check(response == empty_pb2.Empty(), "The response is not empty")
    await check_ok(call)


async def large_unary(channel, stub):
    call = stub.UnaryCall(large_request())
    response = await call
    check_payload(response.payload, LARGE_RESPONSE)
    await check_ok(call)


async def client_streaming(channel, stub):
    call = stub.StreamingInputCall()
    for size in REQUEST_SIZES:
        await call.write(messages_pb2.StreamingInputCallRequest(payload=payload(size)))
    await call.done_writing()
    response = await call
    total = sum(REQUEST_SIZES)
    check(
        response.aggregated_payload_size == total,
        f"The server counted {response.aggregated_payload_size} bytes, not {total}",
    )
    await check_ok(call)


async def server_streaming(channel, stub):
    call = stub.StreamingOutputCall(output_request(0, RESPONSE_SIZES))
    for size in RESPONSE_SIZES:
        await check_read(call, size)
    await check_end_of_stream(call)
    await check_ok(call)


async def ping_pong(channel, stub):
    call = stub.FullDuplexCall()
    for request_size, response_size in zip(REQUEST_SIZES, RESPONSE_SIZES):
        await call.write(output_request(request_size, [response_size]))
        await check_read(call, response_size)
    await call.done_writing()
    await check_end_of_stream(call)
    await check_ok(call)


async def empty_stream(channel, stub):
    call = stub.FullDuplexCall()
    await call.done_writing()
    await check_end_of_stream(call)
    await check_ok(call)


async def custom_metadata(channel, stub):
    metadata = (ECHO_INITIAL, ECHO_TRAILING)

    call = stub.UnaryCall(large_request(), metadata=metadata)
    response = await call
    check_payload(response.payload, LARGE_RESPONSE)
    await check_ok(call)
    await check_echoed_metadata(call)

    call = stub.FullDuplexCall(metadata=metadata)
    await call.write(output_request(LARGE_REQUEST, [LARGE_RESPONSE]))
    await call.done_writing()
    await check_read(call, LARGE_RESPONSE)
    await check_end_of_stream(call)
    await check_ok(call)
    await check_echoed_metadata(call)


async def status_code_and_message(channel, stub):
    message = "test status message"
    await check_unary_status(stub, message)

    async def requests():
        status = messages_pb2.EchoStatus(code=grpc.StatusCode.UNKNOWN.value[0], message=message)
        yield messages_pb2.StreamingOutputCallRequest(response_status=status)

    call = stub.FullDuplexCall(requests())
    await check_fails(call.__aiter__().__anext__(), grpc.StatusCode.UNKNOWN)
    await check_status(call, grpc.StatusCode.UNKNOWN, message)


async def special_status_message(channel, stub):
    await check_unary_status(
        stub, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n"
    )


async def unimplemented_method(channel, stub):
    await check_unimplemented(stub.UnimplementedCall(empty_pb2.Empty()))


async def unimplemented_service(channel, stub):
    other = test_pb2_grpc.UnimplementedServiceStub(channel)
    await check_unimplemented(other.UnimplementedCall(empty_pb2.Empty()))


async def cancel_after_begin(channel, stub):
    call = stub.StreamingInputCall()
    check(call.cancel(), "A call that was just started cannot be cancelled")
    await check_cancelled(call)
    await check_status(call, grpc.StatusCode.CANCELLED)


async def cancel_after_first_response(channel, stub):
    call = stub.FullDuplexCall()
    await call.write(output_request(REQUEST_SIZES[0], [RESPONSE_SIZES[0]]))
    await check_read(call, RESPONSE_SIZES[0])
    check(call.cancel(), "A running call cannot be cancelled")
    await check_cancelled(call.read())
    await check_status(call, grpc.StatusCode.CANCELLED)


async def timeout_on_sleeping_server(channel, stub):
    async def requests():
        yield output_request(REQUEST_SIZES[0], [])
        # The stream of requests stays open.
        await asyncio.Event().wait()

    call = stub.FullDuplexCall(requests(), timeout=0.001)
    await check_fails(call.__aiter__().__anext__(), grpc.StatusCode.DEADLINE_EXCEEDED)
    await check_status(call, grpc.StatusCode.DEADLINE_EXCEEDED)


CASES = {
    case.__name__: case
    for case in (
        empty_unary,
        large_unary,
        client_streaming,
        server_streaming,
        ping_pong,
        empty_stream,
        custom_metadata,
        status_code_and_message,
        special_status_message,
        unimplemented_method,
        unimplemented_service,
        cancel_after_begin,
        cancel_after_first_response,
        timeout_on_sleeping_server,
    )
}


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--server_host")
    parser.add_argument("--server_host_override")
    parser.add_argument("--server_port", type=port)
    parser.add_argument("--target", metavar="unix:PATH", help="instead of host and port")
    parser.add_argument("--test_case", required=True, choices=CASES)
    add_boolean(parser, "--use_tls", "connect with TLS")
    add_boolean(parser, "--use_test_ca", "trust the authority in --ca_file")
    parser.add_argument("--ca_file", help="PEM file for --use_test_ca")
    args = parser.parse_args()

    if args.target is not None and (args.server_host is not None or args.server_port is not None):
        parser.error("--target replaces --server_host and --server_port")
    if args.target is None and not args.server_port:
        parser.error("--server_port or --target is missing")
    if args.use_test_ca and not args.use_tls:
        parser.error("--use_test_ca needs --use_tls")
    if args.use_test_ca != (args.ca_file is not None):
        parser.error("--use_test_ca and --ca_file go together: no certificates are built in")

    return args


def create_channel(args):
    host = args.server_host or "localhost"
    target = args.target or f"{f'[{host}]' if ':' in host else host}:{args.server_port}"
    options = []

    if not args.use_tls:
        if args.server_host_override is not None:
            options.append(("grpc.default_authority", args.server_host_override))
        return grpc.aio.insecure_channel(target, options)

    if args.server_host_override is not None:
        options.append(("grpc.ssl_target_name_override", args.server_host_override))
    roots = read_file(args.ca_file) if args.use_test_ca else None
    return grpc.aio.secure_channel(target, grpc.ssl_channel_credentials(roots), options)


async def run(args):
    async with create_channel(args) as channel:
        await CASES[args.test_case](channel, test_pb2_grpc.TestServiceStub(channel))


def main():
    args = parse_arguments()

    try:
        asyncio.run(run(args))
    except (CaseFailed, OSError, grpc.aio.AioRpcError) as error:
        sys.exit(f"interop_client.py: {args.test_case}: {error}")

    print(f"{args.test_case}: passed")


if __name__ == "__main__":
    main()
