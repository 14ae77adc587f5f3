/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* What each call goes through in _port.py, in C: the futures that wait, the way to
 * the port without PyGObject, and the frames that come of it. Everything here is
 * there in Python, too, and does the same. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <string.h>

#include <grpc-aio-glib/grpc-aio-glib.h>

#define HEADER_SIZE 16

static PyObject *object_type; /* gi's class of all GObjects */
static PyObject *cancelled_error;
static PyObject *invalid_state_error;

static struct
{
  PyObject *add_awake, *call_soon, *decoding, *is_closed, *loop, *run;
  PyObject *callbacks, *closing, *connecting, *ended, *id, *initial_metadata, *over, *response, *starting, *status, *waiters,
      *writers;
  PyObject *tell;
} names;

/* A future whose task goes on within the turn of the loop that has woken it. */

typedef enum
{
  PENDING,
  FINISHED,
  CANCELLED,
} State;

typedef struct
{
  PyObject_HEAD
  PyObject *port;
  PyObject *callback; /* of the task that awaits; NULL for none */
  PyObject *context;  /* its */
  PyObject *others;   /* list of pairs of a callback and a context; NULL for none */
  PyObject *result;
  PyObject *message;   /* of who cancelled */
  PyObject *on_cancel; /* called then; NULL for nothing */
  PyObject *weak_references;
  State state;
  char is_blocking;
} Waiter;

static PyTypeObject *waiter_type;
static PyTypeObject *waiter_iterator_type;

static int
waiter_traverse (Waiter *self,
                 visitproc visit,
                 void *arg)
{
  Py_VISIT (Py_TYPE (self));
  Py_VISIT (self->port);
  Py_VISIT (self->callback);
  Py_VISIT (self->context);
  Py_VISIT (self->others);
  Py_VISIT (self->result);
  Py_VISIT (self->message);
  Py_VISIT (self->on_cancel);

  return 0;
}

static int
waiter_clear (Waiter *self)
{
  Py_CLEAR (self->port);
  Py_CLEAR (self->callback);
  Py_CLEAR (self->context);
  Py_CLEAR (self->others);
  Py_CLEAR (self->result);
  Py_CLEAR (self->message);
  Py_CLEAR (self->on_cancel);

  return 0;
}

static void
waiter_dealloc (Waiter *self)
{
  PyTypeObject *type = Py_TYPE (self);

  PyObject_GC_UnTrack (self);
  if (self->weak_references != NULL)
    PyObject_ClearWeakRefs ((PyObject *) self);
  waiter_clear (self);
  type->tp_free (self);
  Py_DECREF (type);
}

static PyObject *
waiter_new (PyTypeObject *type,
            PyObject *args,
            PyObject *keywords)
{
  PyObject *port, *on_cancel = Py_None;
  Waiter *self;

  if (!PyArg_ParseTuple (args, "O|O:Waiter", &port, &on_cancel))
    return NULL;

  self = (Waiter *) type->tp_alloc (type, 0);
  if (self == NULL)
    return NULL;
  self->port = Py_NewRef (port);
  if (on_cancel != Py_None)
    self->on_cancel = Py_NewRef (on_cancel);

  return (PyObject *) self;
}

static PyObject *
get_loop (Waiter *self)
{
  return PyObject_GetAttr (self->port, names.loop);
}

static PyObject *
waiter_get_loop (Waiter *self,
                 PyObject *ignored)
{
  return get_loop (self);
}

/* Has the loop call @callback. One that is closed calls nobody. */
static int
call_soon (Waiter *self,
           PyObject *callback,
           PyObject *context)
{
  PyObject *loop = get_loop (self);
  PyObject *closed = loop != NULL ? PyObject_CallMethodNoArgs (loop, names.is_closed) : NULL;
  PyObject *done = NULL;
  int is_closed = closed != NULL ? PyObject_IsTrue (closed) : -1;

  if (is_closed == 0)
    {
      PyObject *method = PyObject_GetAttr (loop, names.call_soon);
      PyObject *args = PyTuple_Pack (2, callback, self);
      PyObject *keywords = context != NULL ? Py_BuildValue ("{sO}", "context", context) : NULL;

      if (method != NULL && args != NULL && !PyErr_Occurred ())
        done = PyObject_Call (method, args, keywords);
      Py_XDECREF (keywords);
      Py_XDECREF (args);
      Py_XDECREF (method);
    }
  Py_XDECREF (closed);
  Py_XDECREF (loop);
  Py_XDECREF (done);

  return PyErr_Occurred () ? -1 : 0;
}

