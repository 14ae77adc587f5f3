#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The interoperability server in Python, on the package grpc_aio_glib."""

import os

os.environ["INTEROP_PYTHON"] = "grpc_aio_glib"

import interop_server  # noqa: E402

if __name__ == "__main__":
    interop_server.main()
