#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes one script of the ES modules in grpc-aio-glib/, which the override can load
at once.

A module of an application is linked before it runs, so it cannot import from a
resource that the override is yet to register; and to wait for import () at the top
level makes GJS run the rest of a program as a job, in which no other job runs. So
what index.js exports stands in the namespace, too, as GrpcAio.rpc.

The modules are written so that a few patterns find all imports and exports. What
they do not find fails here.
"""

import argparse
import pathlib
import re

IMPORT_GI = re.compile(r"^import (\w+) from 'gi://(\w+)(?:\?version=\d+)?';$", re.MULTILINE)
IMPORT_OWN = re.compile(r"^import \{([^}]*)\} from '\./([\w-]+\.js)';$", re.MULTILINE)
EXPORT = re.compile(r'^export ((?:async )?(?:class|function|const) (\w+))', re.MULTILINE)
EXPORT_FROM = re.compile(r"^export \{([^}]*)\} from '\./([\w-]+\.js)';$", re.MULTILINE)
REST = re.compile(r'^(?:import|export)\b.*$', re.MULTILINE)


def names_of(text):
    return [name.strip() for name in text.split(',') if name.strip()]


def convert(name, text):
    """Returns the text of a function that returns what the module exports."""
    text = IMPORT_GI.sub(r'const \1 = imports.gi.\2;', text)
    text = IMPORT_OWN.sub(r"const {\1} = modules['\2'];", text)
    exported = [match[1] for match in EXPORT.findall(text)]
    text = EXPORT.sub(r'\1', text)
    rest = REST.search(text)
    if rest:
        raise SystemExit(f'{name}: what is this? {rest[0]}')

    return f"modules['{name}'] = (() => {{\n{text}\nreturn {{{', '.join(exported)}}};\n}})();\n"


def order(texts):
    """Returns the names of the modules, each after those that it imports."""
    done = []

    def visit(name, path):
        if name in path:
            raise SystemExit(f"These import each other: {' '.join(path)}")
        if name in done:
            return
        for _, other in IMPORT_OWN.findall(texts[name]):
            visit(other, [*path, name])
        done.append(name)

    for name in sorted(texts):
        visit(name, [])

    return done


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('--script', type=pathlib.Path, required=True, help='where the script goes')
    parser.add_argument('--module', type=pathlib.Path, required=True, help='where a module goes that exports the same')
    parser.add_argument('--index', type=pathlib.Path, required=True, help='what is exported')
    parser.add_argument('modules', nargs='+', type=pathlib.Path)
    arguments = parser.parse_args()

    licence = '// SPDX' + '-License-Identifier: LGPL-2.1-or-later\n\n'  # Apart, for reuse: this is not of this file.
    texts = {path.name: path.read_text(encoding='utf-8') for path in arguments.modules}
    script = f'{licence}/* exported rpc */\n\nvar rpc = (() => {{\nconst modules = {{}};\n'
    script += ''.join(convert(name, texts[name]) for name in order(texts))

    exported = []
    for names, name in EXPORT_FROM.findall(arguments.index.read_text(encoding='utf-8')):
        script += f"const {{{names}}} = modules['{name}'];\n"
        exported += names_of(names)
    script += f"return Object.freeze({{{', '.join(exported)}}});\n}})();\n"
    arguments.script.write_text(script, encoding='utf-8')

    arguments.module.write_text(
        f"{licence}import GrpcAio from 'gi://GrpcAio?version=1';\n\n"
        f"export const {{{', '.join(exported)}}} = GrpcAio.rpc;\n", encoding='utf-8')


if __name__ == '__main__':
    main()
