/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <string.h>

#include <glib/gstdio.h>

#include "test-utils.h"

/* How a plugin answers. */
typedef enum
{
  ANSWER_AT_ONCE,
  ANSWER_LATER,       /* from a source of the thread-default context */
  ANSWER_LATE,        /* the same, so late that only a test's own time-out matters */
  ANSWER_IN_A_THREAD, /* from a thread of its own */
  ANSWER_WITH_ERROR,
  ANSWER_TWICE,
  ANSWER_BY_DROPPING,
  ANSWER_NOT_YET, /* the test does */
} Answer;

#define TEST_TYPE_PLUGIN (test_plugin_get_type ())

G_DECLARE_FINAL_TYPE (TestPlugin, test_plugin, TEST, PLUGIN, GObject)

struct _TestPlugin
{
  GObject parent_instance;

  Answer answer;
  const char *key;
  GMutex lock;
  GPtrArray *waiting; /* requests that are not answered yet; with the lock */
  guint n_asked;      /* with the lock */
  guint late_msec;
  GMainContext *asked_in; /* not a reference */
  GThread *asked_on;
  char *service_url;
  char *method_name;
};

static void test_plugin_iface_init (GrpcAioAuthMetadataPluginInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestPlugin, test_plugin, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (GRPC_AIO_TYPE_AUTH_METADATA_PLUGIN, test_plugin_iface_init))

static void
answer (GrpcAioAuthMetadataContext *context,
        const char *key)
{
  g_autoptr (GrpcAioMetadata) metadata = grpc_aio_metadata_new ();

  g_assert_true (grpc_aio_metadata_append (metadata, key, "one", NULL));
  g_assert_true (grpc_aio_metadata_append (metadata, key, "two", NULL));
  grpc_aio_auth_metadata_context_complete (context, metadata);
}

static gboolean
on_later (gpointer data)
{
  answer (data, "x-plugin");

  return G_SOURCE_REMOVE;
}

static gpointer
answer_in_thread (gpointer data)
{
  g_autoptr (GrpcAioAuthMetadataContext) context = data;

  answer (context, "x-plugin");

  return NULL;
}

static void
answer_later (GrpcAioAuthMetadataContext *context,
              guint msec)
{
  g_autoptr (GSource) source = msec == 0 ? g_idle_source_new () : g_timeout_source_new (msec);

  g_source_set_callback (source, on_later, g_object_ref (context), g_object_unref);
  g_source_attach (source, g_main_context_get_thread_default ());
}

static void
test_plugin_get_metadata (GrpcAioAuthMetadataPlugin *plugin,
                          GrpcAioAuthMetadataContext *context)
{
  TestPlugin *self = TEST_PLUGIN (plugin);
  g_autoptr (GError) error = NULL;

  g_mutex_lock (&self->lock);
  self->n_asked++;
  self->asked_in = g_main_context_get_thread_default ();
  self->asked_on = g_thread_self ();
  g_free (self->service_url);
  g_free (self->method_name);
  g_object_get (context, "service-url", &self->service_url, "method-name", &self->method_name, NULL);
  g_assert_cmpstr (self->service_url, ==, grpc_aio_auth_metadata_context_get_service_url (context));
  g_assert_cmpstr (self->method_name, ==, grpc_aio_auth_metadata_context_get_method_name (context));
  g_mutex_unlock (&self->lock);
  g_assert_nonnull (grpc_aio_auth_context_get_text (grpc_aio_auth_metadata_context_get_auth_context (context), "security_level"));

  switch (self->answer)
    {
    case ANSWER_AT_ONCE:
      answer (context, self->key);
      break;

    case ANSWER_LATER:
      answer_later (context, 0);
      break;

    case ANSWER_LATE:
      answer_later (context, self->late_msec);
      break;

    case ANSWER_IN_A_THREAD:
      g_thread_unref (g_thread_new ("test-plugin", answer_in_thread, g_object_ref (context)));
      break;

    case ANSWER_WITH_ERROR:
      error = g_error_new_literal (G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED, "no token for you");
      grpc_aio_auth_metadata_context_complete_with_error (context, error);
      break;

    case ANSWER_TWICE:
      answer (context, self->key);
      g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*answered before*");
      answer (context, self->key);
      g_test_assert_expected_messages ();
      break;

    case ANSWER_BY_DROPPING:
      break;

    case ANSWER_NOT_YET:
      g_mutex_lock (&self->lock);
      g_ptr_array_add (self->waiting, g_object_ref (context));
      g_mutex_unlock (&self->lock);
      break;

    default:
      g_assert_not_reached ();
    }
}

static void
test_plugin_iface_init (GrpcAioAuthMetadataPluginInterface *iface)
{
  iface->get_metadata = test_plugin_get_metadata;
}

