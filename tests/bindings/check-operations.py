#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks that each function of the GIR that ends in `_async` is one that a port can
launch, and that the override for JavaScript makes a promise of, with as many arguments."""

import argparse
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'

# Of make-operations.py, for C: the name, the type, the function, how much it takes.
ENTRY = re.compile(r'^  \{ "([\w.]+)", (\w+), \(GCallback\) (\w+), (\d+), \{ (.*) \} \},$', re.MULTILINE)


def read_gir(path):
    """Returns the operations by their symbols, as (type, whether it needs no object,
    name, arguments)."""
    operations = {}
    for owner in ElementTree.parse(path).getroot().find(CORE + 'namespace'):
        for tag in ('method', 'function'):
            for function in owner.findall(CORE + tag):
                name = function.get('name')
                if name.endswith('_async'):
                    names = [item.get('name') for item in function.iter(CORE + 'parameter')]
                    operations[function.get(C + 'identifier')] = (
                        owner.get('name'), tag == 'function', name, names.index('cancellable'))

    return operations


def find_problem_in_c(entries, symbol, operation):
    owner, is_static, name, n_arguments = operation
    if symbol not in entries:
        return 'is not in C'
    shown_name, get_type, shown_count, types = entries[symbol]
    is_same = (shown_name, get_type == 'NULL') == (f'{owner}.{name}' if is_static else name, is_static)
    if not is_same or int(shown_count) != n_arguments or len(re.findall(r'\w+_get_type', types)) != n_arguments:
        return 'is something else in C'

    return None


def find_problem_in_js(entries, operation):
    owner, is_static, name, n_arguments = operation
    entry = entries.get((owner, name))
    if entry is None:
        return 'is not in JavaScript'
    if (entry['isStatic'], entry['arguments']) != (is_static, n_arguments) or entry['required'] > n_arguments:
        return 'is something else in JavaScript'

    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('gir', type=pathlib.Path)
    parser.add_argument('c', type=pathlib.Path, help='the table of the library')
    parser.add_argument('js', type=pathlib.Path, help='that of the override')
    arguments = parser.parse_args()

    operations = read_gir(arguments.gir)
    of_c = {symbol: (name, get_type, count, types)
            for name, get_type, symbol, count, types in ENTRY.findall(arguments.c.read_text(encoding='utf-8'))}
    lines = re.findall(r'^    (\{.*\}),$', arguments.js.read_text(encoding='utf-8'), re.MULTILINE)
    of_js = {(entry['type'], f'{entry["name"]}_async'): entry for entry in map(json.loads, lines)}

    print(f'1..{len(operations) + 1}')
    is_good = True
    for number, (symbol, operation) in enumerate(sorted(operations.items()), 1):
        problem = find_problem_in_c(of_c, symbol, operation) or find_problem_in_js(of_js, operation)
        if problem:
            print('#', symbol, problem)
        print('not ok' if problem else 'ok', number, f'{operation[0]}.{operation[2]}')
        is_good = is_good and not problem

    is_complete = len(operations) > 0 and len(of_c) == len(of_js) == len(operations)
    print('ok' if is_complete else 'not ok', len(operations) + 1, 'and no others')

    return 0 if is_good and is_complete else 1


if __name__ == '__main__':
    sys.exit(main())
