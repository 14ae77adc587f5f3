# SPDX-License-Identifier: LGPL-2.1-or-later

"""Tells clients what the channels and servers of a program do, as grpcio-channelz does."""
