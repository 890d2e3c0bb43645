"""A DVC pipeline does not run again."""

from __future__ import annotations

import os
import shutil

from tests.faults.services.catalogue import PIPELINE, REMOTE, Expect, state
from tests.faults.services.plant import Garden, Words
from tests.stack.dvc import Repository

STATUS = "status --json"
REPRO = "repro --dry"
CLEAN = "status --json: 0 {}"
NOTHING_RUNS = "repro --dry: 0 .*up to date"
SAME = Expect("cached-no-changes", accept_nothing=True)
"""That there is nothing to do is said best with no words; who says it is right."""

UNPUSHED = {REMOTE: ("data-not-pushed",)}


def staged(repository: Repository, name: str, **settings: object) -> None:
    """Let a stage say more, and run."""
    pipeline = repository.pipeline()
    pipeline["stages"].setdefault(name, {}).update(settings)
    repository.set_pipeline(pipeline)
    repository.dvc("repro", "--quiet")
    repository.dvc("push", "--quiet")
    repository.commit(f"The stage {name}")


# nothing has changed


@state(PIPELINE, SAME, shows=f"{CLEAN}.*{NOTHING_RUNS}", why="The parameter is written anew and is the same number.")
def number_written_differently(it: Garden) -> Words:
    """The rate was 0.1 and is 0.10."""
    repository = it.repository()
    repository.write("params.yaml", "train:\n  rate: 0.10\n")
    return it.looks(repository, STATUS, REPRO)


@state(PIPELINE, SAME, shows=f"{CLEAN}.*{NOTHING_RUNS}", why="DVC compares parameters by their values; a comment is none.")
def comment_in_the_parameters(it: Garden) -> Words:
    """params.yaml got a comment."""
    repository = it.repository()
    repository.write("params.yaml", "# as agreed\ntrain:\n  rate: 0.1\n")
    return it.looks(repository, STATUS, REPRO)


# what it depends on is not tracked


@state(
    PIPELINE,
    "dependencies-not-tracked",
    shows=f"{CLEAN}.*{NOTHING_RUNS}",
    why="prepare.py imports helper.py, which has changed and is no dependency.",
)
def helper_changed(it: Garden) -> Words:
    """A module that prepare.py imports has changed and is not committed."""
    repository = it.repository()
    repository.write("helper.py", "FACTOR = 3\n")
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE,
    "dependencies-not-tracked",
    shows=f"{CLEAN}.*{NOTHING_RUNS}",
    why="helper.py was changed by a commit after the last one of dvc.lock, and is no dependency.",
)
def helper_committed(it: Garden) -> Words:
    """A module that prepare.py imports has changed and is committed."""
    repository = it.repository()
    repository.write("helper.py", "FACTOR = 3\n")
    repository.commit("A factor of three")
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE,
    "dependencies-not-tracked",
    shows=f"{CLEAN}.*{NOTHING_RUNS}",
    why="clean.py imports from a package of the repository, which is no dependency, and which has changed.",
)
def package_changed(it: Garden) -> Words:
    """A module of a package, which a stage's script imports, has changed."""
    repository = it.repository()
    for path, text in {"features/__init__.py": "", "features/scale.py": "SCALE = 2\n"}.items():
        repository.write(path, text)
    repository.write("scale.py", "from features.scale import SCALE\nopen('scaled.csv', 'w').write(open('clean.csv').read() * SCALE)\n")
    staged(repository, "scale", cmd="python scale.py", deps=["clean.csv", "scale.py"], outs=["scaled.csv"])
    repository.write("features/scale.py", "SCALE = 4\n")
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE, "dependencies-not-tracked", shows=f"{CLEAN}.*{NOTHING_RUNS}", why="train.py reads all of params.yaml, and only train.rate is tracked."
)
def parameter_not_named(it: Garden) -> Words:
    """A parameter was added that the script reads and dvc.yaml does not name."""
    repository = it.repository()
    repository.write("params.yaml", "train:\n  rate: 0.1\n  depth: 8\n")
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE,
    "dependencies-not-tracked",
    shows=f"{CLEAN}.*{NOTHING_RUNS}",
    why="The stage has no dependencies at all: once its outputs are there it never runs again; its script has changed.",
)
def stage_without_dependencies(it: Garden) -> Words:
    """A stage has a command and outputs, and no dependency; its script has changed."""
    repository = it.repository()
    repository.write("fetch.py", "open('rates.csv', 'w').write('eur,1.0')\n")
    staged(repository, "fetch", cmd="python fetch.py", outs=["rates.csv"])
    repository.write("fetch.py", "open('rates.csv', 'w').write('eur,1.1')\n")
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE,
    "dependencies-not-tracked",
    shows=f"{CLEAN}.*{NOTHING_RUNS}",
    why="The command reads config/weights.json, which has changed and is no dependency.",
)
def file_of_the_command(it: Garden) -> Words:
    """A stage's command is given a file that is no dependency."""
    repository = it.repository()
    repository.write("config/weights.json", '{"a": 1}\n')
    repository.write("weigh.py", "import sys\nopen('weighed.csv', 'w').write(open('clean.csv').read() + open(sys.argv[1]).read())\n")
    staged(repository, "weigh", cmd="python weigh.py config/weights.json", deps=["clean.csv", "weigh.py"], outs=["weighed.csv"])
    repository.write("config/weights.json", '{"a": 2}\n')
    return it.looks(repository, STATUS, REPRO)