static int
call_others (Waiter *self)
{
  PyObject *others = self->others;
  int result = 0;

  if (others == NULL)
    return 0;

  self->others = NULL;
  for (Py_ssize_t i = 0; i < PyList_GET_SIZE (others) && result == 0; i++)
    {
      PyObject *pair = PyList_GET_ITEM (others, i);
      PyObject *context = PyTuple_GET_ITEM (pair, 1);

      result = call_soon (self, PyTuple_GET_ITEM (pair, 0), context != Py_None ? context : NULL);
    }
  Py_DECREF (others);

  return result;
}

/* The task goes on once all is decoded, or in the loop's next turn. */
static int
wake (Waiter *self,
      PyObject *result)
{
  PyObject *decoding;
  int is_decoding;

  if (self->state != PENDING)
    return 0;

  self->state = FINISHED;
  self->result = Py_NewRef (result);
  if (self->callback != NULL)
    {
      decoding = PyObject_GetAttr (self->port, names.decoding);
      is_decoding = decoding != NULL ? PyObject_IsTrue (decoding) : -1;
      Py_XDECREF (decoding);
      if (is_decoding < 0)
        return -1;
      if (is_decoding)
        {
          PyObject *done = PyObject_CallMethodOneArg (self->port, names.add_awake, (PyObject *) self);

          if (done == NULL)
            return -1;
          Py_DECREF (done);
        }
      else if (call_soon (self, self->callback, self->context) < 0)
        {
          return -1;
        }
    }

  return call_others (self);
}

static PyObject *
waiter_wake (Waiter *self,
             PyObject *result)
{
  if (wake (self, result) < 0)
    return NULL;

  Py_RETURN_NONE;
}

