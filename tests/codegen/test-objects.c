/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* GObjects as the generator makes them. */

#include <math.h>
#include <string.h>

#include "kitchen.grpc-aio.h"
#include "legacy.grpc-aio.h"

static void
count (GObject *object,
       GParamSpec *pspec,
       gpointer user_data)
{
  (*(guint *) user_data)++;
}

static void
test_numbers (void)
{
  g_autoptr (KitchenDish) dish = kitchen_dish_new ();
  guint n_notified = 0;

  g_test_summary ("Numbers and strings are set, got and notified");

  g_assert_cmpstr (kitchen_dish_get_name (dish), ==, "");
  g_signal_connect (dish, "notify::guests", G_CALLBACK (count), &n_notified);

  kitchen_dish_set_name (dish, "soup");
  kitchen_dish_set_hot (dish, TRUE);
  kitchen_dish_set_guests (dish, -4);
  kitchen_dish_set_guests (dish, -4);
  kitchen_dish_set_minutes (dish, G_MAXUINT32);
  kitchen_dish_set_sold (dish, G_MININT64);
  kitchen_dish_set_id (dish, G_MAXUINT64);
  kitchen_dish_set_price (dish, 2.5f);
  kitchen_dish_set_rating (dish, 0.1);
  kitchen_dish_set_size (dish, KITCHEN_SIZE_LARGE);

  g_assert_cmpuint (n_notified, ==, 1);
  g_assert_cmpstr (kitchen_dish_get_name (dish), ==, "soup");
  g_assert_true (kitchen_dish_get_hot (dish));
  g_assert_cmpint (kitchen_dish_get_guests (dish), ==, -4);
  g_assert_cmpuint (kitchen_dish_get_minutes (dish), ==, G_MAXUINT32);
  g_assert_cmpint (kitchen_dish_get_sold (dish), ==, G_MININT64);
  g_assert_cmpuint (kitchen_dish_get_id (dish), ==, G_MAXUINT64);
  g_assert_true (kitchen_dish_get_price (dish) == 2.5f);
  g_assert_true (kitchen_dish_get_rating (dish) == 0.1);
  g_assert_cmpint (kitchen_dish_get_size (dish), ==, KITCHEN_SIZE_LARGE);
}

static void
test_presence (void)
{
  g_autoptr (KitchenDish) dish = kitchen_dish_new ();
  g_autoptr (LegacyRecord) record = legacy_record_new ();
  g_autoptr (GBytes) secret = g_bytes_new_static ("s", 1);
  g_autoptr (GBytes) got = NULL;

  g_test_summary ("Fields with presence are set or not, and have defaults");

  g_assert_false (kitchen_dish_has_calories (dish));
  kitchen_dish_set_calories (dish, 0);
  g_assert_true (kitchen_dish_has_calories (dish));
  kitchen_dish_clear_calories (dish);
  g_assert_false (kitchen_dish_has_calories (dish));

  g_assert_null (kitchen_dish_get_note (dish));
  kitchen_dish_set_note (dish, "");
  g_assert_true (kitchen_dish_has_note (dish));
  kitchen_dish_set_secret (dish, secret);
  got = kitchen_dish_dup_secret (dish);
  g_assert_true (g_bytes_equal (got, secret));

  g_assert_cmpstr (kitchen_dish_get_served_case (dish), ==, NULL);
  kitchen_dish_set_bowls (dish, 3);
  g_assert_cmpstr (kitchen_dish_get_served_case (dish), ==, "bowls");
  g_assert_null (kitchen_dish_get_plate (dish));
  kitchen_dish_set_plate (dish, "flat");
  g_assert_cmpint (kitchen_dish_get_bowls (dish), ==, 0);
  g_assert_cmpstr (kitchen_dish_get_plate (dish), ==, "flat");

  g_assert_cmpint (legacy_record_get_low (record), ==, G_MININT32);
  g_assert_cmpint (legacy_record_get_lowest (record), ==, G_MININT64);
  g_assert_cmpuint (legacy_record_get_highest (record), ==, G_MAXUINT64);
  g_assert_true (isinf (legacy_record_get_infinite (record)));
  g_assert_true (isnan (legacy_record_get_odd (record)));
  g_assert_true (legacy_record_get_yes (record));
  g_assert_cmpint (legacy_record_get_on (record), ==, LEGACY_MODE_ON);
  g_assert_cmpstr (legacy_record_get_text (record), ==, "h\"\\\303\251 ?");
  g_assert_cmpint (legacy_record_get_count (record), ==, 42);
  g_assert_cmpstr (legacy_record_get_word (record), ==, "none");
  g_assert_false (legacy_record_has_count (record));
}

