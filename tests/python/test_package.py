#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the package promises beside its behaviour: types, documentation, the names of
grpcio, and generated code without it."""

import ast
import importlib
import importlib.util
import inspect
import os
import pathlib
import pkgutil
import subprocess
import sys
import tempfile
import textwrap
import unittest

import grpc_aio_glib

PACKAGE = pathlib.Path(grpc_aio_glib.__file__).parent

# Of grpcio's names those of the synchronous API's interceptors have no place here.
WITHOUT_PLACE = {
    'ServerInterceptor', 'StreamStreamClientInterceptor', 'StreamUnaryClientInterceptor',
    'UnaryStreamClientInterceptor', 'UnaryUnaryClientInterceptor', 'intercept_channel',
}

# Wrong uses, each with the error that mypy has for it.
WRONG = {
    "grpc.aio.insecure_channel(5)": 'arg-type',
    "grpc.aio.insecure_channel('x').unary_unary('m')(b'', timeout='long')": 'arg-type',
    "grpc.StatusCode.NOTHING": 'attr-defined',
    "grpc.aio.server(maximum_concurrent_rpcs='many')": 'arg-type',
    "grpc.ssl_server_credentials(5)": 'arg-type',
}

RIGHT = '''
import asyncio
from typing import Any, AsyncIterator, Awaitable, Callable, Optional

import grpc_aio_glib as grpc


class Tracer(grpc.aio.UnaryUnaryClientInterceptor):
    async def intercept_unary_unary(
            self,
            continuation: Callable[[grpc.aio.ClientCallDetails, Any],
                                   Awaitable['grpc.aio.UnaryUnaryCall[Any, Any]']],
            client_call_details: grpc.aio.ClientCallDetails,
            request: Any) -> 'grpc.aio.UnaryUnaryCall[Any, Any]':
        return await continuation(client_call_details, request)


async def echo(request: bytes, context: 'grpc.aio.ServicerContext[bytes, bytes]') -> bytes:
    remaining: Optional[float] = context.time_remaining()
    if remaining == 0:
        await context.abort(grpc.StatusCode.ABORTED, 'Too late')
    return request


async def count(request: bytes, context: 'grpc.aio.ServicerContext[bytes, bytes]') -> AsyncIterator[bytes]:
    yield request


async def main() -> None:
    server: grpc.aio.Server = grpc.aio.server(maximum_concurrent_rpcs=5)
    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler('test', {
        'echo': grpc.unary_unary_rpc_method_handler(echo),
        'count': grpc.unary_stream_rpc_method_handler(count),
    })])
    port: int = server.add_insecure_port('[::]:0')
    await server.start()
    async with grpc.aio.insecure_channel(f'localhost:{port}', interceptors=[Tracer()]) as channel:
        call = channel.unary_unary('/test/echo')(b'', timeout=5, metadata=(('key', 'value'),))
        try:
            response: bytes = await call
        except grpc.aio.AioRpcError as error:
            code: grpc.StatusCode = error.code()
            print(code, error.details())
        metadata: grpc.aio.Metadata = await call.initial_metadata()
        print(metadata.get_all('key'))
        async for message in channel.unary_stream('/test/count')(b''):
            print(message)
    await server.stop(None)


asyncio.run(main())
'''

def public_modules():
    yield grpc_aio_glib
    for info in pkgutil.walk_packages(grpc_aio_glib.__path__, 'grpc_aio_glib.'):
        if not any(part.startswith('_') or '_pb2' in part for part in info.name.split('.')):
            yield importlib.import_module(info.name)


def public_names(module):
    return getattr(module, '__all__', [name for name in vars(module) if not name.startswith('_')])


@unittest.skipUnless(importlib.util.find_spec('mypy'), 'without mypy')
class Types(unittest.TestCase):
    def check(self, *arguments):
        with tempfile.TemporaryDirectory() as cache:
            done = subprocess.run([sys.executable, '-m', 'mypy', '--cache-dir', cache, '--config-file',
                                   str(PACKAGE.parent / 'mypy.ini'), *arguments],
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                                  env={**os.environ, 'MYPYPATH': str(PACKAGE.parent)})
        return done

    def test_package(self):
        done = self.check('-p', 'grpc_aio_glib')
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_programs(self):
        with tempfile.TemporaryDirectory() as folder:
            program = pathlib.Path(folder) / 'program.py'
            program.write_text(RIGHT + ''.join(f'\n\ndef wrong_{index}() -> None:\n    {line}\n'
                                               for index, line in enumerate(WRONG)), encoding='utf-8')
            lines = program.read_text(encoding='utf-8').splitlines()
            done = self.check(str(program))
        errors = [line for line in done.stdout.splitlines() if ': error: ' in line]
        found = {lines[int(error.split(':')[1]) - 1].strip(): error.rsplit('[', 1)[1].rstrip(']')
                 for error in errors}
        self.assertEqual(found, WRONG, done.stdout)

    def test_marker(self):
        self.assertTrue((PACKAGE / 'py.typed').exists())


class Documentation(unittest.TestCase):
    def test_every_public_name(self):
        missing = []
        for module in public_modules():
            if not module.__doc__:
                missing.append(module.__name__)
            for name in public_names(module):
                item = getattr(module, name)
                if not getattr(item, '__module__', module.__name__).startswith('grpc_aio_glib'):
                    continue
                if not (inspect.isclass(item) or inspect.isfunction(item)):
                    continue
                if not item.__doc__:
                    missing.append(f'{module.__name__}.{name}')
                if inspect.isclass(item):
                    missing += [f'{module.__name__}.{name}.{member}' for member, value in vars(item).items()
                                if not member.startswith('_') and callable(value) and not inspect.getdoc(
                                    getattr(item, member))]
        self.assertEqual(missing, [])

    def test_no_licence_is_missing(self):
        for path in PACKAGE.rglob('*.py'):
            text = path.read_text(encoding='utf-8')
            self.assertTrue(text.startswith('# SPDX-License-Identifier: LGPL-2.1-or-later'), path)
            ast.parse(text)


class Names(unittest.TestCase):
    def in_process(self, text, expected=''):
        done = subprocess.run([sys.executable, '-c', textwrap.dedent(text)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, expected, ''))

    @unittest.skipUnless(importlib.util.find_spec('grpc'), 'without grpcio')
    def test_all_of_grpcio(self):
        self.in_process(f'''
            import grpc_aio_glib, grpc, grpc.aio
            assert set(grpc_aio_glib.aio.__all__) == set(grpc.aio.__all__)
            missing = set(grpc.__all__) - set(dir(grpc_aio_glib))
            assert missing == {WITHOUT_PLACE!r}, missing
            for name in set(grpc.__all__) - missing:
                assert hasattr(grpc_aio_glib, name)
            ''')

    @unittest.skipUnless(importlib.util.find_spec('grpc'), 'without grpcio')
    def test_shared_with_grpcio(self):
        for order in ('import grpc, grpc_aio_glib', 'import grpc_aio_glib, grpc'):
            self.in_process(f'''
                {order}, asyncio
                aio = grpc_aio_glib.aio
                assert grpc.StatusCode.OK == grpc_aio_glib.StatusCode.OK
                assert grpc_aio_glib.StatusCode.OK == grpc.StatusCode.OK
                assert grpc.StatusCode.OK != grpc_aio_glib.StatusCode.ABORTED
                assert {{grpc_aio_glib.StatusCode.OK: 1}}[grpc.StatusCode.OK] == 1

                async def refuse(request, context):
                    context.set_code(grpc.StatusCode.NOT_FOUND)

                async def main():
                    server = aio.server()
                    server.add_generic_rpc_handlers([grpc.method_handlers_generic_handler('test', {{
                        'refuse': grpc.unary_unary_rpc_method_handler(refuse)}})])
                    port = server.add_insecure_port('127.0.0.1:0')
                    await server.start()
                    async with aio.insecure_channel(f'127.0.0.1:{{port}}') as channel:
                        try:
                            await channel.unary_unary('/test/refuse')(b'')
                        except grpc.RpcError as error:
                            assert isinstance(error, grpc_aio_glib.RpcError)
                            assert isinstance(error, aio.AioRpcError)
                            assert error.code() == grpc.StatusCode.NOT_FOUND
                            print('caught')
                    await server.stop(None)

                asyncio.run(main())
                ''', 'caught\n')

    def test_without_grpcio(self):
        """Code that was generated for grpcio runs without it."""
        self.in_process('''
            # grpcio is not installed.
            from importlib.machinery import PathFinder
            find = PathFinder.find_spec
            PathFinder.find_spec = lambda name, path=None, target=None: (
                None if name == 'grpc' else find(name, path, target))

            import grpc_aio_glib
            import route_pb2, route_pb2_grpc
            import grpc, grpc.aio, grpc.experimental
            from grpc.experimental import aio
            from grpc._utilities import first_version_is_lower
            assert grpc is grpc_aio_glib and grpc.aio is aio is grpc_aio_glib.aio
            assert grpc_aio_glib.__spec__.name == 'grpc_aio_glib'
            assert grpc.aio.__spec__.name == 'grpc_aio_glib.aio'
            assert not first_version_is_lower(grpc.__version__, '99.0')
            try:
                import grpc.nothing
            except ModuleNotFoundError:
                print('found')
            ''', 'found\n')

    def test_with_grpcio_first(self):
        """The stand-in stands back where grpcio is."""
        if importlib.util.find_spec('grpc') is None:
            self.skipTest('without grpcio')
        self.in_process('''
            import grpc_aio_glib, grpc, grpc.aio
            assert grpc is not grpc_aio_glib and hasattr(grpc, '_cython')
            assert grpc.aio is not grpc_aio_glib.aio
            ''')


if __name__ == '__main__':
    unittest.main(verbosity=2)
