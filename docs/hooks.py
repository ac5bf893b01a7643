"""The site's links to files of the project that are no pages lead to their source."""

import re
from typing import Any

OUTSIDE = re.compile(r"\]\(\.\./([^)]+)\)")  # README's links, as they read from docs/
SOURCE = re.compile(r"^\| `((?:minigan|examples)/[\w/]+\.py)` \|", re.MULTILINE)  # reading order


def on_page_markdown(markdown: str, config: Any, **_: Any) -> str:
    """The page with its links to files outside docs/ made absolute."""
    source = f"{config.repo_url}/blob/main"
    markdown = OUTSIDE.sub(rf"]({source}/\1)", markdown)
    return SOURCE.sub(rf"| [`\1`]({source}/\1) |", markdown)


on_page_markdown.mkdocs_priority = -100  # after what is included has come
