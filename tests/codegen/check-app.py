#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The way of somebody who uses the library for the first time: it is installed to
a folder, the applications of examples/app are built against that, outside of our
tree, and call a server."""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import Tap, run  # noqa: E402

MAX_LINES = 20


def install(build, root):
    """Installs the library to a folder, and returns the environment that finds it
    there."""
    good, output = run('meson', 'install', '-C', build, '--no-rebuild', '--destdir', root)
    if not good:
        return None, output

    # Where it would be installed is not where it is.
    file = next(Path(root).rglob('grpc-aio-glib-1.pc'))
    text = file.read_text(encoding='utf-8')
    prefix = re.search(r'^prefix=(.*)$', text, re.M)[1]
    file.write_text(re.sub(r'^prefix=.*$', f'prefix={root}{prefix}', text, flags=re.M), encoding='utf-8')
    lib = file.parent.parent
    share = f'{root}{prefix}/share'
    return os.environ | {
        'GI_TYPELIB_PATH': f'{lib}/girepository-1.0',
        'LD_LIBRARY_PATH': str(lib),
        'PKG_CONFIG_PATH': str(file.parent),
        'XDG_DATA_DIRS': f"{share}:{os.environ.get('XDG_DATA_DIRS') or '/usr/local/share:/usr/share'}",
    }, output


def lines_of(path):
    """How many lines say something: neither empty, nor a comment."""
    return sum(1 for line in path.read_text(encoding='utf-8').splitlines()
               if line.strip() and not line.lstrip().startswith(('#', '//', '/*')) or line.startswith('#include'))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--build-root', type=Path, required=True)
    parser.add_argument('--source-root', type=Path, required=True)
    parser.add_argument('--server', required=True, help='a greeter to call')
    parser.add_argument('languages', nargs='+')
    arguments = parser.parse_args()
    tap = Tap()

    with tempfile.TemporaryDirectory() as folder:
        environment, output = install(arguments.build_root, f'{folder}/root')
        tap.result(environment is not None, 'install', output)
        if environment is None:
            tap.end()

        address = f'unix:{folder}/socket'
        server = subprocess.Popen([arguments.server, '--address', address], stdout=subprocess.PIPE, text=True)
        try:
            server.stdout.readline()
            for language in arguments.languages:
                source = arguments.source_root / 'examples/app' / language
                for path in source / 'meson.build', next(source.glob('greet.*')):
                    tap.result(lines_of(path) <= MAX_LINES, f'{language}: {path.name} has {lines_of(path)} lines')
                app = Path(folder) / language
                shutil.copytree(source, app)
                # The C code that valac makes has warnings of its own.
                flags = [] if language == 'vala' else ['-Dwerror=true']
                good, output = run('meson', 'setup', 'build', '-Dwarning_level=2', *flags, cwd=app, env=environment)
                if good:
                    good, output = run('meson', 'compile', '-C', 'build', cwd=app, env=environment)
                tap.result(good, f'{language}: build', output)
                if good:
                    good, output = run('build/greet', address, cwd=app, env=environment)
                tap.result(good and output == f"Hello, {language.capitalize()}!\n", f'{language}: call', output)
        finally:
            server.terminate()
            server.wait()

    tap.end()


main()
