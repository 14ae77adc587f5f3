#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Compiles the code blocks of the guides, the README and the doc comments.

A block of C is one of three things:

- with an #include it is a whole program, compiled by itself;
- with a function, a type or a G_DEFINE it belongs at file level; the blocks of
  one document are compiled together, so one may use what another defines;
- all else is statements: they become the body of a function, whose parameters
  (snippet.h) are the variables that they may use without declaring them.

Blocks of Python are parsed. Other languages are left alone.
"""

import argparse
import ast
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from snippets import blocks_of

FILE_LEVEL = re.compile(r'^(\{|static |typedef |struct \w+$|G_DEFINE_|G_DECLARE_|#define )', re.MULTILINE)
WHOLE = re.compile(r'^#include ', re.MULTILINE)
WARNINGS = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-Wno-unused-parameter']
FRAGMENT_WARNINGS = ['-Wno-unused-function', '-Wno-unused-variable', '-Wno-unused-but-set-variable',
                     '-Wno-missing-field-initializers']


def units_of(path, blocks):
    """Yields what to compile for one document: a name, options and the text."""
    file_level = []
    statements = []

    for block in blocks:
        marked = f'#line {block.line} "{path}"\n{block.text}'
        if WHOLE.search(block.text):
            yield f'{path.name}:{block.line} (program)', [], marked
        elif FILE_LEVEL.search(block.text):
            file_level.append(marked)
        else:
            statements.append(f'static void\nsnippet_{block.line} (SNIPPET_PARAMETERS)\n{{\n{{\n{marked}}}\n}}\n')

    if file_level or statements:
        text = '\n'.join(['#include "snippet.h"', *file_level, *statements])
        yield f'{path.name} ({len(file_level) + len(statements)} blocks)', FRAGMENT_WARNINGS, text


def compile_c(compiler, options, text):
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder, 'snippet.c')
        source.write_text(text, encoding='utf-8')
        result = subprocess.run([*compiler, '-fsyntax-only', *WARNINGS, *options, str(source)],
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return result.returncode == 0, result.stdout


def parse_python(path, block):
    try:
        compile(block.text, str(path), 'exec', flags=ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    except SyntaxError as error:
        return False, f'{path}:{block.line + (error.lineno or 1) - 1}: {error.msg}'
    return True, ''


def checks_of(path, compiler, options):
    blocks = blocks_of(path)

    for name, more, text in units_of(path, [block for block in blocks if block.language == 'c']):
        yield name, compile_c(compiler, options + more, text)
    for block in blocks:
        if block.language == 'python':
            yield f'{path.name}:{block.line} (Python)', parse_python(path, block)


def documents_of(root):
    yield from sorted(root.glob('docs/*.md'))
    yield from [root / 'README.md', root / 'CONTRIBUTING.md']
    for pattern in 'grpc-aio-glib/**/*.h', 'grpc-aio-glib/**/*.c':
        yield from sorted(root.glob(pattern))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--source-root', type=Path, required=True)
    parser.add_argument('--build-root', type=Path, required=True)
    parser.add_argument('compiler', nargs='+')
    args = parser.parse_args()

    flags = subprocess.run(['pkg-config', '--cflags', 'gio-2.0'], stdout=subprocess.PIPE, text=True, check=True).stdout
    options = [f'-I{args.source_root}', f'-I{args.build_root}', f'-I{args.source_root}/tests/docs', *flags.split()]

    number = failed = 0
    for path in documents_of(args.source_root):
        for name, (good, output) in checks_of(path, args.compiler, options):
            number += 1
            failed += not good
            print(f'{"ok" if good else "not ok"} {number} {name}')
            for line in output.splitlines():
                print(f'# {line}')
    print(f'1..{number}')

    return 1 if failed or number == 0 else 0


if __name__ == '__main__':
    sys.exit(main())
