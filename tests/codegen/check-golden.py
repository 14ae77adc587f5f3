#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compares what the generator makes of some files with what is kept in golden/,
line by line. With --update it writes what is made there."""

import argparse
import difflib
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import Tap, protoc  # noqa: E402

EVERYTHING = 'structs,stubs,servicers,messages,descriptors,pyi,dts,vala'

# Name of the folder: options, files.
CASES = {
    'all': (EVERYTHING, ['golden.proto']),
    'structs': ('structs', ['golden.proto']),
    'no-messages': ('structs,stubs,servicers', ['golden.proto']),
    'vala': ('vala=2.0', ['golden.proto']),
    'prefix': ('pyi,prefix=Shop', ['golden.proto']),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plugin', required=True)
    parser.add_argument('--update', action='store_true')
    arguments = parser.parse_args()
    here = Path(__file__).parent
    tap = Tap()

    for name, (options, files) in CASES.items():
        with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
            made = {}
            for folder in first, second:
                good, output = protoc(arguments.plugin, folder, [here / 'protos'], files, options)
                made[folder] = {path.relative_to(folder): path.read_text(encoding='utf-8')
                                for path in Path(folder).rglob('*') if path.is_file()}
            made = made[first] if made[first] == made[second] else {}

        golden = here / 'golden' / name
        if arguments.update:
            golden.mkdir(parents=True, exist_ok=True)
            for path in golden.rglob('*'):
                path.unlink()
            for path, text in made.items():
                (golden / path).write_text(text, encoding='utf-8')
        kept = {path.relative_to(golden): path.read_text(encoding='utf-8')
                for path in golden.rglob('*') if path.is_file()}

        difference = []
        for path in sorted(made.keys() | kept.keys()):
            difference += difflib.unified_diff(kept.get(path, '').splitlines(), made.get(path, '').splitlines(),
                                               f'golden/{name}/{path}', str(path), lineterm='')
        tap.result(good and output == '' and made != {} and difference == [], name,
                   '\n'.join([output, *difference]))

    tap.end()


main()