/* Lets the task go on now. */
static PyObject *
waiter_run (Waiter *self,
            PyObject *ignored)
{
  PyObject *args[] = { NULL, self->context, self->callback, (PyObject *) self };

  if (self->callback == NULL)
    Py_RETURN_NONE;

  return PyObject_VectorcallMethod (names.run, &args[1], 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
}

static PyObject *
waiter_add_done_callback (Waiter *self,
                          PyObject *args,
                          PyObject *keywords)
{
  static char *keys[] = { "", "context", NULL };
  PyObject *callback, *context = Py_None, *pair;
  int result;

  if (!PyArg_ParseTupleAndKeywords (args, keywords, "O|$O:add_done_callback", keys, &callback, &context))
    return NULL;

  if (self->state != PENDING)
    {
      if (call_soon (self, callback, context != Py_None ? context : NULL) < 0)
        return NULL;
      Py_RETURN_NONE;
    }
  if (self->callback == NULL && context != Py_None)
    {
      self->callback = Py_NewRef (callback);
      Py_XSETREF (self->context, Py_NewRef (context));
      Py_RETURN_NONE;
    }

  if (self->others == NULL)
    self->others = PyList_New (0);
  if (context == Py_None)
    context = PyContext_CopyCurrent ();
  else
    Py_INCREF (context);
  pair = context != NULL ? PyTuple_Pack (2, callback, context) : NULL;
  result = self->others != NULL && pair != NULL ? PyList_Append (self->others, pair) : -1;
  Py_XDECREF (pair);
  Py_XDECREF (context);
  if (result < 0)
    return NULL;

  Py_RETURN_NONE;
}

static PyObject *
waiter_remove_done_callback (Waiter *self,
                             PyObject *callback)
{
  long removed = 0;
  int is_same;

  if (self->callback != NULL)
    {
      is_same = PyObject_RichCompareBool (self->callback, callback, Py_EQ);
      if (is_same < 0)
        return NULL;
      if (is_same)
        {
          Py_CLEAR (self->callback);
          removed++;
        }
    }
  for (Py_ssize_t i = self->others != NULL ? PyList_GET_SIZE (self->others) : 0; i > 0; i--)
    {
      is_same = PyObject_RichCompareBool (PyTuple_GET_ITEM (PyList_GET_ITEM (self->others, i - 1), 0), callback, Py_EQ);
      if (is_same < 0 || (is_same && PyList_SetSlice (self->others, i - 1, i, NULL) < 0))
        return NULL;
      removed += is_same;
    }

  return PyLong_FromLong (removed);
}

static PyObject *
waiter_cancel (Waiter *self,
               PyObject *args,
               PyObject *keywords)
{
  static char *keys[] = { "msg", NULL };
  PyObject *message = Py_None;

  if (!PyArg_ParseTupleAndKeywords (args, keywords, "|O:cancel", keys, &message))
    return NULL;
  if (self->state != PENDING)
    Py_RETURN_FALSE;

  self->state = CANCELLED;
  self->message = Py_NewRef (message);
  if (self->callback != NULL && call_soon (self, self->callback, self->context) < 0)
    return NULL;
  if (call_others (self) < 0)
    return NULL;
  if (self->on_cancel != NULL)
    {
      PyObject *ignored = PyObject_CallNoArgs (self->on_cancel);

      if (ignored == NULL)
        return NULL;
      Py_DECREF (ignored);
    }

  Py_RETURN_TRUE;
}

static PyObject *
waiter_cancelled (Waiter *self,
                  PyObject *ignored)
{
  return PyBool_FromLong (self->state == CANCELLED);
}

static PyObject *
waiter_done (Waiter *self,
             PyObject *ignored)
{
  return PyBool_FromLong (self->state != PENDING);
}

/* Whether there is a result. */
static int
check_result (Waiter *self)
{
  if (self->state == FINISHED)
    return 1;

  if (self->state == PENDING)
    PyErr_SetString (invalid_state_error, "Result is not ready.");
  else if (self->message != Py_None)
    PyErr_SetObject (cancelled_error, self->message);
  else
    PyErr_SetNone (cancelled_error);

  return 0;
}

static PyObject *
waiter_result (Waiter *self,
               PyObject *ignored)
{
  return check_result (self) ? Py_NewRef (self->result) : NULL;
}

static PyObject *
waiter_exception (Waiter *self,
                  PyObject *ignored)
{
  if (!check_result (self))
    return NULL;

  Py_RETURN_NONE;
}

static PyObject *
waiter_get_blocking (Waiter *self,
                     void *closure)
{
  return PyBool_FromLong (self->is_blocking);
}

static int
waiter_set_blocking (Waiter *self,
                     PyObject *value,
                     void *closure)
{
  int is_blocking = value != NULL ? PyObject_IsTrue (value) : 0;

  if (is_blocking < 0)
    return -1;
  self->is_blocking = (char) is_blocking;

  return 0;
}

typedef struct
{
  PyObject_HEAD
  Waiter *waiter;
} WaiterIterator;

static PyObject *
waiter_iter (Waiter *self)
{
  WaiterIterator *iterator = PyObject_GC_New (WaiterIterator, waiter_iterator_type);

  if (iterator == NULL)
    return NULL;
  iterator->waiter = (Waiter *) Py_NewRef (self);
  PyObject_GC_Track (iterator);

  return (PyObject *) iterator;
}

static int
waiter_iterator_traverse (WaiterIterator *self,
                          visitproc visit,
                          void *arg)
{
  Py_VISIT (Py_TYPE (self));
  Py_VISIT (self->waiter);

  return 0;
}

static int
waiter_iterator_clear (WaiterIterator *self)
{
  Py_CLEAR (self->waiter);

  return 0;
}

static void
waiter_iterator_dealloc (WaiterIterator *self)
{
  PyTypeObject *type = Py_TYPE (self);

  PyObject_GC_UnTrack (self);
  waiter_iterator_clear (self);
  type->tp_free (self);
  Py_DECREF (type);
}

static PySendResult
waiter_iterator_send (WaiterIterator *self,
                      PyObject *ignored,
                      PyObject **result)
{
  Waiter *waiter = self->waiter;

  *result = NULL;
  if (waiter->state == PENDING && !waiter->is_blocking)
    {
      waiter->is_blocking = 1;
      *result = Py_NewRef (waiter);
      return PYGEN_NEXT;
    }
  if (waiter->state == PENDING)
    {
      PyErr_SetString (PyExc_RuntimeError, "await wasn't used with future");
      return PYGEN_ERROR;
    }
  if (!check_result (waiter))
    return PYGEN_ERROR;

  *result = Py_NewRef (waiter->result);

  return PYGEN_RETURN;
}

static PyObject *
waiter_iterator_next (WaiterIterator *self)
{
  PyObject *result, *stop;

  switch (waiter_iterator_send (self, Py_None, &result))
    {
    case PYGEN_NEXT:
      return result;

    case PYGEN_RETURN:
      /* A result that is a tuple would be taken for arguments. */
      stop = PyObject_CallOneArg (PyExc_StopIteration, result);
      if (stop != NULL)
        PyErr_SetObject (PyExc_StopIteration, stop);
      Py_XDECREF (stop);
      Py_DECREF (result);
      return NULL;

    default:
      return NULL;
    }
}

static PyMethodDef waiter_methods[] = {
  { "add_done_callback", (PyCFunction) (void (*) (void)) waiter_add_done_callback, METH_VARARGS | METH_KEYWORDS, NULL },
  { "cancel", (PyCFunction) (void (*) (void)) waiter_cancel, METH_VARARGS | METH_KEYWORDS, NULL },
  { "cancelled", (PyCFunction) waiter_cancelled, METH_NOARGS, NULL },
  { "done", (PyCFunction) waiter_done, METH_NOARGS, NULL },
  { "exception", (PyCFunction) waiter_exception, METH_NOARGS, NULL },
  { "get_loop", (PyCFunction) waiter_get_loop, METH_NOARGS, NULL },
  { "remove_done_callback", (PyCFunction) waiter_remove_done_callback, METH_O, NULL },
  { "result", (PyCFunction) waiter_result, METH_NOARGS, NULL },
  { "run", (PyCFunction) waiter_run, METH_NOARGS, NULL },
  { "wake", (PyCFunction) waiter_wake, METH_O, NULL },
  { NULL },
};

static PyGetSetDef waiter_properties[] = {
  { "_asyncio_future_blocking", (getter) waiter_get_blocking, (setter) waiter_set_blocking, NULL, NULL },
  { NULL },
};

static PyMemberDef waiter_members[] = {
  { "__weaklistoffset__", T_PYSSIZET, offsetof (Waiter, weak_references), READONLY, NULL },
  { NULL },
};

static PyType_Slot waiter_slots[] = {
  { Py_am_await, waiter_iter },
  { Py_tp_clear, waiter_clear },
  { Py_tp_dealloc, waiter_dealloc },
  { Py_tp_getset, waiter_properties },
  { Py_tp_iter, waiter_iter },
  { Py_tp_members, waiter_members },
  { Py_tp_methods, waiter_methods },
  { Py_tp_new, waiter_new },
  { Py_tp_traverse, waiter_traverse },
  { 0, NULL },
};

static PyType_Spec waiter_spec = {
  .name = "_grpc_aio_glib.Waiter",
  .basicsize = sizeof (Waiter),
  .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
  .slots = waiter_slots,
};

static PyType_Slot waiter_iterator_slots[] = {
  { Py_am_send, waiter_iterator_send },
  { Py_tp_clear, waiter_iterator_clear },
  { Py_tp_dealloc, waiter_iterator_dealloc },
  { Py_tp_iter, PyObject_SelfIter },
  { Py_tp_iternext, waiter_iterator_next },
  { Py_tp_traverse, waiter_iterator_traverse },
  { 0, NULL },
};

static PyType_Spec waiter_iterator_spec = {
  .name = "_grpc_aio_glib.WaiterIterator",
  .basicsize = sizeof (WaiterIterator),
  .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION,
  .slots = waiter_iterator_slots,
};

/* The port, called without a detour. */

typedef struct
{
  PyObject_HEAD
  GrpcAioPort *port;
  PyObject *wrapper; /* PyGObject's object of it */
  PyObject *calls;   /* list: of clients, by id */
  PyObject *freed;   /* list: ids */
  PyObject *slow;    /* called with the events that are rare */
  PyObject *ok;      /* the status of calls that ended well */
} Core;

/* What PyGObject's objects begin with. */
typedef struct
{
  PyObject_HEAD
  GObject *object;
} Wrapper;

static gpointer
unwrap (PyObject *object,
        GType type)
{
  int is_wrapper = PyObject_IsInstance (object, object_type);
  GObject *wrapped = is_wrapper > 0 ? ((Wrapper *) object)->object : NULL;

  if (wrapped != NULL && G_TYPE_CHECK_INSTANCE_TYPE (wrapped, type))
    return wrapped;

  if (!PyErr_Occurred ())
    PyErr_Format (PyExc_TypeError, "%.100s is no %s", Py_TYPE (object)->tp_name, g_type_name (type));

  return NULL;
}

static PyObject *
core_new (PyTypeObject *type,
          PyObject *args,
          PyObject *keywords)
{
  PyObject *wrapper, *calls, *freed, *slow, *ok;
  GrpcAioPort *port;
  Core *self;

  if (!PyArg_ParseTuple (args, "OO!O!OO:Core", &wrapper, &PyList_Type, &calls, &PyList_Type, &freed, &slow, &ok))
    return NULL;
  port = unwrap (wrapper, GRPC_AIO_TYPE_PORT);
  if (port == NULL)
    return NULL;

  self = (Core *) type->tp_alloc (type, 0);
  if (self == NULL)
    return NULL;
  self->port = port;
  self->wrapper = Py_NewRef (wrapper);
  self->calls = Py_NewRef (calls);
  self->freed = Py_NewRef (freed);
  self->slow = Py_NewRef (slow);
  self->ok = Py_NewRef (ok);

  return (PyObject *) self;
}

static int
core_traverse (Core *self,
               visitproc visit,
               void *arg)
{
  Py_VISIT (Py_TYPE (self));
  Py_VISIT (self->wrapper);
  Py_VISIT (self->calls);
  Py_VISIT (self->freed);
  Py_VISIT (self->slow);
  Py_VISIT (self->ok);

  return 0;
}

static int
core_clear (Core *self)
{
  self->port = NULL;
  Py_CLEAR (self->wrapper);
  Py_CLEAR (self->calls);
  Py_CLEAR (self->freed);
  Py_CLEAR (self->slow);
  Py_CLEAR (self->ok);

  return 0;
}

static void
core_dealloc (Core *self)
{
  PyTypeObject *type = Py_TYPE (self);

  PyObject_GC_UnTrack (self);
  core_clear (self);
  type->tp_free (self);
  Py_DECREF (type);
}

static int
get_number (PyObject *object,
            guint32 *number)
{
  unsigned long value = PyLong_AsUnsignedLong (object);

  if (value == (unsigned long) -1 && PyErr_Occurred ())
    return 0;
  if (value > G_MAXUINT32)
    {
      PyErr_SetString (PyExc_OverflowError, "The number has more than 32 bits");
      return 0;
    }
  *number = (guint32) value;

  return 1;
}

/* None is as nothing. */
static int
get_bytes (PyObject *object,
           const guint8 **data,
           gsize *length)
{
  *data = NULL;
  *length = 0;
  if (object == Py_None)
    return 1;
  if (!PyBytes_Check (object))
    {
      PyErr_Format (PyExc_TypeError, "A message is bytes, and not %.100s", Py_TYPE (object)->tp_name);
      return 0;
    }
  *data = (const guint8 *) PyBytes_AS_STRING (object);
  *length = (gsize) PyBytes_GET_SIZE (object);

  return 1;
}

static int
check_args (const char *name,
            Py_ssize_t n_args,
            Py_ssize_t wanted)
{
  if (n_args == wanted)
    return 1;

  PyErr_Format (PyExc_TypeError, "%s() takes %zd arguments", name, wanted);

  return 0;
}

static PyObject *
core_start (Core *self,
            PyObject *const *args,
            Py_ssize_t n_args)
{
  GrpcAioMultiCallable *method;
  GrpcAioCallCredentials *credentials = NULL;
  const guint8 *request, *options;
  gsize request_length, options_length;
  gboolean waits;
  guint32 id;

  if (!check_args ("start", n_args, 5) || !get_number (args[0], &id) ||
      !get_bytes (args[2], &request, &request_length) || !get_bytes (args[3], &options, &options_length))
    return NULL;
  method = unwrap (args[1], GRPC_AIO_TYPE_MULTI_CALLABLE);
  if (method == NULL)
    return NULL;
  if (args[4] != Py_None)
    {
      credentials = unwrap (args[4], GRPC_AIO_TYPE_CALL_CREDENTIALS);
      if (credentials == NULL)
        return NULL;
    }

  Py_BEGIN_ALLOW_THREADS
  waits = grpc_aio_port_start (self->port, id, method, request, request_length, options, options_length, credentials);
  Py_END_ALLOW_THREADS

  return PyBool_FromLong (waits);
}

static PyObject *
core_write (Core *self,
            PyObject *const *args,
            Py_ssize_t n_args)
{
  const guint8 *message;
  gsize length;
  gboolean waits;
  guint32 id, flags;

  if (!check_args ("write", n_args, 3) || !get_number (args[0], &id) || !get_bytes (args[1], &message, &length) ||
      !get_number (args[2], &flags))
    return NULL;

  Py_BEGIN_ALLOW_THREADS
  waits = grpc_aio_port_write (self->port, id, message, length, flags);
  Py_END_ALLOW_THREADS

  return PyBool_FromLong (waits);
}

static PyObject *
core_read (Core *self,
           PyObject *const *args,
           Py_ssize_t n_args)
{
  guint32 id, allowance;
  gboolean waits;

  if (!check_args ("read", n_args, 2) || !get_number (args[0], &id) || !get_number (args[1], &allowance))
    return NULL;

  Py_BEGIN_ALLOW_THREADS
  waits = grpc_aio_port_read (self->port, id, allowance);
  Py_END_ALLOW_THREADS

  return PyBool_FromLong (waits);
}

static PyObject *
core_respond (Core *self,
              PyObject *const *args,
              Py_ssize_t n_args)
{
  const guint8 *response;
  gsize length;
  gboolean waits;
  guint32 id;
  int keeps;

  if (!check_args ("respond", n_args, 3) || !get_number (args[0], &id) || !get_bytes (args[1], &response, &length))
    return NULL;
  keeps = PyObject_IsTrue (args[2]);
  if (keeps < 0)
    return NULL;

  Py_BEGIN_ALLOW_THREADS
  waits = grpc_aio_port_respond (self->port, id, response, length, keeps);
  Py_END_ALLOW_THREADS

  return PyBool_FromLong (waits);
}

/* Wakes all of the list that an attribute is, and sets that to None. */
static int
wake_all (PyObject *call,
          PyObject *name,
          PyObject *result)
{
  PyObject *waiters = PyObject_GetAttr (call, name);
  int status = waiters != NULL ? 0 : -1;

  if (status == 0 && waiters != Py_None)
    status = PyObject_SetAttr (call, name, Py_None);
  for (Py_ssize_t i = 0; status == 0 && PyList_Check (waiters) && i < PyList_GET_SIZE (waiters); i++)
    {
      PyObject *waiter = PyList_GET_ITEM (waiters, i);

      if (Py_IS_TYPE (waiter, waiter_type))
        status = wake ((Waiter *) waiter, result);
    }
  Py_XDECREF (waiters);

  return status;
}

/* -1 with an exception. */
static int
has_any (PyObject *call,
         PyObject *const *attributes,
         gsize n_attributes)
{
  int has = 0;

  for (gsize i = 0; i < n_attributes && has == 0; i++)
    {
      PyObject *value = PyObject_GetAttr (call, attributes[i]);

      has = value == NULL ? -1 : value != Py_None;
      Py_XDECREF (value);
    }

  return has;
}

/* ClientCall._on_result () */
static int
end_call (Core *self,
          PyObject *call,
          PyObject *response)
{
  PyObject *const rest[] = { names.callbacks, names.connecting, names.starting, names.writers, names.closing };
  PyObject *empty = PyTuple_New (0);
  int status, has;

  status = empty != NULL ? PyObject_SetAttr (call, names.initial_metadata, empty) : -1;
  Py_XDECREF (empty);
  if (status < 0 || (response != NULL && PyObject_SetAttr (call, names.response, response) < 0) ||
      PyObject_SetAttr (call, names.id, Py_None) < 0 || PyObject_SetAttr (call, names.status, self->ok) < 0 ||
      PyObject_SetAttr (call, names.over, Py_True) < 0 || PyObject_SetAttr (call, names.ended, Py_True) < 0 ||
      wake_all (call, names.waiters, Py_None) < 0)
    return -1;

  has = has_any (call, rest, G_N_ELEMENTS (rest));
  if (has > 0)
    {
      PyObject *done = PyObject_CallMethodNoArgs (call, names.tell);

      Py_XDECREF (done);
      return done != NULL ? 0 : -1;
    }

  return has;
}

static int
end_with_result (Core *self,
                 guint32 id,
                 guint32 value,
                 const char *payload,
                 guint32 length)
{
  PyObject *call, *number, *response = NULL;
  int status;

  if (id >= PyList_GET_SIZE (self->calls))
    return 0;
  call = PyList_GET_ITEM (self->calls, id);
  if (call == Py_None)
    return 0;

  Py_INCREF (call);
  number = PyLong_FromUnsignedLong (id);
  status = number != NULL ? PyList_Append (self->freed, number) : -1;
  Py_XDECREF (number);
  if (status == 0)
    status = PyList_SetItem (self->calls, id, Py_NewRef (Py_None));
  if (status == 0 && value == 0)
    {
      response = PyBytes_FromStringAndSize (payload, length);
      status = response != NULL ? 0 : -1;
    }
  if (status == 0)
    status = end_call (self, call, response);
  Py_XDECREF (response);
  Py_DECREF (call);

  return status;
}

static int
call_slow (Core *self,
           guint32 id,
           guint32 event,
           guint32 value,
           const char *payload,
           guint32 length)
{
  PyObject *done = PyObject_CallFunction (self->slow, "IIIy#", id, event, value, payload, (Py_ssize_t) length);

  Py_XDECREF (done);

  return done != NULL ? 0 : -1;
}

static guint32
read_number (const char *at)
{
  guint32 number;

  memcpy (&number, at, sizeof number);

  return GUINT32_FROM_LE (number);
}

/* Gets all that waits, and tells the calls of it. */
static PyObject *
core_drain (Core *self,
            PyObject *ignored)
{
  PyObject *copy;
  const guint8 *frames;
  const char *data;
  gsize length;
  int status = 0;

  Py_BEGIN_ALLOW_THREADS
  frames = grpc_aio_port_drain (self->port, &length);
  Py_END_ALLOW_THREADS
  if (length == 0)
    Py_RETURN_NONE;

  /* Whoever is told may use the port. */
  copy = PyBytes_FromStringAndSize ((const char *) frames, (Py_ssize_t) length);
  if (copy == NULL)
    return NULL;

  data = PyBytes_AS_STRING (copy);
  for (gsize at = 0; at < length && status == 0;)
    {
      guint32 id = read_number (data + at);
      guint32 event = read_number (data + at + 4);
      guint32 value = read_number (data + at + 8);
      guint32 size = read_number (data + at + 12);

      if (event == GRPC_AIO_PORT_EVENT_RESULT)
        status = end_with_result (self, id, value, data + at + HEADER_SIZE, size);
      else
        status = call_slow (self, id, event, value, data + at + HEADER_SIZE, size);
      at += HEADER_SIZE + size;
    }
  Py_DECREF (copy);
  if (status < 0)
    return NULL;

  Py_RETURN_NONE;
}

static PyMethodDef core_methods[] = {
  { "drain", (PyCFunction) core_drain, METH_NOARGS, NULL },
  { "read", (PyCFunction) (void (*) (void)) core_read, METH_FASTCALL, NULL },
  { "respond", (PyCFunction) (void (*) (void)) core_respond, METH_FASTCALL, NULL },
  { "start", (PyCFunction) (void (*) (void)) core_start, METH_FASTCALL, NULL },
  { "write", (PyCFunction) (void (*) (void)) core_write, METH_FASTCALL, NULL },
  { NULL },
};

static PyType_Slot core_slots[] = {
  { Py_tp_clear, core_clear },
  { Py_tp_dealloc, core_dealloc },
  { Py_tp_methods, core_methods },
  { Py_tp_new, core_new },
  { Py_tp_traverse, core_traverse },
  { 0, NULL },
};

static PyType_Spec core_spec = {
  .name = "_grpc_aio_glib.Core",
  .basicsize = sizeof (Core),
  .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
  .slots = core_slots,
};

static int
intern_names (void)
{
  const struct
  {
    PyObject **name;
    const char *text;
  } all[] = {
    { &names.add_awake, "add_awake" },
    { &names.call_soon, "call_soon" },
    { &names.callbacks, "_callbacks" },
    { &names.closing, "_closing" },
    { &names.connecting, "_connecting" },
    { &names.decoding, "decoding" },
    { &names.ended, "_ended" },
    { &names.id, "_id" },
    { &names.initial_metadata, "initial_metadata" },
    { &names.is_closed, "is_closed" },
    { &names.loop, "loop" },
    { &names.over, "_over" },
    { &names.response, "response" },
    { &names.run, "run" },
    { &names.starting, "_starting" },
    { &names.status, "status" },
    { &names.tell, "_tell" },
    { &names.waiters, "_waiters" },
    { &names.writers, "_writers" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    {
      *all[i].name = PyUnicode_InternFromString (all[i].text);
      if (*all[i].name == NULL)
        return -1;
    }

  return 0;
}

/* A reference to what a module has. */
static PyObject *
import_from (const char *module,
             const char *name)
{
  PyObject *imported = PyImport_ImportModule (module);
  PyObject *found = imported != NULL ? PyObject_GetAttrString (imported, name) : NULL;

  Py_XDECREF (imported);

  return found;
}

static PyModuleDef module_def = {
  PyModuleDef_HEAD_INIT,
  .m_name = "_grpc_aio_glib",
  .m_size = -1,
};

PyMODINIT_FUNC PyInit__grpc_aio_glib (void);

PyMODINIT_FUNC
PyInit__grpc_aio_glib (void)
{
  PyObject *module = NULL;
  PyObject *core_type = NULL;

  if (intern_names () < 0 ||
      (object_type = import_from ("gi._gi", "GObject")) == NULL ||
      (cancelled_error = import_from ("asyncio", "CancelledError")) == NULL ||
      (invalid_state_error = import_from ("asyncio", "InvalidStateError")) == NULL)
    return NULL;

  waiter_type = (PyTypeObject *) PyType_FromSpec (&waiter_spec);
  waiter_iterator_type = (PyTypeObject *) PyType_FromSpec (&waiter_iterator_spec);
  core_type = PyType_FromSpec (&core_spec);
  module = PyModule_Create (&module_def);
  if (waiter_type == NULL || waiter_iterator_type == NULL || core_type == NULL || module == NULL ||
      PyModule_AddObjectRef (module, "Waiter", (PyObject *) waiter_type) < 0 ||
      PyModule_AddObjectRef (module, "Core", core_type) < 0)
    Py_CLEAR (module);
  Py_XDECREF (core_type);

  return module;
}
