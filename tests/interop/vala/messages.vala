// SPDX-License-Identifier: LGPL-2.1-or-later

// The messages of grpc.testing that both programs make.

public GrpcTesting.Payload new_payload (size_t size) {
    return new GrpcTesting.Payload () { body = new Bytes.take (new uint8[size]) };
}

public GrpcTesting.EchoStatus new_echo_status (int code, string message) {
    return new GrpcTesting.EchoStatus () { code = code, message = message };
}
