#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later

"""The program for grpc.aio, by grpc-aio-glib: no more than the import differs."""

import pathlib
import runpy
import sys

import grpc_aio_glib
import grpc_aio_glib.aio

sys.modules['grpc'] = grpc_aio_glib
sys.modules['grpc.aio'] = grpc_aio_glib.aio

if __name__ == '__main__':
    runpy.run_path(str(pathlib.Path(__file__).with_name('bench-grpcaio.py')), run_name='__main__')
