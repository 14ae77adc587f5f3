#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Checks what a vapi says against itself and the GIR: the properties that may be null,
the parameters that may be left out, and that nothing has got lost. What is wrong is
mended in the C code's annotations or in GrpcAio-1.metadata."""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

CORE = '{http://www.gtk.org/introspection/core/1.0}'
KINDS = [CORE + tag for tag in ('bitfield', 'callback', 'class', 'enumeration', 'interface')]

CLASS = re.compile(r'\n\tpublic (?:\w+ )*(?:class|interface) (\w+)[^{]*\{(.*?)\n\t\}', re.DOTALL)
PROPERTY = re.compile(r'public ([\w.<>\[\]]+)(\??) @?(\w+) \{ ([^}]*)\}')
METHOD = re.compile(r'public (?:\w+ )*?(?:unowned )?([\w.<>\[\]]+)(\??) @?(\w+) \((.*)\)')
NUMBERS = {'bool', 'double', 'int', 'int64', 'uint', 'uint64', 'GLib.Type'}


def check_properties(vapi):
    """What a getter may return as null the property may be, too."""
    for name, body in CLASS.findall(vapi):
        getters = {method: mark for _, mark, method, arguments in METHOD.findall(body) if not arguments}
        for kind, mark, member, accessors in PROPERTY.findall(body):
            if kind in NUMBERS or 'get_' + member not in getters:
                continue
            if getters['get_' + member] != mark:
                yield f'{name}.{member} is {kind}{mark}, its getter returns {kind}{getters["get_" + member]}'


def check_cancellables(vapi):
    for line in vapi.splitlines():
        if 'GLib.Cancellable? cancellable' in line and 'GLib.Cancellable? cancellable = null' not in line:
            yield 'The cancellable has no default: ' + line.strip()


def check_async(vapi):
    """A pair that does not fit together stays two functions."""
    for line in vapi.splitlines():
        if re.search(r'\w+_finish \(|GLib\.AsyncReadyCallback', line):
            yield 'Not taken for a pair of async and finish: ' + line.strip()


def check_pointers(vapi):
    for line in vapi.splitlines():
        if re.search(r'public .*\bvoid\*', line):
            yield 'A bare pointer: ' + line.strip()


def check_types(vapi, namespace):
    for item in namespace:
        name = item.get('name')
        if item.get('introspectable') != '0' and item.tag in KINDS:
            if not re.search(rf'\n\tpublic [^\n]*\b{name}\b', vapi):
                yield f'{name} is missing'


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('vapi', type=Path)
    parser.add_argument('gir', type=Path)
    args = parser.parse_args()
    vapi = args.vapi.read_text(encoding='utf-8')
    namespace = ElementTree.parse(args.gir).getroot().find(CORE + 'namespace')
    checks = {
        'properties may be null as their getters': check_properties(vapi),
        'cancellables have a default': check_cancellables(vapi),
        'all that is asynchronous is async': check_async(vapi),
        'there are no bare pointers': check_pointers(vapi),
        'all types are there': check_types(vapi, namespace),
    }
    failed = 0

    for number, (name, problems) in enumerate(checks.items(), 1):
        problems = list(problems)
        failed += bool(problems)
        for problem in problems:
            print('#', problem)
        print('not ok' if problems else 'ok', number, name)
    print(f'1..{len(checks)}')

    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
