#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the cases of modules of this folder, one line of TAP a case.

    GRPC_AIO_PYTHON=grpc run.py test_call [CASE…]

Where grpc.aio and grpc_aio_glib differ, differences.py says which case fails
with grpc.aio and why. It must fail there, unless it does so only sometimes, and pass
with ours.
"""

import argparse
import faulthandler
import gc
import importlib
import os
import re
import subprocess
import sys
import tempfile
import traceback
import unittest

from differences import DIFFERENCES, race_of
from support import MODULE, OURS

# Seconds that a case may hang with grpc.aio when that is what it is known for, and
# that a process may take for it: hanging once, grpc.aio may never end.
HANG = 1.5
HANG_PROCESS = 15


class Errors:
    """Keeps what anybody in this process writes to the standard error."""

    def __enter__(self):
        sys.stderr.flush()
        self.file = tempfile.TemporaryFile()
        self.original = os.dup(2)
        os.dup2(self.file.fileno(), 2)
        return self

    def __exit__(self, *_):
        sys.stderr.flush()
        os.dup2(self.original, 2)
        os.close(self.original)

    def text(self):
        sys.stderr.flush()
        self.file.seek(0)
        return self.file.read().decode('utf-8', 'replace')


def name_of(test):
    return '.'.join(test.id().split('.')[-3:])


class TapResult(unittest.TestResult):
    """Prints a line for each case."""

    def __init__(self, hang):
        super().__init__()
        self.hang = hang
        self.count = 0
        self.failed = 0
        self.problem = None

    def startTest(self, test):
        super().startTest(test)
        self.problem = None
        self.skipped_because = None

    def stopTest(self, test):
        name = name_of(test)
        reason = None if OURS or self.hang else DIFFERENCES.get(name)
        race = None if OURS or self.problem is None else race_of(name, self.problem)
        if self.skipped_because is not None:
            self.line(True, f'{name} # SKIP {self.skipped_because}')
        elif reason is None and race is not None:
            self.line(True, f'{name} (grpc.aio: {race})')
        elif reason is None:
            self.line(self.problem is None, name, self.problem)
        elif self.problem is None and 'sometimes' not in reason:
            self.line(False, name, f'grpc.aio was expected to fail here: {reason}')
        else:
            self.line(True, f'{name} (grpc.aio: {reason})')
        super().stopTest(test)

    def line(self, good, name, problem=None):
        self.count += 1
        self.failed += not good
        print(f'{"ok" if good else "not ok"} {self.count} - {name}')
        for text in (problem or '').splitlines():
            print(f'# {text}')
        sys.stdout.flush()

    def addSkip(self, test, reason):
        self.skipped_because = reason

    def addError(self, test, err):
        if self.problem is None:
            self.problem = ''.join(traceback.format_exception(*err))

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self.addError(test, err)


def cases(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from cases(test)
        else:
            yield test


def run_apart(module, test, result):
    """Runs a case that is known to hang or to crash, where it can do no harm."""
    process = subprocess.Popen([sys.executable, __file__, '--hang', module, test.id()],
                               stdout=subprocess.PIPE, encoding='utf-8')
    try:
        output, _ = process.communicate(timeout=HANG_PROCESS)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        output += '\nkilled'
    result.startTest(test)
    if not re.search('^ok 1 ', output, re.MULTILINE):
        result.problem = output
    result.stopTest(test)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('module')
    parser.add_argument('case', nargs='*', help='part of the name of a case')
    parser.add_argument('--hang', action='store_true', help='the case may hang, and this process with it')
    arguments = parser.parse_args()

    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    print(f'# {MODULE}')
    result = TapResult(arguments.hang)
    with Errors() as errors:
        faulthandler.enable(errors.original)
        suite = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(arguments.module))
        for test in cases(suite):
            if arguments.case and not any(part in test.id() for part in arguments.case):
                continue
            if arguments.hang:
                test.limit = HANG
            elif not OURS and re.search('hang|kills', DIFFERENCES.get(name_of(test), '')):
                run_apart(arguments.module, test, result)
                continue
            test.run(result)
        del suite, test
        gc.collect()

    # With several loops grpc.aio writes tracebacks that nobody asked for.
    if OURS:
        result.line(not errors.text(), f'{arguments.module} writes nothing to the standard error',
                    errors.text())
    else:
        print(f'# grpc.aio wrote {len(errors.text())} bytes to the standard error')
    print(f'1..{result.count}')
    sys.stdout.flush()

    return 1 if result.failed or not result.count else 0


if __name__ == '__main__':
    status = main()
    # A process that shows a hang of grpc.aio need not end well.
    if '--hang' in sys.argv:
        os._exit(status)
    sys.exit(status)
