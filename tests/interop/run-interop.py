#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Runs all interoperability cases of one client against one server.

Both are programs with the command-line flags of gRPC's own. Prints TAP.
"""

import argparse
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile

CASES = (
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
    "timeout_on_sleeping_server",
)

# grpc.aio's own programs have none of these.
COMPRESSED_CASES = (
    "client_compressed_unary",
    "client_compressed_streaming",
    "server_compressed_unary",
    "server_compressed_streaming",
)

# Seconds for one case, and for the server to stop.
TIMEOUT = 30

SERVER_NAME = "interop.test.example"


class Tap:
    """Counts results and prints them."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def result(self, passed, name, explanation=""):
        self.count += 1
        self.failed += not passed
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}")
        if not passed:
            for line in explanation.splitlines():
                print(f"# {line}")
        sys.stdout.flush()

    def finish(self):
        print(f"1..{self.count}")
        return 1 if self.failed else 0


def bail_out(reason):
    print("Bail out!", reason)
    sys.exit(1)


def command(program, *flags):
    """Python programs run in the interpreter of this one."""
    prefixes = {".js": ["gjs", "-m"], ".py": [sys.executable]}
    return [*prefixes.get(pathlib.Path(program).suffix, []), program, *flags]


def run_program(program, flags):
    """Runs a program that ends; returns its exit code, or None after a timeout,
    and what it printed."""
    try:
        process = subprocess.run(
            command(program, *flags),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        output = (error.stdout or b"").decode("utf-8", "replace")
        return None, f"{output}\nnot finished after {TIMEOUT} s"

    return process.returncode, f"{process.stdout}\nexit code {process.returncode}"


def make_certificates(folder):
    """An authority and a server that it vouches for."""
    (folder / "extensions").write_text(f"subjectAltName=DNS:{SERVER_NAME}\n", encoding="ascii")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    commands = (
        ["req", "-x509", *new_key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2",
         "-subj", "/CN=Interop test authority"],
        ["req", *new_key, "-keyout", "server.key", "-out", "server.csr", "-subj", f"/CN={SERVER_NAME}"],
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
         "-out", "server.pem", "-days", "2", "-extfile", "extensions"],
    )  # fmt: skip
    for arguments in commands:
        process = subprocess.run(
            ["openssl", *arguments], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        )
        if process.returncode != 0:
            bail_out(f"openssl {arguments[0]} failed: {process.stdout.decode('utf-8', 'replace')}")


def start_server(program, flags):
    """Starts the server and waits until it tells where it listens."""
    server = subprocess.Popen(
        command(program, *flags), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, encoding="utf-8"
    )
    line = server.stdout.readline()
    match = re.fullmatch(r"listening on (\S+)\n", line)
    if match is None:
        server.kill()
        bail_out(f"The server said {line!r} where it should say that it listens")

    return server, match[1]


def stop_server(server, tap):
    """SIGTERM ends the server with exit code 0, and without further output."""
    name = "server stops on SIGTERM"
    server.send_signal(signal.SIGTERM)
    try:
        output, _ = server.communicate(timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()
        tap.result(False, name, f"not stopped after {TIMEOUT} s")
        return

    tap.result(server.returncode == 0 and output == "", name, f"exit code {server.returncode}, output {output!r}")


def run_cases(args, folder, tap):
    server_flags = []
    client_flags = []
    tls_flags = []

    if args.tls:
        make_certificates(folder)
        server_flags += ["--use_tls=true", f"--cert_file={folder}/server.pem", f"--key_file={folder}/server.key"]
        tls_flags = ["--use_tls=true", "--use_test_ca=true", f"--ca_file={folder}/ca.pem",
                     f"--server_host_override={SERVER_NAME}"]  # fmt: skip

    if args.transport == "unix":
        address = f"unix:{folder}/socket"
        server_flags += ["--address", address]
    else:
        server_flags += ["--address_type", "IPV4", "--port", "0"]

    server, where = start_server(args.server, server_flags)
    try:
        if args.transport == "unix":
            client_flags += [f"--target={where}"]
        else:
            host, port = where.rsplit(":", 1)
            client_flags += [f"--server_host={host}", f"--server_port={port}"]

        for case in CASES + (COMPRESSED_CASES if args.compressed else ()):
            code, output = run_program(args.client, [*client_flags, *tls_flags, f"--test_case={case}"])
            tap.result(code == 0, case, output)

        if args.tls:
            refuse_bad_peers(args, client_flags, tls_flags, tap)
    except BaseException:
        server.kill()
        raise

    stop_server(server, tap)


def refuse_bad_peers(args, client_flags, tls_flags, tap):
    """TLS that trusts everybody would pass all cases."""
    for name, flags in (
        ("client refuses an unknown authority", ["--use_tls=true", f"--server_host_override={SERVER_NAME}"]),
        ("client refuses another name", tls_flags[:-1]),
        ("server refuses a client without TLS", []),
    ):
        code, output = run_program(args.client, [*client_flags, *flags, "--test_case=empty_unary"])
        tap.result(code == 1 and "failed to connect" in output, name, output)


def refuse_bad_flags(args, tap):
    """No flag of gRPC's programs is taken and then ignored."""
    flag = "--custom_credentials_type"
    for side, program, flags in (
        ("client", args.client, ["--server_port=1", "--test_case=empty_unary"]),
        ("server", args.server, []),
    ):
        code, output = run_program(program, [*flags, f"{flag}=insecure_credentials"])
        tap.result(code == 2 and flag in output, f"{side} refuses an unsupported flag", output)


def main():
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--client", required=True, help="the client program")
    parser.add_argument("--server", required=True, help="the server program")
    parser.add_argument("--transport", choices=("tcp", "unix"), default="tcp")
    parser.add_argument("--compressed", action="store_true", help="also the cases about compression")
    parser.add_argument("--tls", action="store_true", help="with certificates made for this run")
    args = parser.parse_args()
    tap = Tap()

    # A proxy of the user's environment has no business here.
    for variable in ("grpc_proxy", "http_proxy", "https_proxy"):
        os.environ.pop(variable, None)

    with tempfile.TemporaryDirectory(prefix="interop-") as folder:
        run_cases(args, pathlib.Path(folder), tap)
    refuse_bad_flags(args, tap)

    return tap.finish()


if __name__ == "__main__":
    sys.exit(main())