static void
test_plugin_finalize (GObject *object)
{
  TestPlugin *self = TEST_PLUGIN (object);

  g_ptr_array_unref (self->waiting);
  g_mutex_clear (&self->lock);
  g_free (self->service_url);
  g_free (self->method_name);

  G_OBJECT_CLASS (test_plugin_parent_class)->finalize (object);
}

static void
test_plugin_class_init (TestPluginClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_plugin_finalize;
}

static void
test_plugin_init (TestPlugin *self)
{
  self->key = "x-plugin";
  self->waiting = g_ptr_array_new_with_free_func (g_object_unref);
  g_mutex_init (&self->lock);
}

static TestPlugin *
test_plugin_new (Answer how)
{
  TestPlugin *self = g_object_new (TEST_TYPE_PLUGIN, NULL);

  self->answer = how;

  return self;
}

/* A server on a Unix socket, which counts as secure, that says what metadata a
 * call came with. It has a thread of its own. */
typedef struct
{
  char *folder;
  char *path;
  char *target;
  GrpcAioServer *server;
  GrpcAioChannel *channel;
  GrpcAioMultiCallable *method;
  gboolean is_insecure;
} Fixture;

static void
handle_show (GrpcAioServicerContext *context,
             GBytes *request,
             gpointer user_data)
{
  GrpcAioMetadata *metadata = grpc_aio_servicer_context_get_invocation_metadata (context);
  g_autoptr (GString) text = g_string_new (NULL);
  g_autoptr (GBytes) response = NULL;

  for (guint i = 0; i < grpc_aio_metadata_get_size (metadata); i++)
    {
      const char *key = grpc_aio_metadata_get_nth_key (metadata, i);

      if (g_str_equal (key, "authorization") || g_str_has_prefix (key, "x-"))
        g_string_append_printf (text, "%s=%s;", key, grpc_aio_metadata_get_nth_value (metadata, i));
    }

  response = bytes_from (text->str);
  grpc_aio_servicer_context_complete (context, response);
}

/* @data is "tcp", "insecure", "xds" or NULL. */
static void
fixture_set_up (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioService) service = grpc_aio_service_new ("test.Peer");
  g_autoptr (GrpcAioRpcMethodHandler) handler = grpc_aio_rpc_method_handler_new_unary_unary (handle_show, NULL, NULL);
  g_autoptr (GrpcAioServerCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  gboolean is_tcp = g_strcmp0 (data, "tcp") == 0;
  gboolean is_insecure = g_strcmp0 (data, "insecure") == 0;
  int port;

  fixture->folder = g_dir_make_tmp ("test-call-credentials-XXXXXX", &error);
  g_assert_no_error (error);
  fixture->path = g_build_filename (fixture->folder, "socket", NULL);
  fixture->target = g_strconcat ("unix:", fixture->path, NULL);
  if (!is_insecure)
    credentials = grpc_aio_server_credentials_new_local (is_tcp ? GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP
                                                                : GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS);

  if (g_strcmp0 (data, "xds") == 0)
    {
      g_autoptr (GrpcAioServerCredentials) fallback = g_steal_pointer (&credentials);

      credentials = grpc_aio_server_credentials_new_xds (fallback);
    }

  fixture->is_insecure = is_insecure;
  grpc_aio_service_add_method (service, "Show", handler);
  fixture->server = g_object_new (GRPC_AIO_TYPE_SERVER, "n-workers", 1, NULL);
  grpc_aio_server_add_service (fixture->server, service);
  port = grpc_aio_server_add_port (fixture->server, is_tcp ? "127.0.0.1:0" : fixture->target, credentials, &error);
  g_assert_no_error (error);
  g_assert_cmpint (port, >, 0);
  g_assert_true (grpc_aio_server_start (fixture->server, &error));
  g_assert_no_error (error);

  if (is_tcp)
    {
      g_free (fixture->target);
      fixture->target = g_strdup_printf ("127.0.0.1:%d", port);
    }
}

static void
close_channel (Fixture *fixture)
{
  g_clear_object (&fixture->method);
  if (fixture->channel != NULL)
    assert_finalizes (g_steal_pointer (&fixture->channel));
}

static void
fixture_tear_down (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GError) error = NULL;

  close_channel (fixture);
  g_assert_true (grpc_aio_server_stop_sync (fixture->server, 0, NULL, &error));
  g_assert_no_error (error);
  g_object_unref (fixture->server);

  g_remove (fixture->path);
  g_assert_cmpint (g_rmdir (fixture->folder), ==, 0);
  g_free (fixture->folder);
  g_free (fixture->path);
  g_free (fixture->target);
}

static void
connect_to (Fixture *fixture,
            GrpcAioChannelCredentials *credentials)
{
  fixture->channel = grpc_aio_channel_new (fixture->target, credentials);
  fixture->method = grpc_aio_channel_unary_unary (fixture->channel, "/test.Peer/Show");
}

