#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks docs/l58.md: every public name of grpc.aio, every public method and property
of its classes, and every other public name of grpc has a row with our name and a
test; and each test that is named exists. That our names exist is for gi-docgen to
say: they are links."""

import argparse
import inspect
import re
import subprocess
import sys
from pathlib import Path

try:
    import grpc
    from grpc import aio
except ImportError:
    print('grpc.aio is not there (python3-grpcio)')
    sys.exit(77)

CODE = re.compile(r'`([^`]+)`')


def names_of_grpc_aio():
    for name in aio.__all__:
        yield name
        value = getattr(aio, name)
        if not inspect.isclass(value) or issubclass(value, tuple):
            # The fields of a named tuple are its properties.
            for field in getattr(value, '_fields', ()):
                yield f'{name}.{field}'
            continue
        for member in dir(value):
            if member.startswith('_') or inspect.getattr_static(object, member, None):
                continue
            # What a class inherits of another public class, or of Python, stands there.
            if any(member in vars(base) and base in PUBLIC for base in value.__mro__[1:]):
                continue
            if any(member in vars(base) for base in value.__mro__ if base.__module__.startswith('grpc')):
                yield f'{name}.{member}'


PUBLIC = {value for name in aio.__all__ if inspect.isclass(value := getattr(aio, name))}


def rows_of(path):
    for number, line in enumerate(path.read_text(encoding='utf-8').splitlines(), 1):
        if not line.startswith('|') or set(line) <= set('|-: '):
            continue
        yield number, [cell.strip() for cell in line.strip('|').split('|')]


def tests_of(programs):
    for program in programs:
        # “-l” lists the tests of a g_test program.
        listing = subprocess.run([program, '-l'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                 timeout=60, check=False)
        yield from (line.strip() for line in listing.stdout.splitlines() if line.startswith('/'))


def problems_of(path, programs):
    tests = set(tests_of(programs))
    theirs = set()
    rows = list(rows_of(path))

    for number, cells in rows:
        if cells[0].lower().startswith('name'):
            continue
        if len(cells) != 4 or not all(cells):
            yield f'{path.name}:{number}: a row has four cells, none of them empty'
            continue
        theirs.update(CODE.findall(cells[0]))
        names = CODE.findall(cells[2])
        if not names:
            yield f'{path.name}:{number}: no test'
        for test in names:
            if test not in tests and not any(other.startswith(test + '/') for other in tests):
                yield f'{path.name}:{number}: no such test: {test}'

    for name in [*names_of_grpc_aio(), *(f'grpc.{name}' for name in grpc.__all__ if name not in aio.__all__)]:
        if name not in theirs:
            yield f'{path.name}: no row for {name}'
    if not tests or not rows:
        yield f'{path.name}: nothing to compare'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('page', type=Path)
    parser.add_argument('programs', nargs='+')
    args = parser.parse_args()

    problems = list(problems_of(args.page, args.programs))
    print(*problems, sep='\n')

    return 1 if problems else 0


if __name__ == '__main__':
    sys.exit(main())
