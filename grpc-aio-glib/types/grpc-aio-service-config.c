/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Service configs: gRPC's document of that name, gRFC A6 for retries, A24 for
 * load balancing. grpc-core takes or refuses one without a word, and leaves out
 * what it does not know. This says what is wrong, and where. */

#include "types/grpc-aio-service-config-private.h"

#include <string.h>

#include <glib/gi18n-lib.h>
#include <grpc-aio-glib/grpc-aio-enums.h>
#include <json-glib/json-glib.h>

/* Where a value is: a member of an object, or an element of an array. */
typedef struct _Place Place;

struct _Place
{
  const Place *parent;
  const char *member; /* NULL for an element */
  guint element;
};

typedef gboolean (*CheckFunc) (JsonNode *node,
                               const Place *place,
                               GError **error);

typedef struct
{
  const char *name;
  CheckFunc check;
  gboolean is_required;
} Field;

/* The longest time of google.protobuf.Duration. */
#define MAX_SECONDS G_GINT64_CONSTANT (315576000000)

static void
append_place (GString *text,
              const Place *place)
{
  if (place->parent == NULL)
    return;

  append_place (text, place->parent);
  if (place->member == NULL)
    g_string_append_printf (text, "[%u]", place->element);
  else if (text->len > 0)
    g_string_append_printf (text, ".%s", place->member);
  else
    g_string_append (text, place->member);
}

G_GNUC_PRINTF (3, 4)
static gboolean
refuse (GError **error,
        const Place *place,
        const char *format,
        ...)
{
  g_autoptr (GString) where = g_string_new (NULL);
  g_autofree char *reason = NULL;
  va_list arguments;

  va_start (arguments, format);
  reason = g_strdup_vprintf (format, arguments);
  va_end (arguments);

  append_place (where, place);
  if (where->len > 0)
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("The service config is wrong at %s: %s"), where->str, reason);
  else
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
                 _("The service config is wrong: %s"), reason);

  return FALSE;
}

/* Values */

static gboolean
is_text (JsonNode *node)
{
  return json_node_get_value_type (node) == G_TYPE_STRING;
}

static gboolean
check_text (JsonNode *node,
            const Place *place,
            GError **error)
{
  return is_text (node) || refuse (error, place, _("it has to be a text"));
}

static gboolean
check_boolean (JsonNode *node,
               const Place *place,
               GError **error)
{
  return json_node_get_value_type (node) == G_TYPE_BOOLEAN || refuse (error, place, _("it has to be true or false"));
}

static gboolean
check_range (JsonNode *node,
             const Place *place,
             gint64 minimum,
             gint64 maximum,
             GError **error)
{
  g_autofree char *least = NULL;
  g_autofree char *most = NULL;
  gint64 value = minimum - 1;

  /* In JSON as protocol buffers have it a number may be a text. */
  if (json_node_get_value_type (node) == G_TYPE_INT64)
    value = json_node_get_int (node);
  else if (is_text (node) && !g_ascii_string_to_signed (json_node_get_string (node), 10, minimum, maximum, &value, NULL))
    value = minimum - 1;
  if (value >= minimum && value <= maximum)
    return TRUE;

  least = g_strdup_printf ("%" G_GINT64_FORMAT, minimum);
  most = g_strdup_printf ("%" G_GINT64_FORMAT, maximum);

  return refuse (error, place, _("it has to be a whole number from %s to %s"), least, most);
}

static gboolean
check_size (JsonNode *node,
            const Place *place,
            GError **error)
{
  return check_range (node, place, 0, G_MAXINT32, error);
}

static gboolean
check_count (JsonNode *node,
             const Place *place,
             GError **error)
{
  return check_range (node, place, 1, 1000, error);
}

static gboolean
check_number (JsonNode *node,
              const Place *place,
              GError **error)
{
  return check_range (node, place, 0, G_MAXUINT32, error);
}

