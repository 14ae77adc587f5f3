// SPDX-License-Identifier: LGPL-2.1-or-later

// The cases of gRPC's interoperability tests, as a client has them.

public errordomain CaseError {
    FAILED
}

public class Cases {
    private const string TEST_SERVICE = "/grpc.testing.TestService/";

    // The sizes of the specification.
    private const int LARGE_REQUEST = 271828;
    private const int LARGE_RESPONSE = 314159;
    private const int[] REQUEST_SIZES = { 27182, 8, 1828, 45904 };
    private const int[] RESPONSE_SIZES = { 31415, 9, 2653, 58979 };

    private const string ECHO_INITIAL_KEY = "x-grpc-test-echo-initial";
    private const string ECHO_INITIAL_VALUE = "test_initial_metadata_value";
    private const string ECHO_TRAILING_KEY = "x-grpc-test-echo-trailing-bin";
    private const uint8[] ECHO_TRAILING_VALUE = { 0xab, 0xab, 0xab };

    public const string[] NAMES = {
        "empty_unary",
        "large_unary",
        "client_streaming",
        "server_streaming",
        "ping_pong",
        "empty_stream",
        "custom_metadata",
        "status_code_and_message",
        "special_status_message",
        "unimplemented_method",
        "unimplemented_service",
        "cancel_after_begin",
        "cancel_after_first_response",
        "timeout_on_sleeping_server"
    };

    private GrpcAio.Channel channel;

    public Cases (GrpcAio.Channel channel) {
        this.channel = channel;
    }

    public async void run (string name) throws Error {
        switch (name) {
            case "empty_unary":
                yield empty_unary ();
                break;
            case "large_unary":
                yield large_unary ();
                break;
            case "client_streaming":
                yield client_streaming ();
                break;
            case "server_streaming":
                yield server_streaming ();
                break;
            case "ping_pong":
                yield ping_pong ();
                break;
            case "empty_stream":
                yield empty_stream ();
                break;
            case "custom_metadata":
                yield custom_metadata ();
                break;
            case "status_code_and_message":
                yield status_code_and_message ();
                break;
            case "special_status_message":
                yield check_unary_status ("\t\ntest with whitespace\r\nand Unicode BMP ☺ and non-BMP 😈\t\n");
                break;
            case "unimplemented_method":
                yield check_unimplemented (TEST_SERVICE + "UnimplementedCall");
                break;
            case "unimplemented_service":
                yield check_unimplemented ("/grpc.testing.UnimplementedService/UnimplementedCall");
                break;
            case "cancel_after_begin":
                yield cancel_after_begin ();
                break;
            case "cancel_after_first_response":
                yield cancel_after_first_response ();
                break;
            case "timeout_on_sleeping_server":
                yield timeout_on_sleeping_server ();
                break;
            default:
                assert_not_reached ();
        }
    }

    // Requests and calls

    private Bytes large_request () throws Error {
        return new GrpcTesting.SimpleRequest () {
            response_size = LARGE_RESPONSE,
            payload = new_payload (LARGE_REQUEST)
        }.to_bytes ();
    }

    // Asks for responses of these sizes.
    private Bytes output_request (int body_size, int[] sizes) throws Error {
        var request = new GrpcTesting.StreamingOutputCallRequest () { payload = new_payload (body_size) };
        var parameters = new ListStore (typeof (GrpcTesting.ResponseParameters));

        foreach (var size in sizes)
            parameters.append (new GrpcTesting.ResponseParameters () { size = size });
        request.response_parameters = parameters;

        return request.to_bytes ();
    }

    private GrpcAio.Call unary_call (Bytes request, GrpcAio.CallOptions? options = null) {
        return channel.unary_unary (TEST_SERVICE + "UnaryCall").call (request, options);
    }

    private GrpcAio.Call full_duplex_call (GrpcAio.CallOptions? options = null) {
        return channel.stream_stream (TEST_SERVICE + "FullDuplexCall").call (null, options);
    }

    // Checks

    private void check (bool condition, string text) throws CaseError {
        if (!condition)
            throw new CaseError.FAILED (text);
    }

