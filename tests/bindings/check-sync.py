#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks that each operation of the GIR has its three functions: x_async,
x_finish and x_sync, with the same arguments and the same result."""

import argparse
import sys
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'


def read_functions(path):
    """Returns for each type a dictionary of its functions."""
    namespace = ElementTree.parse(path).getroot().find(CORE + 'namespace')
    tags = [CORE + tag for tag in ('constructor', 'function', 'method')]
    types = {'': namespace}
    types.update((item.get('name'), item) for item in namespace if any(child.tag in tags for child in item))

    return {name: {item.get('name'): item for item in parent if item.tag in tags} for name, parent in types.items()}


def arguments_of(function):
    parameters = function.find(CORE + 'parameters')

    return [parameter.get('name') for parameter in parameters.findall(CORE + 'parameter')]


def result_of(function):
    value = function.find(CORE + 'return-value')
    kind = value.find(CORE + 'type')

    return (kind if kind is not None else value.find(CORE + 'array')).get(C + 'type'), value.get('transfer-ownership')


def find_problems(functions, name):
    stem = name.removesuffix('_async')
    missing = [stem + suffix for suffix in ('_finish', '_sync') if stem + suffix not in functions]
    if missing:
        return ['there is no ' + other for other in missing]

    begin, end, block = (functions[stem + suffix] for suffix in ('_async', '_finish', '_sync'))
    problems = []
    if arguments_of(begin)[-2:] != ['callback', 'user_data']:
        problems.append('it does not end with callback and user_data')
    if arguments_of(begin)[:-2] != arguments_of(block):
        problems.append(f'{stem}_sync has other arguments')
    if result_of(end) != result_of(block):
        problems.append(f'{stem}_sync has another result than {stem}_finish')
    if not all(function.get('throws') for function in (end, block)):
        problems.append('its ends have no error')

    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('gir')
    types = read_functions(parser.parse_args().gir)

    operations = [(prefix, name) for prefix, functions in sorted(types.items())
                  for name in sorted(functions) if name.endswith('_async')]
    print(f'1..{len(operations) + 1}')
    is_good = True
    for number, (prefix, name) in enumerate(operations, 1):
        problems = find_problems(types[prefix], name)
        for problem in problems:
            print('#', problem)
        print('not ok' if problems else 'ok', number, f'{prefix}.{name}')
        is_good = is_good and not problems

    # A check that finds nothing checks nothing.
    print('ok' if operations else 'not ok', len(operations) + 1, 'there are operations')

    return 0 if is_good and operations else 1


if __name__ == '__main__':
    sys.exit(main())
