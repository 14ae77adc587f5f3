#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the clients of several languages against the servers of one, prints
what they say, and checks it.

The exit status is 0 only if every line was the right one.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

SOURCE = Path(__file__).resolve().parent
NAMES = {'c': 'C', 'cpp': 'C++', 'js': 'JavaScript', 'python': 'Python', 'vala': 'Vala'}
TIMEOUT_SEC = 60

# The programs, and the methods that their clients call.
METHODS = {
    'greeter': ('SayHello',),
    'route_guide': ('GetFeature', 'ListFeatures', 'RecordRoute', 'RouteChat'),
}

# The kinds of calls, and the methods that show them.
KINDS = {
    'unary': ('SayHello', 'GetFeature'),
    'server stream': ('ListFeatures',),
    'client stream': ('RecordRoute',),
    'both stream': ('RouteChat',),
}


def programs(language):
    """C++ is there to show its completion queue in the main loop of GLib, for
    which a greeter is enough."""
    return ('greeter',) if language == 'cpp' else ('greeter', 'route_guide')


def methods_of(language):
    return {method for program in programs(language) for method in METHODS[program]}


class Examples:
    """Finds the programs, and what they need around them."""

    def __init__(self, build):
        self.build = build / 'examples'
        self.environment = dict(os.environ, PYTHONDONTWRITEBYTECODE='1')
        for variable, folder in {
            'GI_TYPELIB_PATH': build / 'introspection',
            'LD_LIBRARY_PATH': build / 'grpc-aio-glib',
            'PYTHONPATH': self.build / 'python',
        }.items():
            others = self.environment.get(variable)
            self.environment[variable] = f'{folder}:{others}' if others else str(folder)

    def program(self, language, name):
        if language == 'js':
            return ['gjs', '-m', str(SOURCE / 'js' / f'{name}.js')]
        if language == 'python':
            return ['/usr/bin/python3', str(SOURCE / 'python' / f'{name}.py')]
        return [str(self.build / language / name)]

    def run_client(self, language, name, target):
        return subprocess.run([*self.program(language, name), '--target', target],
                              env=self.environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=TIMEOUT_SEC)

    def start_server(self, language, name, address):
        return Server([*self.program(language, name), '--address', address], self.environment)


class Server:
    """A server while it runs."""

    def __init__(self, command, environment):
        self.log = tempfile.TemporaryFile('w+')
        self.process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=self.log, text=True)

        # The first line tells where it listens. It must not take for ever.
        timer = threading.Timer(TIMEOUT_SEC, self.process.kill)
        timer.start()
        line = self.process.stdout.readline()
        timer.cancel()

        listening, _, self.target = line.rstrip('\n').rpartition(' ')
        if listening != 'Listening on':
            self.process.kill()
            sys.exit(f"{' '.join(command)} did not start:\n{line}{self.errors()}")

    def errors(self):
        self.process.wait()
        self.log.seek(0)
        return self.log.read()

    def stop(self):
        """Asks it to stop; returns what is wrong with how it did."""
        self.process.terminate()
        try:
            output, _ = self.process.communicate(timeout=TIMEOUT_SEC)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return 'did not stop when it was told to'

        errors = self.errors()
        if self.process.returncode != 0:
            return f'ended with {self.process.returncode}\n{errors}'
        if output != 'Stopped\n' or errors:
            return f'said\n{output}{errors}'
        return None


class Notes:
    """What RouteChat must answer: the notes that all clients so far have left
    at the same place."""

    def __init__(self):
        self.places = {}

    def leave(self, place, text):
        notes = self.places.setdefault(place, [])
        earlier = list(notes)
        notes.append(text)
        return earlier


def expected_lines(language, notes):
    """What the clients must print, by method. The lines of RouteChat that tell
    what was sent stand first; really they may come between the others."""
    name = NAMES[language]
    lines = {'SayHello': [f'Hello, {name}!']}

    if 'RouteChat' in methods_of(language):
        sent = [('top', f'{name} was up here'),
                ('station', f'{name} took the train'),
                ('top', f'{name} is here again')]
        got = [text for note in sent for text in notes.leave(*note)]
        lines |= {
            'GetFeature': ['Brocken at 51.7991, 10.6156'],
            'ListFeatures': ['Brocken at 51.7991, 10.6156',
                             'Torfhaus at 51.8030, 10.5360',
                             'Schierke Station at 51.7640, 10.6660'],
            'RecordRoute': ['4 points, 3 features, 10719 m'],
            'RouteChat': ([f'sent "{text}"' for _, text in sent] +
                          [f'got "{text}"' for text in got]),
        }

    return lines


