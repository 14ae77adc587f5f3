#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Has mypy and the compiler of TypeScript check the generated types of all files
that tests have, and programs that use them, rightly and wrongly."""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import Tap, protoc, run  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plugin', required=True)
    parser.add_argument('--protobuf-include', required=True)
    parser.add_argument('--mypy')
    parser.add_argument('--tsc')
    arguments = parser.parse_args()
    here = Path(__file__).parent
    tap = Tap()

    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        shutil.copytree(here / 'typings', folder, dirs_exist_ok=True)
        files = sorted(path.name for path in (here / 'protos').glob('*.proto'))
        files += ['google/protobuf/any.proto', 'google/protobuf/struct.proto', 'google/protobuf/timestamp.proto']
        for option, out in {'pyi': folder / 'gi/repository', 'dts': folder}.items():
            good, output = protoc(arguments.plugin, out, [here / 'protos', arguments.protobuf_include], files, option)
            tap.result(good and output == '', option, output)

        if arguments.mypy:
            good, output = run(arguments.mypy, '--cache-dir', folder / 'cache', '--warn-unused-ignores', 'use.py',
                               *sorted((folder / 'gi/repository').glob('*.pyi')), cwd=folder)
            tap.result(good, 'Python', output)
        if arguments.tsc:
            good, output = run(arguments.tsc, '--noEmit', '--strict', '--target', 'es2020', '--module', 'es2020', '--lib', 'es2020',
                               'use.ts', *sorted(folder.glob('*.d.ts')), cwd=folder)
            tap.result(good and output == '', 'TypeScript', output)

    tap.end()


main()
