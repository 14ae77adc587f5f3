#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks that all strings for people are found and translated."""

import argparse
import re
import subprocess
import sys
import tempfile
from pathlib import Path

MARKED = re.compile(r'\b(?:_|N_|C_|NC_|Q_|ngettext|g_dngettext)\s*\(\s*"')
SOURCES = 'grpc-aio-glib/**/*.[ch]'
XGETTEXT_OPTIONS = ['--from-code=UTF-8', '--keyword=_', '--keyword=N_', '--keyword=C_:1c,2', '--keyword=NC_:1c,2',
                    '--keyword=g_dngettext:2,3', '--flag=g_set_error:4:c-format', '--flag=g_error_new:3:c-format',
                    '--flag=g_task_return_new_error:4:c-format', '--flag=g_strdup_printf:1:c-format', '--add-comments']


def entries_of(path):
    return [line for line in path.read_text(encoding='utf-8').splitlines() if line and not line.startswith('#')]


def run(*command):
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    return result.returncode, result.stdout.strip()


def check_order(root):
    listed = entries_of(root / 'po/POTFILES.in')
    return [f'POTFILES.in is not sorted: {line}' for line, wanted in zip(listed, sorted(set(listed))) if line != wanted]


def check_files(root):
    listed = set(entries_of(root / 'po/POTFILES.in'))
    marked = {str(path.relative_to(root)) for path in root.glob(SOURCES)
              if MARKED.search(path.read_text(encoding='utf-8'))}
    return ([f'not in POTFILES.in: {path}' for path in sorted(marked - listed)] +
            [f'in POTFILES.in without a string to translate: {path}' for path in sorted(listed - marked)])


def check_languages(root):
    listed = entries_of(root / 'po/LINGUAS')
    found = sorted(path.stem for path in root.glob('po/*.po'))
    return [] if listed == found else [f'LINGUAS says {listed}, the files are {found}']


def check_language(root, language, folder):
    po = root / 'po' / f'{language}.po'
    pot = Path(folder, 'fresh.pot')
    merged = Path(folder, f'{language}.po')

    # What msgmerge leaves untranslated or fuzzy is what changed in the sources.
    steps = [
        ('xgettext', *XGETTEXT_OPTIONS, f'--directory={root}', f'--files-from={root}/po/POTFILES.in',
         f'--output={pot}'),
        ('msgmerge', '--quiet', f'--output-file={merged}', str(po), str(pot)),
        ('msgfmt', '--check', '--output-file=/dev/null', str(po)),
        ('msgfmt', '--check', '--output-file=/dev/null', str(merged)),
    ]
    for step in steps:
        code, output = run(*step)
        if code != 0:
            return [f'{step[0]}: {output}']

    problems = []
    for what, options in (('not translated', ['--untranslated', '--no-obsolete']),
                          ('fuzzy', ['--only-fuzzy', '--no-obsolete']),
                          ('obsolete', ['--only-obsolete'])):
        _, output = run('msgattrib', *options, '--no-wrap', str(merged))
        problems += [f'{what}: {line}' for line in re.findall(r'^(?:#~ )?msgid (".+")$', output, re.MULTILINE)
                     if line != '""']
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('root', type=Path)
    root = parser.parse_args().root.resolve()

    checks = [('POTFILES.in is sorted', check_order(root)),
              ('POTFILES.in lists what is marked', check_files(root)),
              ('LINGUAS lists what is there', check_languages(root))]
    with tempfile.TemporaryDirectory() as folder:
        for language in entries_of(root / 'po/LINGUAS'):
            checks.append((f'{language}.po is complete', check_language(root, language, folder)))

    for number, (name, problems) in enumerate(checks, 1):
        print(f'{"not ok" if problems else "ok"} {number} {name}')
        for problem in problems:
            for line in problem.splitlines():
                print(f'# {line}')
    print(f'1..{len(checks)}')

    return 1 if any(problems for _, problems in checks) else 0


if __name__ == '__main__':
    sys.exit(main())
