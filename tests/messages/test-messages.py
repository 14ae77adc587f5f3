# SPDX-License-Identifier: LGPL-2.1-or-later

"""Random messages of every kind of field, compared with protobuf for Python:
bytes, objects, JSON, GVariants and text.

Prints the seed, so that what fails can be run again:

    test-messages.py --descriptors every.pb --count 20000 --seed 1
"""

import argparse
import json
import math
import random
import re
import sys
import time

import gi

gi.require_version('GrpcAio', '1')

from gi.repository import Gio, GLib, GObject, GrpcAio  # noqa: E402

from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory, text_format  # noqa: E402
from google.protobuf import any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2  # noqa: E402, F401
from google.protobuf import wrappers_pb2  # noqa: E402
from google.protobuf.descriptor import FieldDescriptor as Field  # noqa: E402
from google.protobuf.internal import api_implementation  # noqa: E402

from random_messages import Maker, is_map  # noqa: E402
from variants import Shaper, plain  # noqa: E402

ZERO = re.compile(r'^ *(?:key|value): (?:0|0\.0|""|false|COLOR_UNSPECIFIED|NONE)\n', re.MULTILINE)
FLAGS = GrpcAio.JsonFlags
MAIN = ['test.every3.Every', 'test.every2.Every']
WELL_KNOWN = [module.DESCRIPTOR.message_types_by_name.values()
              for module in (any_pb2, duration_pb2, empty_pb2, field_mask_pb2, struct_pb2, timestamp_pb2, wrappers_pb2)]


class Failure(Exception):
    pass


def check(got, expected, what):
    """Shows what comes around the first difference."""
    if got != expected:
        got, expected = str(got), str(expected)
        at = next((at for at, pair in enumerate(zip(got, expected)) if pair[0] != pair[1]), min(len(got), len(expected)))
        part = slice(max(0, at - 150), at + 150)
        raise Failure(f'{what}, at {at}:\n got      {got[part]!r}\n expected {expected[part]!r}')


def strict(text):
    """JSON in one form, with numbers as they are written."""
    return json.dumps(json.loads(text, parse_float=lambda digits: f'float {digits}',
                                 parse_int=lambda digits: f'int {digits}'), sort_keys=True)


