/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#include "google/protobuf/compiler/plugin.pb-c.h"
#include "names.h"
#include "options.h"

/* What protoc told, with everything resolved and with the names of all that will
 * be made of it. */

typedef struct _Model Model;
typedef struct _File File;
typedef struct _Message Message;
typedef struct _Field Field;
typedef struct _Oneof Oneof;
typedef struct _Enum Enum;
typedef struct _EnumValue EnumValue;
typedef struct _Service Service;
typedef struct _Method Method;

/* What is common to all that a file declares. */
typedef struct
{
  File *file;
  char *name;
  char *full_name;
  char *comment; /* or NULL */
  guint line;    /* in the file, from 1; 0 if not known */
  gboolean deprecated;
} Element;

struct _EnumValue
{
  Element element;
  gint32 number;
  char *c_name;      /* FOO__COLOR__RED */
  char *g_name;      /* FOO_COLOR_RED */
  gboolean is_alias; /* of one before */
};

struct _Enum
{
  Element element;
  GPtrArray *values;
  char *c_type;   /* Foo__Color */
  char *c_lower;  /* foo__color */
  char *c_upper;  /* FOO__COLOR */
  char *g_type;   /* FooColor */
  char *g_lower;  /* foo_color */
  char *g_object; /* COLOR, of FOO_TYPE_COLOR */
  const Google__Protobuf__EnumDescriptorProto *proto;
};

typedef enum
{
  KIND_INT32,
  KIND_UINT32,
  KIND_INT64,
  KIND_UINT64,
  KIND_FLOAT,
  KIND_DOUBLE,
  KIND_BOOL,
  KIND_ENUM,
  KIND_STRING,
  KIND_BYTES,
  KIND_MESSAGE,
} Kind;

struct _Field
{
  Element element;
  Message *parent; /* whose field it is; for an extension the one made for it */
  Oneof *oneof;    /* or NULL; a proto3 optional is in none */
  guint32 number;
  Kind kind;
  Google__Protobuf__FieldDescriptorProto__Type type;
  gboolean is_repeated;
  gboolean is_required;
  gboolean is_group;
  gboolean is_packed;
  gboolean is_map;
  gboolean has_presence;
  gboolean has_quantifier; /* has_x or n_x */
  gboolean is_utf8;
  const char *default_value; /* as protoc gives it, or NULL */
  GByteArray *default_bytes; /* of a string or bytes */
  EnumValue *default_enum;
  Message *message;
  Enum *enumeration;
  char *member;     /* of the struct */
  char *quantifier; /* has_x, n_x, or NULL */
  char *oneof_name; /* FOO__CHOICE_A */
  char *property;   /* foo-bar */
  char *accessor;   /* foo_bar */
  const Google__Protobuf__FieldDescriptorProto *proto;
};

struct _Oneof
{
  Element element;
  Message *parent;
  GPtrArray *fields;
  char *c_type;   /* Foo__ChoiceCase */
  char *c_upper;  /* FOO__CHOICE */
  char *not_set;  /* FOO__CHOICE__NOT_SET */
  char *member;   /* choice_case */
  char *property; /* choice-case */
  char *accessor; /* choice_case */
};

struct _Message
{
  Element element;
  Message *parent;   /* or NULL */
  GPtrArray *fields; /* in the order of the file */
  GPtrArray *sorted; /* the same by number */
  GPtrArray *oneofs; /* real ones */
  gboolean is_map_entry;
  gboolean is_extension; /* made to hold one */
  Message *extended;     /* of an extension */
  char *c_type;          /* Foo__HelloRequest */
  char *c_lower;         /* foo__hello_request */
  char *c_upper;         /* FOO__HELLO_REQUEST */
  char *g_type;          /* FooHelloRequest */
  char *g_lower;         /* foo_hello_request */
  char *g_object;        /* HELLO_REQUEST */
  const Google__Protobuf__DescriptorProto *proto;
};

struct _Method
{
  Element element;
  Service *service;
  Message *input;
  Message *output;
  gboolean reads;    /* the client streams */
  gboolean writes;   /* the server streams */
  char *lower;       /* say_hello */
  char *signal;      /* handle-say-hello */
  char *call_type;   /* FooGreeterSayHelloCall */
  char *call_lower;  /* foo_greeter_say_hello_call */
  char *call_object; /* GREETER_SAY_HELLO_CALL */
  char *call_struct; /* foo__greeter_say_hello_call */
  char *context_type;
  char *context_lower;
  char *context_object;
  char *context_struct;
};

struct _Service
{
  Element element;
  GPtrArray *methods;
  char *stub_type;   /* FooGreeterStub */
  char *stub_lower;  /* foo_greeter_stub */
  char *stub_object; /* GREETER_STUB */
  char *stub_struct; /* foo__greeter_stub */
  char *servicer_type;
  char *servicer_lower;
  char *servicer_object;
};

struct _File
{
  Model *model;
  char *name;
  char *package;  /* or "" */
  char *base;     /* the name without .proto */
  char *id;       /* a_2fb_2eproto */
  char *g_prefix; /* Foo */
  char *g_module; /* FOO */
  char *g_symbol; /* foo */
  GBytes *bytes;  /* the descriptor, without comments */
  GPtrArray *dependencies;
  GPtrArray *public_dependencies;
  GPtrArray *messages;   /* all, each before those within it */
  GPtrArray *extensions; /* messages that hold one extension each */
  GPtrArray *enums;      /* all: of the file, then of each message */
  GPtrArray *services;
  gboolean is_proto3;
  gboolean wanted; /* code is made of it */
  Names *names;
  const Google__Protobuf__FileDescriptorProto *proto;
};

struct _Model
{
  const Options *options;
  GPtrArray *files;     /* each after those it imports */
  GHashTable *by_name;  /* name → File */
  GHashTable *messages; /* full name → Message */
  GHashTable *enums;    /* full name → Enum */
  GHashTable *elements; /* descriptor → Element */
  GPtrArray *owned;     /* blocks of memory, all freed at the end */
  GPtrArray *arrays;
  GPtrArray *byte_arrays;
};

#define MODEL_ERROR (model_error_quark ())

GQuark model_error_quark (void);

Model *model_new (const Options *options);

void model_free (Model *self);

gboolean model_read (Model *self,
                     const Google__Protobuf__Compiler__CodeGeneratorRequest *request,
                     GPtrArray *files,
                     GError **error);

/* The steps of it. */

gpointer model_own (Model *self,
                    gpointer block);

char *model_own_printf (Model *self,
                        const char *format,
                        ...) G_GNUC_PRINTF (2, 3);

GPtrArray *model_array (Model *self);

void model_set_error (GError **error,
                      const Element *element,
                      const char *format,
                      ...) G_GNUC_PRINTF (3, 4);

gboolean model_build_file (File *file,
                           GError **error);

gboolean model_resolve_file (File *file,
                             GError **error);

gboolean model_name_file (File *file,
                          GError **error);

void model_comment_file (File *file);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Model, model_free)
