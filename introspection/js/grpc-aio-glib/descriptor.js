// SPDX-License-Identifier: LGPL-2.1-or-later

// The part of google/protobuf/descriptor.proto that a schema is made from.

import {Field, MessageType} from './message-type.js';

const BOOL = 8;
const STRING = 9;
const MESSAGE = 11;
const INT32 = 5;

function define(name) {
    return new MessageType(`google.protobuf.${name}`);
}

// [number, type, key, what else]
function setFields(type, fields) {
    type.setFields(fields.map(([number, fieldType, key, more]) => new Field({
        name: key, number, type: fieldType, hasPresence: !more?.isRepeated, ...more,
    })));
}

const repeated = messageType => ({messageType, isRepeated: true});

export const FILE_SET = define('FileDescriptorSet');
export const FILE = define('FileDescriptorProto');
const message = define('DescriptorProto');
const field = define('FieldDescriptorProto');
const oneof = define('OneofDescriptorProto');
const enumeration = define('EnumDescriptorProto');
const enumValue = define('EnumValueDescriptorProto');
const service = define('ServiceDescriptorProto');
const method = define('MethodDescriptorProto');
const messageOptions = define('MessageOptions');
const fieldOptions = define('FieldOptions');

setFields(FILE_SET, [[1, MESSAGE, 'file', repeated(FILE)]]);
setFields(FILE, [
    [1, STRING, 'name'],
    [2, STRING, 'package'],
    [3, STRING, 'dependency', {isRepeated: true}],
    [4, MESSAGE, 'messageType', repeated(message)],
    [5, MESSAGE, 'enumType', repeated(enumeration)],
    [6, MESSAGE, 'service', repeated(service)],
    [12, STRING, 'syntax'],
]);
setFields(message, [
    [1, STRING, 'name'],
    [2, MESSAGE, 'field', repeated(field)],
    [3, MESSAGE, 'nestedType', repeated(message)],
    [4, MESSAGE, 'enumType', repeated(enumeration)],
    [7, MESSAGE, 'options', {messageType: messageOptions}],
    [8, MESSAGE, 'oneofDecl', repeated(oneof)],
]);
setFields(messageOptions, [[7, BOOL, 'mapEntry']]);
setFields(field, [
    [1, STRING, 'name'],
    [3, INT32, 'number'],
    [4, INT32, 'label'],
    [5, INT32, 'type'],
    [6, STRING, 'typeName'],
    [8, MESSAGE, 'options', {messageType: fieldOptions}],
    [9, INT32, 'oneofIndex'],
    [10, STRING, 'jsonName'],
    [17, BOOL, 'proto3Optional'],
]);
setFields(fieldOptions, [[2, BOOL, 'packed']]);
setFields(oneof, [[1, STRING, 'name']]);
setFields(enumeration, [
    [1, STRING, 'name'],
    [2, MESSAGE, 'value', repeated(enumValue)],
]);
setFields(enumValue, [
    [1, STRING, 'name'],
    [2, INT32, 'number'],
]);
setFields(service, [
    [1, STRING, 'name'],
    [2, MESSAGE, 'method', repeated(method)],
]);
setFields(method, [
    [1, STRING, 'name'],
    [2, STRING, 'inputType'],
    [3, STRING, 'outputType'],
    [5, BOOL, 'clientStreaming'],
    [6, BOOL, 'serverStreaming'],
]);
