// SPDX-License-Identifier: LGPL-2.1-or-later

// What GJS has itself, as far as the examples need it.

declare function print(...texts: any[]): void;
declare function printerr(...texts: any[]): void;
declare function logError(error: any, text?: string): void;
declare function setTimeout(func: () => void, msec: number): any;

declare class TextEncoder {
    encode(text: string): Uint8Array;
}
declare class TextDecoder {
    decode(bytes: Uint8Array): string;
}

declare module 'system' {
    const System: {
        exit(status: number): never;
        gc(): void;
        programArgs: string[];
        programInvocationName: string;
    };
    export default System;
}

declare module 'gi://GLib?version=2.0' {
    export namespace GLib {
        interface Error {
            matches(domain: any, code: number): boolean;
        }
        interface Bytes {
            toArray(): Uint8Array;
        }
    }
}

declare module 'gi://GObject?version=2.0' {
    export namespace GObject {
        function registerClass<T>(klass: T): T;
        function registerClass<T>(options: object, klass: T): T;
    }
}

declare module 'gi://Gio?version=2.0' {
    export namespace Gio {
        function _promisify(prototype: object, name: string): void;
    }
}
