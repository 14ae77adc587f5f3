#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Does what the guide for JavaScript says: makes a client and a server of it that
talk to each other, and loads every other block of code."""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

BLOCK = re.compile(r'^```(\w+)\n(.*?)^```$', re.MULTILINE | re.DOTALL)
IMPORTS = '''import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';
'''
LOADER = '''import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';
const loop = new GLib.MainLoop(null, false);
let status = 1;
GrpcAio.Call.$gtype;
import(ARGV[0]).then(() => (status = 0)).catch(logError).finally(() => loop.quit());
loop.run();
System.exit(status);
'''
TIMEOUT_SEC = 60


def run(command, folder):
    return subprocess.run(command, cwd=folder, text=True, timeout=TIMEOUT_SEC, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)


def try_programs(gjs, folder, server_text, client_text):
    address = f'unix:{folder}/socket'
    for name, text in (('server.js', server_text), ('client.js', client_text)):
        (folder / name).write_text(text.replace('localhost:50051', address))
    with subprocess.Popen([gjs, '-m', 'server.js'], cwd=folder) as server:
        try:
            client = folder / 'client.js'
            client.write_text(client.read_text().replace('timeout: 5000', 'timeout: 30000, waitForReady: true'))
            result = run([gjs, '-m', 'client.js'], folder)
        finally:
            server.kill()

    return result.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--gjs', required=True)
    parser.add_argument('--protoc', required=True)
    parser.add_argument('guide', type=pathlib.Path)
    arguments = parser.parse_args()
    blocks = BLOCK.findall(arguments.guide.read_text(encoding='utf-8'))
    protos = [text for language, text in blocks if language == 'protobuf']
    scripts = [text for language, text in blocks if language == 'js']
    commands = [text for language, text in blocks if language == 'sh']
    failed = False

    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / 'helloworld.proto').write_text(protos[0])
        subprocess.run([arguments.protoc, *commands[0].split()[1:]], cwd=folder, check=True)

        print(f'1..{len(scripts) - 1}')
        said = try_programs(arguments.gjs, folder, scripts[0], scripts[1])
        failed = said != 'Hello, World!\n'
        print('not ok' if failed else 'ok', '1 client-and-server')
        if failed:
            print(f'# {said!r}')

        (folder / 'loader.js').write_text(LOADER)
        for i, text in enumerate(scripts[2:], 2):
            block = folder / f'block{i}.js'
            block.write_text(text if text.startswith('import') else IMPORTS + text)
            result = run([arguments.gjs, '-m', 'loader.js', block.as_uri()], folder)
            is_right = result.returncode == 0 and not result.stdout
            failed = failed or not is_right
            print('ok' if is_right else 'not ok', f'{i} block-{i}')
            for line in result.stdout.splitlines():
                print('#', line)

    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
