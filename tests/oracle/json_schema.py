#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Holds documents to a JSON schema (draft 2020-12): json_schema.py SCHEMA FILE…, a line for each breach, status 1 then.

A validator of the keywords that our schema uses, and stricter than the standard: a key that the schema does not describe is a
breach, so that nothing is printed that is not in the schema; a keyword that is not known here is an error. Where Debian's
python3-jsonschema is installed, it has to agree.
"""
import json
import re
import sys

try:
    import jsonschema
except ImportError:
    jsonschema = None

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int, "number": (int, float)}
SAYS_NOTHING = {"$schema", "title", "description", "$defs", "contentEncoding"}
CONTAINERS = {"if", "then", "else", "items", "prefixItems", "properties", "patternProperties", "additionalProperties"}


def is_type(value, name):
    return isinstance(value, TYPES[name]) and (name in ("boolean",) or not isinstance(value, bool))


class Validator:
    def __init__(self, root):
        self.root = root

    def resolve(self, ref):
        node = self.root
        for part in ref.removeprefix("#/").split("/"):
            node = node[part]
        return node

    def check(self, value, schema, at, strict=True):
        """The breaches of VALUE."""
        if schema is True:
            return []
        if schema is False:
            return [f"{at}: nothing is allowed here"]
        found = []
        for key, rule in schema.items():
            if key in CONTAINERS or key in SAYS_NOTHING:
                continue
            if key == "$ref":
                found += self.check(value, self.resolve(rule), at, strict)
            elif key == "type":
                names = rule if isinstance(rule, list) else [rule]
                if not any(is_type(value, name) for name in names):
                    found.append(f"{at}: {json.dumps(value)[:80]} is not of type {rule}")
            elif key == "const" and (value != rule or type(value) is not type(rule)):
                found.append(f"{at}: {json.dumps(value)[:80]} is not {rule}")
            elif key == "enum" and not any(value == one and type(value) is type(one) for one in rule):
                found.append(f"{at}: {json.dumps(value)[:80]} is none of {rule}")
            elif key in ("oneOf", "anyOf"):
                tries = [self.check(value, one, at, strict) for one in rule]
                good = sum(not one for one in tries)
                if good == 0 or key == "oneOf" and good > 1:
                    found.append(f"{at}: {good} of {len(rule)} alternatives")
                    found += min(tries, key=len) if good == 0 else []
            elif key == "minimum" and is_type(value, "number") and value < rule:
                found.append(f"{at}: {value} is below {rule}")
            elif key == "maximum" and is_type(value, "number") and value > rule:
                found.append(f"{at}: {value} is above {rule}")
            elif key == "pattern" and isinstance(value, str) and not re.search(rule, value):
                found.append(f"{at}: {value!r} does not match {rule}")
            elif key == "minItems" and isinstance(value, list) and len(value) < rule:
                found.append(f"{at}: fewer than {rule} items")
            elif key == "required" and isinstance(value, dict):
                found += [f"{at}: {name} is missing" for name in rule if name not in value]
            elif key not in ("const", "enum", "minimum", "maximum", "pattern", "minItems", "required"):
                raise SystemExit(f"{key}: a keyword that is not known here")
        if isinstance(value, dict):
            found += self.check_object(value, schema, at, strict)
        if isinstance(value, list):
            first = schema.get("prefixItems", [])
            for index, item in enumerate(value):
                rule = first[index] if index < len(first) else schema.get("items", True)
                found += self.check(item, rule, f"{at}[{index}]", strict)
        return found

    def check_object(self, value, schema, at, strict):
        found = []
        described = any(key in schema for key in ("properties", "patternProperties", "additionalProperties"))
        for key, item in value.items():
            rules = [schema["properties"][key]] if key in schema.get("properties", {}) else []
            rules += [rule for pattern, rule in schema.get("patternProperties", {}).items() if re.search(pattern, key)]
            if not rules and described:
                rules = [schema.get("additionalProperties", not strict)]
            for rule in rules:
                found += [breach if rule is not False else f"{at}.{key}: the schema does not know it"
                          for breach in self.check(item, rule, f"{at}.{key}", strict)]
        if "if" in schema:
            met = not self.check(value, schema["if"], at, False)
            found += self.check(value, schema.get("then" if met else "else", True), at, False)
        return found


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    validator, failed = Validator(schema), False
    if jsonschema:
        jsonschema.Draft202012Validator.check_schema(schema)
    for name in sys.argv[2:]:
        with open(name, encoding="utf-8") as file:
            document = json.load(file)
        breaches = validator.check(document, schema, "$")
        if jsonschema:
            breaches += [f"jsonschema: {error.message[:200]}" for error in
                         jsonschema.Draft202012Validator(schema).iter_errors(document)]
        for breach in breaches[:20]:
            print(f"{name}: {breach}")
        failed |= bool(breaches)
    return 1 if failed else 0


sys.exit(main())
