# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the modules offer, and that importing them is all it takes."""

import enum
import inspect
import pickle
import subprocess
import sys
import unittest

from support import MODULE, aio, grpc

NAMES = ('init_grpc_aio shutdown_grpc_aio AioRpcError RpcContext Call UnaryUnaryCall UnaryStreamCall StreamUnaryCall '
         'StreamStreamCall Channel UnaryUnaryMultiCallable UnaryStreamMultiCallable StreamUnaryMultiCallable '
         'StreamStreamMultiCallable ClientCallDetails ClientInterceptor UnaryStreamClientInterceptor '
         'UnaryUnaryClientInterceptor StreamUnaryClientInterceptor StreamStreamClientInterceptor '
         'InterceptedUnaryUnaryCall ServerInterceptor insecure_channel server Server ServicerContext EOF '
         'secure_channel AbortError BaseError UsageError InternalError Metadata').split()
SHARED = ('ChannelConnectivity StatusCode Status RpcError RpcContext Call ChannelCredentials CallCredentials '
          'AuthMetadataContext AuthMetadataPluginCallback AuthMetadataPlugin Compression ClientCallDetails '
          'ServerCertificateConfiguration ServerCredentials LocalConnectionType RpcMethodHandler HandlerCallDetails '
          'GenericRpcHandler ServiceRpcHandler unary_unary_rpc_method_handler unary_stream_rpc_method_handler '
          'stream_unary_rpc_method_handler stream_stream_rpc_method_handler method_handlers_generic_handler '
          'ssl_channel_credentials metadata_call_credentials access_token_call_credentials '
          'composite_call_credentials composite_channel_credentials local_channel_credentials '
          'local_server_credentials alts_channel_credentials alts_server_credentials ssl_server_credentials '
          'ssl_server_certificate_configuration dynamic_ssl_server_credentials compute_engine_channel_credentials '
          'xds_channel_credentials xds_server_credentials insecure_server_credentials protos services '
          'protos_and_services').split()


def parameters(function):
    return [(parameter.name, parameter.kind.name, parameter.default)
            for parameter in inspect.signature(function).parameters.values() if parameter.name != 'self']


NO = inspect.Parameter.empty
P = 'POSITIONAL_OR_KEYWORD'


