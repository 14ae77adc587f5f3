// SPDX-License-Identifier: LGPL-2.1-or-later

// A server with one method of each of gRPC's four kinds.
//
//     route_guide_server --address localhost:50051
//
// Nothing here blocks and nothing needs a thread: while a handler yields, the
// others run, so that any number of calls take turns in one main loop. What is
// known of the world is in landmarks.vala.
//
// When a handler throws, its context is dropped, which ends the call with the
// status UNKNOWN.

// One request, one response.
private async void get_feature (GrpcAio.ServicerContext context, Bytes request) throws Error {
    var point = Message.unpack<Point> (request);
    context.complete (feature_at (point).pack ());
}

// One request, a stream of responses. Waiting for each write lets a slow
// client slow us down instead of filling our memory.
private async void list_features (GrpcAio.ServicerContext context, Bytes request) throws Error {
    var rectangle = Message.unpack<Rectangle> (request);

    foreach (var feature in all_features ()) {
        if (contains (rectangle, feature.location))
            yield context.write_async (feature.pack (), null);
    }

    // A method with a stream of responses ends without one.
    context.complete (null);
}

// A stream of requests, one response at its end.
private async void record_route (GrpcAio.ServicerContext context) throws Error {
    var summary = new RouteSummary ();
    var start_time = get_monotonic_time ();
    double metres = 0;
    Point? last = null;
    Bytes? message;

    // null is the end of the stream.
    while ((message = yield context.read_async (null)) != null) {
        var point = Message.unpack<Point> (message);
        summary.point_count++;
        if (feature_at (point).name != "")
            summary.feature_count++;
        if (last != null)
            metres += distance (last, point);
        last = point;
    }

    summary.distance = (int) Math.lround (metres);
    summary.elapsed_time = (int) ((get_monotonic_time () - start_time) / TimeSpan.SECOND);
    context.complete (summary.pack ());
}

// Two streams, independent of each other. Here every note read may set off any
// number of notes to write.
private GenericArray<RouteNote> notes;

private async void route_chat (GrpcAio.ServicerContext context) throws Error {
    Bytes? message;

    while ((message = yield context.read_async (null)) != null) {
        var note = Message.unpack<RouteNote> (message);
        var n_earlier = notes.length;

        notes.add (note);
        for (int i = 0; i < n_earlier; i++) {
            if (notes[i].location.equals (note.location))
                yield context.write_async (notes[i].pack (), null);
        }
    }

    context.complete (null);
}

public int main (string[] args) {
    var guide = new GrpcAio.Service ("routeguide.RouteGuide");

    notes = new GenericArray<RouteNote> ();
    guide.add_method ("GetFeature", new GrpcAio.RpcMethodHandler.unary_unary ((context, request) => {
        get_feature.begin (context, request);
    }));
    guide.add_method ("ListFeatures", new GrpcAio.RpcMethodHandler.unary_stream ((context, request) => {
        list_features.begin (context, request);
    }));
    guide.add_method ("RecordRoute", new GrpcAio.RpcMethodHandler.stream_unary ((context, request) => {
        record_route.begin (context);
    }));
    guide.add_method ("RouteChat", new GrpcAio.RpcMethodHandler.stream_stream ((context, request) => {
        route_chat.begin (context);
    }));

    // Ports, signals and the main loop: see serve.vala.
    return serve (guide, args);
}
