# SPDX-License-Identifier: LGPL-2.1-or-later

from gi.repository import GLib, GrpcAio, Kitchen


class Cook(Kitchen.CookServicer):
    def do_make(self, context: Kitchen.CookMakeContext, request: Kitchen.Order) -> None:
        context.complete(Kitchen.Dish(name=request.props.text))


dish = Kitchen.Dish(name='soup', main=Kitchen.Ingredient(name='water'))
grams: int = dish.props.guests
main = dish.get_main()
if main is not None:
    grams += main.get_grams()
data: GLib.Bytes = dish.dup_photo()
stub = Kitchen.CookStub.new(GrpcAio.Channel())
reply: Kitchen.Dish = stub.make_sync(Kitchen.Order(number=grams))
call: Kitchen.CookServeCall = stub.serve(Kitchen.Order())
dish.set_name(4)  # type: ignore[arg-type]
wrong: str = dish.get_guests()  # type: ignore[assignment]
stub.make_sync(dish)  # type: ignore[arg-type]
