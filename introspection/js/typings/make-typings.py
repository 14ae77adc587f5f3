#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes TypeScript declarations of a GIR, as GJS shows it.

With --promises functions that end in `_async` return a promise when they are given no
callback, as overrides/GrpcAio.js has it.
"""

import argparse
import pathlib
import xml.etree.ElementTree as ElementTree

CORE = '{http://www.gtk.org/introspection/core/1.0}'
GLIB = '{http://www.gtk.org/introspection/glib/1.0}'
C = '{http://www.gtk.org/introspection/c/1.0}'

BASIC = {
    'none': 'void', 'gboolean': 'boolean', 'utf8': 'string', 'filename': 'string', 'gunichar': 'string',
    'gpointer': 'any', 'gconstpointer': 'any', 'GType': 'GObject.GType', 'va_list': 'any',
}
NUMBERS = [
    'gchar', 'guchar', 'gint', 'guint', 'gshort', 'gushort', 'glong', 'gulong', 'gint8', 'guint8', 'gint16', 'guint16',
    'gint32', 'guint32', 'gint64', 'guint64', 'gsize', 'gssize', 'gfloat', 'gdouble', 'time_t', 'off_t', 'pid_t',
    'uid_t', 'gid_t', 'dev_t', 'socklen_t', 'long double', 'gintptr', 'guintptr', 'guint16',
]
BASIC.update(dict.fromkeys(NUMBERS, 'number'))
RESERVED = {
    'break', 'case', 'catch', 'class', 'const', 'continue', 'default', 'delete', 'do', 'else', 'enum', 'export',
    'extends', 'false', 'finally', 'for', 'function', 'if', 'import', 'in', 'instanceof', 'new', 'null', 'return',
    'super', 'switch', 'this', 'throw', 'true', 'try', 'typeof', 'var', 'void', 'while', 'with', 'arguments', 'eval',
}


def camel(name):
    head, *rest = name.replace('-', '_').split('_')
    return head + ''.join(part.capitalize() for part in rest)


BASE = ('GLib', 'GObject', 'Gio')


class Generator:
    def __init__(self, path, promises=False, others=()):
        root = ElementTree.parse(path).getroot()
        self.namespace = root.find(CORE + 'namespace')
        self.name = self.namespace.get('name')
        self.version = self.namespace.get('version')
        self.includes = [(item.get('name'), item.get('version')) for item in root.findall(CORE + 'include')]
        self.promises = promises
        self.others = dict(other.split('=') for other in others)
        self.spaces = [*BASE, *self.others]
        self.enums = {f'{self.name}.{item.get("name")}' for tag in ('enumeration', 'bitfield')
                      for item in self.namespace.findall(CORE + tag)}
        self.lines = []

    def emit(self, text, depth=2):
        self.lines.append('    ' * depth + text if text else '')

    def document(self, item, depth):
        doc = item.find(CORE + 'doc')
        if doc is None or self.name in BASE:
            return
        first = ' '.join(doc.text.partition('\n\n')[0].split()).replace('*/', '* /')
        self.emit(f'/** {first} */', depth)

    # Types

    def named(self, name):
        if name in BASIC:
            return BASIC[name]
        if name in ('GLib.List', 'GLib.SList'):
            return 'any[]'
        if '.' in name:
            space = name.partition('.')[0]
            return name if space in (*self.spaces, self.name) else 'any'
        return f'{self.name}.{name}'

    def type_of(self, item):
        array = item.find(CORE + 'array')
        if array is not None:
            inner = self.type_of(array)
            kind = array.find(CORE + 'type')
            if array.get('name') == 'GLib.ByteArray' or kind is not None and kind.get('name') in ('guint8', 'guchar'):
                return 'Uint8Array'
            return f'{inner}[]' if inner.replace('.', '').isalnum() else f'Array<{inner}>'
        kind = item.find(CORE + 'type')
        if kind is None:
            return 'any'
        name = kind.get('name') or 'gpointer'
        inner = [self.type_of_type(other) for other in kind.findall(CORE + 'type')]
        if name in ('GLib.List', 'GLib.SList') and inner:
            return f'Array<{inner[0]}>'
        if name == 'GLib.HashTable':
            return f'{{[key: string]: {inner[1] if len(inner) > 1 else "any"}}}'
        return self.named(name)

    def type_of_type(self, kind):
        wrapper = ElementTree.Element('x')
        wrapper.append(kind)
        return self.type_of(wrapper)

    # Functions

    def split(self, item):
        """Returns the parameters that JavaScript gives, and those that it gets."""
        parameters = item.find(CORE + 'parameters')
        every = parameters.findall(CORE + 'parameter') if parameters is not None else []
        hidden = set()
        for parameter in every:
            for attribute in ('closure', 'destroy'):
                if parameter.get(attribute):
                    index = int(parameter.get(attribute))
                    if every[index] is not parameter:
                        hidden.add(index)
        for holder in [*every, item.find(CORE + 'return-value')]:
            array = holder.find(CORE + 'array') if holder is not None else None
            if array is not None and array.get('length'):
                hidden.add(int(array.get('length')))
        shown = [p for i, p in enumerate(every) if i not in hidden and p.find(CORE + 'varargs') is None]
        given = [p for p in shown if p.get('direction', 'in') in ('in', 'inout')]
        got = [p for p in shown if p.get('direction', 'in') in ('out', 'inout')]
        return given, got

    def parameters(self, given, may_be_left_out=True):
        texts = []
        optional = may_be_left_out
        for parameter in reversed(given):
            nullable = parameter.get('nullable') == '1' or parameter.get('allow-none') == '1'
            optional = optional and nullable
            name = parameter.get('name').replace('-', '_')
            name = f'{name}_' if name in RESERVED else name
            kind = self.type_of(parameter)
            texts.insert(0, f'{name}{"?" if optional else ""}: {kind}{" | null" if nullable else ""}')
        return texts

    def result(self, item, got):
        value = item.find(CORE + 'return-value')
        kind = self.type_of(value) if value is not None else 'void'
        if value is not None and value.get('nullable') == '1' and kind != 'any':
            kind += ' | null'
        kinds = ([] if kind == 'void' else [kind]) + [self.type_of(p) for p in got]
        if not kinds:
            return 'void'
        return kinds[0] if len(kinds) == 1 else f'[{", ".join(kinds)}]'

    def callable(self, item, prefix, depth, name=None, owner=None):
        name = name or item.get('shadows') or item.get('name')
        if item.get('shadowed-by'):
            return
        given, got = self.split(item)
        self.document(item, depth)
        # What fits first, counts.
        if self.promises and owner is not None and name.endswith('_async'):
            self.promise(item, prefix, owner, depth)
        self.emit(f'{prefix}{name}({", ".join(self.parameters(given))}): {self.result(item, got)};', depth)

    def promise(self, item, prefix, owner, depth):
        name = item.get('name')
        ends = [member for member in owner if member.get('name') == name.removesuffix('_async') + '_finish']
        finish = next(member for member in ends if member.find(CORE + 'return-value') is not None)
        given, _ = self.split(item)
        own = self.parameters(given[:-2])
        own.append('cancellable?: Gio.Cancellable | AbortSignalLike | null')
        self.emit(f'{prefix}{name}({", ".join(own)}): Promise<{self.result(finish, [])}>;', depth)

    # Members

    def enumeration(self, item):
        self.document(item, 2)
        if item.get(GLIB + 'error-domain'):
            self.emit(f'class {item.get("name")} extends GLib.Error {{')
            self.emit('constructor(options: {code: number; message: string});', 3)
            for member in item.findall(CORE + 'member'):
                name = member.get('name').upper()
                self.emit(f"static {repr(name) if name[0].isdigit() else name}: number;", 3)
            if self.name == 'GrpcAio':
                for text in ('readonly details: string;', 'readonly initial_metadata: GrpcAio.Metadata | null;',
                             'readonly trailing_metadata: GrpcAio.Metadata | null;',
                             'readonly debug_string: string | null;'):
                    self.emit(text, 3)
        else:
            self.emit(f'enum {item.get("name")} {{')
            for member in item.findall(CORE + 'member'):
                name = member.get('name').upper()
                self.emit(f"{repr(name) if name[0].isdigit() else name} = {member.get('value')},", 3)
            self.emit('}')
            return
        for function in item.findall(CORE + 'function'):
            if function.get('introspectable') != '0':
                self.callable(function, 'static ', 3)
        self.emit('}')

    def properties(self, item):
        for prop in item.findall(CORE + 'property'):
            kind = self.type_of(prop)
            nullable = '' if kind in ('boolean', 'number', 'any') or kind in self.enums else ' | null'
            for name in dict.fromkeys([prop.get('name').replace('-', '_'), camel(prop.get('name'))]):
                yield name, kind + nullable, prop.get('writable') == '1'

    def container(self, item):
        name = item.get('name')
        kind = item.tag.replace(CORE, '')
        parent = item.get('parent')
        methods = {m.get('name') for m in item.findall(CORE + 'method')}

        if kind in ('class', 'interface'):
            base = self.named(parent) if parent and self.named(parent) != 'any' else None
            if kind == 'interface':
                base = 'GObject.Object' if name != 'Object' else None
            implemented = [self.named(i.get('name')) for i in item.findall(CORE + 'implements')]
            implemented = [i for i in implemented if i != 'any']
            sources = [*([base] if base else []), *implemented] if kind == 'class' else []
            extends = f' extends {", ".join(f"{source}Properties" for source in sources)}' if sources else ''
            self.emit(f'interface {name}Properties{extends} {{')
            for property_name, property_type, is_writable in self.properties(item):
                if is_writable:
                    self.emit(f'{property_name}?: {property_type};', 3)
            self.emit('}')
            self.document(item, 2)
            if implemented:
                self.emit(f'interface {name} extends {", ".join(implemented)} {{}}')
            self.emit(f'class {name}{f" extends {base}" if base else ""} {{')
            self.emit('static $gtype: GObject.GType;', 3)
            self.emit(f'constructor(properties?: {name}Properties);', 3)
        else:
            self.document(item, 2)
            self.emit(f'class {name} {{')
            self.emit('static $gtype: GObject.GType;', 3)
            self.emit('constructor(...args: any[]);', 3)
            for field in item.findall(CORE + 'field'):
                if field.get('name') not in methods and not field.get('private'):
                    name = field.get('name').replace('-', '_')
                    self.emit(f"{repr(name) if name[0].isdigit() else name}: {self.type_of(field)};", 3)

        for property_name, property_type, is_writable in self.properties(item):
            if property_name not in methods:
                self.emit(f'{"" if is_writable else "readonly "}{property_name}: {property_type};', 3)
        for signal in item.findall(GLIB + 'signal'):
            arguments = ', '.join([f'source: {self.name}.{name}', *self.parameters(self.split(signal)[0], may_be_left_out=False)])
            self.emit(f"connect(signal: '{signal.get('name')}', callback: ({arguments}) => "
                      f'{self.result(signal, [])}): number;', 3)
        if kind in ('class', 'interface') and item.findall(GLIB + 'signal'):
            self.emit('connect(signal: string, callback: (...args: any[]) => any): number;', 3)
        for tag, prefix in (('constructor', 'static '), ('function', 'static '), ('method', ''), ('virtual-method', '')):
            for member in item.findall(CORE + tag):
                if member.get('introspectable') == '0':
                    continue
                own = f'vfunc_{member.get("name")}' if tag == 'virtual-method' else member.get('name')
                self.callable(member, prefix, 3, own, item)
        if self.name == 'GrpcAio':
            self.extras(name)
        self.emit('}')

    def extras(self, name):
        """What the override adds."""
        if name == 'Call':
            self.emit('then?: PromiseLike<GLib.Bytes>["then"];', 3)
        if name in ('Call', 'ServicerContext'):
            self.emit('[Symbol.asyncIterator](): AsyncGenerator<GLib.Bytes>;', 3)
        if name == 'Metadata':
            self.emit('[Symbol.iterator](): Generator<[string, string | Uint8Array]>;', 3)

    def generate(self):
        self.emit('// SPDX-License-Identifier: LGPL-2.1-or-later', 0)
        self.emit('// Made of the GIR by make-typings.py.', 0)
        self.emit('', 0)
        self.emit(f"declare module 'gi://{self.name}?version={self.version}' {{", 0)
        versions = {**dict(self.includes), **self.others}
        for space in self.spaces:
            if space != self.name:
                self.emit(f"import type {space} from 'gi://{space}?version={versions.get(space, '2.0')}';", 1)
        self.emit(f'export namespace {self.name} {{', 1)
        if self.promises:
            self.emit('interface AbortSignalLike {')
            self.emit('readonly aborted: boolean;', 3)
            self.emit("addEventListener(type: 'abort', listener: () => void): void;", 3)
            self.emit('}')
        for item in self.namespace:
            if item.get('introspectable') == '0' or item.get(GLIB + 'is-gtype-struct-for'):
                continue
            tag = item.tag.replace(CORE, '')
            if tag in ('enumeration', 'bitfield'):
                self.enumeration(item)
            elif tag in ('class', 'interface', 'record', 'union'):
                self.container(item)
            elif tag == 'callback':
                given, got = self.split(item)
                parameters = ', '.join(self.parameters(given, may_be_left_out=False))
                self.emit(f'type {item.get("name")} = ({parameters}) => {self.result(item, got)};')
            elif tag == 'function' and item.get('name') not in RESERVED:
                self.callable(item, 'function ', 2)
            elif tag == 'constant' and not item.get('name')[0].isdigit():
                self.emit(f'const {item.get("name")}: {self.type_of(item)};')
            elif tag == 'alias':
                self.emit(f'type {item.get("name")} = {self.type_of(item)};')
        if self.name == 'GrpcAio':
            self.emit("const rpc: typeof import('resource:///grpc-aio-glib-1/js/index.js');")
        self.emit('}', 1)
        self.emit(f'export default {self.name};', 1)
        self.emit('}', 0)
        self.emit('', 0)
        self.emit(f"declare module 'gi://{self.name}' {{", 0)
        self.emit(f"import {self.name} from 'gi://{self.name}?version={self.version}';", 1)
        self.emit(f'export default {self.name};', 1)
        self.emit('}', 0)

        return '\n'.join(line.rstrip() for line in self.lines) + '\n'


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition('\n\n')[0])
    parser.add_argument('--promises', action='store_true')
    parser.add_argument('--other', action='append', default=[], help='what has declarations, too, such as Gtk=4.0')
    parser.add_argument('--gir', type=pathlib.Path, required=True)
    parser.add_argument('--output', type=pathlib.Path, required=True)
    arguments = parser.parse_args()
    arguments.output.write_text(Generator(arguments.gir, arguments.promises, arguments.other).generate(), encoding='utf-8')


if __name__ == '__main__':
    main()
