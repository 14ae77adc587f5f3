// SPDX-License-Identifier: LGPL-2.1-or-later

// As much of the types of GLib and of ours as generated types refer to.

declare module 'gi://GLib' {
    namespace GLib {
        class Bytes { private bytes: number; }
        class Error { message: string; }
        class Variant { private variant: number; }
    }
    export default GLib;
}

declare module 'gi://GObject' {
    namespace GObject {
        class Object { connect(signal: string, callback: (...args: any[]) => any): number; }
    }
    export default GObject;
}

declare module 'gi://Gio' {
    import GObject from 'gi://GObject';
    namespace Gio {
        interface AsyncResult {}
        type AsyncReadyCallback<T> = (source: T, result: AsyncResult) => void;
        class Cancellable extends GObject.Object {}
        class ListStore<T> extends GObject.Object { append(item: T): void; }
    }
    export default Gio;
}

declare module 'gi://GrpcAio' {
    import GObject from 'gi://GObject';
    namespace GrpcAio {
        class Call extends GObject.Object {}
        class CallOptions extends GObject.Object {}
        class Channel extends GObject.Object {}
        class Message extends GObject.Object { constructor(properties?: any); }
        class Service extends GObject.Object { constructor(properties?: any); }
        class ServicerContext extends GObject.Object {}
    }
    export default GrpcAio;
}
