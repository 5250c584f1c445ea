#!/usr/bin/env python3
"""Makes the sample catalogue: hotel rooms, restaurant tables, appointments, flight seats, event tickets, rental cars.

The same day gives the same catalogue. What an entry says follows from its id alone (the id seeds the dice), so the catalogue
of another day agrees with this one wherever both have the same id; only flights and events, which have their date in the
id, come and go.

Seven houses, one of each kind and a second hotel, are properties, each with a resource (one with two) that belongs to it and has a rate card. All other resources belong to
none, and are every operator's to edit.

    generate.py [--date 2026-06-01]      prints {"properties": [{"propertyId", "terms"}], "resources": [{"resourceId", "terms"}],
                                         "rates": [{"resourceId", "card"}]}; terms are the body of PUT /api/properties/{propertyId} or
                                         /api/resources/{resourceId}, a card is that of PUT /api/resources/{resourceId}/rates
"""

from __future__ import annotations

import argparse
import json
import random
import re
import unicodedata
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from cities import CITIES, City
from rates import card_of, taxes_of

SEED = "holdfast-catalogue-1"
SAMPLES = Path(__file__).resolve().parents[2] / "events" / "samples" / "http"
SAMPLE = SAMPLES / "resource-put-nightly.json"
SAMPLE_PROPERTY = SAMPLES / "property-put.json"
Terms = dict[str, Any]

COUNTRIES = {"NYC": "US", "BER": "DE", "LON": "GB", "PAR": "FR", "TYO": "JP", "LIS": "PT"}
WEEKDAYS = ["mon", "tue", "wed", "thu", "fri"]
WEEK = [*WEEKDAYS, "sat", "sun"]

FREE_UNTIL_THE_DAY_BEFORE = [(24, 100), (0, 50)]
FREE_UNTIL_AN_HOUR_BEFORE = [(1, 100)]
THREE_STEPS = [(168, 100), (48, 75), (24, 25)]
NON_REFUNDABLE: list[tuple[int, int]] = []

ROOMS = (
    # name, price of a night in US dollars, rooms, policy, further attributes
    ("Standard double", 110, 12, FREE_UNTIL_THE_DAY_BEFORE, {"beds": 1, "sleeps": 2}),
    ("Family room", 165, 6, FREE_UNTIL_THE_DAY_BEFORE, {"beds": 3, "sleeps": 4}),
    ("Corner suite", 290, 2, THREE_STEPS, {"beds": 1, "sleeps": 3}),
)
TABLES = (("Table for two", 2, 6), ("Table for four", 4, 4))
CARS = (
    ("Renault Clio or similar", "economy", 34, 14),
    ("Toyota RAV4 or similar", "suv", 62, 8),
    ("Tesla Model 3 or similar", "electric", 78, 5),
)
FLIGHTS = (
    # number, from, to, local departure, minutes in the air, price in US dollars, weekdays of departure
    ("HF 12", "NYC", "LON", time(19, 30), 415, 390, (0, 3, 5)),
    ("HF 21", "SFO", "TYO", time(11, 15), 660, 520, (1, 4)),
    ("HF 34", "LON", "BER", time(7, 5), 110, 85, (0, 2, 4)),
    ("HF 41", "PAR", "LIS", time(16, 40), 155, 95, (2, 4, 6)),
    ("HF 55", "DXB", "DEL", time(22, 10), 195, 160, (1, 5)),
    ("HF 63", "TYO", "SYD", time(20, 45), 580, 430, (0, 4)),
    ("HF 70", "SAO", "LIS", time(23, 55), 590, 480, (3, 6)),
    ("HF 88", "MEX", "NYC", time(9, 20), 290, 210, (0, 5)),
)
HOUSES = (
    # kind, city, name, street, phone, name of its resource, nightly or open from and to, places, price in US dollars
    ("restaurant", "BER", "Zur Linde", "Lindenallee 4", "+493012345600", "Chef's table", ("18:00", "23:00", 150), 2, 95),
    ("appointment", "LON", "Harley Practice", "10 Harley Street", "+442071234560", "Consultation", ("09:00", "17:00", 30), 2, 90),
    ("flight", "NYC", "Holdfast Air", "1 Airport Plaza", "+12125550190", "Lounge pass", ("05:00", "23:00", 120), 40, 45),
    ("event", "PAR", "La Grande Salle", "8 rue du Théâtre", "+33123456780", "Backstage tour", ("10:00", "16:00", 60), 15, 25),
    ("car", "TYO", "Sakura Rentals", "2-1 Marunouchi", "+81312345670", "Camper van", None, 3, 120),
    ("hotel", "LIS", "Casa do Tejo", "Rua Augusta 100", "+351210123456", "River view double", None, 6, 130),
)
CABINS = (("Economy", 1.0, 150, NON_REFUNDABLE), ("Business", 3.4, 24, THREE_STEPS))
FLIGHT_WEEKS = range(2, 5)
SHOW_WEEKS = range(3, 9)


