// SPDX-License-Identifier: LGPL-2.1-or-later

// The messages of grpc.testing as objects. Fields that no case of ours uses are
// skipped, as those of newer peers are.

private enum Wire {
    VARINT = 0,
    FIXED64 = 1,
    LENGTH = 2,
    FIXED32 = 5
}

// Puts the fields of a message together. What has its default is left out.
private class Writer {
    private ByteArray data = new ByteArray ();

    private void varint (uint64 value) {
        for (; value > 0x7f; value >>= 7)
            data.append ({ (uint8) (value & 0x7f | 0x80) });
        data.append ({ (uint8) value });
    }

    public void number (uint field, int64 value) {
        if (value == 0)
            return;

        varint (field << 3 | Wire.VARINT);
        varint ((uint64) value);
    }

    public void bytes (uint field, Bytes value) {
        if (value.get_size () > 0)
            message (field, value);
    }

    // Also one without any fields is there.
    public void message (uint field, Bytes value) {
        varint (field << 3 | Wire.LENGTH);
        varint (value.get_size ());
        data.append (value.get_data ());
    }

    public Bytes finish () {
        return ByteArray.free_to_bytes ((owned) data);
    }
}

// Takes a message apart, field by field.
private class Reader {
    private Bytes data;
    private size_t position = 0;

    public uint field;
    public uint64 number;
    public Bytes content;

    public Reader (Bytes data) {
        this.data = data;
    }

    private Bytes take (uint64 length) throws IOError {
        if (length > data.get_size () - position)
            throw new IOError.INVALID_DATA ("The message is cut off");

        var taken = data.slice ((int) position, (int) (position + (size_t) length));
        position += (size_t) length;

        return taken;
    }

    private uint64 varint () throws IOError {
        uint64 value = 0;

        for (int shift = 0; shift < 64; shift += 7) {
            if (position >= data.get_size ())
                throw new IOError.INVALID_DATA ("The message is cut off");

            var byte = data[(int) position++];
            value |= (uint64) (byte & 0x7f) << shift;
            if (byte < 0x80)
                return value;
        }

        throw new IOError.INVALID_DATA ("A number has too many bytes");
    }

    public bool next () throws IOError {
        if (position == data.get_size ())
            return false;

        var key = varint ();
        number = 0;
        content = new Bytes ({});
        field = (uint) (key >> 3);
        switch ((int) (key & 7)) {
            case Wire.VARINT:
                number = varint ();
                break;
            case Wire.FIXED64:
                content = take (8);
                break;
            case Wire.LENGTH:
                content = take (varint ());
                break;
            case Wire.FIXED32:
                content = take (4);
                break;
            default:
                throw new IOError.INVALID_DATA ("There is no such type of field");
        }

        return true;
    }
}

public string text_of (Bytes bytes) {
    var text = new StringBuilder ();

    if (bytes.get_size () > 0)
        text.append_len ((string) bytes.get_data (), (ssize_t) bytes.get_size ());

    return text.str;
}

// All bodies that are sent are zeros.
private Bytes zeros (size_t size) {
    return new Bytes.take (new uint8[size]);
}

public class Empty {
    public Bytes pack () {
        return new Writer ().finish ();
    }

    public Empty.unpack (Bytes bytes) throws IOError {
        var reader = new Reader (bytes);

        while (reader.next ())
            continue;
    }
}

public class Payload {
    public int type = 0;
    public Bytes body = new Bytes ({});

    public Payload (size_t size) {
        body = zeros (size);
    }

    public Bytes pack () {
        var writer = new Writer ();

        writer.number (1, type);
        writer.bytes (2, body);

        return writer.finish ();
    }

    public Payload.unpack (Bytes bytes) throws IOError {
        var reader = new Reader (bytes);

        while (reader.next ()) {
            if (reader.field == 1)
                type = (int) reader.number;
            else if (reader.field == 2)
                body = reader.content;
        }
    }
}

public class EchoStatus {
    public int code = 0;
    public string message = "";

    public EchoStatus (int code, string message) {
        this.code = code;
        this.message = message;
    }

    public Bytes pack () {
        var writer = new Writer ();

        writer.number (1, code);
        writer.bytes (2, new Bytes (message.data));

        return writer.finish ();
    }

