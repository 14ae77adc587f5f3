// SPDX-License-Identifier: LGPL-2.1-or-later

// What the command lines of both programs share.

public const int EXIT_USAGE = 2;

public void require (bool condition, string text) throws OptionError {
    if (!condition)
        throw new OptionError.BAD_VALUE (text);
}

public void parse_options (string summary, OptionEntry[] entries, string[] args) throws Error {
    unowned string[] rest = args;
    var context = new OptionContext ();

    context.set_summary (summary);
    context.add_main_entries (entries, null);
    try {
        context.parse (ref rest);
    } catch (OptionError.UNKNOWN_OPTION error) {
        error.message = "Not all flags of gRPC's interop programs are supported: " + error.message;
        throw error;
    }
    require (rest.length == 1, rest.length > 1 ? @"Unexpected argument '$(rest[1])'" : "");
}

// gRPC's programs take --flag, --flag=true and --flag=false.
public bool parse_boolean (string name, string? value) throws OptionError {
    var lower = (value ?? "true").down ();

    require (lower == "true" || lower == "1" || lower == "false" || lower == "0", @"$name is true or false, not '$lower'");

    return lower == "true" || lower == "1";
}

public void check_port (string name, int port) throws OptionError {
    require (port >= 0 && port <= uint16.MAX, @"$name is a port from 0 to $(uint16.MAX), not $port");
}

public string read_file (string name, string path) throws Error {
    string contents;

    try {
        FileUtils.get_contents (path, out contents);
    } catch (FileError error) {
        error.message = @"$name: $(error.message)";
        throw error;
    }

    return contents;
}
