#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""Generates the Python modules of grpc.testing.

protoc would put them into a package grpc.testing, which clashes with the
package grpc of grpcio. So they are generated from copies of the protos that
import each other by plain file name; the names on the wire stay the same.
"""

import argparse
import pathlib
import subprocess
import tempfile


def main():
    parser = argparse.ArgumentParser(description=__doc__, allow_abbrev=False)
    parser.add_argument("--protoc", required=True)
    parser.add_argument("--plugin", required=True)
    parser.add_argument("--output", required=True)
    parser.add_argument("protos", nargs="+", type=pathlib.Path)
    args = parser.parse_args()

    with tempfile.TemporaryDirectory() as folder:
        for proto in args.protos:
            text = proto.read_text(encoding="utf-8")
            text = text.replace('import "grpc/testing/', 'import "')
            pathlib.Path(folder, proto.name).write_text(text, encoding="utf-8")

        subprocess.run(
            [
                args.protoc,
                f"--plugin=protoc-gen-grpc_python={args.plugin}",
                f"--proto_path={folder}",
                f"--python_out={args.output}",
                f"--grpc_python_out={args.output}",
                *(proto.name for proto in args.protos),
            ],
            check=True,
        )


if __name__ == "__main__":
    main()
