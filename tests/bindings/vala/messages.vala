// SPDX-License-Identifier: LGPL-2.1-or-later

// Cases of the binding test: messages that a pool makes at run time.

private GrpcAio.MessagePool new_pool () throws Error {
    var pool = new GrpcAio.MessagePool ();
    check (pool.add_file (Environment.get_variable ("GRPC_AIO_TEST_MESSAGES")));
    return pool;
}

private void equal_packed (GrpcAio.Message message, uint8[] expected) throws Error {
    check (message.to_bytes ().compare (new Bytes (expected)) == 0, "These bytes are others");
}

private delegate void Attempt () throws Error;

private void fails (Attempt attempt, Quark domain, int code) throws TestError {
    Error? failure = null;

    try {
        attempt ();
    } catch (Error error) {
        failure = error;
    }
    expect (failure, domain, code);
}

public async void message_pools () throws Error {
    var pool = new_pool ();
    uint8[] contents;

    FileUtils.get_data (Environment.get_variable ("GRPC_AIO_TEST_MESSAGES"), out contents);
    check (pool.add_bytes (new Bytes (contents)));
    resources_register (Resource.load (Environment.get_variable ("GRPC_AIO_TEST_MESSAGES").replace (".binpb", ".gresource")));
    check (pool.add_resource ("/test/test.binpb"));
    fails (() => pool.add_bytes (bytes_of ("x")), IOError.quark (), IOError.INVALID_DATA);

    check ("three.proto" in pool.dup_file_names ());
    check ("test.three.Scalars" in pool.dup_message_names ());
    check ("test.three.Color" in pool.dup_enum_names ());
    equal_text (string.joinv (" ", pool.dup_service_names ()), "test.three.Service");
    equal_text (string.joinv (" ", pool.dup_method_names ("test.three.Service")), "Unary ServerStream ClientStream Both");
    equal_text (string.joinv (" ", pool.dup_dependencies ("two.proto")), "three.proto");
    var descriptor = pool.dup_file_descriptor ("three.proto");
    check (descriptor.compare (pool.dup_file_descriptor_for_symbol ("test.three.Color")) == 0);
    check (pool.dup_file_descriptor ("none.proto") == null);

    Type request, response;
    GrpcAio.MethodKind kind;
    check (pool.find_method ("/test.three.Service/ServerStream", out request, out response, out kind));
    check (request == pool.get_message_type ("test.three.Scalars") && response == pool.get_message_type ("test.three.Mixed"));
    check (kind == GrpcAio.MethodKind.UNARY_STREAM);
    fails (() => pool.find_method ("/test.three.Service/None", null, null, null), IOError.quark (), IOError.NOT_FOUND);
    check (pool.get_enum_type ("test.three.Color").is_enum ());
    check (pool.get_message_type ("test.None") == Type.INVALID);
    fails (() => pool.new_message ("test.None"), IOError.quark (), IOError.NOT_FOUND);

    unowned var shared = GrpcAio.MessagePool.get_default ();
    check (shared.get_message_type ("google.rpc.Status") == pool.get_message_type ("google.rpc.Status"));
}

public async void message_objects () throws Error {
    var pool = new_pool ();
    var message = pool.new_message ("test.three.Scalars");
    var changes = "";
    int number;
    string text;

    message.notify.connect ((spec) => changes += spec.name + " ");
    message.set ("f-int32", -5);
    message.set ("f-string", "Grüße");
    equal_text (changes, "f-int32 f-string ");
    equal_text (message.get_full_name (), "test.three.Scalars");
    check ("f_int32" in message.dup_field_names ());
    check (message.has_field ("f_int32") && !message.has_field ("f_bool"));

    var copy = pool.new_message_from_bytes ("test.three.Scalars", message.to_bytes ());
    check (copy.equal (message));
    copy.get ("f-int32", out number, "f-string", out text);
    equal_int (number, -5);
    equal_text (text, "Grüße");
    copy = GrpcAio.Message.create_from_bytes (pool.get_message_type ("test.three.Scalars"), message.to_bytes ());
    copy.clear_field ("f_int32");
    check (!copy.equal (message));
    copy.merge (message);
    check (copy.equal (message) && copy.dup ().equal (message));
    copy.clear ();
    equal_packed (copy, {});
    fails (() => copy.merge_from_bytes (new Bytes ({ 0x7a, 1, 0xff })), GrpcAio.Error.quark (), GrpcAio.Error.INTERNAL);
    check (copy.merge_from_bytes (new Bytes ({ 8, 3 })));
    equal_packed (copy, { 8, 3 });

    // Lists, maps and one of several.
    var tree = GrpcAio.Message.create (pool.get_message_type ("test.three.Tree"));
    var left = pool.new_message ("test.three.Tree");
    ListStore children;
    left.set ("name", "x");
    tree.set ("left", left);
    tree.get ("children", out children);
    children.append (left);
    equal_packed (tree, { 0x12, 3, 10, 1, 'x', 0x1a, 3, 10, 1, 'x' });
    var maps = pool.new_message ("test.three.Maps");
    maps.set ("strings", new Variant.parsed ("{'k': 'v'}"));
    equal_packed (maps, { 10, 6, 10, 1, 'k', 0x12, 1, 'v' });
    var choice = pool.new_message ("test.three.Choice");
    choice.set ("text", "x");
    choice.set ("number", 0);
    equal_text (choice.get_oneof_case ("what"), "number");

    var required = pool.new_message ("test.two.Required");
    check (!required.is_initialized ());
    equal_text (string.joinv (" ", required.dup_missing_fields ()), "number text data");
    fails (() => required.to_bytes (), GrpcAio.Error.quark (), GrpcAio.Error.INTERNAL);
}

public async void message_extras () throws Error {
    var pool = new_pool ();
    var message = pool.new_message_from_bytes ("test.three.Empty", new Bytes ({ 8, 1 }));
    Value value;
    string url;

    check (message.dup_unknown_fields ().compare (new Bytes ({ 8, 1 })) == 0);
    message.clear_unknown_fields ();
    check (message.dup_unknown_fields () == null);

    message = pool.new_message ("test.two.Extendable");
    check (!message.has_extension ("test.two.number"));
    message.get_extension ("test.two.number", out value);
    equal_int (value.get_int (), 3);
    check (message.set_extension ("test.two.number", 7));
    check (message.has_extension ("test.two.number"));
    message.get_extension ("test.two.number", out value);
    equal_int (value.get_int (), 7);
    message.clear_extension ("test.two.number");
    check (!message.has_extension ("test.two.number"));
    fails (() => message.set_extension ("test.two.none", 7), IOError.quark (), IOError.NOT_FOUND);

    var wrapped = message.pack_any ();
    wrapped.get ("type-url", out url);
    equal_text (url, "type.googleapis.com/test.two.Extendable");
    check (wrapped.unpack_any (pool).equal (message));
    fails (() => wrapped.unpack_any (null), IOError.quark (), IOError.NOT_FOUND);
}