static gboolean
check_percentage (JsonNode *node,
                  const Place *place,
                  GError **error)
{
  return check_range (node, place, 0, 100, error);
}

/* grpc-core does no more than 5, which gRFC A6 wants so. */
static gboolean
check_attempts (JsonNode *node,
                const Place *place,
                GError **error)
{
  return check_range (node, place, 2, G_MAXINT32, error);
}

/* grpc-core knows thousandths, and no exponents. */
static gboolean
check_factor (JsonNode *node,
              const Place *place,
              GError **error)
{
  GType type = json_node_get_value_type (node);

  return ((type == G_TYPE_INT64 || type == G_TYPE_DOUBLE) && json_node_get_double (node) >= 0.001 && json_node_get_double (node) <= 1e6) ||
         refuse (error, place, _("it has to be a number from 0.001 to 1000000"));
}

/* -1 for what is no duration. */
static gint64
parse_duration (const char *text)
{
  const char *dot = strchr (text, '.');
  gsize length = strlen (text);
  g_autofree char *seconds = NULL;
  guint64 value;

  if (length < 2 || text[length - 1] != 's')
    return -1;
  if (dot != NULL && (length - (gsize) (dot - text) - 2 > 9 || strspn (dot + 1, "0123456789") != length - (gsize) (dot - text) - 2 || dot[1] == 's'))
    return -1;

  seconds = g_strndup (text, dot != NULL ? (gsize) (dot - text) : length - 1);
  if (!g_ascii_string_to_unsigned (seconds, 10, 0, MAX_SECONDS, &value, NULL))
    return -1;

  /* Whether it is more than nothing is all that counts. */
  return value > 0 || (dot != NULL && strspn (dot + 1, "0") < length - (gsize) (dot - text) - 2);
}

static gboolean
check_duration (JsonNode *node,
                const Place *place,
                GError **error)
{
  return (is_text (node) && parse_duration (json_node_get_string (node)) >= 0) ||
         refuse (error, place, _("it has to be a number of seconds such as \"1.5s\""));
}

static gboolean
check_positive_duration (JsonNode *node,
                         const Place *place,
                         GError **error)
{
  return (is_text (node) && parse_duration (json_node_get_string (node)) > 0) ||
         refuse (error, place, _("it has to be a number of seconds above 0 such as \"1.5s\""));
}

static gboolean
is_code (const char *name)
{
  g_autoptr (GEnumClass) codes = g_type_class_ref (GRPC_AIO_TYPE_STATUS_CODE);
  g_autofree char *full_name = g_strconcat ("GRPC_AIO_STATUS_CODE_", name, NULL);

  return g_enum_get_value_by_name (codes, full_name) != NULL;
}

static gboolean
check_code (JsonNode *node,
            const Place *place,
            GError **error)
{
  return (is_text (node) && is_code (json_node_get_string (node))) ||
         refuse (error, place, _("it has to be the name of a status code such as \"UNAVAILABLE\""));
}

static gboolean
check_hedging (JsonNode *node,
               const Place *place,
               GError **error)
{
  return refuse (error, place, _("grpc-core does not hedge; an interceptor can"));
}

static gboolean
check_attempt_timeout (JsonNode *node,
                       const Place *place,
                       GError **error)
{
  return refuse (error, place, _("grpc-core has no time limit for one attempt"));
}

/* Objects and arrays */

static gboolean
refuse_unknown (const Place *place,
                const Field *fields,
                gsize n_fields,
                GError **error)
{
  g_autoptr (GString) known = g_string_new (NULL);

  for (gsize i = 0; i < n_fields; i++)
    g_string_append_printf (known, i > 0 ? ", %s" : "%s", fields[i].name);

  if (known->len == 0)
    return refuse (error, place, _("there is no such member: the object has to be empty"));

  return refuse (error, place, _("there is no such member; there are %s"), known->str);
}

