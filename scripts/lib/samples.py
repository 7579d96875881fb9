#!/usr/bin/env python3
"""Makes a Swift file of the samples in an article, so that the compiler can say whether they are right.

    samples.py ARTICLE.md > ARTICLE.swift

The samples of an article are read as one story: each sees what those before it have declared, and may declare it anew. What
they need and do not declare stands in comments of the article, which readers do not see:

    <!-- given
    let store: Corestore = given()
    -->

`{ … }` stands for code that is left out. A sample that begins with an attribute, a class or an extension is a part of a file,
not of a function.
"""
import re
import sys

PART = re.compile(r"<!-- given\n(?P<given>.*?)-->|^```swift\n(?P<sample>.*?)^```", re.DOTALL | re.MULTILINE)
OF_A_FILE = re.compile(r"(@|extension |class |final class )")
GIVEN = "func given<Value>() -> Value { fatalError() }\n\n"


def swift_of(path):
    imports, files, story = set(), [], []
    for part in PART.finditer(open(path, encoding="utf-8").read()):
        code = (part["given"] or part["sample"]).replace("{ … }", "{}")
        lines = code.splitlines()
        imports |= {line for line in lines if line.startswith("import ")}
        body = "\n".join(line for line in lines if not line.startswith("import "))
        if OF_A_FILE.match(body.lstrip()):
            files.append(body)
        else:
            story.append(body)
    name = re.sub(r"\W", "_", path)
    text = "\n".join(sorted(imports)) + "\n\n" + GIVEN + "\n".join(files)
    # Nested, so that a later sample sees the earlier ones and may shadow them.
    if story:
        text += f"\n\nfunc {name}() async throws {{\n" + "\ndo {\n".join(story) + "\n}" * len(story)
    return text + "\n"


if __name__ == "__main__":
    print(swift_of(sys.argv[1]))
