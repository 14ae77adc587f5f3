// SPDX-License-Identifier: LGPL-2.1-or-later

/** A promise that is settled from outside, any number of times. */
export class Deferred {
    constructor() {
        this.promise = new Promise((resolve, reject) => {
            this.resolve = resolve;
            this.reject = reject;
        });
    }
}