static void
test_containers (void)
{
  g_autoptr (KitchenDish) dish = kitchen_dish_new ();
  g_autoptr (KitchenDish) again = NULL;
  g_autoptr (KitchenIngredient) salt = kitchen_ingredient_new ();
  g_autoptr (KitchenDishPantryEntry) entry = kitchen_dish_pantry_entry_new ();
  g_autoptr (KitchenIngredient) first = NULL;
  g_autoptr (KitchenDishPantryEntry) kept = NULL;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GVariant) steps = NULL;
  g_autoptr (GVariant) stock = NULL;
  g_auto (GStrv) tags = NULL;
  g_autoptr (GError) error = NULL;
  const char *const wanted[] = { "hot", "new", NULL };

  g_test_summary ("Lists, maps and messages travel");

  kitchen_ingredient_set_name (salt, "salt");
  kitchen_dish_set_main (dish, salt);
  g_list_store_append (kitchen_dish_get_ingredients (dish), salt);
  kitchen_dish_set_tags (dish, wanted);
  kitchen_dish_set_steps (dish, g_variant_new_parsed ("[1, -2, 3]"));
  kitchen_dish_set_stock (dish, g_variant_new_parsed ("{'salt': 3}"));
  kitchen_dish_pantry_entry_set_key (entry, "left");
  kitchen_dish_pantry_entry_set_value (entry, salt);
  g_list_store_append (kitchen_dish_get_pantry (dish), entry);

  bytes = grpc_aio_message_to_bytes (GRPC_AIO_MESSAGE (dish), &error);
  g_assert_no_error (error);
  again = kitchen_dish_new_from_bytes (bytes, &error);
  g_assert_no_error (error);

  g_assert_cmpstr (kitchen_ingredient_get_name (kitchen_dish_get_main (again)), ==, "salt");
  first = g_list_model_get_item (G_LIST_MODEL (kitchen_dish_get_ingredients (again)), 0);
  g_assert_cmpstr (kitchen_ingredient_get_name (first), ==, "salt");
  tags = kitchen_dish_dup_tags (again);
  g_assert_cmpstrv (tags, wanted);
  steps = kitchen_dish_dup_steps (again);
  g_assert_cmpvariant (steps, g_variant_new_parsed ("[1, -2, 3]"));
  stock = kitchen_dish_dup_stock (again);
  g_assert_cmpvariant (stock, g_variant_new_parsed ("{'salt': 3}"));
  kept = g_list_model_get_item (G_LIST_MODEL (kitchen_dish_get_pantry (again)), 0);
  g_assert_true (KITCHEN_IS_DISH_PANTRY_ENTRY (kept));
  g_assert_cmpstr (kitchen_ingredient_get_name (kitchen_dish_pantry_entry_get_value (kept)), ==, "salt");
  g_assert_true (grpc_aio_message_equal (GRPC_AIO_MESSAGE (dish), GRPC_AIO_MESSAGE (again)));
}

static void
test_structs (void)
{
  Kitchen__Ingredient main = KITCHEN__INGREDIENT__INIT;
  Kitchen__Dish dish = KITCHEN__DISH__INIT;
  g_autoptr (KitchenDish) object = NULL;
  g_autoptr (GError) error = NULL;

  g_test_summary ("An object is made of a struct, and shows its own");

  dish.name = (char *) "stew";
  dish.main = &main;
  main.grams = 250;
  object = kitchen_dish_new_from_struct (&dish, &error);
  g_assert_no_error (error);
  g_assert_cmpint (kitchen_ingredient_get_grams (kitchen_dish_get_main (object)), ==, 250);

  kitchen_ingredient_set_grams (kitchen_dish_get_main (object), 300);
  g_assert_cmpint (kitchen_dish_get_struct (object)->main->grams, ==, 300);
}

static void
test_wrong_bytes (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("\x0a\x05xy", 4);
  g_autoptr (GError) error = NULL;

  g_test_summary ("What is no message is an error");

  g_assert_null (kitchen_dish_new_from_bytes (bytes, &error));
  g_assert_error (error, GRPC_AIO_ERROR, GRPC_AIO_ERROR_INTERNAL);
}

static void
test_enums (void)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (KITCHEN_TYPE_SIZE);

  g_test_summary ("Enumerations are types, with short nicks");

  g_assert_cmpuint (klass->n_values, ==, 3);
  g_assert_cmpstr (g_enum_get_value (klass, KITCHEN_SIZE_SMALL)->value_name, ==, "KITCHEN_SIZE_SMALL");
  g_assert_cmpint (g_enum_get_value_by_nick (klass, "large")->value, ==, 2);
}

static void
test_pool (void)
{
  GrpcAioMessagePool *pool = grpc_aio_message_pool_get_default ();
  g_autoptr (GrpcAioMessage) record = NULL;
  g_autoptr (GError) error = NULL;
  g_auto (GValue) value = G_VALUE_INIT;

  g_test_summary ("The default pool knows generated types, and their extensions");

  g_assert_true (grpc_aio_message_pool_get_message_type (pool, "kitchen.Dish") == KITCHEN_TYPE_DISH);
  g_assert_true (grpc_aio_message_pool_get_enum_type (pool, "kitchen.Size") == KITCHEN_TYPE_SIZE);

  record = grpc_aio_message_pool_new_message (pool, "legacy.Record", &error);
  g_assert_true (LEGACY_IS_RECORD (record));
  g_value_init (&value, G_TYPE_INT);
  g_value_set_int (&value, 12);
  g_assert_true (grpc_aio_message_set_extension (record, "legacy.number", &value, &error));
  g_assert_no_error (error);
  g_assert_true (legacy__number__extension__is_set (legacy_record_get_struct (LEGACY_RECORD (record))));
}

int
main (int argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/codegen/objects/numbers", test_numbers);
  g_test_add_func ("/codegen/objects/presence", test_presence);
  g_test_add_func ("/codegen/objects/containers", test_containers);
  g_test_add_func ("/codegen/objects/structs", test_structs);
  g_test_add_func ("/codegen/objects/wrong-bytes", test_wrong_bytes);
  g_test_add_func ("/codegen/objects/enums", test_enums);
  g_test_add_func ("/codegen/objects/pool", test_pool);

  return g_test_run ();
}