/* A channel whose calls have these credentials. */
static void
connect_with (Fixture *fixture,
              GrpcAioCallCredentials *call_credentials)
{
  gboolean is_tcp = !g_str_has_prefix (fixture->target, "unix:");
  g_autoptr (GrpcAioChannelCredentials) local = NULL;
  g_autoptr (GrpcAioChannelCredentials) composite = NULL;

  if (fixture->is_insecure)
    local = grpc_aio_channel_credentials_new_insecure ();
  else
    local = grpc_aio_channel_credentials_new_local (is_tcp ? GRPC_AIO_LOCAL_CONNECTION_TYPE_LOCAL_TCP
                                                           : GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS);
  composite = grpc_aio_channel_credentials_new_composite (local, call_credentials);
  connect_to (fixture, composite);
}

static void
connect_with_plugin (Fixture *fixture,
                     TestPlugin *plugin)
{
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;

  credentials = grpc_aio_call_credentials_new_plugin (GRPC_AIO_AUTH_METADATA_PLUGIN (plugin),
                                                      GRPC_AIO_SECURITY_LEVEL_PRIVACY_AND_INTEGRITY);
  connect_with (fixture, credentials);
}

static char *
take_text (GBytes *bytes)
{
  g_autoptr (GBytes) taken = bytes;

  return bytes != NULL ? g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)) : NULL;
}

static char *
show (Fixture *fixture,
      GError **error)
{
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GAsyncResult) result = NULL;

  grpc_aio_multi_callable_invoke_async (fixture->method, request, NULL, NULL, store_result, &result);

  return take_text (grpc_aio_multi_callable_invoke_finish (fixture->method, await (&result), error));
}

static gboolean
is_asked (gpointer data)
{
  TestPlugin *plugin = data;
  gboolean asked;

  g_mutex_lock (&plugin->lock);
  asked = plugin->waiting->len > 0;
  g_mutex_unlock (&plugin->lock);

  return asked;
}

/* What grpc-core held of it comes back through the main context. */
static void
assert_goes (Fixture *fixture,
             TestPlugin *plugin)
{
  close_channel (fixture);
  assert_finalizes (plugin);
}

/* The same, but the call itself has credentials. */
static char *
show_with (Fixture *fixture,
           const char *token,
           gboolean is_hidden,
           GError **error)
{
  g_autoptr (GrpcAioCallCredentials) credentials = grpc_aio_call_credentials_new_access_token (token, NULL);
  g_autoptr (GrpcAioCallOptions) options = grpc_aio_call_options_new ();
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GrpcAioCall) call = NULL;

  grpc_aio_call_options_set_credentials (options, credentials);
  if (is_hidden)
    {
      grpc_aio_multi_callable_invoke_async (fixture->method, request, options, NULL, store_result, &result);
      return take_text (grpc_aio_multi_callable_invoke_finish (fixture->method, await (&result), error));
    }

  call = grpc_aio_multi_callable_call (fixture->method, request, options);
  grpc_aio_call_response_async (call, NULL, store_result, &result);

  return take_text (grpc_aio_call_response_finish (call, await (&result), error));
}

static void
test_per_call (Fixture *fixture,
               gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) local = grpc_aio_channel_credentials_new_local (GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS);
  g_autoptr (GrpcAioCallCredentials) credentials = grpc_aio_call_credentials_new_access_token ("channel", NULL);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A token of one call goes with that alone, after those of the channel");

  connect_to (fixture, local);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *token = g_strdup_printf ("call-%u", i);
      g_autofree char *expected = g_strdup_printf ("authorization=Bearer call-%u;", i);
      g_autofree char *text = show_with (fixture, token, i % 2 == 0, &error);
      g_autofree char *without = NULL;

      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, expected);
      without = show (fixture, &error);
      g_assert_no_error (error);
      g_assert_null (without);
    }

  close_channel (fixture);
  connect_with (fixture, credentials);
  for (guint i = 0; i < 2; i++)
    {
      g_autofree char *text = show_with (fixture, "call", i % 2 == 0, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, "authorization=Bearer channel;authorization=Bearer call;");
    }
}

static void
test_per_call_not_secure (Fixture *fixture,
                          gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) insecure = grpc_aio_channel_credentials_new_insecure ();

  g_test_summary ("Over a channel that is not secure a call with credentials has failed at once, and says why");

  for (guint i = 0; i < 4; i++)
    {
      g_autoptr (GError) error = NULL;

      connect_to (fixture, i < 2 ? NULL : insecure);
      g_assert_null (show_with (fixture, "token", i % 2 == 0, &error));
      g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAUTHENTICATED);
      g_assert_nonnull (strstr (error->message, "not secure"));
      g_assert_cmpint (grpc_aio_channel_get_state (fixture->channel, FALSE), ==, GRPC_AIO_CHANNEL_CONNECTIVITY_IDLE);
      close_channel (fixture);
    }
}

static void
test_access_token (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("An access token goes with each call");

  credentials = grpc_aio_call_credentials_new_access_token ("s3cret", &error);
  g_assert_no_error (error);
  connect_with (fixture, credentials);
  for (int i = 0; i < 3; i++)
    {
      g_clear_pointer (&text, g_free);
      text = show (fixture, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, "authorization=Bearer s3cret;");
    }
}

