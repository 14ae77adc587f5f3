// SPDX-License-Identifier: LGPL-2.1-or-later

// Cancelling as the web does it. Nothing of GObject is made unless somebody asks
// for the cancellable.

import Gio from 'gi://Gio';

function newCancelled() {
    return new Gio.IOErrorEnum({code: Gio.IOErrorEnum.CANCELLED, message: 'Operation was cancelled'});
}

/** Tells those who listen that something is no longer wanted. */
export class AbortSignal {
    #listeners = new Set();
    #cancellable = null;
    #reason;

    aborted = false;

    get reason() {
        return this.#reason;
    }

    /** A Gio.Cancellable for functions that take one; made when first asked for. */
    get cancellable() {
        if (!this.#cancellable) {
            this.#cancellable = new Gio.Cancellable();
            if (this.aborted)
                this.#cancellable.cancel();
        }
        return this.#cancellable;
    }

    addEventListener(type, listener) {
        if (type === 'abort')
            this.#listeners.add(listener);
    }

    removeEventListener(type, listener) {
        if (type === 'abort')
            this.#listeners.delete(listener);
    }

    throwIfAborted() {
        if (this.aborted)
            throw this.#reason;
    }

    static abort(reason = newCancelled()) {
        const signal = new AbortSignal();
        signal._abort(reason);
        return signal;
    }

    _abort(reason) {
        if (this.aborted)
            return;

        this.aborted = true;
        this.#reason = reason;
        this.#cancellable?.cancel();
        const listeners = [...this.#listeners];
        this.#listeners.clear();
        for (const listener of listeners) {
            try {
                if (typeof listener === 'function')
                    listener.call(this, {type: 'abort', target: this});
                else
                    listener.handleEvent({type: 'abort', target: this});
            } catch (error) {
                logError(error);
            }
        }
    }
}

/** Has a signal, and aborts what was given that. */
export class AbortController {
    signal = new AbortSignal();

    abort(reason = newCancelled()) {
        this.signal._abort(reason);
    }
}

/**
 * Has a function called when a signal is aborted. Returns a function that undoes
 * it.
 *
 * @param {object} signal - a signal of any implementation
 * @param {Function} func - what to call
 */
export function whenAborted(signal, func) {
    if (signal.aborted) {
        func();
        return () => {};
    }
    signal.addEventListener('abort', func);
    return () => signal.removeEventListener('abort', func);
}
