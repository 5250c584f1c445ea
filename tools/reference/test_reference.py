"""docs/reference.md is what docs/openapi.json makes of it, and its links lead somewhere."""

from __future__ import annotations

import json
import re
import unittest

from reference import DOCS, METHODS, Reference, anchor, said_of

DOCUMENT = json.loads((DOCS / "openapi.json").read_text())


class Page(unittest.TestCase):
    def test_is_up_to_date(self) -> None:
        kept = (DOCS / "reference.md").read_text()
        self.assertTrue(kept == Reference(DOCUMENT).page(), "docs/reference.md is out of date: python3 tools/reference/reference.py")

    def test_has_every_operation_every_schema_and_every_problem(self) -> None:
        page = Reference(DOCUMENT).page()
        operations = [item[method]["operationId"] for item in DOCUMENT["paths"].values() for method in METHODS if method in item]
        self.assertGreater(len(operations), 10)
        for name in [*operations, *DOCUMENT["components"]["schemas"]]:
            self.assertIn(f"\n### {name}\n", page)
        for code in DOCUMENT["components"]["examples"]:
            self.assertIn(f"\n| `{code}` |", page)

    def test_says_what_stands_beside_and_inside_one_of_and_all_of(self) -> None:
        reference = {"$ref": "#/components/schemas/Due", "description": "Inside"}
        for of in ("oneOf", "allOf"):
            self.assertEqual(said_of({of: [reference, {"type": "null"}]}), "Inside")
            self.assertEqual(said_of({of: [reference], "description": "Beside"}), "Beside. Inside.")
            self.assertEqual(said_of({of: [reference], "description": "Inside"}), "Inside")
        self.assertEqual(said_of({"type": "string", "description": "Plain"}), "Plain")
        self.assertEqual(said_of({"oneOf": [{"type": "null"}]}), "")

    def test_drops_no_description(self) -> None:
        page, inside = Reference(DOCUMENT).page(), 0
        for name, schema in DOCUMENT["components"]["schemas"].items():
            section = page.split(f"\n### {name}\n")[1].split("\n### ")[0]
            rows = {line.split("`")[1]: line.replace("\\|", "|") for line in section.splitlines() if line.startswith("| `")}
            for field, of in schema.get("properties", {}).items():
                for part in [of, *of.get("oneOf", []), *of.get("allOf", [])]:
                    said = " ".join(part.get("description", "").split())
                    self.assertIn(said, rows[field], f"{name}.{field}")
                    inside += bool(said) and part is not of
        self.assertGreater(inside, 15)

    def test_a_list_in_a_description_is_a_list(self) -> None:
        section = Reference(DOCUMENT).page().split("\n### Per\n")[1].split("\n### ")[0]
        self.assertIn("\n- `guest_slot`: For each guest and slot.\n", section)

    def test_its_links_lead_to_headings(self) -> None:
        page = Reference(DOCUMENT).page()
        headings = [anchor(heading) for heading in re.findall(r"^#+ (.*)$", page, re.MULTILINE)]
        links = re.findall(r"\]\(#([^)]*)\)", page)
        self.assertGreater(len(links), 100)
        self.assertEqual(sorted(set(links) - set(headings)), [])
        self.assertEqual(len(headings), len(set(headings)), "two headings of one name: a link would lead to the first")

    def test_the_rows_of_a_table_have_its_columns(self) -> None:
        columns = 0
        for line in Reference(DOCUMENT).page().splitlines():
            cells = len(re.findall(r"(?<!\\)\|", line))
            if line.startswith("| ---"):
                columns = cells
            elif line.startswith("|") and columns:
                self.assertEqual(cells, columns, line)
            elif not line.startswith("|"):
                columns = 0


if __name__ == "__main__":
    unittest.main()
