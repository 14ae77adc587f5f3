# SPDX-License-Identifier: LGPL-2.1-or-later

"""What a handler learns about who calls."""

from support import (Case, SECURE_OPTIONS, certificates, channel_credentials, drive, grpc, kinds,
                     server_credentials, wrap)


class AuthContext(Case):
    async def look(self, kind='unary_unary', credentials=None, server=None):
        """What a handler's context says, through a connection of that sort."""
        seen = {}

        async def action(context):
            seen.update(context=dict(context.auth_context()), identities=context.peer_identities(),
                        key=context.peer_identity_key())

        address = 'unix:' + self.folder() + '/socket' if server is None else '127.0.0.1:0'
        await self.serve({'look': wrap(kind, action)}, address=address, credentials=server)
        self.connect(credentials=credentials, options=SECURE_OPTIONS)
        await drive(self.start(kind, 'look'), kind)
        return seen

    async def test_insecure(self):
        seen = await self.look()
        self.assertIsNone(seen['identities'])
        self.assertIsNone(seen['key'])
        self.assertNotIn('x509_common_name', seen['context'])

    @kinds()
    async def test_server_only(self, kind):
        seen = await self.look(kind, channel_credentials(), server_credentials())
        self.assertEqual(list(seen['context']['transport_security_type']), [b'ssl'])
        self.assertIsNone(seen['identities'])
        self.assertIsNone(seen['key'])

    async def mutual(self, name):
        server = server_credentials(root_certificates=certificates()['ca.pem'], require_client_auth=True)
        return await self.look('unary_unary', channel_credentials(name), server)

    async def test_names_of_the_client(self):
        seen = await self.mutual('client')
        self.assertEqual(seen['key'], 'x509_subject_alternative_name')
        self.assertEqual(list(seen['identities']), [b'client.test.example'])

    async def test_common_name_of_the_client(self):
        seen = await self.mutual('plain')
        self.assertEqual(seen['key'], 'x509_common_name')
        self.assertEqual(list(seen['identities']), [b'plain.test.example'])

    async def test_properties(self):
        context = (await self.mutual('client'))['context']
        self.assertEqual(list(context['x509_common_name']), [b'client.test.example'])
        self.assertEqual(list(context['transport_security_type']), [b'ssl'])
        self.assertTrue(context['x509_pem_cert'][0].startswith(b'-----BEGIN CERTIFICATE-----'))

    async def test_types(self):
        context = (await self.mutual('client'))['context']
        for key, values in context.items():
            self.assertIsInstance(key, str)
            for value in values:
                self.assertIsInstance(value, bytes)

    async def test_client_without_certificate_is_refused(self):
        server = server_credentials(root_certificates=certificates()['ca.pem'], require_client_auth=True)
        await self.serve(address='127.0.0.1:0', credentials=server)
        self.connect(credentials=channel_credentials(), options=SECURE_OPTIONS)
        await self.fails(self.start('unary_unary'), grpc.StatusCode.UNAVAILABLE)

    async def test_certificate_is_optional(self):
        server = server_credentials(root_certificates=certificates()['ca.pem'], require_client_auth=False)
        seen = await self.look('unary_unary', channel_credentials(), server)
        self.assertIsNone(seen['identities'])
