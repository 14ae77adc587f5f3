#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compiles all the Vala of the guide against the library as it is installed, and runs
its two programs."""

import argparse
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from snippets import blocks_of

ADDRESS = 'localhost:50051'
EXPECTED = 'Hello, World!\n'
TIMEOUT = 120

# What statements may use.
PARAMETERS = ['GrpcAio.Channel channel', 'GrpcAio.MultiCallable say_hello', 'Bytes request',
              'GrpcAio.Server server', 'GrpcAio.Service service', 'GrpcAio.ServicerContext context']
DECLARATION = re.compile(r'^(public|private|async|class|int|void|GrpcAio\.\w+) [^=]*[({]$', re.MULTILINE)


def run(*command, **options):
    subprocess.run(command, check=True, stdout=subprocess.PIPE, timeout=TIMEOUT, **options)


def install(meson, build, destination):
    """Puts the library below @destination; returns what the compiler needs to find it there."""
    run(*meson, 'install', '-C', build, '--no-rebuild', '--quiet', '--destdir', destination)
    [module] = destination.rglob('grpc-aio-glib-1.pc')
    text = module.read_text(encoding='utf-8')
    module.write_text(re.sub(r'^prefix=', f'prefix={destination}', text, flags=re.MULTILINE), encoding='utf-8')
    [vapi] = destination.rglob('grpc-aio-glib-1.vapi')
    [library] = destination.rglob('libgrpc-aio-glib-1.so')

    return {
        **os.environ,
        'LD_LIBRARY_PATH': str(library.parent),
        'PKG_CONFIG_PATH': str(module.parent),
        'XDG_DATA_DIRS': f'{vapi.parent.parent.parent}:/usr/local/share:/usr/share',
    }


def program_of(blocks):
    """One program of all the blocks that are none."""
    texts = []
    for number, block in enumerate(blocks):
        if DECLARATION.search(block.text):
            texts.append(block.text)
        else:
            body = ''.join(f'    {line}\n' for line in block.text.splitlines())
            texts.append(f'public async void snippet_{number} ({", ".join(PARAMETERS)}) throws Error {{\n{body}}}\n')
    return '\n'.join([*texts, 'public int main () {\n    return 0;\n}\n'])


def wait_for_socket(path, server):
    """Connects as soon as the server listens."""
    deadline = time.monotonic() + TIMEOUT
    while server.poll() is None and time.monotonic() < deadline:
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
                return
            except OSError:
                os.sched_yield()
    raise SystemExit(f'Bail out! The server does not listen (status {server.returncode})')


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build-root', type=Path, required=True)
    parser.add_argument('--meson', required=True)
    parser.add_argument('--valac', required=True)
    parser.add_argument('--protoc', required=True)
    parser.add_argument('guide', type=Path)
    args = parser.parse_args()
    blocks = blocks_of(args.guide)
    vala = [block for block in blocks if block.language == 'vala']
    programs = [block for block in vala if '\nint main' in block.text]
    [proto] = [block for block in blocks if block.language == 'proto']
    results = []

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = install(args.meson.split(), args.build_root, folder / 'installed')
        address = f'unix:{folder / "socket"}'
        (folder / 'greeter.proto').write_text(proto.text, encoding='utf-8')
        run(args.protoc, '--descriptor_set_out=greeter.binpb', 'greeter.proto', cwd=folder)

        names = []
        for block in programs:
            names.append('server' if 'GrpcAio.Server' in block.text else 'client')
            (folder / f'{names[-1]}.vala').write_text(block.text.replace(ADDRESS, address), encoding='utf-8')
        (folder / 'snippets.vala').write_text(program_of([block for block in vala if block not in programs]),
                                              encoding='utf-8')

        for target in [*names, 'snippets']:
            result = subprocess.run([args.valac, '--fatal-warnings', '-X', '-w', '--pkg', 'grpc-aio-glib-1',
                                     f'{target}.vala'], cwd=folder, env=environment, stdout=subprocess.PIPE,
                                    stderr=subprocess.STDOUT, text=True, timeout=TIMEOUT, check=False)
            results.append((f'{target} compiles', '' if result.returncode == 0 else result.stdout + 'failed'))

        if not any(problem for _, problem in results):
            server = subprocess.Popen(['./server'], cwd=folder, env=environment)
            try:
                wait_for_socket(folder / 'socket', server)
                result = subprocess.run(['./client'], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True,
                                        timeout=TIMEOUT, check=False)
            finally:
                server.kill()
                server.wait()
            good = result.returncode == 0 and result.stdout == EXPECTED
            results.append(('client and server talk', '' if good else f'{result.returncode}, {result.stdout!r}'))

    for number, (name, problem) in enumerate(results, 1):
        print('not ok' if problem else 'ok', number, name)
        for line in problem.splitlines():
            print('#', line)
    print(f'1..{len(results)}')

    return 1 if any(problem for _, problem in results) else 0


if __name__ == '__main__':
    sys.exit(main())