# it is held


@state(PIPELINE, "stage-frozen", shows="is frozen", why="dvc.yaml says frozen, and the script has changed.")
def frozen_and_changed(it: Garden) -> Words:
    """A frozen stage, and its script has changed."""
    repository = it.repository()
    repository.freeze("prepare")
    repository.commit("Hold prepare")
    repository.write("prepare.py", "# new\n")
    return it.looks(repository, STATUS, REPRO)


@state(PIPELINE, "stage-frozen", shows="is frozen", why="The last stage is frozen, and a parameter that it tracks has changed.")
def frozen_and_another_parameter(it: Garden) -> Words:
    """The training is frozen, and its rate has changed."""
    repository = it.repository()
    repository.freeze("train")
    repository.commit("Hold train")
    repository.write("params.yaml", "train:\n  rate: 0.2\n")
    repository.commit("A higher rate")
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE,
    "repo-locked",
    shows="is busy, it is being blocked by",
    why="Another DVC command runs in the repository and holds its files.",
    also=UNPUSHED,
)
def another_command_runs(it: Garden) -> Words:
    """A `dvc repro` hangs in a stage while parameters have changed."""
    repository = it.repository()
    pipeline = repository.pipeline()
    pipeline["stages"]["prepare"]["cmd"] = "sleep 600"
    repository.set_pipeline(pipeline)
    process = it.enter(repository.running("repro"))
    process.wait_until("the stage", lambda: "> sleep 600" in process.tail(), 60)
    repository.write("params.yaml", "train:\n  rate: 0.2\n")
    return it.looks(repository, STATUS, "repro")


@state(
    PIPELINE,
    Expect("wrong-target", accept_undetermined=True, accept_nothing=True),
    shows='"train": .*"train.py": "modified"',
    why="A loop of this machine runs `dvc repro prepare` again and again; train, which has changed, comes after it and is never asked for. That the loop is meant for it is a guess.",
)
def loop_of_another_stage(it: Garden) -> Words:
    """Somebody's loop reproduces `prepare`; what has changed is `train`."""
    repository = it.repository()
    repository.write("train.py", (repository.root / "train.py").read_text() + "# twice\n")
    repository.commit("Train twice")
    it.command(
        repository.root, "sh", "-c", "while true; do sleep 20; dvc repro prepare; done", **{**repository.environment, "HOME": str(repository.folder)}
    )
    return it.looks(repository, STATUS)


@state(
    PIPELINE,
    Expect("wrong-target", accept_undetermined=True, accept_nothing=True),
    shows=r"repro --dry: 0 .*up to date.*status --json: 0 .*report.py",
    why="`dvc repro` in the root looks at the root's dvc.yaml; the stage that has changed is in reports/dvc.yaml. Which one was run nobody says.",
)
def stage_of_another_file(it: Garden) -> Words:
    """What has changed is a stage of reports/dvc.yaml, and `dvc repro` is run in the root."""
    repository = it.repository()
    repository.write("reports/report.py", "open('report.txt', 'w').write('1')\n")
    repository.write("reports/dvc.yaml", "stages:\n  report:\n    cmd: python report.py\n    deps: [report.py]\n    outs: [report.txt]\n")
    repository.dvc("repro", "--quiet", "reports/dvc.yaml")
    repository.dvc("push", "--quiet")
    repository.commit("Reports")
    repository.write("reports/report.py", "open('report.txt', 'w').write('2')\n")
    repository.commit("Better reports")
    repository.write("train.py", (repository.root / "train.py").read_text() + "# twice\n")
    repository.dvc("repro", "--quiet")
    repository.dvc("push", "--quiet")
    repository.commit("Run again")
    return it.looks(repository, REPRO, STATUS)


