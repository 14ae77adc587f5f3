#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes the table of the functions that grpc_aio_port_launch () knows, of the public
headers: all methods, and functions of classes, that end in `_async`.

What a header says in a way that is not known here fails."""

import argparse
import pathlib
import re

DECLARATION = re.compile(r'^void (grpc_aio_\w+_async) \(([^)]*)\);$', re.MULTILINE)
CLASS = re.compile(r'^(?:G|GRPC_AIO)_DECLARE_\w+_TYPE \((GrpcAio\w+),', re.MULTILINE)
ENDING = ['GCancellable *cancellable', 'GAsyncReadyCallback callback', 'gpointer user_data']

# What is no class, record, enum or set of flags.
FUNDAMENTAL = {
    'const char *': ('string', 'G_TYPE_STRING'),
    'double ': ('double', 'G_TYPE_DOUBLE'),
    'gboolean ': ('boolean', 'G_TYPE_BOOLEAN'),
    'gint64 ': ('int64', 'G_TYPE_INT64'),
    'guint ': ('uint', 'G_TYPE_UINT'),
    'guint64 ': ('uint64', 'G_TYPE_UINT64'),
    'int ': ('int', 'G_TYPE_INT'),
    'GVariant *': ('variant', 'G_TYPE_VARIANT'),
}
NAMED = re.compile(r'((?:G|GrpcAio)[A-Z]\w+) \*?')


def snake(name):
    """GrpcAioServicerContext is grpc_aio_servicer_context."""
    for prefix in ('GrpcAio', 'G'):
        if name.startswith(prefix):
            words = re.findall('[A-Z][a-z0-9]*', name.removeprefix(prefix))
            return '_'.join(['grpc_aio' if prefix == 'GrpcAio' else 'g', *map(str.lower, words)])
    raise SystemExit(f'What is this? {name}')


def split(parameter):
    """Divides a parameter into its type, with the space or star after it, and its name."""
    match = re.fullmatch(r'(.*[ *])(\w+)', parameter)
    return match[1], match[2]


def get_type(parameter):
    """The function that gives the GType of a parameter."""
    kind, _ = split(parameter)
    if kind in FUNDAMENTAL:
        return f'{FUNDAMENTAL[kind][0]}_get_type'
    match = NAMED.fullmatch(kind)
    if not match:
        raise SystemExit(f'What is this? {parameter}')
    return f'{snake(match[1])}_get_type'


class Operation:
    def __init__(self, function, text, owners):
        parameters = [' '.join(parameter.split()) for parameter in text.split(',')]
        if parameters[-3:] != ENDING:
            raise SystemExit(f'{function} () does not end as all do')
        own = parameters[:-3]

        self.function = function
        self.is_method = bool(own and re.fullmatch(r'GrpcAio\w+ \*self', own[0]))
        if self.is_method:
            self.owner = snake(NAMED.fullmatch(split(own.pop(0))[0])[1])
            self.name = function.removeprefix(f'{self.owner}_')
        else:
            owner = max((name for name in owners if function.startswith(f'{snake(name)}_')), key=len)
            self.owner = None
            self.name = f'{owner.removeprefix("GrpcAio")}.{function.removeprefix(snake(owner) + "_")}'
        self.types = [get_type(parameter) for parameter in own]

    def emit(self):
        get_owner = f'{self.owner}_get_type' if self.is_method else 'NULL'
        types = f'{{ {", ".join(self.types)} }}' if self.types else '{ NULL }'
        return f'  {{ "{self.name}", {get_owner}, (GCallback) {self.function}, {len(self.types)}, {types} }},'


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('--output', type=pathlib.Path, required=True)
    parser.add_argument('headers', nargs='+', type=pathlib.Path)
    arguments = parser.parse_args()

    text = '\n'.join(path.read_text(encoding='utf-8') for path in arguments.headers)
    owners = CLASS.findall(text)
    operations = [Operation(function, parameters, owners) for function, parameters in sorted(DECLARATION.findall(text))]
    used = {kind for operation in operations for kind in operation.types}

    lines = [
        '/* SPDX' + '-License-Identifier: LGPL-2.1-or-later */', '', '/* Made of the headers by make-operations.py. */', '',
        '#include <grpc-aio-glib/grpc-aio-glib.h>', '#include <grpc-aio-glib/grpc-aio-enums.h>', '',
        '#include "port/grpc-aio-port-operations-private.h"', '',
    ]
    for name, value in sorted(FUNDAMENTAL.values()):
        if f'{name}_get_type' in used:
            lines += ['static GType', f'{name}_get_type (void)', '{', f'  return {value};', '}', '']
    lines.append('const GrpcAioPortOperation grpc_aio_port_operations[] = {')
    lines += [operation.emit() for operation in operations]
    lines += ['};', '', 'const guint grpc_aio_port_n_operations = G_N_ELEMENTS (grpc_aio_port_operations);']
    arguments.output.write_text('\n'.join(lines) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
