#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Makes code of many .proto files, compiles it in C and C++ with all warnings,
makes GIR, typelib and vapi of it with all warnings, and compiles a program in Vala
that creates each message."""

import argparse
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from generate import Tap, protoc, run  # noqa: E402

GRPC_PROTO = Path('/usr/share/grpc-proto')

# It imports a file of Envoy's, which no package has.
WITHOUT_IMPORTS = {'grpc/tls/provider/meshca/experimental/config.proto'}

# Namespaces that the library installs.
INSTALLED = {'GoogleProtobuf': 'google-protobuf-1', 'GoogleRpc': 'google-rpc-1'}


def camel(word):
    return ''.join(part[:1].upper() + part[1:] for part in re.split('_+', word))


def lower(word):
    """The start of functions: a capital begins a word, but in a run of capitals
    only the last does."""
    return re.sub('(?<=[^A-Z_])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])', '_', word).lower()


def namespace_of(text, name):
    package = re.search(r'^package ([\w.]+);', text, re.M)
    if package:
        return ''.join(camel(part) for part in package[1].split('.'))
    return camel(re.sub('[^A-Za-z0-9]', '_', Path(name).stem))


class Corpus:
    def __init__(self, arguments, folder):
        self.build = Path(arguments.build_root)
        self.source = Path(arguments.source_root)
        self.protobuf = Path(arguments.protobuf_include)
        self.plugin = arguments.plugin
        self.folder = Path(folder)
        self.include = [self.source / 'tests/codegen/protos', self.source / 'grpc-aio-glib', GRPC_PROTO, self.protobuf]
        self.files = {}
        self.find(self.source / 'tests/codegen/protos', '*.proto')
        self.find(self.source / 'grpc-aio-glib', 'google/rpc/*.proto')
        self.find(self.protobuf, 'google/protobuf/**/*.proto')
        if GRPC_PROTO.is_dir():
            self.find(GRPC_PROTO, '**/*.proto')
        flags = subprocess.run(['pkg-config', '--cflags', 'gio-2.0', 'libprotobuf-c'], check=True, capture_output=True, text=True)
        self.flags = ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-I.', f'-I{self.source}', f'-I{self.build}',
                      f'-I{self.build}/grpc-aio-glib', *flags.stdout.split()]
        libs = subprocess.run(['pkg-config', '--libs', 'gio-2.0', 'libprotobuf-c'], check=True, capture_output=True, text=True)
        self.libs = [f'-L{self.build}/grpc-aio-glib', '-l:libgrpc-aio-glib-1.so.0', *libs.stdout.split()]
        self.environment = os.environ | {
            'LD_LIBRARY_PATH': f'{self.build}/grpc-aio-glib:{folder}',
            'GI_TYPELIB_PATH': f'{self.build}/introspection:{folder}',
            'XDG_CACHE_HOME': f'{folder}/cache',
        }

    def find(self, root, pattern):
        for path in sorted(root.glob(pattern)):
            name = str(path.relative_to(root))
            if name not in WITHOUT_IMPORTS and not name.startswith('google/protobuf/unittest'):
                self.files.setdefault(name, path)

    def imports(self, name):
        text = self.files[name].read_text(encoding='utf-8')
        for other in re.findall(r'^import (?:public |weak )?"([^"]+)";|import weak "([^"]+)";', text, re.M):
            yield other[0] or other[1]

    def namespaces(self):
        """Names of files by namespace, in an order in which imports come first."""
        order = []

        def visit(name):
            if name not in order:
                for other in self.imports(name):
                    visit(other)
                order.append(name)

        for name in self.files:
            visit(name)
        found = {}
        for name in order:
            found.setdefault(namespace_of(self.files[name].read_text(encoding='utf-8'), name), []).append(name)
        return found

    def run(self, *command):
        return run(*command, cwd=self.folder, env=self.environment)

    def sources(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob('*.c'))

    def check_compiler(self, compiler):
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            results = pool.map(lambda source: self.run(compiler, *self.flags, '-fsyntax-only', source), self.sources())
        output = ''.join(text for good, text in results if not good or text)
        return output == '', output

    def check_cpp(self, compiler):
        main = self.folder / 'main.cc'
        main.write_text(''.join(f'#include "{path.relative_to(self.folder)}"\n' for path in sorted(self.folder.rglob('*.h'))),
                        encoding='utf-8')
        return self.run(compiler, '-Wall', '-Wextra', '-Werror', '-fsyntax-only', *self.flags[4:], main)

    def build_library(self):
        """Everything but what is in the library already."""
        sources = [source for source in self.sources() if not re.fullmatch(r'google/(protobuf|rpc)/[^/]*', source)]
        return self.run('cc', *self.flags, '-shared', '-fPIC', '-o', 'libcorpus.so', *sources, *self.libs)

    def check_gir(self, namespace, names, before):
        bases = [name.removesuffix('.proto') for name in names]
        includes = [f'--include-uninstalled={self.build}/introspection/{name}-1.gir' for name in ('GrpcAio', *INSTALLED)]
        includes += [f'--include-uninstalled={name}-1.gir' for name in before]
        packages = ['--pkg=grpc-aio-glib-1', *(f'--pkg={name}' for name in INSTALLED.values()), *(f'--pkg={name.lower()}-1' for name in before)]
        folders = [f'--{kind}={folder}' for kind in ('vapidir', 'girdir') for folder in (f'{self.build}/introspection', '.')]

        for command in [
                ['g-ir-scanner', '--quiet', '--warn-all', '--warn-error', '--no-libtool', f'--namespace={namespace}', '--nsversion=1',
                 f'--identifier-prefix={namespace}', '--include=Gio-2.0', *includes, *(f'--c-include={base}.grpc-aio.h' for base in bases),
                 *(flag for flag in self.flags if not flag.startswith(('-W', '-std'))), '--library=corpus', '-L.',
                 *(flag for flag in self.libs if not flag.startswith('-l:')), f'--symbol-prefix={lower(namespace)}',
                 f'--output={namespace}-1.gir', *(f'{base}.grpc-aio.{end}' for base in bases for end in 'ch')],
                ['g-ir-compiler', f'--includedir={self.build}/introspection', '--includedir=.', f'{namespace}-1.gir',
                 '-o', f'{namespace}-1.typelib'],
                ['vapigen', '--quiet', f'--library={namespace.lower()}-1', *folders, '--pkg=gio-2.0', *packages, f'{namespace}-1.gir'],
        ]:
            good, output = self.run(*command)
            if not good or output:
                return False, output
        return True, ''

    def check_vala(self, namespaces):
        lines = []
        for namespace in namespaces:
            vapi = (self.folder / f'{namespace.lower()}-1.vapi').read_text(encoding='utf-8')
            for name in re.findall(r'public sealed class (\w+) : GrpcAio.Message', vapi):
                lines.append(f'    n_bytes += new {namespace}.{name} ().to_bytes ().length;')
            for name in re.findall(r'public class (\w+) : GrpcAio.Service', vapi):
                lines.append(f'    n_bytes += new {namespace}.{name} ().name.length;')
        (self.folder / 'main.vala').write_text('public void main () throws Error {\n    int n_bytes = 0;\n' + '\n'.join(lines) +
                                               '\n    assert (n_bytes > 0);\n}\n', encoding='utf-8')
        packages = ['gio-2.0', 'grpc-aio-glib-1', *INSTALLED.values(), *(f'{name.lower()}-1' for name in namespaces)]
        good, output = self.run('valac', '--fatal-warnings', '--enable-deprecated', '-C', f'--vapidir={self.build}/introspection', '--vapidir=.',
                                *(f'--pkg={package}' for package in packages), 'main.vala')
        if not good or output:
            return False, output
        return self.run('cc', '-w', *self.flags[4:], 'main.c', '-o', 'main', '-L.', '-lcorpus', *self.libs)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in '--plugin', '--build-root', '--source-root', '--protobuf-include':
        parser.add_argument(option, required=True)
    parser.add_argument('--compiler', action='append', default=[])
    parser.add_argument('--cpp', action='append', default=[])
    parser.add_argument('--gir', action='store_true')
    parser.add_argument('--vala', action='store_true')
    arguments = parser.parse_args()
    tap = Tap()

    with tempfile.TemporaryDirectory() as folder:
        corpus = Corpus(arguments, folder)
        good, output = protoc(corpus.plugin, folder, corpus.include, corpus.files)
        tap.result(good and output == '', f'{len(corpus.files)} files', output)
        for compiler in arguments.compiler:
            good, output = corpus.check_compiler(compiler)
            tap.result(good, compiler, output)
        for compiler in arguments.cpp:
            good, output = corpus.check_cpp(compiler)
            tap.result(good and output == '', compiler, output)

        if arguments.gir:
            good, output = corpus.build_library()
            tap.result(good, 'library', output)
            done = []
            for namespace, names in corpus.namespaces().items():
                if namespace in INSTALLED:
                    continue
                good, output = corpus.check_gir(namespace, names, done)
                tap.result(good, f'GIR of {namespace}', output)
                if good:
                    done.append(namespace)
            if arguments.vala:
                good, output = corpus.check_vala(done)
                if good:
                    good, output = corpus.run('./main')
                tap.result(good and output == '', f'Vala, {len(done)} namespaces', output)

    tap.end()


main()