class Suite:
    def __init__(self, arguments):
        self.random = random.Random(arguments.seed)
        self.pool = GrpcAio.MessagePool.new()
        with open(arguments.descriptors, 'rb') as stream:
            data = stream.read()
        self.pool.add_bytes(GLib.Bytes.new(data))
        self.theirs = descriptor_pool.Default()
        files = descriptor_pb2.FileDescriptorSet.FromString(data).file
        for file in files:
            self.theirs.Add(file)
        self.factory = message_factory.MessageFactory(self.theirs)
        extensions = [extension for file in files for extension in self.find_extensions(file)]
        any_types = [self.theirs.FindMessageTypeByName(name) for name in
                     MAIN + ['test.every3.Leaf', 'test.every2.Needy']] + [item for group in WELL_KNOWN for item in group]
        self.maker = Maker(self.random, self.factory.GetPrototype, any_types, extensions)
        self.shaper = Shaper(self.random)
        self.types = [self.theirs.FindMessageTypeByName(name) for name in MAIN]
        # An Any that is in no message of our pool finds the types of the default one only.
        self.others = [item for item in any_types[2:] if item.name != 'Any']

    def find_extensions(self, file):
        descriptor = self.theirs.FindFileByName(file.name)
        yield from descriptor.extensions_by_name.values()
        for message in descriptor.message_types_by_name.values():
            yield from message.extensions

    def run(self, count):
        for index in range(count):
            descriptor = self.random.choice(self.types) if self.random.random() < 0.8 else self.random.choice(self.others)
            message = self.maker.make(descriptor)
            try:
                self.check_message(message)
            except (Failure, GLib.Error, json_format.Error) as error:
                raise Failure(f'message {index}, a {descriptor.full_name}: {error}\n{text_format.MessageToString(message)}') from error

    def canonical(self, message):
        """Bytes with maps by key, also within Any."""
        if self.find(message, lambda item: item.DESCRIPTOR.full_name == 'google.protobuf.Any'):
            copy = type(message)()
            copy.CopyFrom(message)
            self.sort_any(copy)
            message = copy
        return message.SerializeToString(deterministic=True)

    def sort_any(self, message):
        if message.DESCRIPTOR.full_name == 'google.protobuf.Any':
            if message.type_url:
                message.value = self.canonical(self.unpack(message))
            return
        for field, value in message.ListFields():
            for item in self.get_messages(field, value):
                self.sort_any(item)

    def find(self, message, condition):
        """Whether a message within this one, or this one, meets a condition."""
        return condition(message) or any(self.find(item, condition) for field, value in self.list_fields(message)
                                         for item in self.get_messages(field, value))

    def check_bytes(self, message, ours, what):
        """They are the same message, with maps in any order."""
        other = type(message)()
        other.ParseFromString(ours.to_bytes().get_data())
        if self.canonical(other) != self.canonical(message):
            raise Failure(f'{what}: the bytes are those of\n{text_format.MessageToString(other)}')

    def check_message(self, message):
        name = message.DESCRIPTOR.full_name
        ours = self.pool.new_message_from_bytes(name, GLib.Bytes.new(self.canonical(message)))

        self.check_bytes(message, ours, 'bytes')
        self.check_json(message, ours)
        self.check_variant(message, ours)
        self.check_objects(message, ours)
        self.check_text(message, ours.to_text())

    def check_text(self, message, text):
        # Python does not write these out within Any: new ones are empty and thus false.
        if not self.find(message, lambda item: item.DESCRIPTOR.name == 'Any' and
                         item.TypeName() in ('google.protobuf.Struct', 'google.protobuf.ListValue')):
            check(without_zeros(text), without_zeros(text_format.MessageToString(message, print_unknown_fields=True)), 'text')
        other = text_format.Parse(text, type(message)())
        check(self.canonical(other), self.canonical(message), 'text read by Python')

    def check_json(self, message, ours):
        name = message.DESCRIPTOR.full_name
        proto3_only = message.DESCRIPTOR.file.syntax == 'proto3'
        text = ours.to_json(FLAGS.NONE)
        pretty = ours.to_json(FLAGS.PRETTY)
        expected = json_format.MessageToJson(message, ensure_ascii=False)

        check(strict(text), strict(self.mend(message, expected)), 'JSON')
        check(json.dumps(json.loads(pretty), ensure_ascii=False, indent=2), pretty, 'pretty JSON')
        check(strict(pretty), strict(text), 'pretty JSON')
        check(strict(ours.to_json(FLAGS.ENUMS_AS_INTS | FLAGS.PRESERVE_NAMES)),
              strict(self.mend(message, json_format.MessageToJson(message, use_integers_for_enums=True, preserving_proto_field_name=True))),
              'JSON with numbers and names as they are')
        if proto3_only and not self.has_proto2(message):
            check(strict(ours.to_json(FLAGS.ALWAYS_PRINT)),
                  strict(json_format.MessageToJson(message, including_default_value_fields=True)), 'JSON with all fields')

        for source in (expected if self.mend(message, expected) == expected else text, pretty,
                       ours.to_json(FLAGS.ENUMS_AS_INTS | FLAGS.PRESERVE_NAMES)):
            self.check_bytes(message, self.pool.new_message_from_json(name, source, FLAGS.NONE), 'from JSON')
        for source in (text, ours.to_json(FLAGS.ALWAYS_PRINT) if proto3_only else pretty):
            if self.has_repeated_extension(message):
                continue
            other = json_format.Parse(source, type(message)())
            check(self.canonical(other), self.canonical(message), 'JSON read by Python')

    def mend(self, message, text):
        """Python forgets the brackets of repeated extensions."""
        return text if not self.has_repeated_extension(message) else json.dumps(self.mend_value(message, json.loads(text)))

    def has_repeated_extension(self, message):
        return self.find(message, lambda item: any(field.is_extension and field.label == Field.LABEL_REPEATED
                                                   for field, _ in item.ListFields()))

    def has_proto2(self, message):
        return self.find(message, lambda item: item.DESCRIPTOR.file.syntax != 'proto3')

    def list_fields(self, message):
        if message.DESCRIPTOR.full_name == 'google.protobuf.Any' and message.type_url:
            yield None, self.unpack(message)
        else:
            yield from ((field, value) for field, value in message.ListFields())

    def unpack(self, message):
        content = self.factory.GetPrototype(self.theirs.FindMessageTypeByName(message.TypeName()))()
        message.Unpack(content)
        return content

    def get_messages(self, field, value):
        if field is None:
            return [value]
        if field.message_type is None:
            return []
        if is_map(field):
            return list(value.values()) if field.message_type.fields_by_name['value'].message_type else []
        return list(value) if field.label == Field.LABEL_REPEATED else [value]

    def mend_value(self, message, tree):
        if message.DESCRIPTOR.full_name == 'google.protobuf.Any' and message.type_url:
            content = self.unpack(message)
            if 'value' in tree and content.DESCRIPTOR.file.package == 'google.protobuf':
                return {'@type': tree['@type'], 'value': self.mend_value(content, tree['value'])}
            return {**self.mend_value(content, {key: item for key, item in tree.items() if key != '@type'}), '@type': tree['@type']}
        if message.DESCRIPTOR.file.package == 'google.protobuf':
            return tree

        mended = {}
        by_name = {}
        for field, value in message.ListFields():
            bracketed = f'[{field.full_name}]'
            for name in {field.name, field.json_name} if not field.is_extension else {field.name, field.json_name, bracketed}:
                by_name[name] = (field, value, bracketed if field.is_extension else name)
        for name, item in tree.items():
            field, value, wanted = by_name[name]
            if is_map(field) and field.message_type.fields_by_name['value'].message_type:
                texts = {self.key_text(key): value[key] for key in value}
                item = {key: self.mend_value(texts[key], entry) for key, entry in item.items()}
            elif field.message_type and not is_map(field):
                item = [self.mend_value(*pair) for pair in zip(value, item)] if field.label == Field.LABEL_REPEATED \
                    else self.mend_value(value, item)
            mended[wanted] = item
        return mended

    def key_text(self, key):
        return str(key).lower() if isinstance(key, bool) else str(key)

    def check_variant(self, message, ours):
        variant = ours.to_variant()
        check(sorted_repr(variant.unpack()), sorted_repr(plain(message)), 'variant')

        again = GrpcAio.Message.create_from_variant(ours.__gtype__, variant)
        self.check_bytes(message, again, 'from its variant')
        if not again.equal(ours):
            raise Failure('It is not equal to what its variant makes')

        shaped = self.shaper.message(message)
        self.check_bytes(message, GrpcAio.Message.create_from_variant(ours.__gtype__, shaped), f'from {shaped}')

    def check_objects(self, message, ours):
        copy = GrpcAio.Message.create(ours.__gtype__)
        self.copy_properties(message, ours, copy)
        self.check_bytes_without_extensions(message, copy)

    def check_bytes_without_extensions(self, message, ours):
        other = type(message)()
        other.CopyFrom(message)
        for field, _ in message.ListFields():
            if field.is_extension:
                other.ClearExtension(field)
        self.check_bytes(other, ours, 'by properties')

    def copy_properties(self, message, source, target):
        """Reads each property, compares it, and sets it on another object."""
        for field, value in message.ListFields():
            if field.is_extension:
                continue
            if not source.has_field(field.name):
                raise Failure(f'{field.name} is not set')
            name = get_property_name(source, field)
            item = source.get_property(name)
            check(sorted_repr(self.get_plain(field, value, item)), sorted_repr(self.get_expected(field, value)), f'property {name}')
            target.set_property(name, item)

    def get_plain(self, field, value, item):
        if isinstance(item, Gio.ListModel):
            message_class = value.GetEntryClass() if is_map(field) else self.factory.GetPrototype(field.message_type)
            return [self.read(message_class, item.get_item(index)) for index in range(item.get_n_items())]
        if isinstance(item, GrpcAio.Message):
            return self.read(self.factory.GetPrototype(field.message_type), item)
        if isinstance(item, GLib.Bytes):
            return item.get_data()
        if isinstance(item, GLib.Variant):
            return item.unpack()
        return item

    def read(self, message_class, item):
        return self.canonical(message_class.FromString(item.to_data()))

    def get_expected(self, field, value):
        if is_map(field):
            value_field = field.message_type.fields_by_name['value']
            if value_field.message_type:
                return [self.canonical(value.GetEntryClass()(key=key, value=value[key])) for key in sorted(value)]
            return {key: list(item) if isinstance(item, bytes) else item for key, item in value.items()}
        if field.message_type:
            return [self.canonical(item) for item in value] if field.label == Field.LABEL_REPEATED else self.canonical(value)
        if field.label == Field.LABEL_REPEATED:
            return [list(item) if field.type == Field.TYPE_BYTES else item for item in value]
        return value