static void
test_xds_fallback (Fixture *fixture,
                   gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) local = grpc_aio_channel_credentials_new_local (GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS);
  g_autoptr (GrpcAioCallCredentials) token = grpc_aio_call_credentials_new_access_token ("s3cret", NULL);
  g_autoptr (GrpcAioChannelCredentials) xds = NULL;
  g_autoptr (GrpcAioChannelCredentials) composite = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("Without a control plane xDS credentials are those to fall back on");

  xds = grpc_aio_channel_credentials_new_xds (local);
  composite = grpc_aio_channel_credentials_new_composite (xds, token);
  connect_to (fixture, composite);
  text = show (fixture, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "authorization=Bearer s3cret;");

  /* Without any there is no protection; to the server's socket this is the same. */
  close_channel (fixture);
  g_clear_object (&xds);
  xds = grpc_aio_channel_credentials_new_xds (NULL);
  connect_to (fixture, xds);
  g_clear_pointer (&text, g_free);
  text = show (fixture, &error);
  g_assert_no_error (error);
  g_assert_null (text);
}

static void
test_not_local (Fixture *fixture,
                gconstpointer data)
{
  g_autoptr (GrpcAioChannelCredentials) local = grpc_aio_channel_credentials_new_local (GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS);
  g_autoptr (GError) error = NULL;

  g_test_summary ("Credentials for Unix sockets refuse a TCP connection");

  connect_to (fixture, local);
  g_assert_null (show (fixture, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
}

static void
test_bad_token (void)
{
  static const char *const tokens[] = { "", "new\nline", "umläut", "tab\there", "\x7f" };

  g_test_summary ("A token that cannot be sent is refused");

  for (gsize i = 0; i < G_N_ELEMENTS (tokens); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (grpc_aio_call_credentials_new_access_token (tokens[i], &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT);
    }
}

static void
test_not_secure (Fixture *fixture,
                 gconstpointer data)
{
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("A token does not go over a connection that is not secure");

  credentials = grpc_aio_call_credentials_new_access_token ("s3cret", &error);
  g_assert_no_error (error);
  connect_with (fixture, credentials);
  g_assert_null (show (fixture, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAUTHENTICATED);
}

static void
test_security_level (Fixture *fixture,
                     gconstpointer data)
{
  static const struct
  {
    GrpcAioSecurityLevel level;
    gboolean is_sent;
  } cases[] = {
    { GRPC_AIO_SECURITY_LEVEL_NONE, TRUE },
    { GRPC_AIO_SECURITY_LEVEL_INTEGRITY_ONLY, FALSE },
    { GRPC_AIO_SECURITY_LEVEL_PRIVACY_AND_INTEGRITY, FALSE },
  };

  g_test_summary ("A plugin says how secure a connection has to be, which local ones are");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TestPlugin *plugin = test_plugin_new (ANSWER_AT_ONCE);
      g_autoptr (GrpcAioCallCredentials) credentials = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;

      credentials = grpc_aio_call_credentials_new_plugin (GRPC_AIO_AUTH_METADATA_PLUGIN (plugin), cases[i].level);
      connect_with (fixture, credentials);
      text = show (fixture, &error);
      if (cases[i].is_sent || !fixture->is_insecure)
        {
          g_assert_no_error (error);
          g_assert_cmpstr (text, ==, "x-plugin=one;x-plugin=two;");
        }
      else
        {
          g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAUTHENTICATED);
          g_assert_cmpuint (plugin->n_asked, ==, 0);
        }
      g_clear_object (&credentials);
      assert_goes (fixture, plugin);
    }
}

static void
test_composite (Fixture *fixture,
                gconstpointer data)
{
  TestPlugin *plugin = test_plugin_new (ANSWER_LATER);
  g_autoptr (GrpcAioCallCredentials) token = grpc_aio_call_credentials_new_access_token ("s3cret", NULL);
  g_autoptr (GrpcAioCallCredentials) asked = NULL;
  g_autoptr (GrpcAioCallCredentials) both = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("Composite credentials send what each of theirs does");

  asked = grpc_aio_call_credentials_new_plugin (GRPC_AIO_AUTH_METADATA_PLUGIN (plugin), GRPC_AIO_SECURITY_LEVEL_NONE);
  both = grpc_aio_call_credentials_new_composite (token, asked);
  g_clear_object (&token);
  g_clear_object (&asked);
  connect_with (fixture, both);
  text = show (fixture, &error);
  g_assert_no_error (error);
  g_assert_nonnull (strstr (text, "authorization=Bearer s3cret;"));
  g_assert_nonnull (strstr (text, "x-plugin=one;x-plugin=two;"));

  g_clear_object (&both);
  assert_goes (fixture, plugin);
}

static void
test_answers (Fixture *fixture,
              gconstpointer data)
{
  static const struct
  {
    Answer answer;
    const char *problem;
  } cases[] = {
    { ANSWER_AT_ONCE, NULL },
    { ANSWER_LATER, NULL },
    { ANSWER_IN_A_THREAD, NULL },
    { ANSWER_TWICE, NULL },
    { ANSWER_WITH_ERROR, "*no token for you*" },
    { ANSWER_BY_DROPPING, "*no answer*" },
  };

  g_test_summary ("A plugin is asked for each call, in its context, and answers in many ways");

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      TestPlugin *plugin = test_plugin_new (cases[i].answer);

      connect_with_plugin (fixture, plugin);
      for (guint n = 1; n <= 3; n++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree char *text = show (fixture, &error);

          g_assert_cmpuint (plugin->n_asked, ==, n);
          g_assert_true (plugin->asked_on == g_thread_self ());
          g_assert_cmpstr (plugin->method_name, ==, "Show");
          g_assert_true (g_str_has_suffix (plugin->service_url, "://localhost/test.Peer"));
          if (cases[i].problem == NULL)
            {
              g_assert_no_error (error);
              g_assert_cmpstr (text, ==, "x-plugin=one;x-plugin=two;");
            }
          else
            {
              g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_UNAVAILABLE);
              g_assert_true (g_pattern_match_simple (cases[i].problem, error->message));
            }
        }
      assert_goes (fixture, plugin);
    }
}

