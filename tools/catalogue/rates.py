"""Rate cards of the sample catalogue: plans, seasons, taxes, restrictions and codes of a resource of each kind.

A card is the body of PUT /api/resources/{resourceId}/rates. It says prices of its own only by its plans' base, which is the
resource's `pricing.base`; everything else is a change of that. Seasons are those of the year of the sample and of the one after.
"""

from __future__ import annotations

from datetime import date
from typing import Any

Card = dict[str, Any]
Terms = dict[str, Any]

WEEKEND = ["fri", "sat"]
# Included in the prices of a house of a kind, and on what (`docs/api.md`, "Properties", has what a tax says). A hotel of New York adds its
# taxes to the price instead: those are in the sample of a property.
VAT_PERCENT = {
    "restaurant": {"BER": 19}, "appointment": {"LON": 20}, "event": {"PAR": 5.5}, "car": {"TYO": 10}, "hotel": {"LIS": 6},
}
# Four euros a night, for the first seven, of everybody from 13 years on.
LISBON_CITY_TAX = {
    "chargeId": "city-tax", "name": "Municipal tourist tax", "kind": "tax", "amount": 400, "per": "guest_slot", "slotsMax": 7,
    "exemptToAge": 12, "refundable": True, "due": "now",
}


def card_of(terms: Terms, today: date) -> Card | None:
    """The card of a resource: those that belong to a property have one."""
    return CARDS[terms["resourceType"]](terms, today) if "propertyId" in terms else None


def taxes_of(kind: str, city: str) -> list[dict[str, Any]]:
    """What a property adds to every card of its resources."""
    percent = VAT_PERCENT.get(kind, {}).get(city)
    vat = [tax("vat", "VAT", percent=percent, included=True, on=["stay"])] if percent else []
    return [*vat, LISBON_CITY_TAX] if (kind, city) == ("hotel", "LIS") else vat


