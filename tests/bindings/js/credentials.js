// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: how calls and channels say who they are.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';

import {bytesOf, check, equal, fails, failsNow, get, textOf} from './support.js';

const {IOErrorEnum} = Gio;
const {CallCredentials, ChannelCredentials, ServerCredentials} = GrpcAio;

// Sends a key with each call, but for the method Refuse.
const TestPlugin = GObject.registerClass({
    Implements: [GrpcAio.AuthMetadataPlugin],
}, class TestPlugin extends GObject.Object {
    vfunc_get_metadata(context) {
        equal(get(context, 'service-url'), context.get_service_url());
        equal(get(context, 'method-name'), context.get_method_name());
        equal(get(context, 'auth-context'), context.get_auth_context());
        equal(context.get_auth_context().get_transport_security_type(), 'local');
        if (context.get_method_name() === 'Refuse') {
            context.complete_with_error(new GLib.Error(IOErrorEnum, IOErrorEnum.FAILED, 'Not for this'));
            return;
        }

        GLib.timeout_add(GLib.PRIORITY_DEFAULT, 1, () => {
            const metadata = new GrpcAio.Metadata();
            metadata.append('key', 'from-plugin');
            context.complete(metadata);
            return GLib.SOURCE_REMOVE;
        });
    }
});

// Asks another plugin.
const DelegatingPlugin = GObject.registerClass({
    Implements: [GrpcAio.AuthMetadataPlugin],
}, class DelegatingPlugin extends GObject.Object {
    _init() {
        super._init();
        this._other = new TestPlugin();
    }

    vfunc_get_metadata(context) {
        this._other.get_metadata(context);
    }
});

// Starts a server that says what calls came with.
function serve(fixture, credentials) {
    const service = GrpcAio.Service.new('test.Who');
    for (const name of ['Show', 'Refuse']) {
        service.add_method(name, GrpcAio.RpcMethodHandler.new_unary_unary(context => {
            const metadata = context.get_invocation_metadata();
            context.complete(bytesOf(`${metadata.get('authorization')} ${metadata.get('key')}`));
        }));
    }
    const server = fixture.census.add(new GrpcAio.Server());
    server.add_service(service);
    const port = server.add_port('127.0.0.1:0', credentials);
    server.start();

    return [server, port];
}

async function callCredentials(fixture) {
    const kind = GrpcAio.LocalConnectionType.LOCAL_TCP;
    const [server, port] = serve(fixture, ServerCredentials.new_local(kind));

    failsNow(() => CallCredentials.new_access_token('ä'), IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT);
    const credentials = fixture.census.add(CallCredentials.new_composite(
        CallCredentials.new_access_token('secret'),
        CallCredentials.new_plugin(fixture.census.add(new DelegatingPlugin()),
            GrpcAio.SecurityLevel.PRIVACY_AND_INTEGRITY)));
    const channel = fixture.census.add(GrpcAio.Channel.new(`127.0.0.1:${port}`,
        ChannelCredentials.new_composite(ChannelCredentials.new_local(kind), credentials)));

    let method = channel.unary_unary('/test.Who/Show');
    equal(textOf(await method.invoke_async(bytesOf(''), null, null)), 'Bearer secret from-plugin');
    method = channel.unary_unary('/test.Who/Refuse');
    const error = await fails(method.invoke_async(bytesOf(''), null, null), GrpcAio.Error, GrpcAio.Error.UNAVAILABLE);
    check(error.message.includes('Not for this'), error.message);
    await server.stop_async(0, null);
}

async function googleCredentials(fixture) {
    const kind = GrpcAio.LocalConnectionType.LOCAL_TCP;
    const [server, port] = serve(fixture, ServerCredentials.new_xds(ServerCredentials.new_local(kind)));

    const options = GrpcAio.StsOptions.new('https://example.org/sts', '/token', 'kind');
    for (const [name, value] of Object.entries({
        'token-exchange-service-uri': 'https://example.org/other',
        'subject-token-path': '/other',
        'subject-token-type': 'other',
        'resource': 'r',
        'audience': 'a',
        'scope': 's',
        'requested-token-type': 't',
        'actor-token-path': '/actor',
        'actor-token-type': 'at',
    })) {
        options[name.replaceAll('-', '_')] = value;
        equal(get(options, name), value);
    }
    const external = JSON.stringify({
        type: 'external_account', audience: 'a', subject_token_type: 't',
        token_url: 'https://example.org/', credential_source: {file: '/token'},
    });
    const refresh = JSON.stringify({type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r'});
    for (const credentials of [
        CallCredentials.new_sts(options),
        CallCredentials.new_external_account(external, ['read', 'write']),
        CallCredentials.new_external_account(external, null),
        CallCredentials.new_refresh_token(refresh),
        CallCredentials.new_compute_engine(),
    ])
        fixture.census.add(CallCredentials.new_composite(credentials, credentials));

    for (const func of [
        () => CallCredentials.new_sts(new GrpcAio.StsOptions()),
        () => CallCredentials.new_external_account('{}', null),
        () => CallCredentials.new_refresh_token(''),
        () => CallCredentials.new_service_account_jwt('{"type": "service_account"}', 60),
        () => CallCredentials.new_iam('', ''),
    ])
        failsNow(func, IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT);

    // Where it does not work it says so.
    for (const func of [() => ChannelCredentials.new_alts(['me@example.org']), () => ServerCredentials.new_alts()]) {
        try {
            func();
        } catch (error) {
            check(error.matches(IOErrorEnum, IOErrorEnum.NOT_SUPPORTED), error.message);
        }
    }

    ChannelCredentials.new_compute_engine(null);
    GLib.setenv('GOOGLE_APPLICATION_CREDENTIALS', '/nonexistent/file', true);
    failsNow(() => ChannelCredentials.new_google_default_sync(null), IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT);
    const result = await new Promise(resolve => {
        ChannelCredentials.new_google_default_async(null, (source, value) => resolve(value));
    });
    failsNow(() => ChannelCredentials.new_google_default_finish(result), IOErrorEnum, IOErrorEnum.INVALID_ARGUMENT);

    const credentials = ChannelCredentials.new_composite(
        ChannelCredentials.new_xds(ChannelCredentials.new_local(kind)), CallCredentials.new_iam('token', 'selector'));
    const channel = fixture.census.add(GrpcAio.Channel.new(`127.0.0.1:${port}`, credentials));
    const method = channel.unary_unary('/test.Who/Show');
    equal(textOf(await method.invoke_async(bytesOf(''), null, null)), 'null null');
    await server.stop_async(0, null);
}

export const CASES = {
    'google-credentials': googleCredentials,
    'call-credentials': callCredentials,
};
