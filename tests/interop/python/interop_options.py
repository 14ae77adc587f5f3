# SPDX-License-Identifier: LGPL-2.1-or-later

"""Command-line flags as gRPC's interoperability programs have them."""

import argparse


def boolean(text):
    """--flag, --flag=true, --flag=false."""
    if text.lower() in ("true", "1"):
        return True
    if text.lower() in ("false", "0"):
        return False
    raise argparse.ArgumentTypeError(f"is true or false, not '{text}'")


def add_boolean(parser, name, text):
    parser.add_argument(name, type=boolean, nargs="?", const=True, default=False, metavar="BOOLEAN", help=text)


def port(text):
    number = int(text)
    if not 0 <= number <= 65535:
        raise argparse.ArgumentTypeError(f"is a port from 0 to 65535, not {text}")
    return number


def read_file(path):
    with open(path, "rb") as file:
        return file.read()