class Names(unittest.TestCase):
    def test_aio(self):
        for name in NAMES:
            self.assertTrue(hasattr(aio, name), name)

    def test_all(self):
        self.assertLessEqual(set(NAMES), set(aio.__all__))

    def test_shared(self):
        for name in SHARED:
            self.assertTrue(hasattr(grpc, name), name)

    def test_aio_is_an_attribute(self):
        self.assertIs(grpc.aio, aio)

    def test_docstrings(self):
        for name in NAMES:
            value = getattr(aio, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                self.assertTrue(inspect.getdoc(value) or name in ('UnaryStreamCall', 'StreamUnaryCall',
                                                                  'StreamStreamCall'), name)

    def test_exceptions(self):
        self.assertTrue(issubclass(aio.AioRpcError, grpc.RpcError))
        self.assertTrue(issubclass(grpc.RpcError, Exception))
        for name in ('AbortError', 'UsageError', 'InternalError'):
            self.assertTrue(issubclass(getattr(aio, name), aio.BaseError), name)
        self.assertTrue(issubclass(aio.BaseError, Exception))

    def test_interceptors(self):
        for name in ('UnaryUnary', 'UnaryStream', 'StreamUnary', 'StreamStream'):
            self.assertTrue(issubclass(getattr(aio, f'{name}ClientInterceptor'), aio.ClientInterceptor))

    def test_calls(self):
        for name in ('UnaryUnary', 'UnaryStream', 'StreamUnary', 'StreamStream'):
            self.assertTrue(issubclass(getattr(aio, f'{name}Call'), aio.Call))
        self.assertTrue(issubclass(aio.Call, aio.RpcContext))

    def test_end_of_stream(self):
        self.assertFalse(aio.EOF)
        self.assertEqual(str(aio.EOF), '<grpc.aio.EOF>')


class Signatures(unittest.TestCase):
    def test_insecure_channel(self):
        self.assertEqual(parameters(aio.insecure_channel), [
            ('target', P, NO), ('options', P, None), ('compression', P, None), ('interceptors', P, None)])

    def test_secure_channel(self):
        self.assertEqual(parameters(aio.secure_channel), [
            ('target', P, NO), ('credentials', P, NO), ('options', P, None), ('compression', P, None),
            ('interceptors', P, None)])

    def test_server(self):
        self.assertEqual(parameters(aio.server), [
            ('migration_thread_pool', P, None), ('handlers', P, None), ('interceptors', P, None),
            ('options', P, None), ('maximum_concurrent_rpcs', P, None), ('compression', P, None)])

    def test_methods_of_channels(self):
        for name in ('unary_unary', 'unary_stream', 'stream_unary', 'stream_stream'):
            self.assertEqual(parameters(getattr(aio.Channel, name)), [
                ('method', P, NO), ('request_serializer', P, None), ('response_deserializer', P, None)])
        self.assertEqual(parameters(aio.Channel.close), [('grace', P, None)])
        self.assertEqual(parameters(aio.Channel.get_state), [('try_to_connect', P, False)])

    def test_methods_of_servers(self):
        self.assertEqual(parameters(aio.Server.stop), [('grace', P, NO)])
        self.assertEqual(parameters(aio.Server.wait_for_termination), [('timeout', P, None)])
        self.assertEqual(parameters(aio.Server.add_secure_port), [
            ('address', P, NO), ('server_credentials', P, NO)])

    def test_error(self):
        self.assertEqual(parameters(aio.AioRpcError), [
            ('code', P, NO), ('initial_metadata', P, NO), ('trailing_metadata', P, NO), ('details', P, None),
            ('debug_error_string', P, None)])

    def test_details(self):
        self.assertEqual(aio.ClientCallDetails._fields,
                         ('method', 'timeout', 'metadata', 'credentials', 'wait_for_ready'))


class Codes(unittest.TestCase):
    def test_values(self):
        texts = ('ok cancelled unknown invalid argument,deadline exceeded,not found,already exists,permission denied,'
                 'resource exhausted,failed precondition,aborted,out of range,unimplemented,internal,unavailable,'
                 'data loss,unauthenticated')
        first, *rest = texts.split(',')
        words = first.split(' ')
        expected = [*words[:3], ' '.join(words[3:]), *rest]
        self.assertEqual([code.value for code in grpc.StatusCode], list(enumerate(expected)))

    def test_names(self):
        self.assertEqual([code.name for code in grpc.StatusCode],
                         [code.value[1].upper().replace(' ', '_') for code in grpc.StatusCode])

    def test_are_enumerations(self):
        for name in ('StatusCode', 'ChannelConnectivity', 'LocalConnectionType'):
            self.assertTrue(issubclass(getattr(grpc, name), enum.Enum))
        self.assertTrue(issubclass(grpc.Compression, enum.IntEnum))


class Errors(unittest.TestCase):
    def setUp(self):
        self.error = aio.AioRpcError(grpc.StatusCode.NOT_FOUND, aio.Metadata(('a', '1')), aio.Metadata(('b', '2')),
                                     'Nobody', 'debug')

    def test_values(self):
        self.assertIs(self.error.code(), grpc.StatusCode.NOT_FOUND)
        self.assertEqual(self.error.details(), 'Nobody')
        self.assertEqual(self.error.debug_error_string(), 'debug')
        self.assertEqual(self.error.initial_metadata(), aio.Metadata(('a', '1')))
        self.assertEqual(self.error.trailing_metadata(), aio.Metadata(('b', '2')))

    def test_defaults(self):
        error = aio.AioRpcError(grpc.StatusCode.NOT_FOUND, aio.Metadata(), aio.Metadata())
        self.assertIsNone(error.details())
        self.assertIsNone(error.debug_error_string())

    def test_text(self):
        self.assertEqual(str(self.error), '<AioRpcError of RPC that terminated with:\n\tstatus = StatusCode.NOT_FOUND\n'
                                          '\tdetails = "Nobody"\n\tdebug_error_string = "debug"\n>')

    def test_pickle(self):
        copy = pickle.loads(pickle.dumps(self.error))
        self.assertEqual((copy.code(), copy.details()), (self.error.code(), self.error.details()))
        self.assertEqual(copy.trailing_metadata(), self.error.trailing_metadata())


class Import(unittest.TestCase):
    def run_python(self, code):
        return subprocess.run([sys.executable, '-c', code.replace('MODULE', MODULE)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, encoding='utf-8', timeout=30, check=False)

    def test_aio_comes_with_the_package(self):
        result = self.run_python('import MODULE as grpc; print(grpc.aio.insecure_channel("localhost:1"))')
        self.assertEqual((result.returncode, result.stderr), (0, ''))

    def test_exits_with_a_call_in_flight(self):
        result = self.run_python('''
import asyncio
import MODULE as grpc

async def main():
    channel = grpc.aio.insecure_channel('unix:/nobody')
    call = channel.unary_unary('/a/b')(b'', wait_for_ready=True)
    await asyncio.sleep(0.01)

asyncio.run(main())
print('end')
''')
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, 'end\n', ''))

    def test_exits_with_a_server(self):
        result = self.run_python('''
import asyncio
import MODULE as grpc

async def main():
    server = grpc.aio.server()
    server.add_insecure_port('127.0.0.1:0')
    await server.start()
    await server.stop(None)

asyncio.run(main())
print('end')
''')
        self.assertEqual((result.returncode, result.stdout, result.stderr), (0, 'end\n', ''))
