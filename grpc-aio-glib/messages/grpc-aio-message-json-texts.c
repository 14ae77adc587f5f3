/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Times, durations and field masks as the texts that they are in JSON. */

#include "messages/grpc-aio-message-json-private.h"

#include <string.h>

#define NANOS_PER_SECOND 1000000000
#define SECONDS_PER_DAY 86400

/* The years 1 to 9999. */
#define MIN_TIMESTAMP G_GINT64_CONSTANT (-62135596800)
#define MAX_TIMESTAMP G_GINT64_CONSTANT (253402300799)

/* About 10,000 years. */
#define MAX_DURATION G_GINT64_CONSTANT (315576000000)

/* Days from 1970-01-01, in the calendar that goes on backwards. Years begin in
 * March, so that a leap day is the last of its year. */
static gint64
days_from_date (int year,
                int month,
                int day)
{
  int shifted = month > 2 ? month - 3 : month + 9;
  int from = month > 2 ? year : year - 1;
  int era = from / 400;
  int year_of_era = from % 400;
  int day_of_year = (153 * shifted + 2) / 5 + day - 1;

  return (gint64) era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void
date_from_days (gint64 days,
                int *year,
                int *month,
                int *day)
{
  gint64 shifted = days + 719468;
  int era = (int) (shifted / 146097);
  int day_of_era = (int) (shifted % 146097);
  int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int month_from_march = (5 * day_of_year + 2) / 153;

  *day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  *month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  *year = era * 400 + year_of_era + (*month <= 2);
}

/* As many digits as are needed of none, 3, 6 and 9. */
static void
append_fraction (GString *out,
                 int nanos)
{
  if (nanos % 1000 != 0)
    g_string_append_printf (out, ".%09d", nanos);
  else if (nanos % 1000000 != 0)
    g_string_append_printf (out, ".%06d", nanos / 1000);
  else if (nanos != 0)
    g_string_append_printf (out, ".%03d", nanos / 1000000);
}

gboolean
grpc_aio_json_format_timestamp (GString *out,
                                gint64 seconds,
                                gint32 nanos)
{
  int year;
  int month;
  int day;
  gint64 since_start;
  int of_day;

  if (seconds < MIN_TIMESTAMP || seconds > MAX_TIMESTAMP || nanos < 0 || nanos >= NANOS_PER_SECOND)
    return FALSE;

  since_start = seconds - MIN_TIMESTAMP;
  of_day = (int) (since_start % SECONDS_PER_DAY);
  date_from_days (since_start / SECONDS_PER_DAY + MIN_TIMESTAMP / SECONDS_PER_DAY, &year, &month, &day);

  g_string_append_printf (out, "%04d-%02d-%02dT%02d:%02d:%02d", year, month, day, of_day / 3600, of_day / 60 % 60, of_day % 60);
  append_fraction (out, nanos);
  g_string_append_c (out, 'Z');

  return TRUE;
}

/* Reads @n_digits digits, FALSE if they are not there. */
static gboolean
scan_digits (const char **cursor,
             guint n_digits,
             int *number)
{
  *number = 0;
  for (guint i = 0; i < n_digits; i++)
    {
      if (!g_ascii_isdigit (**cursor))
        return FALSE;
      *number = *number * 10 + g_ascii_digit_value (*(*cursor)++);
    }

  return TRUE;
}

static gboolean
scan_char (const char **cursor,
           char wanted)
{
  if (**cursor != wanted)
    return FALSE;
  (*cursor)++;

  return TRUE;
}

/* One to nine digits after a point, if there is a point. */
static gboolean
scan_fraction (const char **cursor,
               gint32 *nanos)
{
  guint n_digits = 0;

  *nanos = 0;
  if (!scan_char (cursor, '.'))
    return TRUE;

  for (; g_ascii_isdigit (**cursor); (*cursor)++)
    {
      if (++n_digits > 9)
        return FALSE;
      *nanos = *nanos * 10 + g_ascii_digit_value (**cursor);
    }
  for (guint i = n_digits; i < 9; i++)
    *nanos *= 10;

  return n_digits > 0;
}

static gboolean
scan_offset (const char **cursor,
             int *seconds)
{
  int sign = **cursor == '-' ? -1 : 1;
  int hours;
  int minutes;

  *seconds = 0;
  if (scan_char (cursor, 'Z'))
    return TRUE;
  if (**cursor != '+' && **cursor != '-')
    return FALSE;
  (*cursor)++;

  if (!scan_digits (cursor, 2, &hours) || !scan_char (cursor, ':') || !scan_digits (cursor, 2, &minutes) ||
      hours > 23 || minutes > 59)
    return FALSE;

  *seconds = sign * (hours * 3600 + minutes * 60);

  return TRUE;
}

static gboolean
is_date (int year,
         int month,
         int day)
{
  static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
  gboolean is_leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

  return year >= 1 && month >= 1 && month <= 12 && day >= 1 &&
         day <= lengths[month - 1] + (month == 2 && is_leap ? 1 : 0);
}

gboolean
grpc_aio_json_scan_timestamp (const char *text,
                              gint64 *seconds,
                              gint32 *nanos)
{
  int year;
  int month;
  int day;
  int hour;
  int minute;
  int second;
  int offset;

  if (!scan_digits (&text, 4, &year) || !scan_char (&text, '-') ||
      !scan_digits (&text, 2, &month) || !scan_char (&text, '-') ||
      !scan_digits (&text, 2, &day) || !scan_char (&text, 'T') ||
      !scan_digits (&text, 2, &hour) || !scan_char (&text, ':') ||
      !scan_digits (&text, 2, &minute) || !scan_char (&text, ':') ||
      !scan_digits (&text, 2, &second) || !scan_fraction (&text, nanos) || !scan_offset (&text, &offset))
    return FALSE;
  if (*text != '\0' || !is_date (year, month, day) || hour > 23 || minute > 59 || second > 59)
    return FALSE;

  *seconds = days_from_date (year, month, day) * SECONDS_PER_DAY + hour * 3600 + minute * 60 + second - offset;

  return *seconds >= MIN_TIMESTAMP && *seconds <= MAX_TIMESTAMP;
}

gboolean
grpc_aio_json_format_duration (GString *out,
                               gint64 seconds,
                               gint32 nanos)
{
  if (seconds < -MAX_DURATION || seconds > MAX_DURATION || nanos <= -NANOS_PER_SECOND || nanos >= NANOS_PER_SECOND ||
      (seconds < 0 && nanos > 0) || (seconds > 0 && nanos < 0))
    return FALSE;

  if (seconds < 0 || nanos < 0)
    g_string_append_c (out, '-');
  g_string_append_printf (out, "%" G_GINT64_FORMAT, ABS (seconds));
  append_fraction (out, ABS (nanos));
  g_string_append_c (out, 's');

  return TRUE;
}

gboolean
grpc_aio_json_scan_duration (const char *text,
                             gint64 *seconds,
                             gint32 *nanos)
{
  gboolean is_negative = scan_char (&text, '-');

  if (!g_ascii_isdigit (*text))
    return FALSE;

  *seconds = 0;
  for (; g_ascii_isdigit (*text); text++)
    {
      *seconds = *seconds * 10 + g_ascii_digit_value (*text);
      if (*seconds > MAX_DURATION)
        return FALSE;
    }

  if (!scan_fraction (&text, nanos) || strcmp (text, "s") != 0)
    return FALSE;

  if (is_negative)
    {
      *seconds = -*seconds;
      *nanos = -*nanos;
    }

  return TRUE;
}

/* FALSE for a path that would not come back the same, as an empty one, which is
 * no path. */
gboolean
grpc_aio_json_append_camel (GString *out,
                            const char *path)
{
  if (*path == '\0')
    return FALSE;

  for (; *path != '\0'; path++)
    {
      if (g_ascii_isupper (*path) || *path == ',')
        return FALSE;
      if (*path != '_')
        g_string_append_c (out, *path);
      else if (g_ascii_islower (path[1]))
        g_string_append_c (out, g_ascii_toupper (*++path));
      else
        return FALSE;
    }

  return TRUE;
}

gboolean
grpc_aio_json_append_snake (GString *out,
                            const char *path,
                            gsize length)
{
  for (gsize i = 0; i < length; i++)
    {
      if (path[i] == '_')
        return FALSE;
      if (g_ascii_isupper (path[i]))
        g_string_append_c (out, '_');
      g_string_append_c (out, g_ascii_tolower (path[i]));
    }

  return length > 0;
}