static void
on_shown (GObject *source,
          GAsyncResult *result,
          gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *text = take_text (grpc_aio_multi_callable_invoke_finish (GRPC_AIO_MULTI_CALLABLE (source), result, &error));

  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "x-plugin=one;x-plugin=two;");
  (*(guint *) user_data)++;
}

#define MANY 100

static gboolean
are_all_asked (gpointer data)
{
  return ((TestPlugin *) data)->waiting->len == MANY;
}

static gboolean
are_all_shown (gpointer data)
{
  return *(guint *) data == MANY;
}

static void
test_many (Fixture *fixture,
           gconstpointer data)
{
  TestPlugin *plugin = test_plugin_new (ANSWER_NOT_YET);
  g_autoptr (GBytes) request = bytes_from ("");
  guint n_shown = 0;

  g_test_summary ("Many requests wait at once, and are answered in any order");

  connect_with_plugin (fixture, plugin);
  for (guint i = 0; i < MANY; i++)
    grpc_aio_multi_callable_invoke_async (fixture->method, request, NULL, NULL, on_shown, &n_shown);
  iterate_until (are_all_asked, plugin);
  g_assert_cmpuint (n_shown, ==, 0);

  while (plugin->waiting->len > 0)
    {
      g_autoptr (GrpcAioAuthMetadataContext) context = g_ptr_array_steal_index (plugin->waiting, plugin->waiting->len - 1);

      answer (context, "x-plugin");
    }
  iterate_until (are_all_shown, &n_shown);

  assert_goes (fixture, plugin);
}

/* What ends a call while its plugin works. */
typedef enum
{
  END_CANCEL,
  END_DEADLINE,
  END_CLOSE,
} End;

static void
test_ends_before (Fixture *fixture,
                  gconstpointer data)
{
  g_test_summary ("A call ends while its plugin works, whose answer then has no effect");

  for (End end = END_CANCEL; end <= END_CLOSE; end++)
    {
      TestPlugin *plugin = test_plugin_new (ANSWER_NOT_YET);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GrpcAioCallOptions) options = end == END_DEADLINE ? options_with_timeout (50 * 1000) : NULL;
      g_autoptr (GBytes) request = bytes_from ("");
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GBytes) response = NULL;
      g_autoptr (GError) error = NULL;

      connect_with_plugin (fixture, plugin);
      grpc_aio_multi_callable_invoke_async (fixture->method, request, options, cancellable, store_result, &result);
      iterate_until (is_asked, plugin);
      if (end == END_CANCEL)
        g_cancellable_cancel (cancellable);
      else if (end == END_CLOSE)
        grpc_aio_channel_close (fixture->channel);
      response = grpc_aio_multi_callable_invoke_finish (fixture->method, await (&result), &error);
      g_assert_null (response);
      if (end == END_CANCEL)
        g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      else if (end == END_DEADLINE)
        g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
      else
        g_assert_nonnull (error);

      /* All of the call and the channel is gone when the answer comes. */
      g_clear_object (&result);
      close_channel (fixture);
      g_assert_cmpuint (plugin->waiting->len, ==, 1);
      answer (g_ptr_array_index (plugin->waiting, 0), "x-plugin");
      g_ptr_array_set_size (plugin->waiting, 0);
      assert_goes (fixture, plugin);
    }
}

static gboolean
is_gone (gpointer data)
{
  return *(gpointer *) data == NULL;
}

