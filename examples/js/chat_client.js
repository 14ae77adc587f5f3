#!/usr/bin/env -S gjs -m
// SPDX-License-Identifier: LGPL-2.1-or-later

// A window in which people chat: one call, whose requests are what is typed and
// whose responses are what is shown. With GTK 4 and libadwaita.
//
//     protoc --descriptor_set_out=chat.pb chat.proto
//     chat_client.js --schema chat.pb --target localhost:50051 --name Ada
//
// --self-test N says something N times, and ends once all of it came back;
// --screenshot FILE then keeps a picture of the window.

import Adw from 'gi://Adw?version=1';
import Gdk from 'gi://Gdk?version=4.0';
import GLib from 'gi://GLib';
import Gio from 'gi://Gio';
import Gtk from 'gi://Gtk?version=4.0';
import GObject from 'gi://GObject';
import GrpcAio from 'gi://GrpcAio?version=1';
import System from 'system';

import {parse} from './program.js';

const {createClient, Schema} = GrpcAio.rpc;

/** @typedef {{author: string, text: string, timeUsec: number}} Message */

const STYLE = `
.bubble { border-radius: 12px; padding: 6px 12px; background: alpha(currentColor, .1); }
.bubble.own { background: @accent_bg_color; color: @accent_fg_color; }
`;

const options = parse({
    'name': GLib.get_user_name(), 'schema': 'chat.pb', 'screenshot': '', 'self-test': '0', 'target': 'localhost:50051',
});
const toSay = Number(options['self-test']);

/**
 * When something was said.
 *
 * @param {Message} message - a message
 */
function timeOf({timeUsec}) {
    return GLib.DateTime.new_from_unix_local(Math.floor(timeUsec / 1e6))?.format('%H:%M');
}

/**
 * Makes what shows a message.
 *
 * @param {Message} message - a message
 */
function newBubble(message) {
    const isOwn = message.author === options.name;
    const box = new Gtk.Box({
        orientation: Gtk.Orientation.VERTICAL,
        halign: isOwn ? Gtk.Align.END : Gtk.Align.START,
        css_classes: isOwn ? ['bubble', 'own'] : ['bubble'],
    });

    box.append(new Gtk.Label({
        label: `${isOwn ? 'You' : message.author}, ${timeOf(message)}`, xalign: 0, css_classes: ['caption'],
    }));
    box.append(new Gtk.Label({label: message.text, xalign: 0, wrap: true, selectable: true}));
    return box;
}

const ChatWindow = GObject.registerClass(class ChatWindow extends Adw.ApplicationWindow {
    /**
     * Joins a chat.
     *
     * @param {Adw.Application} application - the application
     * @param {import('resource:///grpc-aio-glib-1/js/index.js').Client} client - of the chat
     */
    constructor(application, client) {
        super({application, title: 'Chat', default_width: 420, default_height: 520});

        /** @type {any} */
        this.failure = null;
        this._client = client;
        this._nShown = 0;
        this._nOwn = 0;

        this._title = new Adw.WindowTitle({title: 'Chat', subtitle: 'Connecting…'});
        this._list = new Gtk.Box({
            orientation: Gtk.Orientation.VERTICAL, spacing: 6, valign: Gtk.Align.END,
            margin_top: 12, margin_bottom: 12, margin_start: 12, margin_end: 12,
        });
        this._scroller = new Gtk.ScrolledWindow({child: this._list, vexpand: true});
        this._entry = new Gtk.Entry({hexpand: true, placeholder_text: 'Say something'});
        const button = new Gtk.Button({icon_name: 'mail-send-symbolic', tooltip_text: 'Send', css_classes: ['suggested-action']});

        const bar = new Gtk.Box({spacing: 6, margin_top: 6, margin_bottom: 6, margin_start: 6, margin_end: 6});
        bar.append(this._entry);
        bar.append(button);
        const box = new Gtk.Box({orientation: Gtk.Orientation.VERTICAL});
        box.append(new Adw.HeaderBar({title_widget: this._title}));
        box.append(this._scroller);
        box.append(bar);
        this.content = box;

        this._entry.connect('activate', () => this._say());
        button.connect('clicked', () => this._say());
        this.connect('close-request', () => this._call.cancel() && false);
        this._scroller.get_vadjustment().connect('changed', adjustment => (adjustment.value = adjustment.upper));

        // null: we write what we have to say one by one.
        this._call = client.join(null);
        this._listen().catch(error => this._fail(error));
    }

    async _listen() {
        this._call.headers.then(() => (this._title.subtitle = `as ${options.name}`));
        for (let i = 0; i < toSay; i++)
            this._call.write({author: options.name, text: `This is message ${i + 1} of ${toSay}, from JavaScript`});

        // Ends when the server does; closing the window cancels it.
        for await (const message of this._call) {
            this._list.append(newBubble(message));
            this._title.subtitle = `as ${options.name}`;
            this._nShown++;
            if (toSay > 0 && message.author === options.name && ++this._nOwn === toSay)
                this._endSelfTest();
        }
        this._title.subtitle = 'The server has left';
    }

    _say() {
        const {text} = this._entry;
        if (text)
            this._call.write({author: options.name, text});
        this._entry.text = '';
    }

    /** @param {any} error - what went wrong */
    _fail(error) {
        if (error.matches?.(Gio.IOErrorEnum, Gio.IOErrorEnum.CANCELLED))
            return;
        this._title.subtitle = error.message;
        this.failure = error;
        if (toSay > 0)
            this.close();
    }

    // Once all of it is drawn.
    _endSelfTest() {
        let frames = 0;
        this.add_tick_callback(() => {
            if (++frames < 10)
                return GLib.SOURCE_CONTINUE;
            if (options.screenshot)
                this._keepPicture(options.screenshot);
            print(`${this._nShown} messages`);
            this.close();
            return GLib.SOURCE_REMOVE;
        });
    }

    /** @param {string} path - of the file */
    _keepPicture(path) {
        const paintable = new Gtk.WidgetPaintable({widget: this});
        const snapshot = new Gtk.Snapshot();
        paintable.snapshot(snapshot, this.get_width(), this.get_height());
        this.get_renderer().render_texture(snapshot.to_node(), null).save_to_png(path);
    }
});

const application = new Adw.Application({
    application_id: 'org.example.GrpcAioChat', flags: Gio.ApplicationFlags.NON_UNIQUE,
});
/** @type {any} */
let chatWindow = null;

application.connect('activate', () => {
    const provider = new Gtk.CssProvider();
    provider.load_from_data(new TextEncoder().encode(STYLE));
    Gtk.StyleContext.add_provider_for_display(Gdk.Display.get_default(), provider,
        Gtk.STYLE_PROVIDER_PRIORITY_APPLICATION);

    const service = Schema.fromFile(options.schema).service('chat.Chat');
    chatWindow = new ChatWindow(application, createClient(service, options.target));
    chatWindow.present();
});
application.run([System.programInvocationName]);

if (chatWindow?.failure) {
    printerr(`The chat failed: ${chatWindow.failure.message}`);
    System.exit(1);
}
