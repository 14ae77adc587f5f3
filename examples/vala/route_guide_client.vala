// SPDX-License-Identifier: LGPL-2.1-or-later

// A client that makes one call of each of gRPC's four kinds, one after the
// other.
//
//     route_guide_client --target localhost:50051

private class Client {
    private GrpcAio.CallOptions options;
    private Routeguide.RouteGuideStub guide;
    private Routeguide.Point top = new_point (517991000, 106156000);
    private Routeguide.Point station = new_point (517640000, 106660000);

    public Client (string target) {
        guide = new Routeguide.RouteGuideStub (new GrpcAio.Channel (target, null));

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
        var feature = yield guide.get_feature_async (top, options);
        print ("GetFeature: %s\n", describe (feature));
    }

    // A stream of responses: read until there is no more.
    private async void list_features () throws Error {
        var rectangle = new Routeguide.Rectangle () {
            lo = new_point (517000000, 105000000),
            hi = new_point (518500000, 107000000)
        };
        var call = guide.list_features (rectangle, options);
        Routeguide.Feature? feature;

        while ((feature = yield call.read_async ()) != null)
            print ("ListFeatures: %s\n", describe (feature));
    }

    // A stream of requests: write them all, then await the one response.
    private async void record_route () throws Error {
        var call = guide.record_route (options);
        Routeguide.Point[] points = {
            new_point (518030000, 105360000),
            new_point (518000000, 105700000),
            top,
            station
        };

        foreach (var point in points)
            yield call.write_async (point);
        yield call.done_writing_async ();

        var summary = yield call.response_async ();
        print ("RecordRoute: %d points, %d features, %d m\n",
               summary.point_count, summary.feature_count, summary.distance);
    }

    // Both stream: write notes and read notes at the same time.
    private async void route_chat () throws Error {
        var call = guide.route_chat (options);
        Routeguide.RouteNote[] notes = {
            new Routeguide.RouteNote () { location = top, message = "Vala was up here" },
            new Routeguide.RouteNote () { location = station, message = "Vala took the train" },
            new Routeguide.RouteNote () { location = top, message = "Vala is here again" }
        };
        Routeguide.RouteNote? note;

        // Writes may be started without waiting for the one before: they queue.
        foreach (var message in notes) {
            print ("RouteChat: sent \"%s\"\n", message.message);
            call.write_async.begin (message, null);
        }
        call.done_writing_async.begin (null);

        while ((note = yield call.read_async ()) != null)
            print ("RouteChat: got \"%s\"\n", note.message);
    }

    private string describe (Routeguide.Feature feature) {
        var location = feature.location ?? new Routeguide.Point ();

        return "%s at %.4f, %.4f".printf (feature.name != "" ? feature.name : "nothing",
                                          location.latitude / 1e7,
                                          location.longitude / 1e7);
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
