# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the checks of generated code share: running protoc and compilers, and
telling the results in TAP."""

import subprocess
import sys
from pathlib import Path


class Tap:
    def __init__(self):
        self.number = 0
        self.failed = False
        print('TAP version 13')

    def result(self, good, name, diagnosis=''):
        self.number += 1
        self.failed = self.failed or not good
        print(f"{'ok' if good else 'not ok'} {self.number} {name}")
        if not good:
            for line in diagnosis.splitlines()[:200]:
                print(f'# {line}')
        sys.stdout.flush()

    def skip(self, name, reason):
        self.number += 1
        print(f'ok {self.number} {name} # SKIP {reason}')

    def end(self):
        print(f'1..{self.number}')
        sys.exit(1 if self.failed else 0)


def run(*command, **options):
    """Returns whether a command went well without saying anything, and what it
    said."""
    result = subprocess.run([str(word) for word in command], check=False, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options)
    return result.returncode == 0, result.stdout


def protoc(plugin, out, include, files, options=''):
    Path(out).mkdir(parents=True, exist_ok=True)
    return run('protoc', *(f'--proto_path={folder}' for folder in include),
               f'--plugin=protoc-gen-grpc-aio-glib={plugin}',
               f'--grpc-aio-glib_out={options + ":" if options else ""}{out}', *files)