    public EchoStatus.unpack (Bytes bytes) throws IOError {
        var reader = new Reader (bytes);

        while (reader.next ()) {
            if (reader.field == 1)
                code = (int) reader.number;
            else if (reader.field == 2)
                message = text_of (reader.content);
        }
        if (!message.validate ())
            throw new IOError.INVALID_DATA ("The status message is no UTF-8");
    }
}

public class SimpleRequest {
    public int response_type = 0;
    public int response_size = 0;
    public Payload? payload;
    public EchoStatus? response_status;

    public Bytes pack () {
        var writer = new Writer ();

        writer.number (1, response_type);
        writer.number (2, response_size);
        if (payload != null)
            writer.message (3, payload.pack ());
        if (response_status != null)
            writer.message (7, response_status.pack ());

        return writer.finish ();
    }

    public SimpleRequest.unpack (Bytes bytes) throws IOError {
        var reader = new Reader (bytes);

        while (reader.next ()) {
            switch (reader.field) {
                case 1:
                    response_type = (int) reader.number;
                    break;
                case 2:
                    response_size = (int) reader.number;
                    break;
                case 3:
                    payload = new Payload.unpack (reader.content);
                    break;
                case 7:
                    response_status = new EchoStatus.unpack (reader.content);
                    break;
            }
        }
    }
}

// SimpleResponse, StreamingOutputCallResponse and StreamingInputCallRequest have
// their payload in the same place.
public class PayloadMessage {
    public Payload? payload;

    public PayloadMessage (Payload payload) {
        this.payload = payload;
    }

    public Bytes pack () {
        var writer = new Writer ();

        if (payload != null)
            writer.message (1, payload.pack ());

        return writer.finish ();
    }

    public PayloadMessage.unpack (Bytes bytes) throws IOError {
        var reader = new Reader (bytes);

        while (reader.next ()) {
            if (reader.field == 1)
                payload = new Payload.unpack (reader.content);
        }
    }
}

public class StreamingInputCallResponse {
    public int aggregated_payload_size = 0;

    public Bytes pack () {
        var writer = new Writer ();

        writer.number (1, aggregated_payload_size);

        return writer.finish ();
    }

    public StreamingInputCallResponse.unpack (Bytes bytes) throws IOError {
        var reader = new Reader (bytes);

        while (reader.next ()) {
            if (reader.field == 1)
                aggregated_payload_size = (int) reader.number;
        }
    }
}

public class ResponseParameters {
    public int size = 0;
    public int interval_us = 0;

    public ResponseParameters (int size) {
        this.size = size;
    }

    public Bytes pack () {
        var writer = new Writer ();

        writer.number (1, size);
        writer.number (2, interval_us);

        return writer.finish ();
    }

    public ResponseParameters.unpack (Bytes bytes) throws IOError {
        var reader = new Reader (bytes);

        while (reader.next ()) {
            if (reader.field == 1)
                size = (int) reader.number;
            else if (reader.field == 2)
                interval_us = (int) reader.number;
        }
    }
}

public class StreamingOutputCallRequest {
    public int response_type = 0;
    public GenericArray<ResponseParameters> response_parameters = new GenericArray<ResponseParameters> ();
    public Payload? payload;
    public EchoStatus? response_status;

    public Bytes pack () {
        var writer = new Writer ();

        writer.number (1, response_type);
        foreach (var parameters in response_parameters)
            writer.message (2, parameters.pack ());
        if (payload != null)
            writer.message (3, payload.pack ());
        if (response_status != null)
            writer.message (7, response_status.pack ());

        return writer.finish ();
    }

    public StreamingOutputCallRequest.unpack (Bytes bytes) throws IOError {
        var reader = new Reader (bytes);

        while (reader.next ()) {
            switch (reader.field) {
                case 1:
                    response_type = (int) reader.number;
                    break;
                case 2:
                    response_parameters.add (new ResponseParameters.unpack (reader.content));
                    break;
                case 3:
                    payload = new Payload.unpack (reader.content);
                    break;
                case 7:
                    response_status = new EchoStatus.unpack (reader.content);
                    break;
            }
        }
    }
}