def hotel(terms: Terms, today: date) -> Card:
    if terms["schedule"]["kind"] != "nightly":
        return day_room(terms, today)
    base = terms["pricing"]["base"]
    unit = step_of(terms)
    plans = [
        plan("flexible", "Flexible", {"base": base}, cancellation=until_days_before(1)),
        plan("saver", "Saver, not refundable", {"derivedFrom": "flexible", "percent": -15}),
        plan(
            "breakfast", "Flexible with breakfast", {"derivedFrom": "flexible", "amount": round_to(base // 6, unit)},
            cancellation=until_days_before(1),
            included=[{"name": "Breakfast", "category": "food", "value": round_to(base // 14, unit)}],
        ),
        plan("at-the-hotel", "Pay at the hotel", {"derivedFrom": "flexible", "percent": 5}, cancellation=until_days_before(2), payment="at_property"),
        plan("member", "Member", {"derivedFrom": "flexible", "percent": -8}, cancellation=until_days_before(1), group="member"),
        plan("company-meridian", "Meridian Shipping", {"derivedFrom": "flexible", "percent": -12}, cancellation=until_days_before(0), group="company-meridian"),
    ]
    charges = [
        {
            "chargeId": "amenities", "name": "Amenities, paid at the hotel", "kind": "fee", "category": "service", "included": False,
            "amount": 2500, "per": "unit", "refundable": False, "due": "at_property",
        },
    ]
    sleeps = 4
    return {
        "currency": terms["pricing"]["currency"],
        "defaultPlan": "flexible",
        "plans": plans,
        "occupancy": {
            "includedAdults": min(2, sleeps), "guestsMax": sleeps, "extraAdult": round_to(base // 4, unit), "missingAdult": 0,
            "childBands": [
                {"fromAge": 0, "toAge": 2, "price": 0, "inCot": True},
                {"fromAge": 3, "toAge": 11, "price": round_to(base // 10, unit)},
            ],
        },
        "calendars": {"new-year": new_years(today)},
        "rules": [
            rule("summer", "Summer season", 10, {"dates": seasons(today, (6, 15), (9, 1))}, percent=18),
            rule("winter", "Quiet weeks", 10, {"dates": seasons(today, (1, 8), (3, 1))}, percent=-12),
            rule("new-year", "New Year", 20, {"calendar": "new-year"}, percent=35),
            rule("weekend", "Weekend", 30, {"weekdays": WEEKEND}, percent=8),
            rule("nearly-full", "More than four in five sold", 40, {"soldPercent": {"min": 80}}, percent=12),
            rule("early-bird", "Sixty days ahead", 50, {"leadDays": {"min": 60}}, percent=-10, group="lead-time"),
            rule("last-minute", "Two days ahead", 51, {"leadDays": {"max": 2}}, percent=-8, group="lead-time"),
            rule("long-stay", "Seven nights and more", 60, {"slots": {"min": 7}}, percent=-10),
        ],
        "priceMin": round_to(base // 2, unit),
        "priceMax": base * 3,
        "charges": charges,
        "restrictions": [
            {
                "restrictionId": "new-year", "name": "Three nights over New Year", "dates": new_year_ranges(today),
                "limits": {"stayMinThrough": 3},
            },
            {"restrictionId": "year-ahead", "name": "A year ahead at most", "limits": {"windowDaysMax": 366}},
        ],
        "extras": [
            extra("parking", "Parking", round_to(base // 8, unit), "unit_slot", 2, "parking"),
            extra("late-checkout", "Late check-out", round_to(base // 5, unit), "unit", 1, "stay"),
        ],
        "promotions": [
            promotion("WELCOME10", "Ten per cent to get to know us", percent=10),
            promotion("COMEAGAIN", "For those who come again", percent=12, usesMax=500, usesPerGuestMax=1),
        ],
    }


def day_room(terms: Terms, today: date) -> Card:
    base = terms["pricing"]["base"]
    return simple(
        terms,
        [plan("day-use", "Day use, 10:00 to 18:00", {"base": base}, cancellation=until_hours_before(4))],
        rules=[
            rule("weekday", "Working days", 10, {"weekdays": ["mon", "tue", "wed", "thu"]}, percent=-10),
            rule("fair", "Days of fairs", 20, {"dates": seasons(today, (3, 5), (3, 9))}, percent=30),
        ],
        promotions=[promotion("WORKDAY", "A day to work", percent=15, usesPerGuestMax=5)],
        restrictions=[{"restrictionId": "month-ahead", "name": "A month ahead at most", "limits": {"windowDaysMax": 31}}],
    )


def restaurant(terms: Terms, today: date) -> Card:
    base = terms["pricing"]["base"]
    return simple(
        terms,
        [plan("table", "Table", {"base": base}, cancellation=until_hours_before(1))],
        rules=[
            rule("evening", "Dinner", 10, {"times": {"from": "18:00", "to": "23:59"}}, percent=20),
            rule("weekend", "Weekend", 20, {"weekdays": WEEKEND}, percent=10),
            rule("asparagus", "Asparagus season", 30, {"dates": seasons(today, (4, 15), (6, 25))}, percent=15),
        ],
        promotions=[promotion("STAMMTISCH", "For regulars", percent=10)],
        restrictions=[
            {"restrictionId": "notice", "name": "Half an hour ahead", "limits": {"noticeMinutesMin": 30}},
        ],
    )


def appointment(terms: Terms, today: date) -> Card:
    base = terms["pricing"]["base"]
    return simple(
        terms,
        [
            plan("standard", "Appointment", {"base": base}, cancellation=until_hours_before(24)),
            plan("pay-there", "Appointment, paid there", {"derivedFrom": "standard", "percent": 0}, cancellation=until_hours_before(24), payment="at_property"),
        ],
        rules=[
            rule("january", "Check-ups of the new year", 10, {"dates": seasons(today, (1, 2), (2, 1))}, percent=-10),
            rule("saturday", "Saturdays", 20, {"weekdays": ["sat"]}, percent=15),
        ],
        promotions=[promotion("FIRSTVISIT", "The first visit", percent=20, usesPerGuestMax=1)],
        restrictions=[{"restrictionId": "one-at-a-time", "name": "One at a time", "limits": {"quantityMax": 1}}],
    )


def car(terms: Terms, today: date) -> Card:
    base, unit = terms["pricing"]["base"], step_of(terms)
    return simple(
        terms,
        [
            plan("standard", "Standard", {"base": base}, cancellation=until_hours_before(48)),
            plan("prepaid", "Prepaid, not refundable", {"derivedFrom": "standard", "percent": -10}),
        ],
        rules=[
            rule("summer", "Summer season", 10, {"dates": seasons(today, (7, 1), (9, 1))}, percent=25),
            rule("week", "A week and more", 20, {"slots": {"min": 7}}, percent=-15),
        ],
        promotions=[promotion("SAKURA", "Ten per cent in spring", percent=10, usesMax=100)],
        charges=(
            {
                "chargeId": "cleaning", "name": "Cleaning", "kind": "fee", "category": "service", "included": False,
                "amount": round_to(base // 3, unit), "per": "unit", "refundable": True, "due": "now",
            },
        ),
        restrictions=[{"restrictionId": "month", "name": "A month at most", "limits": {"stayMaxOnArrival": 31}}],
        extras=[
            extra("child-seat", "Child seat", round_to(base // 6, unit), "unit_slot", 2, "equipment"),
            extra("second-driver", "Second driver", round_to(base // 4, unit), "slot", 1, "service"),
        ],
    )


def flight(terms: Terms, today: date) -> Card:
    base, unit = terms["pricing"]["base"], step_of(terms)
    return simple(
        terms,
        [
            plan("light", "Light", {"base": base}),
            plan("flex", "Flex", {"derivedFrom": "light", "percent": 35}, cancellation=until_hours_before(24)),
        ],
        rules=[
            rule("filling", "More than half sold", 10, {"soldPercent": {"min": 50, "max": 79}}, percent=15, group="demand"),
            rule("nearly-full", "More than four in five sold", 11, {"soldPercent": {"min": 80}}, percent=40, group="demand"),
            rule("summer", "Summer season", 20, {"dates": seasons(today, (6, 15), (9, 15))}, percent=20),
        ],
        promotions=[promotion("FIRSTFLIGHT", "The first flight with us", percent=5, usesPerGuestMax=1)],
        charges=(tax("airport", "Airport charges", amount=round_to(base // 8, unit), per="unit", included=False),),
        extras=[extra("bag", "Checked bag", round_to(base // 9, unit), "stay", 9, "baggage")],
    )


def show(terms: Terms, today: date) -> Card:
    base = terms["pricing"]["base"]
    return simple(
        terms,
        [plan("ticket", "Ticket", {"base": base}, cancellation=until_days_before(3))],
        unitTypes=[
            {"unitTypeId": "adult", "name": "Adult", "percent": 100},
            {"unitTypeId": "child", "name": "Child up to 12", "percent": 50},
            {"unitTypeId": "concession", "name": "Concession", "percent": 75},
        ],
        rules=[
            rule("early-bird", "Three weeks ahead", 10, {"leadDays": {"min": 21}}, percent=-10),
            rule("group", "Ten and more", 20, {"quantity": {"min": 10}}, percent=-15),
            rule("festival", "Festival weeks", 30, {"dates": seasons(today, (7, 1), (8, 16))}, percent=20),
        ],
        promotions=[promotion("FRIENDS", "Friends of the house", percent=20)],
    )


CARDS = {"hotel": hotel, "restaurant": restaurant, "appointment": appointment, "car": car, "flight": flight, "event": show}


def simple(terms: Terms, plans: list[dict[str, Any]], charges: tuple[dict[str, Any], ...] = (), **more: Any) -> Card:
    """A card; where its extras and fees are taxed as well, its own VAT takes the place of the property's."""
    percent = VAT_PERCENT.get(terms["resourceType"], {}).get(terms["location"])
    taxed = {one["category"] for one in (*charges, *more.get("extras", [])) if "category" in one}
    vat = [tax("vat", "VAT", percent=percent, included=True, on=sorted({"stay", *taxed}))] if percent and taxed else []
    return {
        "currency": terms["pricing"]["currency"], "defaultPlan": plans[0]["planId"], "plans": plans, "charges": [*vat, *charges], **more,
    }


def plan(plan_id: str, name: str, price: dict[str, Any], cancellation: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"planId": plan_id, "name": name, "price": price, "cancellation": cancellation or {"steps": []}, "payment": "now", **more}


def until_days_before(days: int) -> dict[str, Any]:
    """Free until the end of a date before the stay; on the last days the first night is kept."""
    last = {"hoursBefore": 0, "keepSlots": 1}
    return {"freeHoursAfterBooking": 1, "steps": [{"daysBefore": days + 1, "keepPercent": 0}, last]}


def until_hours_before(hours: int) -> dict[str, Any]:
    return {"freeHoursAfterBooking": 0, "steps": [{"hoursBefore": hours, "keepPercent": 0}, {"hoursBefore": 0, "keepPercent": 50}]}


def rule(rule_id: str, name: str, priority: int, when: dict[str, Any], **change: Any) -> dict[str, Any]:
    return {"ruleId": rule_id, "name": name, "priority": priority, "when": when, **change}


def tax(charge_id: str, name: str, included: bool, due: str = "now", **levy: Any) -> dict[str, Any]:
    return {"chargeId": charge_id, "name": name, "kind": "tax", "included": included, "refundable": True, "due": due, **levy}


def extra(extra_id: str, name: str, price: int, per: str, most: int, category: str) -> dict[str, Any]:
    return {
        "extraId": extra_id, "name": name, "price": price, "per": per, "quantityMax": most, "category": category, "refundable": True,
        "due": "now",
    }


def promotion(code: str, name: str, **rest: Any) -> dict[str, Any]:
    return {"code": code, "name": name, **rest}


def seasons(today: date, first: tuple[int, int], after: tuple[int, int]) -> list[dict[str, str]]:
    """The same dates in three years, from this one."""
    return [
        {"from": date(year, *first).isoformat(), "to": date(year, *after).isoformat()} for year in range(today.year, today.year + 3)
    ]


def new_years(today: date) -> list[str]:
    days = [(year, *day) for year in range(today.year, today.year + 3) for day in ((12, 30), (12, 31))]
    return [date(*day).isoformat() for day in days]


def new_year_ranges(today: date) -> list[dict[str, str]]:
    return [
        {"from": date(year, 12, 31).isoformat(), "to": date(year + 1, 1, 1).isoformat()} for year in range(today.year, today.year + 3)
    ]


def step_of(terms: Terms) -> int:
    """Prices of samples are whole units of the currency: the part that all of them share."""
    base: int = terms["pricing"]["base"]
    return 100 if base % 100 == 0 else 1


def round_to(amount: int, step: int) -> int:
    return max(step, amount // step * step)
