#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compares our structs with those that protoc-c makes of the same files, for all
files that protoc-c can read: the same types with the same members, the same
functions, macros and constants."""

import argparse
import re
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import Tap, protoc, run  # noqa: E402

GRPC_PROTO = Path('/usr/share/grpc-proto')

# protoc-c has a run time for services of its own, which nobody would mix with ours.
SERVICES = re.compile(r'/\* --- per-message closures --- \*/.*?/\* --- descriptors --- \*/', re.S)
SERVICE_DESCRIPTOR = re.compile(r'^extern const ProtobufCServiceDescriptor.*$', re.M)


def without_comments(text):
    return re.sub(r'/\*.*?\*/', '', text, flags=re.S)


def structs(text):
    """The members of each struct, and of each union in it."""
    return {name: sorted(re.sub(r'\s+', ' ', member.replace('PROTOBUF_C__DEPRECATED', '')).replace(' ;', '').strip()
                         for member in re.findall(r'[^;{}]+;', body) if member.strip() != ';')
            for name, body in re.findall(r'^struct\s+(\w+)\s*\{(.*?)^\};', text, re.S | re.M)}


def words(text):
    return {word for word in re.findall(r'\b[A-Za-z]\w*__\w+\b', text)
            if not word.startswith('PROTOBUF_C')}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--plugin', required=True)
    parser.add_argument('--protobuf-include', type=Path, required=True)
    parser.add_argument('--source-root', type=Path, required=True)
    arguments = parser.parse_args()
    tap = Tap()
    n_compared = 0

    roots = [arguments.source_root / 'tests/codegen/protos', arguments.source_root / 'grpc-aio-glib', arguments.protobuf_include, GRPC_PROTO]
    patterns = ['*.proto', 'google/rpc/*.proto', 'google/protobuf/**/*.proto', '**/*.proto']
    include = [f'--proto_path={root}' for root in roots]
    for root, pattern in zip(roots, patterns):
        for path in sorted(root.glob(pattern)):
            name = str(path.relative_to(root))
            with tempfile.TemporaryDirectory() as folder:
                theirs = Path(folder) / 'theirs'
                theirs.mkdir()
                good, _ = run('protoc', *include, f'--c_out={theirs}', name)
                if not good:
                    continue
                good, output = protoc(arguments.plugin, Path(folder) / 'ours', roots, [name], 'structs')
                if not good:
                    tap.result(False, name, output)
                    continue
                header = name.removesuffix('.proto') + '.pb-c.h'
                their_text = (theirs / header).read_text(encoding='utf-8')
                their_text = without_comments(SERVICE_DESCRIPTOR.sub('', SERVICES.sub('', their_text)))
                our_text = without_comments((Path(folder) / 'ours' / header).read_text(encoding='utf-8'))

            missing = words(their_text) - words(our_text)
            ours = structs(our_text)
            wrong = [f'{struct}:\n  theirs {members}\n  ours {ours.get(struct)}' for struct, members in structs(their_text).items()
                     if ours.get(struct) != members]
            tap.result(not missing and not wrong, name, '\n'.join([*sorted(missing), *wrong]))
            n_compared += 1

    tap.result(n_compared > 20, f'{n_compared} files that protoc-c can read')
    tap.end()


main()
