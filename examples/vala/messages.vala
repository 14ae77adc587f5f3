// SPDX-License-Identifier: LGPL-2.1-or-later

// The messages of the examples, as objects, and how they become bytes and back.
//
// The library carries messages as Bytes and does not mind what is in them.
// Here the properties of an object are the fields of a message, numbered in
// order from 1. With four types of fields, a small part of protobuf's format
// is enough (https://protobuf.dev/programming-guides/encoding/).

// helloworld.proto

public class HelloRequest : Message {
    public string name { get; set; default = ""; }
}

public class HelloReply : Message {
    public string message { get; set; default = ""; }
}

// route_guide.proto

public class Point : Message {
    public int latitude { get; set; }
    public int longitude { get; set; }

    public Point (int latitude, int longitude) {
        Object (latitude: latitude, longitude: longitude);
    }

    public bool equals (Point other) {
        return latitude == other.latitude && longitude == other.longitude;
    }
}

public class Rectangle : Message {
    public Point lo { get; set; default = new Point (0, 0); }
    public Point hi { get; set; default = new Point (0, 0); }
}

public class Feature : Message {
    public string name { get; set; default = ""; }
    public Point location { get; set; default = new Point (0, 0); }
}

public class RouteNote : Message {
    public Point location { get; set; default = new Point (0, 0); }
    public string message { get; set; default = ""; }
}

public class RouteSummary : Message {
    public int point_count { get; set; }
    public int feature_count { get; set; }
    public int distance { get; set; }
    public int elapsed_time { get; set; }
}

// chat.proto

public class ChatMessage : Message {
    public string author { get; set; default = ""; }
    public string text { get; set; default = ""; }
    public int64 time_usec { get; set; }
}

// What all messages can do.
public abstract class Message : Object {
    // How the value of a field is laid out.
    private enum Wire {
        VARINT = 0,  // 7 bits to a byte, lowest first; all but the last with bit 8
        FIXED64 = 1,
        LENGTH = 2,  // a varint, then so many bytes
        FIXED32 = 5
    }

    public Bytes pack () {
        var data = new ByteArray ();
        var fields = get_class ().list_properties ();

        for (int i = 0; i < fields.length; i++) {
            var value = Value (fields[i].value_type);
            get_property (fields[i].name, ref value);

            if (value.holds (typeof (int))) {
                write_varint (data, (i + 1) << 3 | Wire.VARINT);
                write_varint (data, (int64) value.get_int ());
            } else if (value.holds (typeof (int64))) {
                write_varint (data, (i + 1) << 3 | Wire.VARINT);
                write_varint (data, value.get_int64 ());
            } else {
                var bytes = value.holds (typeof (string))
                    ? new Bytes (value.get_string ().data)
                    : ((Message) value.get_object ()).pack ();
                write_varint (data, (i + 1) << 3 | Wire.LENGTH);
                write_varint (data, bytes.get_size ());
                data.append (bytes.get_data ());
            }
        }

        return ByteArray.free_to_bytes ((owned) data);
    }

    public static T unpack<T> (Bytes bytes) throws IOError {
        return from_data (typeof (T), bytes.get_data ());
    }

    private static Message from_data (Type type, uint8[] data) throws IOError {
        var message = (Message) Object.new (type);
        var fields = message.get_class ().list_properties ();
        int position = 0;

        while (position < data.length) {
            uint64 key = read_varint (data, ref position);
            uint64 number = 0;
            unowned uint8[] content = null;

            switch ((int) (key & 7)) {
            case Wire.VARINT:
                number = read_varint (data, ref position);
                break;
            case Wire.FIXED64:
                content = read_bytes (data, ref position, 8);
                break;
            case Wire.LENGTH:
                number = read_varint (data, ref position);
                content = read_bytes (data, ref position, number);
                break;
            case Wire.FIXED32:
                content = read_bytes (data, ref position, 4);
                break;
            default:
                throw new IOError.INVALID_DATA ("This is not a message");
            }

            // A field that we do not know is skipped: the peer may be newer.
            uint64 index = (key >> 3) - 1;
            if (index >= fields.length)
                continue;

            var field = fields[index];
            if (field.value_type == typeof (int) && (key & 7) == Wire.VARINT) {
                message.set (field.name, (int) number);
            } else if (field.value_type == typeof (int64) && (key & 7) == Wire.VARINT) {
                message.set (field.name, (int64) number);
            } else if (field.value_type == typeof (string) && (key & 7) == Wire.LENGTH) {
                var text = new StringBuilder ();
                text.append_len ((string) content, content.length);
                message.set (field.name, text.str);
            } else if (field.value_type.is_a (typeof (Message)) && (key & 7) == Wire.LENGTH) {
                message.set (field.name, from_data (field.value_type, content));
            }
        }

        return message;
    }

    private static void write_varint (ByteArray data, uint64 value) {
        for (; value > 0x7f; value >>= 7)
            data.append ({ (uint8) (value & 0x7f | 0x80) });
        data.append ({ (uint8) value });
    }

    private static uint64 read_varint (uint8[] data, ref int position) throws IOError {
        uint64 value = 0;

        for (int shift = 0; shift < 64; shift += 7) {
            uint8 byte = read_bytes (data, ref position, 1)[0];
            value |= (uint64) (byte & 0x7f) << shift;
            if (byte < 0x80)
                return value;
        }

        throw new IOError.INVALID_DATA ("A number has too many bytes");
    }

    private static unowned uint8[] read_bytes (uint8[] data, ref int position, uint64 length) throws IOError {
        if (length > data.length - position)
            throw new IOError.INVALID_DATA ("The message is cut off");

        position += (int) length;
        unowned uint8[] content = data[position - (int) length:position];
        return content;
    }
}
