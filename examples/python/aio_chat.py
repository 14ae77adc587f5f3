#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""A chat: streams both ways, with asyncio.

    aio_chat.py --serve localhost:50051
    aio_chat.py --target localhost:50051 --name Ann

What is typed goes to all others who are there, until the end of the input.
"""

import argparse
import asyncio
import signal
import sys

import grpc_aio_glib as grpc

from chat_pb2 import ChatMessage
from chat_pb2_grpc import ChatServicer, ChatStub, add_ChatServicer_to_server


class Room(ChatServicer):
    """Whoever joins hears what the others say from then on."""

    def __init__(self):
        self.guests = {}

    def tell(self, speaker, line):
        for guest, lines in self.guests.items():
            if guest is not speaker:
                lines.put_nowait(line)

    async def listen(self, requests, context):
        async for line in requests:
            self.tell(context, line)
        # Ends the loop of Join.
        self.guests[context].put_nowait(None)

    async def Join(self, requests, context):
        lines = self.guests[context] = asyncio.Queue()
        listening = asyncio.create_task(self.listen(requests, context))
        try:
            yield ChatMessage(text=f'{len(self.guests)} in the room')
            while (line := await lines.get()) is not None:
                yield line
        finally:
            # Also when the guest is gone without a word.
            listening.cancel()
            del self.guests[context]


async def serve(address):
    server = grpc.aio.server()
    add_ChatServicer_to_server(Room(), server)
    port = server.add_insecure_port(address)
    await server.start()
    print('listening on', address if address.startswith('unix:')
          else f"{address.rpartition(':')[0]}:{port}", flush=True)

    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await stop.wait()
    await server.stop(None)


async def typed():
    """The lines of the standard input."""
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    async for line in reader:
        yield line.decode().rstrip('\n')


async def join(target, name):
    async with grpc.aio.insecure_channel(target) as channel:
        call = ChatStub(channel).Join()

        async def talk():
            async for text in typed():
                await call.write(ChatMessage(author=name, text=text))
            await call.done_writing()

        talking = asyncio.create_task(talk())
        async for line in call:
            print(f'{line.author}: {line.text}' if line.author else f'({line.text})', flush=True)
        await talking


parser = argparse.ArgumentParser()
parser.add_argument('--serve', metavar='HOST:PORT', help='have a room for others')
parser.add_argument('--target', metavar='HOST:PORT', default='localhost:50051')
parser.add_argument('--name', default='Somebody')
arguments = parser.parse_args()

try:
    asyncio.run(serve(arguments.serve) if arguments.serve else join(arguments.target, arguments.name))
except grpc.RpcError as error:
    sys.exit(f'Join failed: {error.details()} ({error.code().name})')
