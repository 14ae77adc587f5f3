#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the examples with asyncio as a person would, and prints TAP."""

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
TIMEOUT = 60
count = 0


def check(good, name, explanation=''):
    global count
    count += 1
    print(f'{"ok" if good else "not ok"} {count} - {name}')
    for line in str(explanation).splitlines() if not good else ():
        print(f'# {line}')
    return good


class Program(subprocess.Popen):
    def __init__(self, name, *arguments):
        super().__init__([sys.executable, HERE / name, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE, encoding='utf-8')

    def stop(self):
        self.send_signal(signal.SIGTERM)
        output, errors = self.communicate(timeout=TIMEOUT)
        return (self.returncode, output, errors)


def run(name, *arguments):
    program = Program(name, *arguments)
    output, errors = program.communicate(timeout=TIMEOUT)
    return program.returncode, output, errors


def check_greeter(folder):
    address = f'unix:{folder}/greeter'
    result = run('aio_greeter_client.py', '--target', address, 'World')
    check(result[0] == 1 and result[1] == '' and result[2].startswith('SayHello failed: '),
          'the client says that there is no server', result)

    server = Program('aio_greeter_server.py', '--address', address)
    try:
        line = server.stdout.readline()
        check(line == f'listening on {address}\n', 'the server says where it listens', line)
        result = run('aio_greeter_client.py', '--target', address, 'Ann', 'Bob')
        check(result == (0, 'SayHello: Hello Ann\nSayHello: Hello Bob\n', ''), 'the server greets', result)
        result = run('aio_greeter_client.py', '--target', address, '')
        check(result == (1, '', 'SayHello failed: Who are you? (INVALID_ARGUMENT)\n'),
              'the server refuses', result)
    finally:
        result = server.stop()
    check(result == (0, '', ''), 'the server stops', result)


def check_chat(folder):
    address = f'unix:{folder}/chat'
    server = Program('aio_chat.py', '--serve', address)
    try:
        line = server.stdout.readline()
        check(line == f'listening on {address}\n', 'the room is open', line)
        ann = Program('aio_chat.py', '--target', address, '--name', 'Ann')
        lines = [ann.stdout.readline()]
        bob = Program('aio_chat.py', '--target', address, '--name', 'Bob')
        lines.append(bob.stdout.readline())
        check(lines == ['(1 in the room)\n', '(2 in the room)\n'], 'two join', lines)
        for speaker, listener, name in ((ann, bob, 'Ann'), (bob, ann, 'Bob')) * 2:
            speaker.stdin.write('Grüße\n')
            speaker.stdin.flush()
            line = listener.stdout.readline()
            check(line == f'{name}: Grüße\n', f'{name} is heard', line)
        for guest, name in ((ann, 'Ann'), (bob, 'Bob')):
            guest.stdin.close()
            guest.stdin = None
            output, errors = guest.communicate(timeout=TIMEOUT)
            check((guest.returncode, output, errors) == (0, '', ''), f'{name} leaves', (output, errors))
    finally:
        result = server.stop()
    check(result == (0, '', ''), 'the room closes', result)


os.environ['PYTHONIOENCODING'] = 'utf-8'
with tempfile.TemporaryDirectory(prefix='grpc-') as temporary:
    check_greeter(temporary)
    check_chat(temporary)
print(f'1..{count}')
