// SPDX-License-Identifier: LGPL-2.1-or-later

// A client that makes one call of each of gRPC's four kinds, one after the
// other.
//
//     route_guide_client --target localhost:50051

private const string SERVICE = "/routeguide.RouteGuide/";

private class Client {
    private GrpcAio.Channel channel;
    private GrpcAio.CallOptions options;
    private Point top = new Point (517991000, 106156000);
    private Point station = new Point (517640000, 106660000);

    public Client (string target) {
        channel = new GrpcAio.Channel (target, null);

        // A stream, too, is given a limit for the whole of its life.
        options = new GrpcAio.CallOptions () { timeout_usec = 10000000 };
    }

    public async void run () throws Error {
        yield get_feature ();
        yield list_features ();
        yield record_route ();
        yield route_chat ();
    }

    // One request, one response.
    private async void get_feature () throws Error {
        var method = channel.unary_unary (SERVICE + "GetFeature");
        var response = yield method.invoke_async (top.pack (), options, null);
        print ("GetFeature: %s\n", describe (Message.unpack<Feature> (response)));
    }

    // A stream of responses: read until there is no more.
    private async void list_features () throws Error {
        var rectangle = new Rectangle () {
            lo = new Point (517000000, 105000000),
            hi = new Point (518500000, 107000000)
        };
        var call = channel.unary_stream (SERVICE + "ListFeatures").call (rectangle.pack (), options);
        Bytes? message;

        while ((message = yield call.read_async (null)) != null)
            print ("ListFeatures: %s\n", describe (Message.unpack<Feature> (message)));
    }

    // A stream of requests: write them all, then await the one response.
    private async void record_route () throws Error {
        var call = channel.stream_unary (SERVICE + "RecordRoute").call (null, options);
        Point[] points = {
            new Point (518030000, 105360000),
            new Point (518000000, 105700000),
            top,
            station
        };

        foreach (var point in points)
            yield call.write_async (point.pack (), null);
        yield call.done_writing_async (null);

        var response = yield call.response_async (null);
        var summary = Message.unpack<RouteSummary> (response);
        print ("RecordRoute: %d points, %d features, %d m\n",
               summary.point_count, summary.feature_count, summary.distance);
    }

    // Both stream: write notes and read notes at the same time.
    private async void route_chat () throws Error {
        var call = channel.stream_stream (SERVICE + "RouteChat").call (null, options);
        RouteNote[] notes = {
            new RouteNote () { location = top, message = "Vala was up here" },
            new RouteNote () { location = station, message = "Vala took the train" },
            new RouteNote () { location = top, message = "Vala is here again" }
        };
        Bytes? message;

        // Writes may be started without waiting for the one before: they queue.
        foreach (var note in notes) {
            print ("RouteChat: sent \"%s\"\n", note.message);
            call.write_async.begin (note.pack (), null);
        }
        call.done_writing_async.begin (null);

        while ((message = yield call.read_async (null)) != null)
            print ("RouteChat: got \"%s\"\n", Message.unpack<RouteNote> (message).message);
    }

    private string describe (Feature feature) {
        return "%s at %.4f, %.4f".printf (feature.name != "" ? feature.name : "nothing",
                                          feature.location.latitude / 1e7,
                                          feature.location.longitude / 1e7);
    }
}

public int main (string[] args) {
    string? target = null;
    OptionEntry[] entries = {
        { "target", 0, 0, OptionArg.STRING, ref target, "The server", "HOST:PORT" },
        { null }
    };

    try {
        var options = new OptionContext ();
        options.add_main_entries (entries, null);
        options.parse (ref args);
    } catch (Error error) {
        printerr ("%s\n", error.message);
        return 1;
    }

    var client = new Client (target ?? "localhost:50051");
    var loop = new MainLoop ();
    int exit_status = 1;

    client.run.begin ((source, result) => {
        try {
            client.run.end (result);
            exit_status = 0;
        } catch (Error error) {
            printerr ("The route guide failed: %s\n", error.message);
        }
        loop.quit ();
    });
    loop.run ();

    return exit_status;
}
