// SPDX-License-Identifier: LGPL-2.1-or-later

// A server with one method of each of gRPC's four kinds.
//
//     route_guide_server --address localhost:50051
//
// Nothing here blocks and nothing needs a thread: while a method yields, the
// others run, so that any number of calls take turns in one main loop. What is
// known of the world is in landmarks.vala.

private class Guide : Routeguide.RouteGuideServicer {
    private GenericArray<Routeguide.RouteNote> notes = new GenericArray<Routeguide.RouteNote> ();

    // One request, one response.
    public override void get_feature (Routeguide.RouteGuideGetFeatureContext context, Routeguide.Point point) {
        context.complete (feature_at (point));
    }

    public override void list_features (Routeguide.RouteGuideListFeaturesContext context,
                                        Routeguide.Rectangle rectangle) {
        list_all.begin (context, rectangle);
    }

    public override void record_route (Routeguide.RouteGuideRecordRouteContext context) {
        record.begin (context);
    }

    public override void route_chat (Routeguide.RouteGuideRouteChatContext context) {
        chat.begin (context);
    }

    // One request, a stream of responses. Waiting for each write lets a slow
    // client slow us down instead of filling our memory.
    private async void list_all (Routeguide.RouteGuideListFeaturesContext context, Routeguide.Rectangle rectangle) {
        try {
            foreach (var feature in all_features ()) {
                if (contains (rectangle, feature.location))
                    yield context.write_async (feature);
            }

            // A method with a stream of responses ends without one.
            context.complete ();
        } catch (Error error) {
            context.complete_with_error (error);
        }
    }

    // A stream of requests, one response at its end.
    private async void record (Routeguide.RouteGuideRecordRouteContext context) {
        var summary = new Routeguide.RouteSummary ();
        var start_time = get_monotonic_time ();
        double metres = 0;
        Routeguide.Point? last = null;
        Routeguide.Point? point;

        try {
            // null is the end of the stream.
            while ((point = yield context.read_async ()) != null) {
                summary.point_count++;
                if (feature_at (point).name != "")
                    summary.feature_count++;
                if (last != null)
                    metres += distance (last, point);
                last = point;
            }

            summary.distance = (int) Math.lround (metres);
            summary.elapsed_time = (int) ((get_monotonic_time () - start_time) / TimeSpan.SECOND);
            context.complete (summary);
        } catch (Error error) {
            context.complete_with_error (error);
        }
    }

    // Two streams, independent of each other. Here every note read may set off any
    // number of notes to write.
    private async void chat (Routeguide.RouteGuideRouteChatContext context) {
        Routeguide.RouteNote? note;

        try {
            while ((note = yield context.read_async ()) != null) {
                var n_earlier = notes.length;

                notes.add (note);
                for (int i = 0; i < n_earlier; i++) {
                    if (notes[i].location.equal (note.location))
                        yield context.write_async (notes[i]);
                }
            }

            context.complete ();
        } catch (Error error) {
            context.complete_with_error (error);
        }
    }
}

public int main (string[] args) {
    // Ports, signals and the main loop: see serve.vala.
    return serve (new Guide (), args);
}