static gboolean
check_object (JsonNode *node,
              const Place *place,
              const Field *fields,
              gsize n_fields,
              GError **error)
{
  JsonObject *object;
  JsonObjectIter iter;
  const char *name;
  JsonNode *value;

  if (!JSON_NODE_HOLDS_OBJECT (node))
    return refuse (error, place, _("it has to be an object"));

  object = json_node_get_object (node);
  json_object_iter_init (&iter, object);
  while (json_object_iter_next (&iter, &name, &value))
    {
      const Place at = { place, name, 0 };
      gsize i = 0;

      while (i < n_fields && !g_str_equal (fields[i].name, name))
        i++;
      if (i == n_fields)
        return refuse_unknown (&at, fields, n_fields, error);
      if (!fields[i].check (value, &at, error))
        return FALSE;
    }

  for (gsize i = 0; i < n_fields; i++)
    {
      if (fields[i].is_required && !json_object_has_member (object, fields[i].name))
        return refuse (error, place, _("the member %s is missing"), fields[i].name);
    }

  return TRUE;
}

static gboolean
check_array (JsonNode *node,
             const Place *place,
             CheckFunc check,
             GError **error)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return refuse (error, place, _("it has to be an array"));

  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      const Place at = { place, NULL, i };

      if (!check (json_array_get_element (array, i), &at, error))
        return FALSE;
    }

  return TRUE;
}

/* Methods */

static gboolean
check_codes (JsonNode *node,
             const Place *place,
             GError **error)
{
  if (!check_array (node, place, check_code, error))
    return FALSE;

  return json_array_get_length (json_node_get_array (node)) > 0 || refuse (error, place, _("it is empty"));
}

static gboolean
check_retry_policy (JsonNode *node,
                    const Place *place,
                    GError **error)
{
  static const Field fields[] = {
    { "maxAttempts", check_attempts, TRUE },
    { "initialBackoff", check_positive_duration, TRUE },
    { "maxBackoff", check_positive_duration, TRUE },
    { "backoffMultiplier", check_factor, TRUE },
    { "retryableStatusCodes", check_codes, TRUE },
    { "perAttemptRecvTimeout", check_attempt_timeout, FALSE },
  };

  return check_object (node, place, fields, G_N_ELEMENTS (fields), error);
}

static const char *
get_text (JsonNode *object,
          const char *member)
{
  return json_object_get_string_member_with_default (json_node_get_object (object), member, "");
}

static gboolean
check_name (JsonNode *node,
            const Place *place,
            GError **error)
{
  static const Field fields[] = {
    { "service", check_text, FALSE },
    { "method", check_text, FALSE },
  };

  if (!check_object (node, place, fields, G_N_ELEMENTS (fields), error))
    return FALSE;

  return *get_text (node, "service") != '\0' || *get_text (node, "method") == '\0' ||
         refuse (error, place, _("there is a method without its service"));
}

static gboolean
check_names (JsonNode *node,
             const Place *place,
             GError **error)
{
  if (!check_array (node, place, check_name, error))
    return FALSE;

  return json_array_get_length (json_node_get_array (node)) > 0 || refuse (error, place, _("it is empty"));
}

static gboolean
check_method_config (JsonNode *node,
                     const Place *place,
                     GError **error)
{
  static const Field fields[] = {
    { "name", check_names, TRUE },
    { "waitForReady", check_boolean, FALSE },
    { "timeout", check_duration, FALSE },
    { "maxRequestMessageBytes", check_size, FALSE },
    { "maxResponseMessageBytes", check_size, FALSE },
    { "retryPolicy", check_retry_policy, FALSE },
    { "hedgingPolicy", check_hedging, FALSE },
  };

  return check_object (node, place, fields, G_N_ELEMENTS (fields), error);
}

