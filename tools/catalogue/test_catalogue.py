"""The catalogue as the API would judge it, without an API: `python3 -m unittest discover tools/catalogue`."""

from __future__ import annotations

import json
import re
import sys
import threading
import unittest
from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from zoneinfo import ZoneInfo

sys.path.insert(0, str(Path(__file__).resolve().parent))

from generate import catalogue, properties, rates  # noqa: E402
from load import Refused, load  # noqa: E402

DAY = date(2026, 6, 1)
FIELDS = {
    "resourceType", "name", "location", "timeZone", "schedule", "capacity", "holdTtlSeconds", "pricing", "cancellationPolicy",
    "attributes",
}
SCHEDULE_FIELDS = {
    "nightly": {"kind", "checkIn", "checkOut"},
    "slots": {"kind", "slotMinutes", "opening", "bufferMinutes"},
    "event": {"kind", "start", "end"},
}
LOCAL_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")


class Determinism(unittest.TestCase):
    def test_the_same_day_gives_the_same_catalogue(self) -> None:
        self.assertEqual(json.dumps(catalogue(DAY)), json.dumps(catalogue(DAY)))

    def test_an_id_means_the_same_in_every_catalogue(self) -> None:
        today = {entry["resourceId"]: entry["terms"] for entry in catalogue(DAY)}
        later = {entry["resourceId"]: entry["terms"] for entry in catalogue(DAY + timedelta(days=9))}
        common = today.keys() & later.keys()
        self.assertGreater(len(common), 200)
        self.assertLess(len(common), len(today), "flights and events move with the day")
        for resource_id in common:
            self.assertEqual(today[resource_id], later[resource_id])


class Samples(unittest.TestCase):
    def test_the_resources_that_samples_are_about_are_in_the_catalogue(self) -> None:
        ids = {entry["resourceId"] for entry in catalogue(DAY)}
        asked = set()
        for sample in sorted((Path(__file__).resolve().parents[2] / "events/samples/http").glob("*.json")):
            event = json.loads(sample.read_text())
            puts = event["routeKey"].startswith("PUT ")
            named = event.get("pathParameters", {}).get("resourceId")
            house = event.get("pathParameters", {}).get("propertyId")
            self.assertIn(house, [None, *(entry["propertyId"] for entry in properties())])
            body = json.loads(event["body"]) if event["routeKey"] == "POST /api/holds" else {}
            asked |= {one for one in (None if puts else named, body.get("resourceId")) if one}
        self.assertGreater(len(asked), 0)
        self.assertEqual(asked - ids, set())


class Properties(unittest.TestCase):
    def test_there_is_one_of_each_kind_with_a_resource_that_agrees_with_it(self) -> None:
        houses = {entry["propertyId"]: entry["terms"] for entry in properties()}
        self.assertEqual(
            {terms["propertyType"] for terms in houses.values()}, {"hotel", "restaurant", "appointment", "flight", "event", "car"}
        )
        rooms = [entry["terms"] for entry in catalogue(DAY) if "propertyId" in entry["terms"]]
        self.assertEqual({terms["propertyId"] for terms in rooms}, set(houses))
        for terms in rooms:
            house = houses[terms["propertyId"]]
            self.assertEqual(
                (terms["resourceType"], terms["timeZone"], terms["pricing"]["currency"]),
                (house["propertyType"], house["timeZone"], house["currency"]),
            )

    def test_every_house_is_a_body_the_api_takes(self) -> None:
        for entry in properties():
            with self.subTest(entry["propertyId"]):
                self.assertRegex(entry["propertyId"], r"^[a-z0-9-]{1,64}$")
                terms = entry["terms"]
                self.assertEqual(
                    terms.keys(),
                    {"propertyType", "name", "address", "position", "timeZone", "currency", "contact", "houseRules", "taxes"},
                )
                self.assertRegex(terms["contact"]["phone"], r"^\+[1-9]\d{6,14}$")
                self.assertRegex(terms["contact"]["website"], r"^https://[a-z0-9-]+\.[a-z]+$")
                self.assertRegex(terms["address"]["country"], r"^[A-Z]{2}$")
                self.assertTrue(1 <= len(terms["address"]["lines"]) <= 4)
                ZoneInfo(terms["timeZone"])