def catalogue(today: date) -> list[dict[str, Any]]:
    """Every entry, ordered by id."""
    entries = [
        {"resourceId": resource_id, "terms": terms}
        for kind in (room_of_samples, hotels, restaurants, bars, appointments, cars, flights, shows, of_houses)
        for resource_id, terms in kind(today)
    ]
    return sorted(entries, key=lambda entry: entry["resourceId"])


def properties() -> list[dict[str, Any]]:
    """Every property, ordered by id: the one that samples are about, a house of each other kind, and one of a city with a tax on nights."""
    sample = json.loads(SAMPLE_PROPERTY.read_text())
    entries = [{"propertyId": sample["pathParameters"]["propertyId"], "terms": json.loads(sample["body"])}]
    by_code = {city.code: city for city in CITIES}
    for kind, code, name, street, phone, *_ in HOUSES:
        city = by_code[code]
        entries.append({"propertyId": slug(kind, code, name), "terms": {
            "propertyType": kind,
            "name": name,
            "address": {"lines": [street], "city": city.name, "country": COUNTRIES[code]},
            "position": {"latitude": city.latitude, "longitude": city.longitude},
            "timeZone": city.time_zone,
            "currency": city.currency,
            "contact": {"email": f"desk@{slug(name)}.example", "phone": phone, "website": f"https://{slug(name)}.example"},
            "houseRules": "Please come in time, and tell us of allergies and of what else you need.",
            "taxes": taxes_of(kind, code),
        }})
    return sorted(entries, key=lambda entry: entry["propertyId"])


def rates(today: date) -> list[dict[str, Any]]:
    """Every rate card, ordered by the resource's id."""
    cards = ((entry["resourceId"], card_of(entry["terms"], today)) for entry in catalogue(today))
    return [{"resourceId": resource_id, "card": card} for resource_id, card in cards if card]


def of_houses(_today: date) -> Iterator[tuple[str, Terms]]:
    """A resource of each property, and of one the rooms that it keeps for the day alone."""
    by_code = {city.code: city for city in CITIES}
    sample = json.loads(SAMPLE_PROPERTY.read_text())["pathParameters"]["propertyId"]
    rooms = ("hotel", "NYC", "The Grand", "", "", "Park view double", None, 8, 240)
    by_day = ("hotel", "NYC", "The Grand", "", "", "Day room", ("10:00", "18:00", 480), 4, 110)
    for kind, code, name, _, _, what, hours, places, dollars in (rooms, by_day, *HOUSES):
        city = by_code[code]
        property_id = sample if name == "The Grand" else slug(kind, code, name)
        resource_id = slug(kind, code, name, what)
        schedule: dict[str, Any] = {"kind": "nightly", "checkIn": "15:00", "checkOut": "11:00"}
        if hours is not None:
            opens, closes, minutes = hours
            opening = [{"days": WEEK, "from": opens, "to": closes}]
            schedule = {"kind": "slots", "slotMinutes": minutes, "opening": opening, "bufferMinutes": 0}
        terms = terms_of(
            city, kind, f"{what}, {name}", schedule, places, 600, local_price(city, dollars, resource_id),
            FREE_UNTIL_THE_DAY_BEFORE, resource_id, {},
        )
        yield resource_id, {"propertyId": property_id, **terms}


def room_of_samples(_today: date) -> Iterator[tuple[str, Terms]]:
    """The one that the events below events/samples are about, as one of them puts it: they work in a stack that nobody has used."""
    sample = json.loads(SAMPLE.read_text())
    yield sample["pathParameters"]["resourceId"], json.loads(sample["body"])


