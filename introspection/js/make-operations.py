#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes a script that lists the functions of a GIR that end in `_async`, for the
override to have them return promises."""

import argparse
import json
import pathlib
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'

# The cancellable, the callback and its data.
N_COMMON = 3


def describe(owner, function):
    parameters = function.findall(f'{CORE}parameters/{CORE}parameter')[:-N_COMMON]
    is_nullable = [parameter.get('nullable') == '1' for parameter in parameters]
    name = function.get('name')
    if sorted(is_nullable) != is_nullable:
        raise SystemExit(f'{owner}.{name}: what must be given comes after what need not be')

    return {
        'type': owner,
        'isStatic': function.tag == CORE + 'function',
        'name': name.removesuffix('_async'),
        'arguments': len(parameters),
        'required': is_nullable.count(False),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('--gir', type=pathlib.Path, required=True)
    parser.add_argument('--output', type=pathlib.Path, required=True)
    arguments = parser.parse_args()

    namespace = ElementTree.parse(arguments.gir).getroot().find(CORE + 'namespace')
    operations = [describe(owner.get('name'), function) for owner in namespace for function in owner
                  if function.tag in (CORE + 'method', CORE + 'function') and function.get('name').endswith('_async')]
    lines = [f'    {json.dumps(operation)},\n' for operation in operations]
    arguments.output.write_text(
        '// SPDX' + '-License-Identifier: LGPL-2.1-or-later\n\n// Made of the GIR by make-operations.py.\n\n'
        f'/* exported operations */\n\nvar operations = [\n{"".join(lines)}];\n', encoding='utf-8')


if __name__ == '__main__':
    main()
