/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* Numbers as text, in any locale. A number that has no fraction ends in ".0",
 * small and large ones have an exponent: what protobuf for Python prints. */

#include "messages/grpc-aio-number-private.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* Enough for a sign, 17 digits, a point and an exponent. */
#define BUFFER_SIZE 40
#define MAX_DIGITS 17

/* The digits d₁d₂d₃… of a number d₁.d₂d₃… × 10^exponent, the last not 0. */
typedef struct
{
  char digits[MAX_DIGITS + 1];
  guint n_digits;
  int exponent;
  gboolean is_negative;
} Decimal;

static void
decimal_round (Decimal *self,
               double value,
               guint precision)
{
  char format[8];
  char text[BUFFER_SIZE];
  const char *cursor = text;

  g_snprintf (format, sizeof format, "%%.%ue", precision - 1);
  g_ascii_formatd (text, sizeof text, format, value);

  self->n_digits = 0;
  self->is_negative = *cursor == '-';
  for (; *cursor != 'e'; cursor++)
    {
      if (g_ascii_isdigit (*cursor))
        self->digits[self->n_digits++] = *cursor;
    }
  self->exponent = (int) g_ascii_strtoll (cursor + 1, NULL, 10);

  while (self->n_digits > 1 && self->digits[self->n_digits - 1] == '0')
    self->n_digits--;
  self->digits[self->n_digits] = '\0';
}

static double
decimal_get (const Decimal *self)
{
  char text[BUFFER_SIZE];

  g_snprintf (text, sizeof text, "%s%c.%se%d", self->is_negative ? "-" : "", self->digits[0], self->digits + 1, self->exponent);

  return g_ascii_strtod (text, NULL);
}

/* Below a power of two doubles lie closer than above it. So the next decimal
 * above may name the power where the nearest one, below it, does not. */
static gboolean
decimal_step_up (Decimal *self,
                 double value)
{
  Decimal next = *self;

  while (next.n_digits < MAX_DIGITS - 1)
    next.digits[next.n_digits++] = '0';
  next.digits[next.n_digits] = '\0';
  if (next.digits[next.n_digits - 1] == '9')
    return FALSE;

  next.digits[next.n_digits - 1]++;
  if (decimal_get (&next) != value)
    return FALSE;

  *self = next;
  return TRUE;
}

static void
decimal_append (const Decimal *self,
                GString *out)
{
  int n_digits = (int) self->n_digits;

  if (self->is_negative)
    g_string_append_c (out, '-');

  if (self->exponent < -4 || self->exponent >= 16)
    {
      g_string_append_c (out, self->digits[0]);
      if (n_digits > 1)
        g_string_append_printf (out, ".%s", self->digits + 1);
      g_string_append_printf (out, "e%c%02d", self->exponent < 0 ? '-' : '+', ABS (self->exponent));
    }
  else if (self->exponent < 0)
    {
      g_string_append (out, "0.");
      for (int i = -1; i > self->exponent; i--)
        g_string_append_c (out, '0');
      g_string_append (out, self->digits);
    }
  else
    {
      for (int i = 0; i <= self->exponent; i++)
        g_string_append_c (out, i < n_digits ? self->digits[i] : '0');
      g_string_append_printf (out, ".%s", n_digits > self->exponent + 1 ? self->digits + self->exponent + 1 : "0");
    }
}

static gboolean
append_special (GString *out,
                double value)
{
  if (isnan (value))
    g_string_append (out, "nan");
  else if (isinf (value))
    g_string_append (out, value < 0 ? "-inf" : "inf");
  else if (value == 0)
    g_string_append (out, signbit (value) ? "-0.0" : "0.0");
  else
    return FALSE;

  return TRUE;
}

/* Appends the shortest text that is this number and no other. */
void
grpc_aio_number_append_double (GString *out,
                               double value)
{
  Decimal decimal;
  int exponent;
  /* 15 digits name any normal double that a shorter text names. */
  guint precision = fabs (value) < DBL_MIN ? 1 : 15;

  if (append_special (out, value))
    return;

  for (;; precision++)
    {
      decimal_round (&decimal, value, precision);
      if (precision >= MAX_DIGITS || decimal_get (&decimal) == value)
        break;
      if (precision == MAX_DIGITS - 1 && fabs (frexp (value, &exponent)) == 0.5 && decimal_step_up (&decimal, value))
        break;
    }

  decimal_append (&decimal, out);
}

/* Six digits name few floats, nine name them all. */
void
grpc_aio_number_append_float (GString *out,
                              float value)
{
  Decimal decimal;

  if (append_special (out, value))
    return;

  for (guint precision = 6; precision <= 9; precision++)
    {
      decimal_round (&decimal, value, precision);
      if ((float) decimal_get (&decimal) == value)
        break;
    }

  decimal_append (&decimal, out);
}