class Rates(unittest.TestCase):
    def test_a_resource_of_each_kind_has_a_card_whose_default_plan_costs_what_it_says(self) -> None:
        terms = {entry["resourceId"]: entry["terms"] for entry in catalogue(DAY)}
        cards = {entry["resourceId"]: entry["card"] for entry in rates(DAY)}
        self.assertEqual(
            sorted(terms[one]["resourceType"] for one in cards),
            ["appointment", "car", "event", "flight", "hotel", "hotel", "hotel", "restaurant"],
        )
        for resource_id, card in cards.items():
            with self.subTest(resource_id):
                own = terms[resource_id]["pricing"]
                plans = {plan["planId"]: plan for plan in card["plans"]}
                self.assertEqual(plans[card["defaultPlan"]]["price"], {"base": own["base"]})
                self.assertEqual(card["currency"], own["currency"])
                self.assertTrue(any("dates" in rule["when"] for rule in card["rules"]), "a season")
                self.assertTrue(card["promotions"], "a code")
                self.assertLess(len(json.dumps(card)), 60_000)

    def test_taxes_are_the_houses_and_a_tax_of_nights_spares_children(self) -> None:
        taxes = {entry["propertyId"]: entry["terms"]["taxes"] for entry in properties()}
        without = [name for name, levied in taxes.items() if not levied]
        self.assertEqual(without, ["flight-nyc-holdfast-air"])
        tourist = taxes["hotel-lis-casa-do-tejo"][1]
        self.assertEqual((tourist["amount"], tourist["per"], tourist["slotsMax"], tourist["exemptToAge"]), (400, "guest_slot", 7, 12))


class Shape(unittest.TestCase):
    def setUp(self) -> None:
        self.entries = catalogue(DAY)
        self.terms = [entry["terms"] for entry in self.entries]

    def test_all_six_kinds_in_hundreds_over_many_zones(self) -> None:
        kinds = Counter(terms["resourceType"] for terms in self.terms)
        self.assertEqual(kinds.keys(), {"hotel", "restaurant", "appointment", "flight", "event", "car"})
        self.assertGreater(min(kinds.values()), 20)
        self.assertGreater(len(self.entries), 250)
        self.assertGreaterEqual(len({terms["timeZone"] for terms in self.terms}), 4)
        self.assertEqual({terms["schedule"]["kind"] for terms in self.terms}, set(SCHEDULE_FIELDS))

    def test_ids_are_distinct_and_valid(self) -> None:
        ids = [entry["resourceId"] for entry in self.entries]
        self.assertEqual(len(set(ids)), len(ids))
        for resource_id in ids:
            self.assertRegex(resource_id, r"^[a-z0-9-]{1,64}$")

    def test_every_entry_is_a_body_the_api_takes(self) -> None:
        for terms in self.terms:
            with self.subTest(terms["name"]):
                self.assertEqual(terms.keys() - {"propertyId"}, FIELDS)
                for label in ("resourceType", "name", "location"):
                    self.assertTrue(0 < len(terms[label]) <= 120 and "#" not in terms[label])
                ZoneInfo(terms["timeZone"])
                self.assertGreater(terms["capacity"], 0)
                self.assertTrue(1 <= terms["holdTtlSeconds"] <= 3600)
                self.assertRegex(terms["pricing"]["currency"], r"^[A-Z]{3}$")
                self.assertIsInstance(terms["pricing"]["base"], int)
                self.assertGreater(terms["pricing"]["base"], 0)
                hours = [tier["hoursBefore"] for tier in terms["cancellationPolicy"]["tiers"]]
                self.assertEqual(len(set(hours)), len(hours))
                attributes = terms["attributes"]
                self.assertTrue(0 < attributes["rating"] <= 5)
                self.assertTrue(-90 <= attributes["latitude"] <= 90 and -180 <= attributes["longitude"] <= 180)
                self.assertLessEqual(len(attributes), 32)
                self.assertTrue(all(isinstance(value, str | int | float | bool) for value in attributes.values()))

    def test_schedules_make_sense(self) -> None:
        first_moment = datetime.combine(DAY, time(), UTC) + timedelta(days=7)
        for terms in self.terms:
            schedule = terms["schedule"]
            with self.subTest(terms["name"]):
                self.assertEqual(schedule.keys(), SCHEDULE_FIELDS[schedule["kind"]])
                match schedule["kind"]:
                    case "nightly":
                        self.assertRegex(schedule["checkIn"], LOCAL_TIME)
                        self.assertRegex(schedule["checkOut"], LOCAL_TIME)
                    case "slots":
                        for opening in schedule["opening"]:
                            self.assertTrue(opening["days"])
                            self.assertRegex(opening["from"], LOCAL_TIME)
                            self.assertRegex(opening["to"], LOCAL_TIME)
                    case "event":
                        start, end = (datetime.fromisoformat(schedule[name]) for name in ("start", "end"))
                        self.assertLess(start, end)
                        self.assertGreater(start, first_moment)

    def test_somewhere_is_open_past_midnight(self) -> None:
        openings = [opening for terms in self.terms for opening in terms["schedule"].get("opening", [])]
        self.assertTrue(any("00:00" < opening["to"] < opening["from"] for opening in openings))


