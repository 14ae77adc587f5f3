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

export const CASES = {
    'call-credentials': callCredentials,
};
