#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks that every file names its copyright holder and its licence.

The reuse tool reads REUSE.toml from version 4 on. An older one gets a copy of
the tree in which each file says itself what REUSE.toml says of it.
"""

import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path


def files_of(root):
    """The files under version control, or, in a release, all but those of builds."""
    result = subprocess.run(['git', '-c', f'safe.directory={root}', '-C', str(root), 'ls-files', '-z'],
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False)
    if result.returncode == 0:
        return [name for name in result.stdout.split('\0') if (root / name).is_file()]

    names = [path.relative_to(root) for path in root.rglob('*') if path.is_file()]
    return [str(name) for name in names if not re.match(r'build|\.git/|.*__pycache__/', str(name))]


def as_list(value):
    return [value] if isinstance(value, str) else value


def path_matches(pattern, name):
    parts = re.split(r'(\*\*|\*)', pattern)
    expression = ''.join({'**': '.*', '*': '[^/]*'}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, name) is not None


def annotation_of(annotations, name):
    """The last annotation that speaks of a file is the one that counts."""
    for annotation in reversed(annotations):
        if any(path_matches(pattern, name) for pattern in as_list(annotation['path'])):
            return annotation
    return {}


def write_annotation(path, annotation):
    lines = [f'{key}: {value}\n' for key in ('SPDX-FileCopyrightText', 'SPDX-License-Identifier')
             for value in as_list(annotation.get(key, []))]
    if annotation.get('precedence') == 'aggregate':
        path.write_bytes(''.join(lines).encode() + path.read_bytes())
    else:
        path.with_name(path.name + '.license').write_text(''.join(lines), encoding='utf-8')


def main():
    root = Path(sys.argv[1]).resolve()
    reuse = sys.argv[2]
    names = files_of(root)
    config = tomllib.loads((root / 'REUSE.toml').read_text(encoding='utf-8'))
    version = subprocess.run([reuse, '--version'], stdout=subprocess.PIPE, text=True, check=True).stdout

    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, 'copy')
        for name in names:
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root / name, copy / name)
            if int(re.search(r'\d+', version)[0]) < 4 and not name.startswith('LICENSES/'):
                write_annotation(copy / name, annotation_of(config['annotations'], name))

        return subprocess.run([reuse, '--root', str(copy), 'lint'], check=False).returncode


if __name__ == '__main__':
    sys.exit(main())
