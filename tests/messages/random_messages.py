# SPDX-License-Identifier: LGPL-2.1-or-later

"""Random messages of any type, made with protobuf for Python."""

import math
import struct

from google.protobuf.descriptor import FieldDescriptor as Field

WRAPPERS = {'DoubleValue', 'FloatValue', 'Int64Value', 'UInt64Value', 'Int32Value', 'UInt32Value', 'BoolValue',
            'StringValue', 'BytesValue'}
LETTERS = 'abcdefghijklmnopqrstuvwxyz'
# Those that JSON, the text format or C have to escape, of one to four bytes.
SPECIAL = '"\\/\b\f\n\r\t\x01\x1f\x7f\'<>&\u00e4\u00ff\u0394\u2028\ufffd\uffff\U0001f600\U0010ffff {}[]:,%'
SIGNED = {Field.TYPE_INT32: 32, Field.TYPE_SINT32: 32, Field.TYPE_SFIXED32: 32,
          Field.TYPE_INT64: 64, Field.TYPE_SINT64: 64, Field.TYPE_SFIXED64: 64}
UNSIGNED = {Field.TYPE_UINT32: 32, Field.TYPE_FIXED32: 32, Field.TYPE_UINT64: 64, Field.TYPE_FIXED64: 64}
MAX_DURATION = 315576000000


def is_map(field):
    return field.message_type is not None and field.message_type.GetOptions().map_entry