/* A name may be in one place alone. */
static gboolean
check_uniqueness (JsonArray *configs,
                  const Place *place,
                  GError **error)
{
  g_autoptr (GHashTable) paths = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < json_array_get_length (configs); i++)
    {
      JsonArray *names = json_object_get_array_member (json_array_get_object_element (configs, i), "name");
      const Place at_config = { place, NULL, i };
      const Place at_names = { &at_config, "name", 0 };

      for (guint j = 0; j < json_array_get_length (names); j++)
        {
          JsonNode *name = json_array_get_element (names, j);
          const Place at = { &at_names, NULL, j };

          if (!g_hash_table_add (paths, g_strdup_printf ("%s/%s", get_text (name, "service"), get_text (name, "method"))))
            return refuse (error, &at, _("this name has been there before"));
        }
    }

  return TRUE;
}

static gboolean
check_method_configs (JsonNode *node,
                      const Place *place,
                      GError **error)
{
  return check_array (node, place, check_method_config, error) &&
         check_uniqueness (json_node_get_array (node), place, error);
}

/* Load balancing */

static gboolean check_policies (JsonNode *node,
                                const Place *place,
                                GError **error);

static gboolean
check_empty (JsonNode *node,
             const Place *place,
             GError **error)
{
  return check_object (node, place, NULL, 0, error);
}

static gboolean
check_grpclb (JsonNode *node,
              const Place *place,
              GError **error)
{
  static const Field fields[] = {
    { "childPolicy", check_policies, FALSE },
    { "serviceName", check_text, FALSE },
  };

  return check_object (node, place, fields, G_N_ELEMENTS (fields), error);
}

static gboolean
check_success_rate (JsonNode *node,
                    const Place *place,
                    GError **error)
{
  static const Field fields[] = {
    { "stdevFactor", check_number, FALSE },
    { "enforcementPercentage", check_percentage, FALSE },
    { "minimumHosts", check_number, FALSE },
    { "requestVolume", check_number, FALSE },
  };

  return check_object (node, place, fields, G_N_ELEMENTS (fields), error);
}

static gboolean
check_failure_percentage (JsonNode *node,
                          const Place *place,
                          GError **error)
{
  static const Field fields[] = {
    { "threshold", check_percentage, FALSE },
    { "enforcementPercentage", check_percentage, FALSE },
    { "minimumHosts", check_number, FALSE },
    { "requestVolume", check_number, FALSE },
  };

  return check_object (node, place, fields, G_N_ELEMENTS (fields), error);
}

static gboolean
check_outlier_detection (JsonNode *node,
                         const Place *place,
                         GError **error)
{
  static const Field fields[] = {
    { "interval", check_duration, FALSE },
    { "baseEjectionTime", check_duration, FALSE },
    { "maxEjectionTime", check_duration, FALSE },
    { "maxEjectionPercent", check_percentage, FALSE },
    { "successRateEjection", check_success_rate, FALSE },
    { "failurePercentageEjection", check_failure_percentage, FALSE },
    { "childPolicy", check_policies, TRUE },
  };

  return check_object (node, place, fields, G_N_ELEMENTS (fields), error);
}

/* In grpc-core 1.51 every call without the hash fails with INTERNAL. */
static gboolean
check_ring_hash (JsonNode *node,
                 const Place *place,
                 GError **error)
{
  return refuse (error, place, _("the hash of a call comes from xDS alone: use a target with xds:"));
}

static gboolean
check_xds (JsonNode *node,
           const Place *place,
           GError **error)
{
  return refuse (error, place, _("this policy is for xDS alone: use a target with xds:"));
}

/* grpc-core looks at what is in it when the channel is made. */
static gboolean
check_rls (JsonNode *node,
           const Place *place,
           GError **error)
{
  return JSON_NODE_HOLDS_OBJECT (node) || refuse (error, place, _("it has to be an object"));
}

