// SPDX-License-Identifier: LGPL-2.1-or-later

// grpc.testing.TestService.

// What a client asks for that no server can give.
private errordomain RequestError {
    IMPOSSIBLE
}

public class TestService : GrpcAio.Service {
    // A peer may ask for bodies of any size; this is more than any case wants and
    // less than hurts.
    private const int MAX_BODY_SIZE = 64 * 1024 * 1024;

    private const string ECHO_INITIAL_KEY = "x-grpc-test-echo-initial";
    private const string ECHO_TRAILING_KEY = "x-grpc-test-echo-trailing-bin";

    public TestService () {
        Object (name: "grpc.testing.TestService");
    }

    // A handler runs without the service: that has it, and would keep itself.
    construct {
        add_method ("EmptyCall", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            answer.begin (EMPTY, context, request);
        }));
        add_method ("UnaryCall", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
            answer.begin (UNARY, context, request);
        }));
        add_method ("StreamingInputCall", new GrpcAio.RpcMethodHandler.stream_unary ((context, request) => {
            answer.begin (INPUT, context, null);
        }));
        add_method ("StreamingOutputCall", new GrpcAio.RpcMethodHandler.unary_stream ((context, request) => {
            answer.begin (OUTPUT, context, request);
        }));
        add_method ("FullDuplexCall", new GrpcAio.RpcMethodHandler.stream_stream ((context, request) => {
            answer.begin (FULL_DUPLEX, context, null);
        }));
    }

    private enum Method {
        EMPTY,
        UNARY,
        INPUT,
        OUTPUT,
        FULL_DUPLEX
    }

    // Ends the call, with what the method throws if it does.
    private static async void answer (Method method, GrpcAio.ServicerContext context, Bytes? request) {
        try {
            echo_metadata (context);
            switch (method) {
                case EMPTY:
                    new GrpcTesting.Empty.from_bytes (request);
                    context.complete (new GrpcTesting.Empty ().to_bytes ());
                    break;
                case UNARY:
                    unary_call (context, new GrpcTesting.SimpleRequest.from_bytes (request));
                    break;
                case INPUT:
                    yield streaming_input_call (context);
                    break;
                case OUTPUT:
                    yield answer_output (context, new GrpcTesting.StreamingOutputCallRequest.from_bytes (request));
                    context.complete ();
                    break;
                case FULL_DUPLEX:
                    yield full_duplex_call (context);
                    break;
            }
        } catch (IOError.INVALID_DATA error) {
            context.abort (INTERNAL, error.message);
        } catch (RequestError.IMPOSSIBLE error) {
            context.abort (INVALID_ARGUMENT, error.message);
        } catch (Error error) {
            context.complete_with_error (error);
        }
    }

    // Sends the two special headers back, the one at the beginning and the other at
    // the end.
    private static void echo_metadata (GrpcAio.ServicerContext context) throws Error {
        unowned var metadata = context.get_invocation_metadata ();
        unowned var initial = metadata[ECHO_INITIAL_KEY];
        unowned var trailing = metadata.get_bytes (ECHO_TRAILING_KEY);

        if (initial != null) {
            var headers = new GrpcAio.Metadata ();
            headers.append (ECHO_INITIAL_KEY, initial);
            context.send_initial_metadata_async.begin (headers);
        }
        if (trailing != null) {
            var trailers = new GrpcAio.Metadata ();
            trailers.append_bytes (ECHO_TRAILING_KEY, trailing);
            context.set_trailing_metadata (trailers);
        }
    }

    // Throws what the client asks for.
    private static void echo_status (GrpcTesting.EchoStatus? status) throws Error {
        if (status == null || status.code == GrpcAio.StatusCode.OK)
            return;

        if (status.code < 0 || status.code > GrpcAio.StatusCode.UNAUTHENTICATED)
            throw new RequestError.IMPOSSIBLE ("There is no such status code");
        throw new Error.literal (GrpcAio.Error.quark (), status.code, status.message);
    }

    private static GrpcTesting.Payload payload_for (int type, int size) throws RequestError {
        if (type != 0 || size < 0 || size > MAX_BODY_SIZE)
            throw new RequestError.IMPOSSIBLE ("No payload has this type or size");

        return new_payload (size);
    }

    private static void unary_call (GrpcAio.ServicerContext context,
                                    GrpcTesting.SimpleRequest request) throws Error {
        echo_status (request.response_status);
        context.complete (new GrpcTesting.SimpleResponse () {
            payload = payload_for (request.response_type, request.response_size)
        }.to_bytes ());
    }

    private static async void streaming_input_call (GrpcAio.ServicerContext context) throws Error {
        var response = new GrpcTesting.StreamingInputCallResponse ();
        size_t n_received = 0;
        Bytes? message;

        while ((message = yield context.read_async ()) != null) {
            var payload = new GrpcTesting.StreamingInputCallRequest.from_bytes (message).payload;
            if (payload != null)
                n_received += payload.body.get_size ();
        }
        response.aggregated_payload_size = (int) size_t.min (n_received, int.MAX);
        context.complete (response.to_bytes ());
    }

    private static async void answer_output (GrpcAio.ServicerContext context,
                                             GrpcTesting.StreamingOutputCallRequest request) throws Error {
        echo_status (request.response_status);
        for (int i = 0; i < request.response_parameters.get_n_items (); i++) {
            var parameters = (GrpcTesting.ResponseParameters) request.response_parameters.get_item (i);
            if (parameters.interval_us > 0) {
                Timeout.add (parameters.interval_us / 1000 + 1, answer_output.callback);
                yield;
            }
            yield context.write_async (new GrpcTesting.StreamingOutputCallResponse () {
                payload = payload_for (request.response_type, parameters.size)
            }.to_bytes ());
        }
    }

    private static async void full_duplex_call (GrpcAio.ServicerContext context) throws Error {
        Bytes? message;

        while ((message = yield context.read_async ()) != null)
            yield answer_output (context, new GrpcTesting.StreamingOutputCallRequest.from_bytes (message));
        context.complete ();
    }
}
