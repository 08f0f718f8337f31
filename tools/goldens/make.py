"""Writes __test__/goldens/keras/*.json: python tools/goldens/make.py [family or file ...]"""

import importlib
import json
import sys

from common import OUT, refused

FAMILIES = ["layers", "functions", "optimizers", "preprocessing", "models", "summaries"]


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for family in sys.argv[1:] or FAMILIES:
        for name, make in importlib.import_module(family.split("-")[0]).files().items():
            if "-" in family and name != family:
                continue
            cases = make()
            text = "[\n" + ",\n".join(json.dumps(case, separators=(",", ":"), ensure_ascii=False) for case in cases) + "\n]\n"
            (OUT / f"{name}.json").write_text(text)
            print(f"{name}: {len(cases)} cases, {len(text)} bytes", flush=True)
    if refused:
        sys.exit("\n".join(["Keras refuses:", *refused]))


if __name__ == "__main__":
    main()
