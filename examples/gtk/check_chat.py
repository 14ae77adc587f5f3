#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs a chat server, and two windows one after the other that say something.

Each must see all that was said, also before it came, and the picture that the
second one keeps of itself must show more than one colour.
"""

import argparse
import os
import pathlib
import subprocess
import sys
import tempfile
import threading

import gi

gi.require_version('GdkPixbuf', '2.0')

from gi.repository import GdkPixbuf  # noqa: E402

TIMEOUT_SEC = 120


def start_server(command):
    server = subprocess.Popen([*command, '--address', '127.0.0.1:0'], stdout=subprocess.PIPE, text=True)
    timer = threading.Timer(TIMEOUT_SEC, server.kill)
    timer.start()
    line = server.stdout.readline()
    timer.cancel()
    if not line.startswith('Listening on '):
        server.kill()
        sys.exit(f'The server said {line!r}')

    return server, line.split()[-1]


def run_window(arguments, target, name, count, picture=None):
    command = [arguments.xvfb_run, '--auto-servernum', arguments.gjs, '-m', arguments.client,
               '--schema', arguments.schema, '--target', target, '--name', name, '--self-test', str(count)]
    if picture:
        command += ['--screenshot', str(picture)]
    result = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=TIMEOUT_SEC)
    if result.returncode != 0:
        sys.exit(f'The window of {name} ended with {result.returncode}')

    return int(result.stdout.split()[0])


def count_colours(path):
    pixbuf = GdkPixbuf.Pixbuf.new_from_file(str(path))
    pixels = pixbuf.get_pixels()
    channels = pixbuf.get_n_channels()
    rows = [pixels[y * pixbuf.get_rowstride():][:pixbuf.get_width() * channels] for y in range(pixbuf.get_height())]

    return len({row[i:i + channels] for row in rows for i in range(0, len(row), channels)})


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('--gjs', required=True)
    parser.add_argument('--client', required=True)
    parser.add_argument('--schema', required=True)
    parser.add_argument('--xvfb-run', required=True)
    parser.add_argument('server', nargs='+')
    arguments = parser.parse_args()

    server, target = start_server(arguments.server)
    try:
        with tempfile.TemporaryDirectory() as folder:
            picture = pathlib.Path(os.environ.get('CHAT_PICTURE') or f'{folder}/chat.png')
            seen = run_window(arguments, target, 'Ada', 2)
            if seen != 2:
                sys.exit(f'Ada saw {seen} messages, not 2')
            seen = run_window(arguments, target, 'Grace', 5, picture)
            if seen != 7:
                sys.exit(f'Grace saw {seen} messages, not 7')
            colours = count_colours(picture)
            if colours < 10:
                sys.exit(f'The picture has {colours} colours')
    finally:
        server.terminate()
        rest, _ = server.communicate(timeout=TIMEOUT_SEC)
    if rest.strip() != 'Stopped' or server.returncode != 0:
        sys.exit(f'The server ended with {server.returncode} and said {rest!r}')


main()