static const char *
skip_digits (const char *cursor)
{
  while (g_ascii_isdigit (*cursor))
    cursor++;

  return cursor;
}

/* How many bytes of @text are a number as JSON writes it (RFC 8259). */
gsize
grpc_aio_number_scan (const char *text)
{
  const char *cursor = text + (*text == '-');
  const char *after = skip_digits (cursor);

  if (after == cursor || (*cursor == '0' && after - cursor > 1))
    return 0;

  cursor = after;
  if (*cursor == '.')
    {
      after = skip_digits (cursor + 1);
      if (after == cursor + 1)
        return 0;
      cursor = after;
    }

  if (*cursor == 'e' || *cursor == 'E')
    {
      cursor += cursor[1] == '+' || cursor[1] == '-' ? 2 : 1;
      after = skip_digits (cursor);
      if (after == cursor)
        return 0;
      cursor = after;
    }

  return (gsize) (cursor - text);
}

/* An exponent past any number is as good as the largest. */
static gint64
parse_exponent (const char *cursor)
{
  return *cursor == '\0' ? 0 : CLAMP (g_ascii_strtoll (cursor + 1, NULL, 10), -G_MAXINT32, G_MAXINT32);
}

/* Reads "12", "-12", "1.20e1": what is a whole number, however it is written. */
GrpcAioNumberCheck
grpc_aio_number_parse_whole (const char *text,
                             GrpcAioWholeNumber *number)
{
  gsize length = grpc_aio_number_scan (text);
  const char *end;
  const char *point;
  gint64 n_zeros = 0;
  gint64 scale;

  if (length == 0 || text[length] != '\0')
    return GRPC_AIO_NUMBER_MALFORMED;

  number->magnitude = 0;
  number->is_negative = *text == '-';
  text += number->is_negative;
  end = text + strcspn (text, "eE");
  point = memchr (text, '.', (gsize) (end - text));
  scale = parse_exponent (end) - (point != NULL ? end - point - 1 : 0);

  /* Zeros count once a digit comes after them; the others only shift. */
  for (; text < end; text++)
    {
      if (*text == '.')
        continue;
      if (*text == '0')
        {
          n_zeros++;
          continue;
        }
      for (; number->magnitude > 0 && n_zeros > 0; n_zeros--)
        {
          if (!g_uint64_checked_mul (&number->magnitude, number->magnitude, 10))
            return GRPC_AIO_NUMBER_OUT_OF_RANGE;
        }
      n_zeros = 0;
      if (!g_uint64_checked_mul (&number->magnitude, number->magnitude, 10) ||
          !g_uint64_checked_add (&number->magnitude, number->magnitude, (guint64) (*text - '0')))
        return GRPC_AIO_NUMBER_OUT_OF_RANGE;
    }

  if (number->magnitude == 0)
    return GRPC_AIO_NUMBER_OK;
  if (scale + n_zeros < 0)
    return GRPC_AIO_NUMBER_NOT_WHOLE;
  for (scale += n_zeros; scale > 0; scale--)
    {
      if (!g_uint64_checked_mul (&number->magnitude, number->magnitude, 10))
        return GRPC_AIO_NUMBER_OUT_OF_RANGE;
    }

  return GRPC_AIO_NUMBER_OK;
}

/* FALSE for what is no number, or past all doubles. */
gboolean
grpc_aio_number_parse_double (const char *text,
                              double *value)
{
  gsize length = grpc_aio_number_scan (text);

  if (length == 0 || text[length] != '\0')
    return FALSE;

  *value = g_ascii_strtod (text, NULL);

  return isfinite (*value);
}

/* FALSE if it is out of range. */
gboolean
grpc_aio_number_to_int64 (const GrpcAioWholeNumber *number,
                          gint64 minimum,
                          gint64 maximum,
                          gint64 *value)
{
  /* The magnitude of the least number, without a step outside. */
  guint64 limit = number->is_negative ? 1 + (guint64) (-1 - minimum) : (guint64) maximum;

  if (number->magnitude > limit)
    return FALSE;

  *value = number->is_negative ? (gint64) -number->magnitude : (gint64) number->magnitude;

  return TRUE;
}

gboolean
grpc_aio_number_to_uint64 (const GrpcAioWholeNumber *number,
                           guint64 maximum,
                           guint64 *value)
{
  if (number->magnitude > maximum || (number->is_negative && number->magnitude > 0))
    return FALSE;

  *value = number->magnitude;

  return TRUE;
}
