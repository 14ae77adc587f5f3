// SPDX-License-Identifier: LGPL-2.1-or-later

// The data of the route guide, and a little geometry. No gRPC in here.

/** @typedef {{latitude: number, longitude: number}} Place */

const EARTH_RADIUS_METRES = 6371000;

/** @type {Array<[string, number, number]>} */
const LANDMARKS = [
    ['Brocken', 517991000, 106156000],
    ['Torfhaus', 518030000, 105360000],
    ['Schierke Station', 517640000, 106660000],
    ['Goslar Market', 519059000, 104283000],
    ['Wernigerode Castle', 518308000, 107947000],
    ['Rappbode Dam', 517400000, 108920000],
];
const FEATURES = LANDMARKS.map(([name, latitude, longitude]) => ({name, location: {latitude, longitude}}));

/**
 * Whether two points are one.
 *
 * @param {?Place} a - a point, or null
 * @param {?Place} b - a point, or null
 */
export function samePlace(a, b) {
    return a?.latitude === b?.latitude && a?.longitude === b?.longitude;
}

/**
 * What stands at a point; its name is empty if nothing does.
 *
 * @param {?Place} point - the point
 */
export function featureAt(point) {
    return FEATURES.find(({location}) => samePlace(location, point)) ??
        {name: '', location: point};
}

/**
 * All that lies in a rectangle.
 *
 * @param {{lo: ?Place, hi: ?Place}} rectangle - two of its corners
 */
export function featuresIn({lo, hi}) {
    if (!lo || !hi)
        return [];

    const [south, north] = [Math.min(lo.latitude, hi.latitude), Math.max(lo.latitude, hi.latitude)];
    const [west, east] = [Math.min(lo.longitude, hi.longitude), Math.max(lo.longitude, hi.longitude)];
    return FEATURES.filter(({location: {latitude, longitude}}) =>
        latitude >= south && latitude <= north && longitude >= west && longitude <= east);
}

/**
 * Metres between two points, by the haversine formula.
 *
 * @param {Place} from - a point
 * @param {Place} to - a point
 */
export function distance(from, to) {
    const radians = Math.PI / 180 / 1e7;
    const y = Math.sin((to.latitude - from.latitude) * radians / 2);
    const x = Math.sin((to.longitude - from.longitude) * radians / 2);
    const a = y * y +
        Math.cos(from.latitude * radians) * Math.cos(to.latitude * radians) * x * x;

    return 2 * EARTH_RADIUS_METRES * Math.atan2(Math.sqrt(a), Math.sqrt(1 - a));
}
