// SPDX-License-Identifier: LGPL-2.1-or-later

// How calls fail.

import Gio from 'gi://Gio';
import GLib from 'gi://GLib';
import GrpcAio from 'gi://GrpcAio?version=1';

import {Metadata} from './metadata.js';

const {StatusCode} = GrpcAio;

/** Names of the status codes, such as 'NOT_FOUND'. */
export const CODE_NAMES = [
    'OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS',
    'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE',
    'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS', 'UNAUTHENTICATED',
];

// The override has some of these for all errors of GrpcAio.
function dress(error, status) {
    const members = {
        details: status.details,
        debugString: status.debugString ?? null,
        initialMetadata: status.initialMetadata ?? new Metadata(),
        trailingMetadata: status.trailingMetadata ?? new Metadata(),
    };
    for (const [key, value] of Object.entries(members))
        Object.defineProperty(error, key, {value, configurable: true, writable: true});
    return error;
}

/**
 * The error that a status other than OK is: one of GrpcAio.Error, or
 * Gio.IOErrorEnum.CANCELLED when the call was cancelled here. Both have details,
 * initialMetadata, trailingMetadata and debugString.
 *
 * @param {object} status - the status
 */
export function errorOf(status) {
    if (status.isLocal && status.code === StatusCode.CANCELLED)
        return dress(new Gio.IOErrorEnum({code: Gio.IOErrorEnum.CANCELLED, message: 'The call was cancelled'}), status);

    return dress(new GrpcAio.Error({
        code: status.code,
        message: status.details || CODE_NAMES[status.code] || 'UNKNOWN',
    }), status);
}

/**
 * Makes an error for a handler to throw, that ends its call.
 *
 * @param {number} code - a GrpcAio.StatusCode other than OK
 * @param {string} details - what the client is told
 * @param {object} metadata - the metadata that go with it
 */
export function rpcError(code, details = '', metadata = null) {
    if (!(code > StatusCode.OK && code <= StatusCode.UNAUTHENTICATED))
        throw new RangeError(`${code} is not the code of an error`);

    return errorOf({code, details: `${details}`, trailingMetadata: Metadata.from(metadata)});
}

/**
 * What a client is told of what a handler threw.
 *
 * @param {any} error - what was thrown
 */
export function statusOf(error) {
    if (error instanceof GLib.Error) {
        return {
            code: GrpcAio.Error.get_status_code(error),
            details: error.details ?? error.message,
            trailingMetadata: error.trailingMetadata ?? null,
        };
    }

    return {code: StatusCode.UNKNOWN, details: `${error?.message ?? error}`, trailingMetadata: null};
}