static void
test_goes_with_answer (Fixture *fixture,
                       gconstpointer data)
{
  TestPlugin *plugin = test_plugin_new (ANSWER_NOT_YET);
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GAsyncResult) result = NULL;
  GrpcAioAuthMetadataContext *context;

  g_test_summary ("The answer is the last that holds credentials and plugin");

  g_object_add_weak_pointer (G_OBJECT (plugin), (gpointer *) &plugin);
  connect_with_plugin (fixture, plugin);
  grpc_aio_multi_callable_invoke_async (fixture->method, request, NULL, cancellable, store_result, &result);
  iterate_until (is_asked, plugin);
  context = g_ptr_array_steal_index (plugin->waiting, 0);
  g_cancellable_cancel (cancellable);
  await (&result);
  g_clear_object (&result);
  close_channel (fixture);
  g_object_unref (plugin);

  g_assert_nonnull (plugin);
  answer (context, "x-plugin");
  g_object_unref (context);
  iterate_until (is_gone, &plugin);
}

static char *
show_sync (Fixture *fixture,
           gint64 timeout_usec,
           GError **error)
{
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GrpcAioCallOptions) options = timeout_usec != 0 ? options_with_timeout (timeout_usec) : NULL;

  return take_text (grpc_aio_multi_callable_invoke_sync (fixture->method, request, options, NULL, error));
}

static const Answer sync_answers[] = { ANSWER_AT_ONCE, ANSWER_LATER, ANSWER_IN_A_THREAD, ANSWER_LATE };

static void
show_in_all_ways (Fixture *fixture)
{
  for (gsize i = 0; i < G_N_ELEMENTS (sync_answers); i++)
    {
      TestPlugin *plugin = test_plugin_new (sync_answers[i]);

      plugin->late_msec = 20;
      connect_with_plugin (fixture, plugin);
      for (int n = 0; n < 3; n++)
        {
          g_autoptr (GError) error = NULL;
          g_autofree char *text = show_sync (fixture, 0, &error);

          g_assert_no_error (error);
          g_assert_cmpstr (text, ==, "x-plugin=one;x-plugin=two;");
          g_assert_true (plugin->asked_on == g_thread_self ());
          g_assert_nonnull (plugin->asked_in);
        }
      assert_goes (fixture, plugin);
    }
}

static void
test_sync (Fixture *fixture,
           gconstpointer data)
{
  g_test_summary ("A blocking call asks the plugin itself when nobody runs its context");

  show_in_all_ways (fixture);
}

static gboolean
on_loop (gpointer data)
{
  Fixture *fixture = ((gpointer *) data)[0];

  show_in_all_ways (fixture);
  g_main_loop_quit (((gpointer *) data)[1]);

  return G_SOURCE_REMOVE;
}

static void
test_sync_in_callback (Fixture *fixture,
                       gconstpointer data)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  gpointer on_loop_data[] = { fixture, loop };

  g_test_summary ("A blocking call in a callback of the plugin's own context asks the plugin itself");

  g_idle_add (on_loop, on_loop_data);
  g_main_loop_run (loop);
}

typedef struct
{
  Fixture *fixture;
  TestPlugin *plugin;
  GMainLoop *loop;
} Threaded;

static gpointer
show_in_thread (gpointer data)
{
  Threaded *threaded = data;

  for (int n = 0; n < 10; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = show_sync (threaded->fixture, 0, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, "x-plugin=one;x-plugin=two;");
      g_assert_false (threaded->plugin->asked_on == g_thread_self ());
    }
  g_main_loop_quit (threaded->loop);

  return NULL;
}

static void
test_sync_elsewhere (Fixture *fixture,
                     gconstpointer data)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_test_summary ("A blocking call in another thread has the plugin asked in its own context, which is run");

  for (gsize i = 0; i < G_N_ELEMENTS (sync_answers); i++)
    {
      TestPlugin *plugin = test_plugin_new (sync_answers[i]);
      Threaded threaded = { fixture, plugin, loop };
      g_autoptr (GSource) start = NULL;
      GThread *thread;

      plugin->late_msec = 5;
      connect_with_plugin (fixture, plugin);

      /* The thread is not to look before the context is run. */
      g_assert_true (g_main_context_acquire (NULL));
      thread = g_thread_new ("test-sync", show_in_thread, &threaded);
      g_main_loop_run (loop);
      g_main_context_release (NULL);
      g_thread_join (thread);
      assert_goes (fixture, plugin);
    }
}

