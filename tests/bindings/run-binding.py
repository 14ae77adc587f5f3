#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the test program of a binding, and adds two cases of its own to what it
prints in TAP: nothing came on the standard error, and the program has used all
that the GIR has.

A program that can tell writes the names of what it used to the file that the
environment variable GRPC_AIO_USES names, one a line: Channel.close for a method
or a function, Call:state for a property, Call::done for a signal. Of a compiled
program the functions are taken that it links to (--nm).
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'

CALLABLES = [CORE + tag for tag in ('constructor', 'function', 'method')]


def read_gir(path):
    """Returns the names of what programs are to use, and with each the C name
    of a function, or None."""
    names = {}
    namespace = ElementTree.parse(path).getroot().find(CORE + 'namespace')

    def add_callable(prefix, item):
        if item.get('introspectable') != '0':
            names[prefix + item.get('name')] = item.get(C + 'identifier')

    for item in namespace:
        name = item.get('name')
        if item.tag in CALLABLES:
            add_callable('', item)
        for member in item:
            if member.tag in CALLABLES:
                add_callable(name + '.', member)
            elif member.tag == CORE + 'property':
                names[f'{name}:{member.get("name")}'] = None
            elif member.tag == GLIB + 'signal':
                names[f'{name}::{member.get("name")}'] = None

    return names


def read_symbols(nm, program):
    lines = subprocess.run([nm, '--undefined-only', program], check=True, stdout=subprocess.PIPE,
                           text=True).stdout.splitlines()

    return {line.split()[-1] for line in lines}


def find_unused(arguments, uses):
    names = read_gir(arguments.gir)
    used = set(uses.read_text().split()) if uses.exists() else set()
    symbols = read_symbols(arguments.nm, arguments.command[0]) if arguments.nm else set()

    # The same function under a second name need not be used under both.
    functions = ({function for name, function in names.items() if name in used} - {None}) | symbols
    missing = [name for name, function in names.items() if name not in used and function not in functions]

    return [name for name in missing if name not in arguments.without]


def make_certificate(openssl, folder):
    """Makes a certificate that holds for a day, for this run alone."""
    subprocess.run([
        openssl, 'req', '-x509', '-nodes', '-days', '1', '-subj', '/CN=localhost',
        '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
        '-addext', 'subjectAltName=DNS:localhost',
        '-keyout', folder / 'key.pem', '-out', folder / 'certificate.pem',
    ], check=True, stderr=subprocess.PIPE)


def report(number, name, problems):
    for problem in problems:
        print('#', problem)
    print('not ok' if problems else 'ok', number, name, flush=True)

    return not problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('--gir', required=True)
    parser.add_argument('--openssl', required=True)
    parser.add_argument('--nm', help='takes the functions that a compiled program links to')
    parser.add_argument('--without', action='append', default=[], metavar='NAME',
                        help='what the language cannot use')
    parser.add_argument('command', nargs='+')
    arguments = parser.parse_args()

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        uses = folder / 'uses'
        errors = folder / 'errors'
        make_certificate(arguments.openssl, folder)

        environment = {**os.environ, 'GRPC_AIO_USES': str(uses), 'GRPC_AIO_TEST_TLS': str(folder)}
        n_cases = 0
        with open(errors, 'wb') as stderr, subprocess.Popen(
                arguments.command, env=environment, stderr=stderr, stdout=subprocess.PIPE, text=True) as process:
            for line in process.stdout:
                if line.startswith('1..'):
                    n_cases = int(line[3:])
                    line = f'1..{n_cases + 2}\n'
                print(line, end='', flush=True)

        messages = errors.read_text(errors='replace').splitlines()
        sys.stderr.write(''.join(message + '\n' for message in messages))
        is_quiet = report(n_cases + 1, 'nothing-on-stderr', messages)
        if process.returncode == 0:
            problems = ['Not used: ' + name for name in find_unused(arguments, uses)]
        else:
            problems = ['The program failed before it could tell']
        is_complete = report(n_cases + 2, 'everything-is-used', problems)

    if process.returncode < 0:
        print('Bail out! Killed by signal', -process.returncode)

    return process.returncode or (0 if is_quiet and is_complete else 1)


if __name__ == '__main__':
    sys.exit(main())
