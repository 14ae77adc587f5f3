# SPDX-License-Identifier: LGPL-2.1-or-later

"""A place that programs reach into, though it is private in grpcio."""