def without_zeros(text):
    """Python prints a key or a value that is zero for some maps, but not for all."""
    return ZERO.sub('', text)


def sorted_repr(value):
    """repr () tells True from 1, 1.0 from 1 and -0.0 from 0.0, and NaN equals NaN."""
    if isinstance(value, dict):
        return '{' + ', '.join(f'{key!r}: {sorted_repr(value[key])}' for key in sorted(value)) + '}'
    if isinstance(value, list):
        return '[' + ', '.join(sorted_repr(item) for item in value) + ']'
    return repr(value)


def get_property_name(message, field):
    plain_name = field.name.replace('_', '-').lstrip('-')
    for name in (plain_name, plain_name + '-field'):
        if message.find_property(name):
            return name
    raise Failure(f'no property for {field.name}')


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--descriptors', required=True)
    parser.add_argument('--count', type=int, default=2000)
    parser.add_argument('--seed', type=int, default=random.SystemRandom().getrandbits(32))
    arguments = parser.parse_args()

    print(f'# seed {arguments.seed}, {arguments.count} messages, protobuf for Python ({api_implementation.Type()})')
    print('1..1', flush=True)
    start = time.monotonic()
    try:
        Suite(arguments).run(arguments.count)
    except Failure as failure:
        print('not ok 1 random messages')
        print('\n'.join('# ' + line for line in str(failure).splitlines()))
        return 1
    print(f'ok 1 random messages')
    print(f'# {time.monotonic() - start:.1f} s')
    return 0


if __name__ == '__main__':
    sys.exit(main())
