"""A bot folder, whatever its layout: what each file is, is seen from what it holds.

Rasa moved its files with every version (`data/stories.md`, `data/core/`, `domain/`, `tests/`,
`config.yml`); here a file with `stories:` holds stories, wherever it lies.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from dialogue_nb.agent.agent import Agent
from dialogue_nb.core.diagnostics import Diagnostic, errors_in, listing
from dialogue_nb.core.domain import Domain, parse_domain
from dialogue_nb.core.exceptions import DiagnosedError, ProjectError
from dialogue_nb.core.showing import Showable
from dialogue_nb.core.yaml_lines import read_text
from dialogue_nb.nlu.examples import NLUExamples
from dialogue_nb.nlu.interpreter import NLUInterpreter
from dialogue_nb.nlu.lint import lint_nlu
from dialogue_nb.nlu.markdown import is_answers
from dialogue_nb.nlu.pipeline import Fallback, parse_pipeline
from dialogue_nb.nlu.reader import read_nlu
from dialogue_nb.stories.diagnostics import lint_stories
from dialogue_nb.stories.reader import read_stories, story_format
from dialogue_nb.stories.steps import Story

DOMAIN_KEYS: Final = frozenset(
    ("intents", "entities", "slots", "responses", "templates", "actions", "forms", "e2e_actions")
)
CONFIG_KEYS: Final = frozenset(("policies", "pipeline", "recipe"))
STORY_KEYS: Final = frozenset(("stories", "rules"))
# What trained models, tools and version control leave in a bot folder.
SKIPPED_FOLDERS: Final = frozenset(
    ("models", "results", "node_modules", "venv", "env", "__pycache__", "site-packages")
)
TEST_FOLDERS: Final = frozenset(("tests", "test", "e2e"))
MAX_FILES: Final = 20_000
MAX_FILE_BYTES: Final = 64 << 20

_KEY = re.compile(r"^[\"']?([A-Za-z_]\w*)[\"']?\s*:", re.MULTILINE)
_FLOW_KEY = re.compile(r"[{,]\s*[\"']?([A-Za-z_]\w*)[\"']?\s*:")
_MD_NLU = re.compile(r"^#{1,3}\s*(intent|synonym|regex|lookup)\s*:", re.MULTILINE)


def kinds_of(file: Path, text: str) -> frozenset[str]:
    r"""What a file holds: any of "domain", "stories", "nlu", "config".

    Args:
        file: The file; only its suffix counts.
        text: What is in it.

    Example:
        >>> sorted(kinds_of(Path("all.yml"), "intents: [hi]\nnlu:\n- intent: hi"))
        ['domain', 'nlu']
        >>> sorted(kinds_of(Path("a.md"), "## hello\n* greet\n  - utter_greet"))
        ['stories']
    """
    if file.suffix == ".json":
        return frozenset({"nlu"} if '"rasa_nlu_data"' in text else ())
    if file.suffix == ".md":
        if _MD_NLU.search(text):
            return frozenset({"nlu"})
        if is_answers(text):
            return frozenset({"nlu"})
        return frozenset({"stories"} if story_format(text) == "markdown" else ())
    pattern = _FLOW_KEY if text.lstrip().startswith("{") else _KEY
    keys = set(pattern.findall(text))
    found = {"domain": DOMAIN_KEYS, "stories": STORY_KEYS, "config": CONFIG_KEYS, "nlu": {"nlu"}}
    return frozenset(kind for kind, signs in found.items() if keys & signs)


@dataclass(frozen=True)
class Project(Showable):
    """A bot: its domain, its stories and rules, and where everything was found.

    Args:
        folder: The folder.
        domain: The domain, merged when it lies in several files.
        stories: The stories to learn from.
        rules: The rules.
        test_stories: The stories to test with; nothing is learnt from them.
        domain_files: Where the domain was found.
        story_files: Where stories and rules were found.
        test_files: Where test stories were found.
        nlu_files: Where examples for language understanding were found.
        nlu: These examples, with synonyms, regexes and lookup tables.
        config_file: The configuration of the policies, None when there is none.
        diagnostics: All that is to be said about these files.

    Example:
        >>> from dialogue_nb import bots
        >>> project = Project.load(bots.path("moodbot"))
        >>> len(project.stories) > 2, len(project.rules), project.name
        (True, 2, 'moodbot')
    """

    folder: Path
    domain: Domain
    stories: tuple[Story, ...] = field(repr=False)
    rules: tuple[Story, ...] = field(repr=False)
    test_stories: tuple[Story, ...] = field(repr=False)
    domain_files: tuple[Path, ...] = ()
    story_files: tuple[Path, ...] = ()
    test_files: tuple[Path, ...] = ()
    nlu_files: tuple[Path, ...] = ()
    config_file: Path | None = None
    nlu: NLUExamples = field(default_factory=NLUExamples, repr=False)
    diagnostics: tuple[Diagnostic, ...] = field(default=(), repr=False)

    @property
    def name(self) -> str:
        """The name of the folder."""
        return self.folder.name

    @classmethod
    def load(cls, folder: str | Path, *, strict: bool = False) -> Project:
        """Opens a bot folder of any version of Rasa.

        Stories with mistakes are opened all the same, so that they can be looked at and corrected:
        the mistakes are in `diagnostics`, and training on them raises.

        Args:
            folder: The folder. Folders of other bots inside it are left out.
            strict: Raise on mistakes in stories and rules too.

        Raises:
            ProjectError: If there is no such folder, no domain in it, a domain that cannot be used,
                or several bots side by side.
        """
        root = Path(folder)
        if not root.is_dir():
            raise _error("P101", f"Expected a bot folder, found no folder '{folder}'.")
        found = _find(root)
        domain, problems = parse_domain(found.domain)
        if domain is None:
            raise ProjectError(problems)
        nlu, said_of_nlu = read_nlu(found.nlu, root)
        domain = _with_retrieval_intents(domain, nlu)
        problems = [*found.problems, *problems]
        stories, said = read_stories([str(f) for f in found.stories]) if found.stories else ([], [])
        tests, said_of_tests = (
            read_stories([str(f) for f in found.tests]) if found.tests else ([], [])
        )
        problems += [*said, *lint_stories(stories, domain), *said_of_nlu, *lint_nlu(nlu, domain)]
        if nlu and found.config is not None:
            problems += _pipeline(found.config)[1]
        if strict and errors_in(problems):
            raise ProjectError(problems)
        return cls(
            root,
            domain,
            tuple(story for story in stories if not story.is_rule),
            tuple(story for story in stories if story.is_rule),
            tuple(tests),
            tuple(found.domain),
            tuple(found.stories),
            tuple(found.tests),
            tuple(found.nlu),
            found.config,
            nlu,
            (*problems, *said_of_tests),
        )

    def agent(self, policies: Any = None, **options: Any) -> Agent:
        """An agent for this bot, still to be trained.

        Args:
            policies: As for `Agent`; default the bot's own configuration, if it has one.
            **options: As for `Agent`.
        """
        chosen = self.config_file if policies is None else policies
        options.setdefault("interpreter", self.interpreter())
        return Agent(self.domain, policies=chosen, **options)

    def interpreter(self) -> NLUInterpreter | None:
        """What understands plain words, after the bot's examples; None if it has none.

        It falls back to `nlu_fallback` where the bot's configuration says so. It learns when it is
        trained or first asked.
        """
        if not self.nlu:
            return None
        fallback = _pipeline(self.config_file)[0] if self.config_file is not None else None
        entities = [entity.name for entity in self.domain.entities]
        return NLUInterpreter(self.nlu, fallback=fallback, entities=entities)


@dataclass
class _Found:
    domain: list[Path] = field(default_factory=list)
    stories: list[Path] = field(default_factory=list)
    tests: list[Path] = field(default_factory=list)
    nlu: list[Path] = field(default_factory=list)
    configs: list[Path] = field(default_factory=list)
    config: Path | None = None
    problems: list[Diagnostic] = field(default_factory=list)


def _find(root: Path) -> _Found:
    found = _Found()
    domains: list[Path] = []
    for file in _files(root, found.problems):
        kinds = kinds_of(file, file.read_text(encoding="utf-8", errors="replace"))
        inside = file.relative_to(root)
        if "domain" in kinds:
            domains.append(file)
        if "stories" in kinds:
            (found.tests if _is_test(inside) else found.stories).append(file)
        if "nlu" in kinds:
            found.nlu.append(file)
        if "config" in kinds:
            found.configs.append(file)
    found.domain = _domain_files(root, domains)
    others = {f.parent for f in domains if f.stem == "domain" and f not in found.domain}
    for files in (found.stories, found.tests, found.nlu, found.configs):
        files[:] = [f for f in files if not others & set(f.parents)]
    found.config = min(found.configs, key=lambda f: _rank(f, root, "config"), default=None)
    return found


def _with_retrieval_intents(domain: Domain, nlu: NLUExamples) -> Domain:
    """The domain with what answers its retrieval intents (`chitchat/ask_name`).

    That an intent is one is only said by its examples, so Rasa too adds the action when it reads
    them: `utter_chitchat`, and up to 1.x `respond_chitchat`.
    """
    found: dict[str, None] = {}
    for example in nlu.examples:
        if example.intent != example.base_intent:
            prefix = "respond" if str(example.file).endswith(".md") else "utter"
            found[f"{prefix}_{example.base_intent}"] = None
    new = [name for name in found if name not in domain.action_names]
    answers = {f"utter_{name}": each for name, each in nlu.responses.items()}
    if not new and answers.keys() <= domain.responses.keys():
        return domain
    actions = (*domain.user_actions, *new)
    return replace(domain, user_actions=actions, responses={**answers, **domain.responses})


def _pipeline(config: Path) -> tuple[Fallback | None, list[Diagnostic]]:
    try:
        return parse_pipeline(read_text(config), str(config))
    except DiagnosedError as error:
        return None, list(error.diagnostics)


def _files(root: Path, problems: list[Diagnostic]) -> Iterator[Path]:
    """The files that may belong to a bot, sorted, without those of tools and models."""
    count = 0
    for place, folders, names in os.walk(root):
        folders[:] = sorted(f for f in folders if f not in SKIPPED_FOLDERS and f[0] != ".")
        for name in sorted(names):
            file = Path(place) / name
            if file.suffix not in (".yml", ".yaml", ".md", ".json") or not file.is_file():
                continue
            count += 1
            if count > MAX_FILES:
                raise _error(
                    "P104", f"'{root}' has more than {MAX_FILES} files: open a bot's folder."
                )
            if file.stat().st_size > MAX_FILE_BYTES:
                size = f"larger than {MAX_FILE_BYTES >> 20} MiB"
                problems.append(
                    Diagnostic("P105", "warning", f"Left out: it is {size}.", str(file))
                )
                continue
            yield file


def _domain_files(root: Path, candidates: list[Path]) -> list[Path]:
    """The files of the domain: `domain.yml`, or a folder `domain/`, or what lies highest."""
    if not candidates:
        raise _error(
            "P102",
            f"Found no domain in '{root}': no file there has intents, slots, responses or actions.",
        )
    first = min(candidates, key=lambda f: _rank(f, root, "domain"))
    place = first.parent
    level = _rank(first, root, "domain")[0]
    rivals = [f for f in candidates if _rank(f, root, "domain")[0] == level and "domain" in f.stem]
    bots = sorted({f.parent.relative_to(root).as_posix() for f in (first, *rivals)})
    if len(bots) > 1 and "domain" in first.stem:
        raise _error("P103", f"Found several bots in '{root}': open one of {listing(bots)}.")
    if first.stem == "domain" and place.name != "domain":
        # Rasa 2 and 3 also take responses that stand beside the stories.
        beside = (place / "domain", place / "data")
        others = (f for f in candidates if f != first and set(beside) & set(f.parents))
        return [first, *sorted(others)]
    return sorted(f for f in candidates if f.parent == place or place in f.parents)


def _rank(file: Path, root: Path, stem: str) -> tuple[int, bool, str]:
    depth = len(file.relative_to(root).parts)
    in_folder = file.parent.name == stem and file.parent != root
    return (depth - in_folder, file.stem != stem and not in_folder, str(file))


def _is_test(inside: Path) -> bool:
    return inside.name.startswith("test_") or bool(TEST_FOLDERS & set(inside.parts[:-1]))


def _error(code: str, message: str) -> ProjectError:
    return ProjectError([Diagnostic(code, "error", message)])
