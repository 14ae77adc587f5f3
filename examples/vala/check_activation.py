#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Does what systemd does for activated_server, and sees that no client notices when
it ends and is started anew."""

import argparse
import concurrent.futures
import fcntl
import os
import select
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

TIMEOUT_SEC = 60
IDLE_MSEC = 30

# How often the server is to end before it is asked again, and how many clients come
# at any moment.
N_ENDS = 3
N_CLIENTS = 20

# The shell becomes the program, so that the number of the process is known to it.
SCRIPT = 'export LISTEN_PID=$$; exec "$0" "$@"'


class Launcher:
    """Holds sockets, and starts the server whenever somebody waits in one."""

    def __init__(self, server, sockets):
        self.server = server
        self.sockets = sockets
        self.problems = []
        self.n_started = 0
        self.n_ended = 0
        self.changed = threading.Condition()
        self.stop_reading, self.stop_writing = os.pipe()
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def spawn(self, errors):
        """Starts a process that has the sockets as descriptors from 3 on; returns its number."""
        # First as numbers that are not in the way of those.
        high = [fcntl.fcntl(listener, fcntl.F_DUPFD_CLOEXEC, 100) for listener in self.sockets]
        actions = [(os.POSIX_SPAWN_DUP2, fd, 3 + index) for index, fd in enumerate(high)]
        actions.append((os.POSIX_SPAWN_DUP2, errors.fileno(), 2))
        environment = {**os.environ, 'LISTEN_FDS': str(len(high)), 'LISTEN_FDNAMES': ':'.join(['grpc'] * len(high))}
        pid = os.posix_spawn('/bin/sh', ['sh', '-c', SCRIPT, self.server, f'--idle={IDLE_MSEC}'], environment,
                             file_actions=actions)
        for fd in high:
            os.close(fd)
        return pid

    def count(self, name):
        with self.changed:
            setattr(self, name, getattr(self, name) + 1)
            self.changed.notify_all()

    def run(self):
        while True:
            ready, _, _ = select.select([*self.sockets, self.stop_reading], [], [])
            if self.stop_reading in ready:
                return

            with tempfile.TemporaryFile('w+') as errors:
                pid = self.spawn(errors)
                self.count('n_started')
                _, status = os.waitpid(pid, 0)
                errors.seek(0)
                text = errors.read()
            if status != 0 or text:
                self.problems.append(f'status {status}, {text!r}')
                for listener in self.sockets:
                    listener.close()
                self.sockets = []
            self.count('n_ended')

    def wait_for_end(self):
        with self.changed:
            return self.changed.wait_for(lambda: self.n_started == self.n_ended, TIMEOUT_SEC)

    def stop(self):
        os.write(self.stop_writing, b'.')
        self.thread.join()


def listen(family, address):
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind(address)
    listener.listen(16)
    listener.setblocking(False)
    return listener


def greet(client, target, name):
    result = subprocess.run([client, '--target', target, name], stdin=subprocess.DEVNULL, capture_output=True,
                            text=True, timeout=TIMEOUT_SEC, check=False)
    if result.returncode == 0 and result.stdout == f'SayHello: Hello, {name}!\n' and not result.stderr:
        return []
    return [f'{target}: status {result.returncode}, {result.stdout!r}, {result.stderr!r}']


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--server', required=True)
    parser.add_argument('--client', required=True)
    args = parser.parse_args()
    problems = []

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'socket')
        tcp = listen(socket.AF_INET, ('127.0.0.1', 0))
        targets = [f'unix:{path}', f'127.0.0.1:{tcp.getsockname()[1]}']
        launcher = Launcher(args.server, [listen(socket.AF_UNIX, str(path)), tcp])

        for number in range(N_ENDS):
            problems += greet(args.client, targets[number % 2], f'Number {number}')
            if not launcher.wait_for_end():
                problems.append('the server does not end')
            if launcher.n_started != number + 1:
                problems.append(f'the server was started {launcher.n_started} times for {number + 1} clients')

        # These come when the server is there, when it ends and when it is gone.
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for result in pool.map(lambda number: greet(args.client, targets[number % 2], 'Crowd'), range(N_CLIENTS)):
                problems += result
        if not launcher.wait_for_end():
            problems.append('the server does not end')
        launcher.stop()
        problems += launcher.problems

    for problem in problems:
        print('#', problem)
    print('not ok' if problems else 'ok', 1, 'activation')
    print('1..1')

    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