static void
test_sync_deadline (Fixture *fixture,
                    gconstpointer data)
{
  TestPlugin *plugin = test_plugin_new (ANSWER_NOT_YET);
  g_autoptr (GError) error = NULL;

  g_test_summary ("A blocking call has its deadline though the plugin does not answer");

  connect_with_plugin (fixture, plugin);
  g_assert_null (show_sync (fixture, 50 * 1000, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_assert_cmpuint (plugin->waiting->len, ==, 1);
  g_ptr_array_set_size (plugin->waiting, 0);
  assert_goes (fixture, plugin);
}

static void
test_sync_leaves_rest (Fixture *fixture,
                       gconstpointer data)
{
  TestPlugin *plugin = test_plugin_new (ANSWER_LATE);
  g_autoptr (GBytes) request = bytes_from ("");
  g_autoptr (GAsyncResult) result = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_test_summary ("What a blocking call began for another call goes on after it");

  /* Neither call is asked for before the blocking one waits, which gives up long
   * before the plugin has answers. */
  plugin->late_msec = 300;
  connect_with_plugin (fixture, plugin);
  grpc_aio_multi_callable_invoke_async (fixture->method, request, NULL, NULL, store_result, &result);
  g_assert_cmpuint (plugin->n_asked, ==, 0);
  g_assert_null (show_sync (fixture, 150 * 1000, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_DEADLINE_EXCEEDED);
  g_clear_error (&error);
  g_assert_cmpuint (plugin->n_asked, ==, 2);

  text = take_text (grpc_aio_multi_callable_invoke_finish (fixture->method, await (&result), &error));
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "x-plugin=one;x-plugin=two;");
  g_clear_object (&result);
  assert_goes (fixture, plugin);
}

/* A plugin for one call, which alone holds all of it. */
static GrpcAioCallOptions *
options_with_plugin (Answer how)
{
  g_autoptr (TestPlugin) plugin = test_plugin_new (how);
  g_autoptr (GrpcAioCallCredentials) credentials = NULL;
  GrpcAioCallOptions *options = grpc_aio_call_options_new ();

  plugin->key = "x-call";
  credentials = grpc_aio_call_credentials_new_plugin (GRPC_AIO_AUTH_METADATA_PLUGIN (plugin),
                                                      GRPC_AIO_SECURITY_LEVEL_PRIVACY_AND_INTEGRITY);
  grpc_aio_call_options_set_credentials (options, credentials);

  return options;
}

static void
test_per_call_plugin (Fixture *fixture,
                      gconstpointer data)
{
  TestPlugin *plugin = test_plugin_new (ANSWER_LATER);
  g_autoptr (GBytes) request = bytes_from ("");

  g_test_summary ("A call with a plugin of its own asks that after the channel's, and holds it");

  connect_with_plugin (fixture, plugin);
  for (int i = 0; i < 4; i++)
    {
      GrpcAioCallOptions *options = options_with_plugin (i % 2 == 0 ? ANSWER_AT_ONCE : ANSWER_IN_A_THREAD);
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *text = NULL;

      if (i < 2)
        {
          grpc_aio_multi_callable_invoke_async (fixture->method, request, options, NULL, store_result, &result);
          g_object_unref (options);
          text = take_text (grpc_aio_multi_callable_invoke_finish (fixture->method, await (&result), &error));
        }
      else
        {
          text = take_text (grpc_aio_multi_callable_invoke_sync (fixture->method, request, options, NULL, &error));
          g_object_unref (options);
        }
      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, i % 2 == 0 ? "x-plugin=one;x-plugin=two;x-call=one;x-call=two;"
                                            : "x-plugin=one;x-plugin=two;x-plugin=one;x-plugin=two;");
    }
  assert_goes (fixture, plugin);
}

typedef struct
{
  Fixture *fixture;
  gint n_left; /* atomic; threads */
} Crowd;

static gpointer
show_in_crowd (gpointer data)
{
  Crowd *crowd = data;

  for (int n = 0; n < 50; n++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree char *text = show_sync (crowd->fixture, 0, &error);

      g_assert_no_error (error);
      g_assert_cmpstr (text, ==, "x-plugin=one;x-plugin=two;");
    }
  g_atomic_int_add (&crowd->n_left, -1);

  return NULL;
}

static void
test_sync_crowd (Fixture *fixture,
                 gconstpointer data)
{
  GThread *threads[6];

  g_test_summary ("Many threads block at once, while the plugin's context is run now and then");

  for (gsize i = 0; i < G_N_ELEMENTS (sync_answers); i++)
    {
      TestPlugin *plugin = test_plugin_new (sync_answers[i]);
      Crowd crowd = { fixture, G_N_ELEMENTS (threads) };

      plugin->late_msec = 1;
      connect_with_plugin (fixture, plugin);
      for (gsize t = 0; t < G_N_ELEMENTS (threads); t++)
        threads[t] = g_thread_new ("test-crowd", show_in_crowd, &crowd);
      while (g_atomic_int_get (&crowd.n_left) > 0)
        {
          for (int n = 0; n < 20; n++)
            g_main_context_iteration (NULL, FALSE);
          g_thread_yield ();
        }
      for (gsize t = 0; t < G_N_ELEMENTS (threads); t++)
        g_thread_join (threads[t]);
      g_assert_cmpuint (plugin->n_asked, ==, 50 * G_N_ELEMENTS (threads));
      assert_goes (fixture, plugin);
    }
}

static gpointer
show_in_own_context (gpointer data)
{
  Fixture *fixture = data;
  g_autoptr (GMainContext) context = g_main_context_new ();
  TestPlugin *plugin = test_plugin_new (ANSWER_LATER);
  g_autoptr (GError) error = NULL;
  g_autofree char *text = NULL;

  g_main_context_push_thread_default (context);
  connect_with_plugin (fixture, plugin);
  text = show (fixture, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (text, ==, "x-plugin=one;x-plugin=two;");
  g_assert_true (plugin->asked_on == g_thread_self ());
  g_assert_true (plugin->asked_in == context);
  assert_goes (fixture, plugin);
  g_main_context_pop_thread_default (context);

  return NULL;
}

static void
test_own_context (Fixture *fixture,
                  gconstpointer data)
{
  g_test_summary ("A plugin belongs to the context that its credentials were made in");

  g_thread_join (g_thread_new ("test-context", show_in_own_context, fixture));
}

static void
test_unused (void)
{
  TestPlugin *plugin = test_plugin_new (ANSWER_AT_ONCE);
  GrpcAioCallCredentials *credentials;

  g_test_summary ("Credentials that nothing uses go without a trace");

  credentials = grpc_aio_call_credentials_new_access_token ("s3cret", NULL);
  g_assert_finalize_object (credentials);
  credentials = grpc_aio_call_credentials_new_plugin (GRPC_AIO_AUTH_METADATA_PLUGIN (plugin), GRPC_AIO_SECURITY_LEVEL_NONE);
  g_assert_finalize_object (credentials);
  g_assert_finalize_object (plugin);
}

static void
test_misuse (void)
{
  g_autoptr (GrpcAioChannelCredentials) local = grpc_aio_channel_credentials_new_local (GRPC_AIO_LOCAL_CONNECTION_TYPE_UDS);
  g_autoptr (GrpcAioCallCredentials) empty = g_object_new (GRPC_AIO_TYPE_CALL_CREDENTIALS, NULL);
  g_autoptr (TestPlugin) plugin = test_plugin_new (ANSWER_AT_ONCE);

  g_test_summary ("What is no credentials is a mistake of the program");

  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*IS_CALL_CREDENTIALS*");
  g_assert_null (grpc_aio_channel_credentials_new_composite (local, NULL));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*!= NULL*");
  g_assert_null (grpc_aio_channel_credentials_new_composite (local, empty));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*!= NULL*");
  g_assert_null (grpc_aio_call_credentials_new_composite (empty, empty));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*min_security_level*");
  g_assert_null (grpc_aio_call_credentials_new_plugin (GRPC_AIO_AUTH_METADATA_PLUGIN (plugin), 7));
  g_test_assert_expected_messages ();
  g_test_expect_message ("GrpcAio", G_LOG_LEVEL_CRITICAL, "*type <= *");
  g_assert_null (grpc_aio_channel_credentials_new_local (7));
  g_test_assert_expected_messages ();
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

#define ADD(path, data, func) g_test_add (path, Fixture, data, fixture_set_up, func, fixture_tear_down)
  ADD ("/call-credentials/access-token", NULL, test_access_token);
  ADD ("/call-credentials/per-call", NULL, test_per_call);
  ADD ("/call-credentials/per-call/not-secure", "insecure", test_per_call_not_secure);
  ADD ("/call-credentials/not-secure", "insecure", test_not_secure);
  ADD ("/call-credentials/security-level", "insecure", test_security_level);
  ADD ("/call-credentials/security-level/tcp", "tcp", test_security_level);
  ADD ("/call-credentials/xds-fallback", "xds", test_xds_fallback);
  ADD ("/call-credentials/not-local", "tcp", test_not_local);
  ADD ("/call-credentials/composite", NULL, test_composite);
  ADD ("/call-credentials/answers", NULL, test_answers);
  ADD ("/call-credentials/many", NULL, test_many);
  ADD ("/call-credentials/ends-before", NULL, test_ends_before);
  ADD ("/call-credentials/goes-with-answer", NULL, test_goes_with_answer);
  ADD ("/call-credentials/per-call/plugin", NULL, test_per_call_plugin);
  ADD ("/call-credentials/own-context", NULL, test_own_context);
  ADD ("/call-credentials/sync", NULL, test_sync);
  ADD ("/call-credentials/sync/in-callback", NULL, test_sync_in_callback);
  ADD ("/call-credentials/sync/elsewhere", NULL, test_sync_elsewhere);
  ADD ("/call-credentials/sync/crowd", NULL, test_sync_crowd);
  ADD ("/call-credentials/sync/deadline", NULL, test_sync_deadline);
  ADD ("/call-credentials/sync/leaves-rest", NULL, test_sync_leaves_rest);
#undef ADD
  g_test_add_func ("/call-credentials/bad-token", test_bad_token);
  g_test_add_func ("/call-credentials/unused", test_unused);
  g_test_add_func ("/call-credentials/misuse", test_misuse);

  return g_test_run ();
}
