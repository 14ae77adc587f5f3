# SPDX-License-Identifier: LGPL-2.1-or-later

"""Cases that fail with grpc.aio, each with the reason. They pass with ours."""

DIFFERENCES = {
    'test_abort.Abort.test_ok_is_no_failure':
        'abort (OK) hangs',
    'test_channel.Channel.test_call_keeps_the_channel':
        'a call hangs whose channel was dropped',
}
