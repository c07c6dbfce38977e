"""Runs the worlds' passages and counts: per rule, found and missed and false."""

import re
import sys
from collections import Counter
from pathlib import Path

from watchbill.gates.lore import markdown_form, yaml_files, yaml_form
from watchbill.gates.lore.checking import Judge

HERE = Path(__file__).parent / "worlds"
GROUPS = {
    "attribute": {"attribute", "ability", "relation", "place", "fact"},
    "place": {"place", "fact", "attribute"},
    "fact": {"fact", "place", "attribute", "ability"},
    "relation": {"relation", "attribute"},
    "banned": {"banned-word"},
    "units": {"unit"},
    "death": {"death", "ability"},
}


def judge_of(path):
    text = path.read_text("utf-8")
    if path.suffix == ".yaml":
        return Judge(yaml_form.canon_of(yaml_files.load(text, str(path))))
    made = markdown_form.draft(text)
    return Judge(yaml_form.canon_of(made.raw))


def passages(path):
    for block in re.split(r"^## ", path.read_text("utf-8"), flags=re.MULTILINE)[1:]:
        head, _, body = block.partition("\n")
        position, kind, *rest = head.split(" ", 2)
        cid, _, span = (rest[0] if rest else "").partition("|")
        yield int(position), kind, cid.strip(), span.strip(), body.strip() + "\n"


def run(worlds, show=True):
    total = Counter()
    per = {}
    for world in worlds:
        for canon in sorted((HERE / world).glob("canon.*")):
            judge = judge_of(canon)
            n = Counter()
            for position, kind, cid, span, text in passages(HERE / world / "passages.txt"):
                name = f"scene{position}.txt" if text.lstrip().startswith("*") else f"ch{position:02}.md"
                from watchbill.gates.lore.standing import Standing

                found = judge.check(name, text, Standing(position=position))
                for one in found:
                    assert one.quote in text and one.quote
                if kind == "clean":
                    n["clean"] += 1
                    n["fp"] += len(found)
                    if found and show:
                        print(
                            "FALSE",
                            world,
                            canon.suffix,
                            position,
                            text.strip()[:160].replace("\n", " / "),
                            "\n     ",
                            [(f.rule, f.canon_id, f.quote, f.canon) for f in found],
                        )
                else:
                    ok = [f for f in found if f.rule in GROUPS.get(kind, {kind})]
                    extra = [f for f in found if f not in ok]
                    n["planted"] += 1
                    n["hit"] += bool(ok)
                    n["found"] += len(found)
                    n["fp"] += len(extra)
                    per.setdefault(kind, Counter())["hit" if ok else "miss"] += 1
                    if not ok and show:
                        print(
                            "MISS ",
                            world,
                            canon.suffix,
                            position,
                            kind,
                            cid,
                            "|",
                            text.strip()[:150].replace("\n", " / "),
                        )
                    if extra and show:
                        print(
                            "EXTRA",
                            world,
                            canon.suffix,
                            position,
                            kind,
                            "|",
                            text.strip()[:150].replace("\n", " / "),
                            [(f.rule, f.canon_id, f.quote, f.canon) for f in extra],
                        )
            print(world, canon.suffix, dict(n))
            total += n
    print(
        "TOTAL",
        dict(total),
        "recall",
        total["hit"] / total["planted"],
        "precision(passages)",
        total["hit"] / (total["hit"] + total["fp"]),
    )
    print({k: f"{v['hit']}/{v['hit'] + v['miss']}" for k, v in sorted(per.items())})


run(sys.argv[1:])