def hotels(_today: date) -> Iterator[tuple[str, Terms]]:
    for city in CITIES:
        for hotel in city.hotels:
            stars = dice(hotel).randint(3, 5)
            for room, dollars, count, policy, more in ROOMS:
                resource_id = slug("hotel", city.code, hotel, room)
                schedule = {"kind": "nightly", "checkIn": "15:00", "checkOut": "11:00"}
                price = local_price(city, dollars * (0.7 + 0.15 * (stars - 3)), resource_id)
                attributes = {"stars": stars, "breakfast": dice(hotel).random() < 0.6, **more}
                yield resource_id, terms_of(
                    city, "hotel", f"{room}, {hotel}", schedule, count, 900, price, policy, resource_id, attributes
                )


def restaurants(_today: date) -> Iterator[tuple[str, Terms]]:
    lunch = {"days": WEEK, "from": "12:00", "to": "15:00"}
    dinner = {"days": ["tue", "wed", "thu", "fri", "sat"], "from": "18:00", "to": "22:30"}
    for city in CITIES:
        for restaurant, cuisine in city.restaurants:
            for table, seats, count in TABLES:
                resource_id = slug("restaurant", city.code, restaurant, table)
                schedule = {"kind": "slots", "slotMinutes": 90, "opening": [lunch, dinner], "bufferMinutes": 0}
                price = local_price(city, 6 * seats, resource_id)
                yield resource_id, terms_of(
                    city, "restaurant", f"{table}, {restaurant}", schedule, count, 300, price, FREE_UNTIL_AN_HOUR_BEFORE,
                    resource_id, {"cuisine": cuisine, "seats": seats},
                )


def bars(_today: date) -> Iterator[tuple[str, Terms]]:
    """Open past midnight: Friday's last slots begin on Saturday."""
    early = {"days": ["wed", "thu", "sun"], "from": "18:00", "to": "00:00"}
    late = {"days": ["fri", "sat"], "from": "18:00", "to": "02:00"}
    for city in CITIES:
        resource_id = slug("restaurant", city.code, city.bar, "booth")
        schedule = {"kind": "slots", "slotMinutes": 120, "opening": [early, late], "bufferMinutes": 0}
        price = local_price(city, 25, resource_id)
        yield resource_id, terms_of(
            city, "restaurant", f"Booth for six, {city.bar}", schedule, 3, 300, price, FREE_UNTIL_AN_HOUR_BEFORE,
            resource_id, {"cuisine": "Cocktail bar", "seats": 6},
        )


def appointments(_today: date) -> Iterator[tuple[str, Terms]]:
    for city in CITIES:
        for practice, service in city.practices:
            resource_id = slug("appointment", city.code, practice)
            minutes, dollars, buffer = {"Haircut": (45, 38, 0), "Passport appointment": (15, 12, 0)}.get(service, (30, 70, 10))
            opening = [{"days": WEEKDAYS, "from": "09:00", "to": "17:00"}, {"days": ["sat"], "from": "10:00", "to": "14:00"}]
            schedule = {"kind": "slots", "slotMinutes": minutes, "opening": opening, "bufferMinutes": buffer}
            yield resource_id, terms_of(
                city, "appointment", f"{service}, {practice}", schedule, dice(practice).randint(1, 3), 600,
                local_price(city, dollars, resource_id), FREE_UNTIL_THE_DAY_BEFORE, resource_id, {"service": service},
            )


def cars(_today: date) -> Iterator[tuple[str, Terms]]:
    """A car is rented by the night: picked up at ten, brought back at ten."""
    for city in CITIES:
        for model, category, dollars, count in CARS:
            resource_id = slug("car", city.code, category)
            schedule = {"kind": "nightly", "checkIn": "10:00", "checkOut": "10:00"}
            attributes = {"category": category, "automatic": category != "economy", "doors": 5}
            yield resource_id, terms_of(
                city, "car", f"{model}, {city.name}", schedule, count, 900, local_price(city, dollars, resource_id),
                FREE_UNTIL_THE_DAY_BEFORE, resource_id, attributes,
            )


