"""Writes docs/reference.md, the reference of the HTTP API, from docs/openapi.json: `python3 tools/reference/reference.py`.

Standard library only, and no network: the page is Markdown, which every forge and editor renders.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[2] / "docs"
METHODS = ("get", "put", "post", "patch", "delete")
BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "maxProperties", "default", "pattern")
# What is as long as this is for programs: it is in openapi.json alone.
LONG = "x" * 50

Json = dict[str, Any]


class Reference:
    def __init__(self, document: Json) -> None:
        self.document = document
        self.components: Json = document["components"]

    def page(self) -> str:
        return "\n".join(self.lines()) + "\n"

    def lines(self) -> Iterator[str]:
        info = self.document["info"]
        yield f"# {info['title']}: reference of the HTTP API"
        yield ""
        yield "Made from `openapi.json` by `python3 tools/reference/reference.py`; a test holds it against that. The guide is `api.md`."
        yield ""
        yield info["description"]
        yield ""
        yield from self.contents()
        for tag in self.document["tags"]:
            yield from ("", f"## Operations: {tag['name']}", "", f"{tag['description']}.")
            for method, path, operation in self.operations(tag["name"]):
                yield from self.operation(method, path, operation)
        yield from self.problems()
        yield from ("", "## Schemas")
        for name, schema in sorted(self.components["schemas"].items()):
            yield from self.schema(name, schema)

    def operations(self, tag: str) -> list[tuple[str, str, Json]]:
        return [
            (method.upper(), path, item[method])
            for path, item in self.document["paths"].items()
            for method in METHODS
            if method in item and tag in item[method]["tags"]
        ]

    def contents(self) -> Iterator[str]:
        yield from ("| operation | | who may call |", "| --- | --- | --- |")
        for tag in self.document["tags"]:
            for method, path, operation in self.operations(tag["name"]):
                name = operation["operationId"]
                yield f"| [{name}](#{anchor(name)}) | `{method} {path}` | {callers(operation)} |"

    def operation(self, method: str, path: str, operation: Json) -> Iterator[str]:
        yield from ("", f"### {operation['operationId']}", "", f"`{method} {path}`", "", operation["summary"], "", operation["description"])
        yield from ("", f"Who may call: {callers(operation)}.")
        parameters = [self.followed(parameter) for parameter in operation.get("parameters", [])]
        if parameters:
            yield from ("", "| parameter | in | type | required | |", "| --- | --- | --- | --- | --- |")
        for parameter in parameters:
            required = "yes" if parameter["required"] else ""
            meaning = cell(said_of(parameter), example(parameter))
            yield f"| `{parameter['name']}` | {parameter['in']} | {self.type_of(parameter['schema'])} | {required} | {meaning} |"
        if "requestBody" in operation:
            yield from self.body(operation["requestBody"])
        yield from ("", "| status | body | |", "| --- | --- | --- |")
        for status, answer in sorted(operation["responses"].items()):
            answer = self.followed(answer)
            bodies = [self.type_of(content["schema"]) for content in answer.get("content", {}).values()]
            headers = ", ".join(f"`{name}`" for name in answer.get("headers", {}) if name not in ("X-Request-Id", "traceparent"))
            codes = ", ".join(f"[`{code}`](#problems)" for code in answer.get("x-codes", []))
            meaning = codes or answer["description"]
            yield f"| {status} | {cell(' or '.join(bodies))} | {meaning}{f'; headers {headers}' if headers else ''} |"

    def body(self, body: Json) -> Iterator[str]:
        schema = body["content"]["application/json"]["schema"]
        yield from ("", f"Body: {self.type_of(schema)}{'' if body['required'] else ', may be left out'}.")
        shown = self.followed(schema).get("example")
        if shown:
            yield from ("", "```json", json.dumps(shown, indent=2, ensure_ascii=False), "```")

    def problems(self) -> Iterator[str]:
        yield from ("", "## Problems", "", "| code | status | |", "| --- | --- | --- |")
        for code, shown in sorted(self.components["examples"].items()):
            yield f"| `{code}` | {shown['value']['status']} | {cell(shown['summary'])} |"

    def schema(self, name: str, schema: Json) -> Iterator[str]:
        yield from ("", f"### {name}", "", *paragraphs(schema.get("description", "")))
        if "properties" in schema:
            yield from ("", "| field | type | required | |", "| --- | --- | --- | --- |")
            for field, of in sorted(schema["properties"].items()):
                required = "yes" if field in schema.get("required", []) else ""
                yield f"| `{field}` | {self.type_of(of)} | {required} | {cell(said_of(of), example(of))} |"
        elif "enum" in schema or "oneOf" in schema:
            yield from ("", self.type_of(schema))

    def type_of(self, schema: Json) -> str:
        """A type in words, with its bounds, as a cell of a table."""
        if "$ref" in schema:
            name = schema["$ref"].rsplit("/", 1)[1]
            return f"[{name}](#{anchor(name)})"
        if "oneOf" in schema:
            return " or ".join(self.type_of(one) for one in schema["oneOf"])
        if "allOf" in schema:
            return " and ".join(self.type_of(one) for one in schema["allOf"])
        if "enum" in schema:
            return ", ".join(f"`{value}`" for value in schema["enum"])
        kinds = schema.get("type", "any")
        kind = " or ".join(kinds) if isinstance(kinds, list) else kinds
        if "items" in schema:
            kind = f"{kind} of {self.type_of(schema['items'])}"
        said = [schema["format"]] if schema.get("format") in ("date", "date-time") else []
        said += [f"{bound} `{schema[bound]}`" for bound in BOUNDS if len(str(schema.get(bound, LONG))) < len(LONG)]
        return cell(f"{kind} ({', '.join(said)})" if said else kind)

    def followed(self, part: Json) -> Json:
        if "$ref" not in part:
            return part
        found: Any = self.document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found


def said_of(part: Json) -> str:
    """What is said of a field or a parameter, beside `oneOf` or `allOf` and inside of them."""
    inside = [said_of(one) for of in ("oneOf", "allOf") for one in part.get(of, [])]
    return sentences(*dict.fromkeys([part.get("description", ""), *inside]))


def paragraphs(text: str) -> Iterator[str]:
    """A description as lines of the page: one for what it begins with, one for each item of the list that may follow."""
    first, *items = text.split("\n- ")
    yield " ".join(first.split())
    if items:
        yield ""
    yield from (f"- {' '.join(item.split())}" for item in items)


def anchor(heading: str) -> str:
    """The name that forges give a heading."""
    return re.sub(r"[^a-z0-9_-]", "", heading.lower().replace(" ", "-"))


def callers(operation: Json) -> str:
    scopes = [scope for requirement in operation["security"] for scopes in requirement.values() for scope in scopes]
    return " or ".join(f"`{scope}`" for scope in scopes) or "anyone"


def example(part: Json) -> str:
    return f"For example `{part['example']}`." if "example" in part and not isinstance(part["example"], (dict, list)) else ""


def sentences(*texts: str) -> str:
    """Texts in one line, as sentences if there are several."""
    given = [text for text in texts if text]
    whole = [text if len(given) == 1 or text.endswith(".") else f"{text}." for text in given]
    return " ".join(" ".join(whole).split())


def cell(*texts: str) -> str:
    """Texts in one cell of a table, as sentences if there are several."""
    return sentences(*texts).replace("|", "\\|")


def main() -> None:
    document = json.loads((DOCS / "openapi.json").read_text())
    (DOCS / "reference.md").write_text(Reference(document).page())


if __name__ == "__main__":
    main()
