/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What protobuf-c has to know of google/protobuf/any.proto and
 * google/rpc/status.proto. Neither message contains itself, so no input makes
 * protobuf-c recurse. */

#include "types/grpc-aio-google-rpc-private.h"

static const ProtobufCFieldDescriptor any_fields[] = {
  {
      .name = "type_url",
      .id = 1,
      .label = PROTOBUF_C_LABEL_NONE,
      .type = PROTOBUF_C_TYPE_STRING,
      .offset = G_STRUCT_OFFSET (GrpcAioGoogleAny, type_url),
      .default_value = &protobuf_c_empty_string,
  },
  {
      .name = "value",
      .id = 2,
      .label = PROTOBUF_C_LABEL_NONE,
      .type = PROTOBUF_C_TYPE_BYTES,
      .offset = G_STRUCT_OFFSET (GrpcAioGoogleAny, value),
  },
};

static const unsigned any_fields_by_name[] = { 0, 1 };

static const ProtobufCIntRange any_ranges[] = { { 1, 0 }, { 0, G_N_ELEMENTS (any_fields) } };

const ProtobufCMessageDescriptor grpc_aio_google_any_descriptor = {
  .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
  .name = "google.protobuf.Any",
  .short_name = "Any",
  .c_name = "GrpcAioGoogleAny",
  .package_name = "google.protobuf",
  .sizeof_message = sizeof (GrpcAioGoogleAny),
  .n_fields = G_N_ELEMENTS (any_fields),
  .fields = any_fields,
  .fields_sorted_by_name = any_fields_by_name,
  .n_field_ranges = 1,
  .field_ranges = any_ranges,
};

static const ProtobufCFieldDescriptor status_fields[] = {
  {
      .name = "code",
      .id = 1,
      .label = PROTOBUF_C_LABEL_NONE,
      .type = PROTOBUF_C_TYPE_INT32,
      .offset = G_STRUCT_OFFSET (GrpcAioGoogleStatus, code),
  },
  {
      .name = "message",
      .id = 2,
      .label = PROTOBUF_C_LABEL_NONE,
      .type = PROTOBUF_C_TYPE_STRING,
      .offset = G_STRUCT_OFFSET (GrpcAioGoogleStatus, message),
      .default_value = &protobuf_c_empty_string,
  },
  {
      .name = "details",
      .id = 3,
      .label = PROTOBUF_C_LABEL_REPEATED,
      .type = PROTOBUF_C_TYPE_MESSAGE,
      .quantifier_offset = G_STRUCT_OFFSET (GrpcAioGoogleStatus, n_details),
      .offset = G_STRUCT_OFFSET (GrpcAioGoogleStatus, details),
      .descriptor = &grpc_aio_google_any_descriptor,
  },
};

static const unsigned status_fields_by_name[] = { 0, 2, 1 };

static const ProtobufCIntRange status_ranges[] = { { 1, 0 }, { 0, G_N_ELEMENTS (status_fields) } };

const ProtobufCMessageDescriptor grpc_aio_google_status_descriptor = {
  .magic = PROTOBUF_C__MESSAGE_DESCRIPTOR_MAGIC,
  .name = "google.rpc.Status",
  .short_name = "Status",
  .c_name = "GrpcAioGoogleStatus",
  .package_name = "google.rpc",
  .sizeof_message = sizeof (GrpcAioGoogleStatus),
  .n_fields = G_N_ELEMENTS (status_fields),
  .fields = status_fields,
  .fields_sorted_by_name = status_fields_by_name,
  .n_field_ranges = 1,
  .field_ranges = status_ranges,
};
