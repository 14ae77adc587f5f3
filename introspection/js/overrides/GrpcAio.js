// SPDX-License-Identifier: LGPL-2.1-or-later

// What GJS adds to GrpcAio: promises, iteration, errors that tell more.
//
// A promise is not settled by a callback, although every operation takes one: GJS
// before 1.82 drops callbacks between two steps of a collection. See
// GrpcAio.Port.attach().

/* exported _init */

const {Gio, GLib, GObject} = imports.gi;

let GrpcAio;


// Gives the results of operations to those who wait.
class Promises {
    constructor() {
        const Waker = GObject.registerClass({
            GTypeName: 'GrpcAioOverrideWaker',
            Properties: {
                'wake-up': GObject.ParamSpec.boolean('wake-up', null, null, GObject.ParamFlags.READWRITE, false),
            },
        }, class Waker extends GObject.Object {
            get wake_up() {
                return false;
            }

            set wake_up(value) {
                this.promises.drain();
            }
        });

        this._pending = new Map();
        this._lastId = 0;
        this._port = new GrpcAio.Port();
        this._waker = new Waker();
        this._waker.promises = this;
        this._port.attach(this._waker, 'wake-up');
    }

    launch(source, name, args, cancellable) {
        return new Promise((resolve, reject) => {
            do
                this._lastId = (this._lastId + 1) >>> 0;
            while (this._pending.has(this._lastId));

            const isObject = source instanceof GObject.Object;
            const operation = isObject ? `${name}_async` : `${source.$gtype.name.replace('GrpcAio', '')}.${name}_async`;
            if (!this._port.launch(this._lastId, isObject ? source : null, operation, args, cancellable))
                throw new TypeError(`${name}_async () does not take these arguments`);
            this._pending.set(this._lastId, {source, name, resolve, reject});
        });
    }

    drain() {
        for (;;) {
            const [result, id] = this._port.take_result();
            if (!result)
                return;
            const {source, name, resolve, reject} = this._pending.get(id);
            this._pending.delete(id);
            finish(source, name, result, resolve, reject);
        }
    }
}

let promises = null;

function finish(source, name, result, resolve, reject) {
    try {
        resolve(source[`${name}_finish`](result));
    } catch (error) {
        reject(error);
    }
}

// The source is an object, or a class.
function launch(source, name, args, cancellable) {
    // The results come in the main context of the program.
    if (GLib.MainContext.get_thread_default()) {
        return new Promise((resolve, reject) => {
            source[`_original_${name}_async`](...args, cancellable,
                (object, result) => finish(source, name, result, resolve, reject));
        });
    }

    promises ??= new Promises();
    return promises.launch(source, name, args, cancellable);
}

// A Gio.Cancellable for a signal of the web's kind.
function toCancellable(signal) {
    if (!signal || signal instanceof Gio.Cancellable)
        return signal ?? null;
    if (signal.cancellable instanceof Gio.Cancellable)
        return signal.cancellable;

    const cancellable = new Gio.Cancellable();
    if (signal.aborted)
        cancellable.cancel();
    else
        signal.addEventListener('abort', () => cancellable.cancel());
    return cancellable;
}

// With a callback it is what it was; Gio._promisify() finds that it is done.
function promisify(holder, name, {arguments: nArguments, required}) {
    const original = holder[`${name}_async`];

    holder[`_original_${name}_async`] = original;
    holder[`${name}_async`] = function (...args) {
        if (typeof args[args.length - 1] === 'function' || args.length > nArguments + 1)
            return original.apply(this, args);

        const own = Array.from({length: nArguments}, (_, i) => args[i] ?? null);
        const missing = own.indexOf(null);
        if (missing >= 0 && missing < required)
            throw new TypeError(`${name}_async () needs ${required} arguments`);
        return launch(this, name, own, toCancellable(args[nArguments]));
    };
    Object.defineProperty(holder[`${name}_async`], 'length', {value: original.length});
}

// Reads to the end. Who stops before it cancels.
function makeIterable(prototype, cancel) {
    prototype[Symbol.asyncIterator] = async function* () {
        let isAtEnd = false;
        try {
            for (;;) {
                const message = await this.read_async(null); // eslint-disable-line no-await-in-loop
                if (!message)
                    break;
                yield message;
            }
            isAtEnd = true;
        } finally {
            if (!isAtEnd)
                cancel?.(this);
        }
    };
}

function hasOneResponse(call) {
    const kind = call.get_multi_callable().get_kind();
    return kind === GrpcAio.MethodKind.UNARY_UNARY || kind === GrpcAio.MethodKind.STREAM_UNARY;
}

function addTo(prototype, members) {
    for (const [name, descriptor] of Object.entries(Object.getOwnPropertyDescriptors(members)))
        Object.defineProperty(prototype, name, {...descriptor, enumerable: false});
}

// Awaiting a call gives its response. A call that gives a stream of them is no
// promise, or no async function could return one.
function makeAwaitable(prototype) {
    Object.defineProperty(prototype, 'then', {
        configurable: true,
        get() {
            if (!hasOneResponse(this))
                return undefined;
            return (onFulfilled, onRejected) => this.response_async(null).then(onFulfilled, onRejected);
        },
    });
}

const ERROR = {
    get details() {
        return this.message;
    },
    get initial_metadata() {
        return GrpcAio.Error.get_initial_metadata(this);
    },
    get trailing_metadata() {
        return GrpcAio.Error.get_trailing_metadata(this);
    },
    get debug_string() {
        return GrpcAio.Error.get_debug_string(this);
    },
};

const METADATA = {
    * [Symbol.iterator]() {
        for (let i = 0; i < this.get_size(); i++) {
            const key = this.get_nth_key(i);
            yield [key, key.endsWith('-bin') ? this.get_nth_bytes(i).toArray() : this.get_nth_value(i)];
        }
    },
};

// Makes resource:///grpc-aio-glib-1/js/index.js known. It lies beside the folder of
// this file.
function registerModules() {
    const file = Gio.File.new_for_commandline_arg(new Error().fileName);
    const resource = file.get_parent().get_parent().get_child('GrpcAio.gresource');
    Gio.Resource.load(resource.get_path())._register();
}

// A script among them.
function load(name) {
    const {searchPath} = imports;
    searchPath.unshift('resource:///grpc-aio-glib-1/js');
    try {
        return imports[name];
    } finally {
        searchPath.shift();
    }
}

function _init() {
    GrpcAio = this;
    registerModules();

    for (const {type, isStatic, name, ...counts} of load('grpcAioOperations').operations)
        promisify(isStatic ? GrpcAio[type] : GrpcAio[type].prototype, name, counts);

    makeAwaitable(GrpcAio.Call.prototype);
    makeIterable(GrpcAio.Call.prototype, call => call.cancel());
    makeIterable(GrpcAio.ServicerContext.prototype);
    addTo(GrpcAio.Error.prototype, ERROR);
    GrpcAio.Metadata.prototype[Symbol.iterator] = METADATA[Symbol.iterator];

    Object.defineProperty(GrpcAio, 'rpc', {
        configurable: true,
        get() {
            const value = load('grpcAioRpc').rpc;
            Object.defineProperty(GrpcAio, 'rpc', {value});
            return value;
        },
    });
}