class Recorder(BaseHTTPRequestHandler):
    """Takes every PUT, but answers 503 to the first and 422 to what `refused` names."""

    server: RecordingServer

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            first = not self.server.paths
            self.server.paths.append(self.path)
        problem: dict[str, object] = {}
        status = 200
        if first:
            status = 503
        elif self.server.refused in self.path:
            status = 422
            problem = {"code": "not_valid", "detail": "no", "errors": [{"pointer": "/capacity", "detail": "is too small"}]}
        answer = json.dumps(problem or json.loads(body)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(answer)))
        if status == 503:
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, format: str, *args: object) -> None:
        pass


class RecordingServer(ThreadingHTTPServer):
    refused = "nothing"

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Recorder)
        self.paths: list[str] = []
        self.lock = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Loading(unittest.TestCase):
    def setUp(self) -> None:
        self.server = RecordingServer()
        self.addCleanup(self.server.server_close)
        self.addCleanup(self.server.shutdown)
        self.entries = catalogue(DAY)[:20]

    def test_every_resource_is_put_and_an_outage_waited_out(self) -> None:
        load(self.server.url, "token", 4, self.entries)
        self.assertEqual(
            set(self.server.paths), {f"/api/resources/{entry['resourceId']}" for entry in self.entries}
        )
        self.assertEqual(len(self.server.paths), len(self.entries) + 1)

    def test_a_property_is_put_as_one(self) -> None:
        load(self.server.url, "token", 2, properties())
        self.assertEqual(set(self.server.paths), {f"/api/properties/{entry['propertyId']}" for entry in properties()})

    def test_a_card_is_put_beside_its_resource(self) -> None:
        load(self.server.url, "token", 2, rates(DAY))
        self.assertEqual(set(self.server.paths), {f"/api/resources/{entry['resourceId']}/rates" for entry in rates(DAY)})

    def test_a_refusal_is_told_in_the_servers_words(self) -> None:
        self.server.refused = self.entries[7]["resourceId"]
        with self.assertRaises(Refused) as raised:
            load(self.server.url, "token", 2, self.entries)
        self.assertIn("422 not_valid no /capacity: is too small", str(raised.exception))


if __name__ == "__main__":
    unittest.main()
