# SPDX-License-Identifier: LGPL-2.1-or-later

"""TLS, and credentials of single calls."""

import asyncio
import unittest

from support import (ANSWERS, SECURE_OPTIONS, SERVER_NAME, Case, certificates, channel_credentials, drive,
                     grpc, handler, kinds, path, server_credentials)


class Plugin(grpc.AuthMetadataPlugin):
    def __init__(self, metadata, error=None):
        self.metadata = metadata
        self.error = error
        self.contexts = []

    def __call__(self, context, callback):
        self.contexts.append((context.service_url, context.method_name))
        callback(self.metadata, self.error)


class Secure(Case):
    async def secure(self, handlers=None, credentials=None):
        await self.serve(handlers, address='127.0.0.1:0', credentials=server_credentials())
        return self.connect(credentials=credentials or channel_credentials(), options=SECURE_OPTIONS)

    async def seen_by_handler(self, credentials=None, call_credentials=None):
        """The metadata that a handler sees of a call."""
        seen = []

        async def look(request, context):
            seen.extend(context.invocation_metadata())
            return request

        await self.secure({'look': handler('unary_unary', look)}, credentials)
        await self.start('unary_unary', 'look', credentials=call_credentials)
        return [(key, value) for key, value in seen if key != 'user-agent']

    @kinds()
    async def test_call(self, kind):
        await self.secure()
        self.assertEqual(await drive(self.start(kind), kind), ANSWERS[kind])

    async def test_large(self):
        await self.secure()
        message = bytes(2_000_000)
        self.assertEqual(await self.channel.unary_unary(path('unary_unary'))(message), message)

    async def test_many(self):
        await self.secure()
        echo = self.channel.unary_unary(path('unary_unary'))
        calls = [echo(b'%d' % number) for number in range(50)]
        self.assertEqual(await asyncio.gather(*calls), [b'%d' % number for number in range(50)])

    async def test_server_that_nobody_vouches_for(self):
        await self.serve(address='127.0.0.1:0', credentials=server_credentials())
        other = grpc.ssl_channel_credentials(certificates()['server.pem'])
        self.connect(credentials=other, options=(('grpc.ssl_target_name_override', 'else.example'),))
        await self.fails(self.start('unary_unary'), grpc.StatusCode.UNAVAILABLE)

    async def test_another_name(self):
        await self.serve(address='127.0.0.1:0', credentials=server_credentials())
        self.connect(credentials=channel_credentials(),
                     options=(('grpc.ssl_target_name_override', 'else.example'),))
        await self.fails(self.start('unary_unary'), grpc.StatusCode.UNAVAILABLE)

    async def test_client_without_tls(self):
        await self.serve(address='127.0.0.1:0', credentials=server_credentials())
        self.connect()
        await self.fails(self.start('unary_unary'), grpc.StatusCode.UNAVAILABLE)

    async def test_server_without_tls(self):
        await self.serve(address='127.0.0.1:0')
        self.connect(credentials=channel_credentials(), options=SECURE_OPTIONS)
        await self.fails(self.start('unary_unary'), grpc.StatusCode.UNAVAILABLE)

    async def test_no_token(self):
        self.assertNotIn('authorization', dict(await self.seen_by_handler()))

    async def test_token_of_the_call(self):
        token = grpc.access_token_call_credentials('secret')
        seen = await self.seen_by_handler(call_credentials=token)
        self.assertIn(('authorization', 'Bearer secret'), seen)

    async def test_token_of_the_channel(self):
        both = grpc.composite_channel_credentials(channel_credentials(),
                                                  grpc.access_token_call_credentials('secret'))
        self.assertIn(('authorization', 'Bearer secret'), await self.seen_by_handler(both))

    async def test_plugin(self):
        plugin = Plugin((('key', 'value'), ('key-bin', b'\x00\xff')))
        both = grpc.composite_channel_credentials(channel_credentials(), grpc.metadata_call_credentials(plugin))
        seen = await self.seen_by_handler(both)
        self.assertIn(('key', 'value'), seen)
        self.assertIn(('key-bin', b'\x00\xff'), seen)
        self.assertEqual(plugin.contexts, [(f'https://{SERVER_NAME}/test.Service', 'look')])

    async def test_plugin_with_a_name(self):
        plugin = Plugin((('key', 'value'),))
        both = grpc.composite_channel_credentials(channel_credentials(),
                                                  grpc.metadata_call_credentials(plugin, 'my plugin'))
        self.assertIn(('key', 'value'), await self.seen_by_handler(both))

    async def test_plugin_refuses(self):
        plugin = Plugin((), RuntimeError('No token today'))
        both = grpc.composite_channel_credentials(channel_credentials(), grpc.metadata_call_credentials(plugin))
        await self.secure(credentials=both)
        error = await self.fails(self.start('unary_unary'), grpc.StatusCode.UNAVAILABLE)
        self.assertIn('No token today', error.details())

    async def test_plugin_raises(self):
        class Broken(grpc.AuthMetadataPlugin):
            def __call__(self, context, callback):
                raise RuntimeError('Broken')

        both = grpc.composite_channel_credentials(channel_credentials(), grpc.metadata_call_credentials(Broken()))
        await self.secure(credentials=both)
        await self.fails(self.start('unary_unary'), grpc.StatusCode.UNAVAILABLE)

    async def test_several_credentials(self):
        several = grpc.composite_call_credentials(
            grpc.access_token_call_credentials('secret'),
            grpc.metadata_call_credentials(Plugin((('key', 'value'),))))
        both = grpc.composite_channel_credentials(channel_credentials(), several)
        seen = await self.seen_by_handler(both)
        self.assertIn(('authorization', 'Bearer secret'), seen)
        self.assertIn(('key', 'value'), seen)

    async def test_local(self):
        await self.serve(address='127.0.0.1:0', credentials=grpc.local_server_credentials())
        self.connect(credentials=grpc.local_channel_credentials())
        self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_local_on_unix(self):
        unix = grpc.LocalConnectionType.UDS
        await self.serve(address=f'unix:{self.folder()}/socket', credentials=grpc.local_server_credentials(unix))
        self.connect(credentials=grpc.local_channel_credentials(unix))
        self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_several_certificates(self):
        files = certificates()
        pairs = [(files[f'{name}.key'], files[f'{name}.pem']) for name in ('server', 'client')]
        await self.serve(address='127.0.0.1:0', credentials=grpc.ssl_server_credentials(pairs))
        for name in (SERVER_NAME, 'client.test.example'):
            self.connect(credentials=channel_credentials(), options=(('grpc.ssl_target_name_override', name),))
            self.assertEqual(await self.start('unary_unary'), b'ab')

    async def test_certificates_that_change(self):
        files = certificates()
        initial = grpc.ssl_server_certificate_configuration([(files['server.key'], files['server.pem'])])
        asked = []

        def fetch():
            asked.append(True)

        credentials = grpc.dynamic_ssl_server_credentials(initial, fetch)
        await self.serve(address='127.0.0.1:0', credentials=credentials)
        self.connect(credentials=channel_credentials(), options=SECURE_OPTIONS)
        self.assertEqual(await self.start('unary_unary'), b'ab')
        self.assertTrue(asked)


