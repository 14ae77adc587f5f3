#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs the programs of the README: its server, and each of its clients."""

import argparse
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from snippets import blocks_of

ADDRESS = 'localhost:50051'
EXPECTED = 'world\n'
TIMEOUT = 30


def environment_of(build):
    env = dict(os.environ)
    for name, folder in ('GI_TYPELIB_PATH', 'introspection'), ('LD_LIBRARY_PATH', 'grpc-aio-glib'):
        env[name] = os.pathsep.join(filter(None, [str(build / folder), env.get(name)]))
    return env


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
    raise RuntimeError(f'the server does not listen (status {server.returncode})')


def command_for(language, source, args):
    """Builds a program if need be; returns the command that runs it."""
    program = source.with_suffix('')
    if language == 'c':
        flags = subprocess.run(['pkg-config', '--cflags', '--libs', 'gio-2.0'], stdout=subprocess.PIPE, text=True,
                               check=True).stdout
        build = [*shlex.split(args.compiler), '-o', program, source, f'-I{args.source_root}', f'-I{args.build_root}',
                 f'-L{args.build_root}/grpc-aio-glib', '-lgrpc-aio-glib-1', *flags.split()]
    elif language == 'vala':
        build = [args.valac, '--vapidir', args.build_root / 'introspection', '--pkg', 'gio-2.0',
                 '--pkg', 'grpc-aio-glib-1', '-X', f'-I{args.source_root}', '-X', f'-I{args.build_root}', '-X', '-w',
                 '-X', f'-L{args.build_root}/grpc-aio-glib', '-X', '-lgrpc-aio-glib-1', '-o', program, source]
    elif language == 'python':
        return [args.python, source]
    else:
        return [args.gjs, '-m', source]

    subprocess.run(build, check=True, timeout=2 * TIMEOUT)
    return [program]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--source-root', type=Path, required=True)
    parser.add_argument('--build-root', type=Path, required=True)
    parser.add_argument('--compiler', required=True)
    parser.add_argument('--python')
    parser.add_argument('--gjs')
    parser.add_argument('--valac')
    args = parser.parse_args()

    languages = ['c'] + [language for language, tool in (('python', args.python), ('js', args.gjs),
                                                         ('vala', args.valac)) if tool]
    blocks = [block for block in blocks_of(args.source_root / 'README.md')
              if block.language in languages and ADDRESS in block.text]
    is_server = ['server_start' in block.text for block in blocks]
    env = environment_of(args.build_root)
    failed = 0

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, 'socket')
        commands = []
        for number, block in enumerate(blocks):
            source = Path(folder, f'program-{number}.{"py" if block.language == "python" else block.language}')
            source.write_text(block.text.replace(ADDRESS, f'unix:{path}'), encoding='utf-8')
            commands.append(command_for(block.language, source, args))

        server = subprocess.Popen(commands[is_server.index(True)], env=env)
        try:
            wait_for_socket(path, server)
            clients = [client for client in zip(blocks, commands, is_server) if not client[2]]
            for number, (block, command, _) in enumerate(clients, 1):
                result = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT,
                                        check=False)
                good = result.returncode == 0 and result.stdout == EXPECTED
                failed += not good
                print(f'{"ok" if good else "not ok"} {number} README.md:{block.line} ({block.language})')
                if not good:
                    print(f'# status {result.returncode}, output {result.stdout!r}')
            print(f'1..{len(clients)}')
        finally:
            server.kill()
            server.wait()

    return 1 if failed or len(clients) != len(languages) else 0


if __name__ == '__main__':
    sys.exit(main())