class Maker:
    """Fills messages; `classes` is a function from descriptors to classes."""

    def __init__(self, random, classes, any_types, extensions=()):
        self.random = random
        self.classes = classes
        self.any_types = any_types
        self.extensions = extensions

    def make(self, descriptor, depth=0, density=None):
        message = self.classes(descriptor)()
        self.fill(message, depth, density)
        return message

    def fill(self, message, depth=0, density=None):
        descriptor = message.DESCRIPTOR
        special = getattr(self, f'fill_{descriptor.name.lower()}', None)
        if descriptor.file.package == 'google.protobuf' and special:
            special(message, depth)
            return

        if density is None:
            density = self.random.choice([0.01] * 8 + [0.03] * 8 + [0.1] * 4 + [0.5, 1.0]) if depth == 0 else 0.03
        if len(descriptor.fields) < 10:
            density = max(density, 0.5)
        for field in descriptor.fields:
            if field.label == Field.LABEL_REQUIRED or self.random.random() < density:
                self.fill_field(message, field, depth)
        for extension in self.extensions:
            if extension.containing_type == descriptor and self.random.random() < density:
                self.fill_field(message, extension, depth)

    def fill_field(self, message, field, depth):
        is_deep = field.message_type is not None and depth > 3
        if is_deep and field.label != Field.LABEL_REQUIRED:
            return
        if is_map(field):
            self.fill_map(getattr(message, field.name), field, depth)
        elif field.label == Field.LABEL_REPEATED:
            values = message.Extensions[field] if field.is_extension else getattr(message, field.name)
            for _ in range(self.random.choice([1, 1, 2, 3])):
                if field.message_type:
                    self.fill(values.add(), depth + 1)
                else:
                    values.append(self.scalar(field))
        elif field.message_type:
            value = message.Extensions[field] if field.is_extension else getattr(message, field.name)
            value.SetInParent()
            self.fill(value, depth + 1)
        elif field.is_extension:
            message.Extensions[field] = self.scalar(field)
        else:
            setattr(message, field.name, self.scalar(field))

    def fill_map(self, values, field, depth):
        key_field = field.message_type.fields_by_name['key']
        value_field = field.message_type.fields_by_name['value']
        for _ in range(self.random.choice([1, 2, 3])):
            key = self.scalar(key_field)
            if value_field.message_type:
                self.fill(values[key], depth + 1)
            else:
                values[key] = self.scalar(value_field)

    def scalar(self, field):
        kind = field.type
        if kind in SIGNED:
            return self.signed(SIGNED[kind])
        if kind in UNSIGNED:
            return self.unsigned(UNSIGNED[kind])
        if kind == Field.TYPE_BOOL:
            return self.random.random() < 0.5
        if kind == Field.TYPE_STRING:
            return self.text()
        if kind == Field.TYPE_BYTES:
            return self.random.randbytes(self.random.choice([0, 1, 2, 3, 4, 20]))
        if kind == Field.TYPE_ENUM:
            return self.enum(field)
        if kind == Field.TYPE_FLOAT:
            return self.float()
        return self.double()

    def signed(self, bits):
        limit = 1 << (bits - 1)
        return self.random.choice([0, 1, -1, limit - 1, -limit, self.random.randrange(-limit, limit),
                                   self.random.randrange(-200, 200)])

    def unsigned(self, bits):
        return self.random.choice([0, 1, (1 << bits) - 1, 1 << (bits - 1), self.random.getrandbits(bits),
                                   self.random.randrange(200)])

    def text(self):
        alphabet = self.random.choice([LETTERS, LETTERS + SPECIAL])
        return ''.join(self.random.choices(alphabet, k=self.random.choice([0, 1, 3, 10, 40])))

    def enum(self, field):
        enum = field.enum_type
        if field.file.syntax == 'proto3' and enum.full_name != 'google.protobuf.NullValue' and self.random.random() < 0.1:
            return self.signed(32)
        return self.random.choice(enum.values).number

    def double(self):
        choice = self.random.randrange(6)
        if choice == 0:
            return self.random.choice([0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 2.0 ** -1022, 1.7976931348623157e308])
        if choice == 1:
            value = struct.unpack('<d', self.random.randbytes(8))[0]
            return math.nan if math.isnan(value) else value
        if choice == 2:
            return float(self.random.randrange(-10 ** 6, 10 ** 6))
        if choice == 3:
            return 2.0 ** self.random.randrange(-1022, 1024)
        return round(self.random.uniform(-1e6, 1e6), self.random.randrange(8))

    def float(self):
        if self.random.random() < 0.3:
            value = struct.unpack('<f', self.random.randbytes(4))[0]
            return math.nan if math.isnan(value) else value
        try:
            return struct.unpack('<f', struct.pack('<f', self.double()))[0]
        except OverflowError:
            return math.inf

    def fill_any(self, message, depth):
        if depth > 3 or self.random.random() < 0.1:
            return
        content = self.make(self.random.choice(self.any_types), depth + 2)
        message.Pack(content, self.random.choice(['type.googleapis.com/', 'types.example.org']), deterministic=True)

    def fill_duration(self, message, depth):
        message.seconds = self.random.choice([0, MAX_DURATION, -MAX_DURATION, self.random.randrange(-100, 100),
                                              self.random.randrange(-MAX_DURATION, MAX_DURATION)])
        sign = -1 if message.seconds < 0 else 1 if message.seconds > 0 else self.random.choice([1, -1])
        message.nanos = sign * self.nanos()

    def nanos(self):
        return self.random.choice([0, 1, 999999999, 1000, 1000000, self.random.randrange(10 ** 9),
                                   self.random.randrange(10 ** 6) * 1000, self.random.randrange(1000) * 1000000])

    def fill_timestamp(self, message, depth):
        low, high = -62135596800, 253402300799
        message.seconds = self.random.choice([low, high, 0, -1, self.random.randrange(low, high),
                                              self.random.randrange(0, 2 ** 32)])
        message.nanos = self.nanos()

    def fill_fieldmask(self, message, depth):
        for _ in range(self.random.randrange(4)):
            message.paths.append('.'.join('_'.join(''.join(self.random.choices(LETTERS, k=3)) for _ in range(self.random.randrange(1, 4)))
                                          for _ in range(self.random.randrange(1, 3))))

    def fill_struct(self, message, depth):
        for _ in range(self.random.randrange(4)):
            self.fill_value(message.fields[self.text()], depth + 1)

    def fill_listvalue(self, message, depth):
        for _ in range(self.random.randrange(4)):
            self.fill_value(message.values.add(), depth + 1)

    def fill_value(self, message, depth):
        choice = self.random.randrange(6 if depth < 6 else 4)
        if choice == 0:
            message.null_value = 0
        elif choice == 1:
            value = self.double()
            message.number_value = value if math.isfinite(value) else 0.5
        elif choice == 2:
            message.string_value = self.text()
        elif choice == 3:
            message.bool_value = self.random.random() < 0.5
        elif choice == 4:
            message.struct_value.SetInParent()
            self.fill_struct(message.struct_value, depth + 1)
        else:
            message.list_value.SetInParent()
            self.fill_listvalue(message.list_value, depth + 1)