    private void check_payload (GrpcTesting.Payload? payload, int size) throws CaseError {
        check (payload != null, "The response has no payload");
        check (payload.type == 0, @"The payload is of type $(payload.type), not COMPRESSABLE");
        var body = payload.body;
        check (body.get_size () == size, @"The payload has $(body.get_size ()) bytes, not $size");
        foreach (var byte in body.get_data ())
            check (byte == 0, "The payload is not all zeros");
    }

    // The call ends so, and with this message unless that is null.
    private async void check_status (GrpcAio.Call call, GrpcAio.StatusCode code, string? details = null) throws Error {
        var actual = yield call.status_async ();

        check (actual == code, @"The status is $actual ($(call.get_details () ?? "")), not $code");
        check (details == null || call.get_details () == details, @"The status message is '$(call.get_details () ?? "")'");
        check (call.is_done (), "The call has a status but is not done");
    }

    private async void check_ok (GrpcAio.Call call) throws Error {
        yield check_status (call, OK);
    }

    private async void check_read (GrpcAio.Call call, int size) throws Error {
        var message = yield call.read_async ();

        check (message != null, @"The stream ended before the response of $size bytes");
        check_payload (new GrpcTesting.StreamingOutputCallResponse.from_bytes (message).payload, size);
    }

    private async void check_end_of_stream (GrpcAio.Call call) throws Error {
        check ((yield call.read_async ()) == null, "There is a response where the stream should end");
    }

    private async void check_large_response (GrpcAio.Call call) throws Error {
        check_payload (new GrpcTesting.SimpleResponse.from_bytes (yield call.response_async ()).payload, LARGE_RESPONSE);
    }

    private async void check_echoed_metadata (GrpcAio.Call call) throws Error {
        var initial = yield call.initial_metadata_async ();
        var trailing = yield call.trailing_metadata_async ();
        var bytes = trailing.get_bytes (ECHO_TRAILING_KEY);

        check (initial[ECHO_INITIAL_KEY] == ECHO_INITIAL_VALUE, @"The initial metadata has not $ECHO_INITIAL_KEY");
        check (bytes != null, @"The trailing metadata has no $ECHO_TRAILING_KEY");
        check (bytes.compare (new Bytes (ECHO_TRAILING_VALUE)) == 0, @"Another value for $ECHO_TRAILING_KEY");
    }

    private async void check_unimplemented (string method) throws Error {
        var call = channel.unary_unary (method).call (new GrpcTesting.Empty ().to_bytes ());

        try {
            yield call.response_async ();
            check (false, "The call succeeded");
        } catch (GrpcAio.Error.UNIMPLEMENTED error) {
            yield check_status (call, UNIMPLEMENTED);
        }
    }

    // A unary call that asks for UNKNOWN and this message fails with them.
    private async void check_unary_status (string message) throws Error {
        var request = new GrpcTesting.SimpleRequest () {
            response_status = new_echo_status (GrpcAio.StatusCode.UNKNOWN, message)
        };
        var call = unary_call (request.to_bytes ());

        try {
            yield call.response_async ();
            check (false, "The call succeeded");
        } catch (GrpcAio.Error.UNKNOWN error) {
            check (error.message == message, @"The error says '$(error.message)'");
            yield check_status (call, UNKNOWN, message);
        }
    }

    // The cases

    private async void empty_unary () throws Error {
        var call = channel.unary_unary (TEST_SERVICE + "EmptyCall").call (new GrpcTesting.Empty ().to_bytes ());

        new GrpcTesting.Empty.from_bytes (yield call.response_async ());
        yield check_ok (call);
    }

    private async void large_unary () throws Error {
        var call = unary_call (large_request ());

        yield check_large_response (call);
        yield check_ok (call);
    }

    private async void client_streaming () throws Error {
        var call = channel.stream_unary (TEST_SERVICE + "StreamingInputCall").call (null);
        int total = 0;

        // Writes need not be waited for: they queue. Should one fail, the response
        // fails as well.
        foreach (var size in REQUEST_SIZES) {
            call.write_async.begin (new GrpcTesting.StreamingInputCallRequest () { payload = new_payload (size) }.to_bytes ());
            total += size;
        }
        call.done_writing_async.begin ();

        var response = new GrpcTesting.StreamingInputCallResponse.from_bytes (yield call.response_async ());
        check (response.aggregated_payload_size == total,
               @"The server counted $(response.aggregated_payload_size) bytes, not $total");
        yield check_ok (call);
    }