/* What grpc-core knows; the others are for other clients. */
static const struct
{
  const char *name;
  CheckFunc check;
} policies[] = {
  { "pick_first", check_empty },
  { "round_robin", check_empty },
  { "grpclb", check_grpclb },
  { "outlier_detection_experimental", check_outlier_detection },
  { "ring_hash_experimental", check_ring_hash },
  { "ring_hash", check_ring_hash },
  { "weighted_target_experimental", check_xds },
  { "priority_experimental", check_xds },
  { "rls_experimental", check_rls },
  { "cds_experimental", check_xds },
  { "xds_cluster_impl_experimental", check_xds },
  { "xds_cluster_manager_experimental", check_xds },
  { "xds_cluster_resolver_experimental", check_xds },
  { "xds_wrr_locality_experimental", check_xds },
};

/* The first that is known counts. */
static gboolean
check_policies (JsonNode *node,
                const Place *place,
                GError **error)
{
  JsonArray *array;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return refuse (error, place, _("it has to be an array"));

  array = json_node_get_array (node);
  for (guint i = 0; i < json_array_get_length (array); i++)
    {
      JsonNode *element = json_array_get_element (array, i);
      const Place at_element = { place, NULL, i };
      JsonObjectIter iter;
      const char *name;
      JsonNode *config;

      if (!JSON_NODE_HOLDS_OBJECT (element) || json_object_get_size (json_node_get_object (element)) != 1)
        return refuse (error, &at_element, _("it has to be an object with one member, the name of a policy"));

      json_object_iter_init (&iter, json_node_get_object (element));
      json_object_iter_next (&iter, &name, &config);
      for (gsize j = 0; j < G_N_ELEMENTS (policies); j++)
        {
          const Place at = { &at_element, name, 0 };

          if (g_str_equal (policies[j].name, name))
            return policies[j].check (config, &at, error);
        }
      if (!JSON_NODE_HOLDS_OBJECT (config))
        return refuse (error, &(const Place){ &at_element, name, 0 }, _("it has to be an object"));
    }

  return refuse (error, place, _("none of the policies is known; there are pick_first and round_robin"));
}

static gboolean
check_policy_name (JsonNode *node,
                   const Place *place,
                   GError **error)
{
  static const char *const names[] = { "pick_first", "round_robin", "grpclb", NULL };
  g_autofree char *name = NULL;

  if (is_text (node))
    name = g_ascii_strdown (json_node_get_string (node), -1);

  return (name != NULL && g_strv_contains (names, name)) ||
         refuse (error, place, _("it has to be \"pick_first\", \"round_robin\" or \"grpclb\""));
}

static gboolean
check_retry_throttling (JsonNode *node,
                        const Place *place,
                        GError **error)
{
  static const Field fields[] = {
    { "maxTokens", check_count, TRUE },
    { "tokenRatio", check_factor, TRUE },
  };

  return check_object (node, place, fields, G_N_ELEMENTS (fields), error);
}

static gboolean
check_health (JsonNode *node,
              const Place *place,
              GError **error)
{
  static const Field fields[] = {
    { "serviceName", check_text, FALSE },
  };

  return check_object (node, place, fields, G_N_ELEMENTS (fields), error);
}

char *
grpc_aio_service_config_parse (const char *json,
                               GError **error)
{
  static const Field fields[] = {
    { "loadBalancingPolicy", check_policy_name, FALSE },
    { "loadBalancingConfig", check_policies, FALSE },
    { "methodConfig", check_method_configs, FALSE },
    { "retryThrottling", check_retry_throttling, FALSE },
    { "healthCheckConfig", check_health, FALSE },
  };
  const Place root = { NULL, NULL, 0 };
  g_autoptr (JsonNode) node = NULL;
  g_autoptr (GError) reason = NULL;

  node = json_from_string (json, &reason);
  if (node == NULL)
    {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT, _("The service config is not JSON: %s"),
                   reason != NULL ? reason->message : _("it is empty"));
      return NULL;
    }

  if (!check_object (node, &root, fields, G_N_ELEMENTS (fields), error))
    return NULL;

  return json_to_string (node, FALSE);
}