def print_output(result, name):
    """Prints what a program said; of other people's notes only how many."""
    others = 0

    for line in (result.stdout + result.stderr).splitlines():
        if line.startswith('RouteChat: got "') and f'"{name} ' not in line:
            others += 1
        else:
            print(f'    {line}')
    if others:
        print(f'    RouteChat: got {others} notes of others')


def check_client(examples, language, targets, notes):
    """Runs the clients of a language; returns the methods it got right."""
    name = NAMES[language]
    lines = {}
    failed = False
    print(f'\n{name} client', flush=True)

    for program in programs(language):
        try:
            result = examples.run_client(language, f'{program}_client', targets[program])
        except subprocess.TimeoutExpired as timeout:
            print(f'    {timeout}')
            failed = True
            continue
        print_output(result, name)
        if result.returncode != 0:
            print(f'    The exit status was {result.returncode}')
        failed = failed or result.returncode != 0 or result.stderr != ''
        for line in result.stdout.splitlines():
            method, _, text = line.partition(': ')
            lines.setdefault(method, []).append(text)

    # What was sent may be printed before or after what was got.
    lines.get('RouteChat', []).sort(key=lambda text: text.startswith('got'))

    expected = expected_lines(language, notes)
    wrong = [method for method in expected if lines.get(method) != expected[method]]
    for method in wrong:
        print(f'    {method} should have said, and said:')
        for text in expected[method]:
            print(f'      + {text}')
        for text in lines.get(method, []):
            print(f'      - {text}')

    return set() if failed else set(expected) - set(wrong)


def print_table(right):
    print(f"\n{'':14}" + ''.join(f'{kind:16}' for kind in KINDS).rstrip())
    for language, good in right.items():
        cells = []
        for methods in KINDS.values():
            wanted = methods_of(language).intersection(methods)
            cells.append('-' if not wanted else 'ok' if wanted <= good else 'FAILED')
        print(f'{NAMES[language]:14}' + ''.join(f'{cell:16}' for cell in cells).rstrip())


def check_server(examples, server, transport, clients):
    """Runs all clients against the servers of a language."""
    with tempfile.TemporaryDirectory() as folder:
        servers = {}
        for name in METHODS:
            address = f'unix:{folder}/{name}' if transport == 'unix' else '127.0.0.1:0'
            servers[name] = examples.start_server(server, f'{name}_server', address)
            print(f'{NAMES[server]} {name}_server listens on {servers[name].target}')

        targets = {name: running.target for name, running in servers.items()}
        notes = Notes()
        right = {language: check_client(examples, language, targets, notes)
                 for language in clients}
        failed = False

        print(f'\n{NAMES[server]} servers')
        for name, running in servers.items():
            problem = running.stop()
            print(f"    {name}_server {problem or 'stopped'}")
            failed = failed or problem is not None

    print_table(right)

    return not failed and all(right[language] == methods_of(language) for language in clients)


def check_without_server(examples, clients):
    """Every client must say that there is no server, and fail."""
    good = True

    with tempfile.TemporaryDirectory() as folder:
        for language in clients:
            print(f'{NAMES[language]} client, without a server')
            for program in programs(language):
                result = examples.run_client(language, f'{program}_client', f'unix:{folder}/none')
                print_output(result, NAMES[language])
                if result.returncode != 1 or result.stdout or ' failed: ' not in result.stderr:
                    print(f'    {program}_client ended with {result.returncode}, '
                          'should have failed with a reason')
                    good = False

    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build', type=Path, required=True, help='where the project was built')
    parser.add_argument('--server', default='c', choices=('c', 'python', 'js', 'vala', 'none'))
    parser.add_argument('--transport', default='tcp', choices=('tcp', 'unix'))
    parser.add_argument('--clients', default='c,python,js,vala',
                        type=lambda languages: languages.split(','),
                        help='languages, separated by commas')
    arguments = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    examples = Examples(arguments.build.resolve())

    if arguments.server == 'none':
        good = check_without_server(examples, arguments.clients)
    else:
        good = check_server(examples, arguments.server, arguments.transport, arguments.clients)

    print('\nAll right.' if good else '\nSomething went wrong, see above.')
    sys.exit(0 if good else 1)


main()
