// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: messages as JSON, GVariants and text, and calls
// whose types are looked up when they are made.

private const string WORD_FILES = """{"file": [{
  "name": "word.proto",
  "package": "test",
  "syntax": "proto3",
  "messageType": [{"name": "Word", "field": [
    {"name": "text", "number": 1, "type": "TYPE_STRING", "label": "LABEL_OPTIONAL"},
    {"name": "how_often", "number": 2, "type": "TYPE_INT64", "label": "LABEL_OPTIONAL"}
  ]}],
  "service": [{"name": "Test", "method": [
    {"name": "Echo", "inputType": ".test.Word", "outputType": ".test.Word"},
    {"name": "Count", "serverStreaming": true, "inputType": ".test.Word", "outputType": ".test.Word"}
  ]}]
}]}""";

private GrpcAio.MessagePool new_word_pool () throws Error {
    var files = GrpcAio.MessagePool.get_default ().new_message_from_json ("google.protobuf.FileDescriptorSet", WORD_FILES, NONE);
    var pool = new GrpcAio.MessagePool ();

    pool.add_bytes (files.to_bytes ());

    return pool;
}

private string describe_variant (Variant variant) {
    return variant.print (true);
}

public async void message_formats () throws Error {
    var pool = new_word_pool ();
    var word = pool.new_message_from_json ("test.Word", """{"text": "a", "howOften": 5}""", NONE);

    assert (word.to_json (NONE) == """{"text":"a","howOften":"5"}""");
    assert (word.to_json (PRETTY | PRESERVE_NAMES) == "{\n  \"text\": \"a\",\n  \"how_often\": \"5\"\n}");
    assert (word.to_text () == "text: \"a\"\nhow_often: 5\n");
    assert (describe_variant (word.to_variant ()) == "{'text': <'a'>, 'how_often': <int64 5>}");
    var data = word.to_data ();
    assert (data.length == 5 && data[0] == 10 && data[4] == 5);
    assert (GrpcAio.Message.create_from_data (pool.get_message_type ("test.Word"), data).equal (word));

    word.merge_from_json ("""{"text": "b"}""", NONE);
    assert (word.to_json (NONE) == """{"text":"b","howOften":"5"}""");
    try {
        word.merge_from_json ("""{"text": 5}""", NONE);
        assert_not_reached ();
    } catch (IOError.INVALID_DATA error) {
        assert (error.message.has_prefix ("text: "));
    }

    var type = pool.get_message_type ("test.Word");
    assert (GrpcAio.Message.create_from_json (type, """{"text":"b","more":1,"how_often":5}""", IGNORE_UNKNOWN).equal (word));
    assert (GrpcAio.Message.create_from_variant (type, new Variant.parsed ("{'text': <'b'>, 'how_often': <byte 5>}")).equal (word));
    try {
        GrpcAio.Message.create_from_variant (type, new Variant.parsed ("{'how_often': 'x'}"));
        assert_not_reached ();
    } catch (IOError.INVALID_DATA error) {
        assert (error.message.has_prefix ("how_often: "));
    }
}

public async void dynamic_calls (GrpcAio.Channel channel) throws Error {
    var pool = new_word_pool ();
    var request = new Variant.parsed ("{'text': <'hello'>, 'how_often': <2>}");

    var response = yield channel.call_variant_async ("/test.Test/Echo", request, pool, null, null);
    assert (describe_variant (response) == "{'text': <'hello'>, 'how_often': <int64 2>}");
    var json = yield channel.call_json_async ("/test.Test/Echo", """{"howOften":3}""", pool, null, null);
    assert (json == """{"howOften":"3"}""");
    var empty = yield channel.call_variant_async ("/test.Test/Echo", null, pool, null, null);
    assert (empty.n_children () == 0);

    try {
        yield channel.call_json_async ("/test.Test/Echo", """{"no":3}""", pool, null, null);
        assert_not_reached ();
    } catch (IOError.INVALID_DATA error) {
        assert ("no" in error.message);
    }
    try {
        yield channel.call_json_async ("/test.Test/Count", "{}", pool, null, null);
        assert_not_reached ();
    } catch (IOError.NOT_SUPPORTED error) {
        assert ("/test.Test/Count" in error.message);
    }
}

public void call_and_wait (GrpcAio.Channel channel) throws Error {
    var pool = new_word_pool ();

    var response = channel.call_variant_sync ("/test.Test/Echo", new Variant.parsed ("{'text': 'x'}"), pool, null, null);
    assert (describe_variant (response) == "{'text': <'x'>}");
    assert (channel.call_json_sync ("/test.Test/Echo", """{"text":"y"}""", pool, null, null) == """{"text":"y"}""");
}
