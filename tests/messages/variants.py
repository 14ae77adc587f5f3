# SPDX-License-Identifier: LGPL-2.1-or-later

"""What the library should make of a message as a GVariant, and GVariants of as
many shapes as it should take, both by way of protobuf for Python alone."""

from gi.repository import GLib

from google.protobuf.descriptor import FieldDescriptor as Field

from random_messages import SIGNED, UNSIGNED, WRAPPERS, is_map

WIDTHS = {'y': (0, 255), 'n': (-2 ** 15, 2 ** 15 - 1), 'q': (0, 2 ** 16 - 1), 'i': (-2 ** 31, 2 ** 31 - 1),
          'u': (0, 2 ** 32 - 1), 'x': (-2 ** 63, 2 ** 63 - 1), 't': (0, 2 ** 64 - 1)}
NOTHING = GLib.Variant('mv', None)


def get_fields(message):
    """The fields that are set, with the names that they have in a GVariant."""
    for field, value in message.ListFields():
        yield f'[{field.full_name}]' if field.is_extension else field.name, field, value


def plain(message):
    """A message as what Variant.unpack () should return."""
    name = message.DESCRIPTOR.name
    if message.DESCRIPTOR.file.package == 'google.protobuf':
        if name in WRAPPERS:
            return scalar(message.DESCRIPTOR.fields_by_name['value'], message.value)
        if name == 'Struct':
            return {key: plain(value) for key, value in message.fields.items()}
        if name == 'ListValue':
            return [plain(value) for value in message.values]
        if name == 'Value':
            kind = message.WhichOneof('kind')
            value = getattr(message, kind)
            return None if kind == 'null_value' else plain(value) if kind in ('struct_value', 'list_value') else value

    return {name: plain_field(field, value) for name, field, value in get_fields(message)}


def plain_field(field, value):
    if is_map(field):
        value_field = field.message_type.fields_by_name['value']
        return dict(zip(value.keys(), plain_elements(value_field, [value[key] for key in value])))
    if field.label == Field.LABEL_REPEATED:
        return plain_elements(field, list(value))
    return plain_elements(field, [value])[0]


def plain_elements(field, values):
    """An array has elements of one type: numbers if one of them has no name."""
    if field.message_type:
        return [plain(value) for value in values]
    if field.enum_type and any(value not in field.enum_type.values_by_number for value in values):
        return values
    return [scalar(field, value) for value in values]


def scalar(field, value):
    if field.enum_type:
        return field.enum_type.values_by_number[value].name
    return list(value) if field.type == Field.TYPE_BYTES else value


class Shaper:
    """Makes GVariants of types that fit, but are not those that come out."""

    def __init__(self, random):
        self.random = random

    def integer(self, value):
        code = self.random.choice([code for code, (low, high) in WIDTHS.items() if low <= value <= high])
        return GLib.Variant(code, value)

    def scalar(self, field, value):
        if field.enum_type:
            known = field.enum_type.values_by_number.get(value)
            names = [item.name for item in field.enum_type.values if item.number == value]
            return GLib.Variant('s', self.random.choice(names)) if known and self.random.random() < 0.7 else self.integer(value)
        if field.type in SIGNED or field.type in UNSIGNED:
            return self.integer(value)
        if field.type == Field.TYPE_BOOL:
            return GLib.Variant('b', value)
        if field.type == Field.TYPE_STRING:
            return GLib.Variant('s', value)
        if field.type == Field.TYPE_BYTES:
            return GLib.Variant('ay', value)
        if value == value and value == int_or_none(value) and str(value) != '-0.0' and self.random.random() < 0.5:
            return self.integer(int(value))
        return GLib.Variant('d', value)

    def value(self, field, value):
        return self.message(value) if field.message_type else self.scalar(field, value)

    def wrap(self, variant):
        choice = self.random.randrange(10)
        if choice == 0:
            return GLib.Variant('v', variant)
        if choice == 1:
            return GLib.Variant('mv', variant)
        return variant

    def array(self, variants):
        if variants and self.random.random() < 0.2:
            return GLib.Variant.new_tuple(*variants)
        return GLib.Variant('av', variants)

    def field(self, field, value):
        if is_map(field):
            key_field = field.message_type.fields_by_name['key']
            value_field = field.message_type.fields_by_name['value']
            code = {Field.TYPE_STRING: 's', Field.TYPE_BOOL: 'b'}.get(key_field.type)
            if code is None:
                code = 't' if key_field.type in UNSIGNED else 'x'
            return GLib.Variant(f'a{{{code}v}}', {key: self.wrap(self.value(value_field, value[key])) for key in value})
        if field.label == Field.LABEL_REPEATED:
            return self.array([self.value(field, item) for item in value])
        return self.value(field, value)

    def message(self, message):
        name = message.DESCRIPTOR.name
        if message.DESCRIPTOR.file.package == 'google.protobuf':
            if name in WRAPPERS:
                return self.scalar(message.DESCRIPTOR.fields_by_name['value'], message.value)
            if name == 'Struct':
                return GLib.Variant('a{sv}', {key: self.message(value) for key, value in message.fields.items()})
            if name == 'ListValue':
                return self.array([self.message(value) for value in message.values])
            if name == 'Value':
                kind = message.WhichOneof('kind')
                value = getattr(message, kind)
                if kind == 'null_value':
                    return NOTHING
                return self.message(value) if kind in ('struct_value', 'list_value') else \
                    self.scalar(message.DESCRIPTOR.fields_by_name[kind], value)

        items = [(item if field.is_extension or self.random.random() < 0.5 else field.json_name, field, value)
                 for item, field, value in get_fields(message)]
        self.random.shuffle(items)
        return GLib.Variant('a{sv}', {item: self.wrap(self.field(field, value)) for item, field, value in items})


def int_or_none(value):
    try:
        return int(value) if abs(value) <= 2 ** 53 else None
    except (OverflowError, ValueError):
        return None
