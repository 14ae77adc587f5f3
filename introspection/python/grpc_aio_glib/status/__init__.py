# SPDX-License-Identifier: LGPL-2.1-or-later

"""The rich status of a call, with details that programs can read, as in grpcio-status."""