class Factories(unittest.TestCase):
    def test_types(self):
        self.assertIsInstance(grpc.ssl_channel_credentials(), grpc.ChannelCredentials)
        self.assertIsInstance(grpc.access_token_call_credentials('x'), grpc.CallCredentials)
        self.assertIsInstance(server_credentials(), grpc.ServerCredentials)
        self.assertIsInstance(grpc.local_channel_credentials(), grpc.ChannelCredentials)
        self.assertIsInstance(grpc.local_server_credentials(), grpc.ServerCredentials)

    def test_certificate_configuration(self):
        files = certificates()
        configuration = grpc.ssl_server_certificate_configuration([(files['server.key'], files['server.pem'])])
        self.assertIsInstance(configuration, grpc.ServerCertificateConfiguration)

    def test_server_needs_a_pair(self):
        with self.assertRaises(ValueError) as caught:
            grpc.ssl_server_credentials([])
        self.assertEqual(str(caught.exception), 'At least one private key-certificate chain pair is required!')

    def test_clients_need_an_authority(self):
        files = certificates()
        with self.assertRaises(ValueError) as caught:
            grpc.ssl_server_credentials([(files['server.key'], files['server.pem'])], require_client_auth=True)
        self.assertEqual(str(caught.exception), 'Illegal to require client auth without providing root certificates!')