    private async void server_streaming () throws Error {
        var method = channel.unary_stream (TEST_SERVICE + "StreamingOutputCall");
        var call = method.call (output_request (0, RESPONSE_SIZES));

        foreach (var size in RESPONSE_SIZES)
            yield check_read (call, size);
        yield check_end_of_stream (call);
        yield check_ok (call);
    }

    private async void ping_pong () throws Error {
        var call = full_duplex_call ();

        for (int i = 0; i < REQUEST_SIZES.length; i++) {
            yield call.write_async (output_request (REQUEST_SIZES[i], { RESPONSE_SIZES[i] }));
            yield check_read (call, RESPONSE_SIZES[i]);
        }
        yield call.done_writing_async ();
        yield check_end_of_stream (call);
        yield check_ok (call);
    }

    private async void empty_stream () throws Error {
        var call = full_duplex_call ();

        yield call.done_writing_async ();
        yield check_end_of_stream (call);
        yield check_ok (call);
    }

    private async void custom_metadata () throws Error {
        var metadata = new GrpcAio.Metadata ();
        metadata.append (ECHO_INITIAL_KEY, ECHO_INITIAL_VALUE);
        metadata.append_bytes (ECHO_TRAILING_KEY, new Bytes (ECHO_TRAILING_VALUE));
        var options = new GrpcAio.CallOptions () { metadata = metadata };

        var call = unary_call (large_request (), options);
        yield check_large_response (call);
        yield check_ok (call);
        yield check_echoed_metadata (call);

        call = full_duplex_call (options);
        yield call.write_async (output_request (LARGE_REQUEST, { LARGE_RESPONSE }));
        yield call.done_writing_async ();
        yield check_read (call, LARGE_RESPONSE);
        yield check_end_of_stream (call);
        yield check_ok (call);
        yield check_echoed_metadata (call);
    }

    private async void status_code_and_message () throws Error {
        const string MESSAGE = "test status message";

        yield check_unary_status (MESSAGE);

        // The server may answer before the half-close is on its way, so only the end
        // of the call counts.
        var request = new GrpcTesting.StreamingOutputCallRequest () {
            response_status = new_echo_status (GrpcAio.StatusCode.UNKNOWN, MESSAGE)
        };
        var call = full_duplex_call ();
        call.write_async.begin (request.to_bytes ());
        call.done_writing_async.begin ();
        try {
            yield call.read_async ();
            check (false, "The call succeeded");
        } catch (GrpcAio.Error.UNKNOWN error) {
            yield check_status (call, UNKNOWN, MESSAGE);
        }
    }

    private async void cancel_after_begin () throws Error {
        var call = channel.stream_unary (TEST_SERVICE + "StreamingInputCall").call (null);

        check (call.cancel (), "A call that was just started cannot be cancelled");
        try {
            yield call.response_async ();
            check (false, "The call succeeded");
        } catch (IOError.CANCELLED error) {
            yield check_status (call, CANCELLED);
        }
    }

    private async void cancel_after_first_response () throws Error {
        var call = full_duplex_call ();

        yield call.write_async (output_request (REQUEST_SIZES[0], { RESPONSE_SIZES[0] }));
        yield check_read (call, RESPONSE_SIZES[0]);
        check (call.cancel (), "A running call cannot be cancelled");
        try {
            yield call.read_async ();
            check (false, "The call succeeded");
        } catch (IOError.CANCELLED error) {
            yield check_status (call, CANCELLED);
        }
    }

    private async void timeout_on_sleeping_server () throws Error {
        var call = full_duplex_call (new GrpcAio.CallOptions () { timeout_usec = 1000 });

        // The deadline may pass before the write is done.
        call.write_async.begin (output_request (REQUEST_SIZES[0], {}));
        try {
            yield call.read_async ();
            check (false, "The call succeeded");
        } catch (GrpcAio.Error.DEADLINE_EXCEEDED error) {
            yield check_status (call, DEADLINE_EXCEEDED);
        }
    }
}