def flights(today: date) -> Iterator[tuple[str, Terms]]:
    by_code = {city.code: city for city in CITIES}
    for number, origin_code, destination_code, departs, minutes, dollars, weekdays in FLIGHTS:
        origin, destination = by_code[origin_code], by_code[destination_code]
        for day in days_of(today, FLIGHT_WEEKS, weekdays):
            start = instant(origin, day, departs)
            for cabin, factor, seats, policy in CABINS:
                resource_id = slug("flight", number.replace(" ", ""), cabin, day.isoformat())
                price = local_price(origin, dollars * factor, resource_id, spread=0.3)
                attributes = {"flightNumber": number, "cabin": cabin, "from": origin.code, "to": destination.code}
                yield resource_id, terms_of(
                    origin, "flight", f"{number} {origin.name} – {destination.name}, {cabin}",
                    event_schedule(start, minutes), seats, 600, price, policy, resource_id, attributes,
                )


def shows(today: date) -> Iterator[tuple[str, Terms]]:
    for city in CITIES:
        for show, genre in city.shows:
            luck = dice(slug(city.code, show))
            week, weekday = luck.choice(SHOW_WEEKS), luck.choice([3, 4, 5, 6])
            day = next(days_of(today, range(week, week + 1), (weekday,)))
            starts = luck.choice([time(18, 30), time(19, 30), time(20, 0)])
            resource_id = slug("event", city.code, show, day.isoformat())
            venue_places = luck.choice([180, 420, 900, 2400])
            yield resource_id, terms_of(
                city, "event", f"{show}, {city.name}", event_schedule(instant(city, day, starts), luck.choice([105, 120, 150])),
                venue_places, 480, local_price(city, luck.choice([28, 45, 60, 85]), resource_id),
                luck.choice([NON_REFUNDABLE, FREE_UNTIL_THE_DAY_BEFORE]), resource_id, {"genre": genre},
            )


def terms_of(
    city: City, kind: str, name: str, schedule: dict[str, Any], capacity: int, ttl_seconds: int, price: int,
    policy: list[tuple[int, int]], resource_id: str, attributes: dict[str, Any],
) -> Terms:
    luck = dice(f"{resource_id} place")
    return {
        "resourceType": kind,
        "name": name,
        "location": city.code,
        "timeZone": city.time_zone,
        "schedule": schedule,
        "capacity": capacity,
        "holdTtlSeconds": ttl_seconds,
        "pricing": {"currency": city.currency, "base": price},
        "cancellationPolicy": {"tiers": [{"hoursBefore": hours, "refundPercent": percent} for hours, percent in policy]},
        "attributes": {
            "city": city.name,
            "rating": round(luck.triangular(3.2, 5.0, 4.5), 1),
            "latitude": round(city.latitude + luck.uniform(-0.06, 0.06), 4),
            "longitude": round(city.longitude + luck.uniform(-0.06, 0.06), 4),
            **attributes,
        },
    }


def dice(text: str) -> random.Random:
    return random.Random(f"{SEED} {text}")


def slug(*parts: str) -> str:
    """An id of lower-case letters, digits and hyphens, at most 64 of them."""
    plain = unicodedata.normalize("NFKD", "-".join(parts)).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:64].rstrip("-")


def local_price(city: City, dollars: float, resource_id: str, spread: float = 0.12) -> int:
    """Minor units of the local currency, at a price people put on a sign: whole units, the larger the rounder."""
    units = dollars * city.unit_price * dice(f"{resource_id} price").uniform(1 - spread, 1 + spread)
    step = next(step for bound, step in ((40, 1), (400, 5), (4000, 50), (40_000, 500), (float("inf"), 5000)) if units < bound)
    return max(step, round(units / step) * step) * city.cents


def days_of(today: date, weeks: range, weekdays: tuple[int, ...]) -> Iterator[date]:
    """The given weekdays of the given weeks, counted from the week of `today`."""
    monday = today - timedelta(days=today.weekday())
    return (monday + timedelta(weeks=week, days=weekday) for week in weeks for weekday in weekdays)


def instant(city: City, day: date, local_time: time) -> datetime:
    return datetime.combine(day, local_time, ZoneInfo(city.time_zone)).astimezone(UTC)


def event_schedule(start: datetime, minutes: int) -> dict[str, Any]:
    return {"kind": "event", "start": rfc3339(start), "end": rfc3339(start + timedelta(minutes=minutes))}


def rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--date", type=date.fromisoformat, default=date.today(), help="the day to make it for; today if absent")
    today = parser.parse_args().date
    whole = {"properties": properties(), "resources": catalogue(today), "rates": rates(today)}
    print(json.dumps(whole, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