# healthy


@state(PIPELINE, None, shows=f"{CLEAN}.*{NOTHING_RUNS}", why="Nothing has changed, nothing is to be done.")
def as_it_was_run(it: Garden) -> Words:
    """Reproduced, committed, pushed."""
    return it.looks(it.repository(), STATUS, REPRO)


@state(PIPELINE, None, shows='"prepare.py": "modified"', why="A declared dependency has changed, and the next `dvc repro` will run it.")
def change_that_is_declared(it: Garden) -> Words:
    """A stage's script is being worked on."""
    repository = it.repository()
    repository.write("prepare.py", (repository.root / "prepare.py").read_text() + "# better\n")
    return it.looks(repository, STATUS, REPRO)


@state(PIPELINE, None, shows=CLEAN, why="It is held on purpose, and nothing that it depends on has changed.")
def frozen_and_the_same(it: Garden) -> Words:
    """A frozen stage of which nothing has changed."""
    repository = it.repository()
    repository.freeze("prepare")
    repository.commit("Hold prepare")
    return it.looks(repository, STATUS, REPRO)


@state(PIPELINE, None, shows=CLEAN, why="What has changed no stage reads.")
def readme_and_notebook_changed(it: Garden) -> Words:
    """A text and a script that no stage uses have changed."""
    repository = it.repository()
    repository.write("README.md", "# Churn\n")
    repository.write("explore.py", "import helper\n\nprint(helper.FACTOR)\n")
    repository.commit("Explore")
    repository.write("explore.py", "import helper\n\nprint(helper.FACTOR + 1)\n")
    return it.looks(repository, STATUS, REPRO)


@state(PIPELINE, None, shows=CLEAN, why="The helper's bytes are those of the last run; only its time is new, as after a clone.")
def times_are_new(it: Garden) -> Words:
    """All files have the time of the clone."""
    repository = it.repository()
    for path in repository.root.glob("*.py"):
        os.utime(path)
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE, None, shows='"features": "modified"', why="The package is a dependency as a folder: DVC sees it, and the next `dvc repro` will run it."
)
def package_is_a_dependency(it: Garden) -> Words:
    """A module of a package has changed, and the stage depends on the whole package."""
    repository = it.repository()
    for path, text in {"features/__init__.py": "", "features/scale.py": "SCALE = 2\n"}.items():
        repository.write(path, text)
    repository.write("scale.py", "from features.scale import SCALE\nopen('scaled.csv', 'w').write(open('clean.csv').read() * SCALE)\n")
    repository.write(".dvcignore", "__pycache__\n")
    repository.write(".gitignore", "__pycache__\n/clean.csv\n/model.bin\n")
    staged(repository, "scale", cmd="python scale.py", deps=["clean.csv", "scale.py", "features"], outs=["scaled.csv"])
    repository.write("features/scale.py", "SCALE = 4\n")
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE, None, shows=CLEAN, why="The helper has changed, and the stages were run again with it by force: what is recorded is of the new helper."
)
def helper_changed_and_forced(it: Garden) -> Words:
    """A helper that is no dependency has changed, and the pipeline was run with --force and committed with it."""
    repository = it.repository()
    repository.write("helper.py", "FACTOR = 3\n")
    repository.dvc("repro", "--quiet", "--force")
    repository.dvc("push", "--quiet")
    repository.commit("A factor of three")
    shutil.rmtree(repository.root / "__pycache__", ignore_errors=True)
    return it.looks(repository, STATUS, REPRO)


@state(
    PIPELINE,
    None,
    shows=r'"pid": \d+',
    why="The lock file names a process that no longer is, of which DVC takes no heed: what has changed will run the next time.",
)
def lock_of_a_dead_process(it: Garden) -> Words:
    """A `dvc repro` was killed in a stage."""
    repository = it.repository()
    pipeline = repository.pipeline()
    pipeline["stages"]["prepare"]["cmd"] = "sleep 600"
    repository.set_pipeline(pipeline)
    with repository.running("repro") as process:
        process.wait_until("the stage", lambda: "> sleep 600" in process.tail(), 60)
    return Words(it.looks(repository).words, (repository.root / ".dvc/tmp/rwlock").read_text, repository.environment)  # DVC would take the entry away
