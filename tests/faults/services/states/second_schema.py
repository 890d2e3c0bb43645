"""Data is not as its consumer expects: contracts, signatures and data of a DVC repository, with its history."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.faults.services.catalogue import SCHEMA, Expect, state
from tests.faults.services.plant import Garden, Words
from tests.stack.dvc import Repository
from tests.stack.environments import environment as python_environment

VALUES: Mapping[str, Callable[[int], Any]] = {
    "customer_id": lambda n: 1000 + n,
    "age": lambda n: 20 + n * 7 % 50,
    "plan": lambda n: ("basic", "plus", "pro")[n % 3],
    "monthly_fee": lambda n: 9.5 + 5 * (n % 3),
    "churned": lambda n: int(n % 4 == 0),
    "region": lambda n: ("north", "south")[n % 2],
}
COLUMNS = ("customer_id", "age", "plan", "monthly_fee", "churned")
CUSTOMERS = "data/customers.csv"
PREPARE = """import csv

PLANS = ["basic", "plus", "pro"]
with open("data/customers.csv", newline="") as raw, open("features.csv", "w", newline="") as out:
    writer = csv.writer(out)
    writer.writerow(["customer_id", "age", "monthly_fee", *(f"plan_{plan}" for plan in PLANS), "churned"])
    for row in csv.DictReader(raw):
        writer.writerow([row["customer_id"], row["age"], row["monthly_fee"], *(int(row["plan"] == plan) for plan in PLANS), row["churned"]])
"""
TRAIN = """import csv
import json

with open("features.csv", newline="") as features:
    rows = list(csv.DictReader(features))
json.dump({"age": sum(float(row["age"]) for row in rows) / len(rows)}, open("model.json", "w"))
"""
READ_CSV = "import pandas; print(list(pandas.read_csv('{}').columns))"
COPY = """import csv

with open("data/customers.csv", newline="") as raw, open("features.csv", "w", newline="") as out:
    reader = csv.DictReader(raw)
    writer = csv.DictWriter(out, [name for name in reader.fieldnames if name not in ("customer_id", "plan")], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(reader)
"""


def table(
    columns: Sequence[str] = COLUMNS, *, rows: int = 60, names: Mapping[str, str] | None = None, between: str = ",", **values: Callable[[int], Any]
) -> str:
    """A CSV of these columns; some of them may have other names or values."""
    of = {**VALUES, **values}
    named = names or {}
    lines = [[named.get(name, name) for name in columns], *([str(of[name](n)) for name in columns] for n in range(rows))]
    return "".join(between.join(line) + "\n" for line in lines)


def events(*, without: str = "", rows: int = 60, **more: Any) -> str:
    """JSON lines of purchases."""
    every = [{"event_id": n, "customer_id": 1000 + n % 7, "kind": "purchase", "amount": 4.5 + n, **more} for n in range(rows)]
    return "".join(json.dumps({key: value for key, value in one.items() if key != without}) + "\n" for one in every)


def contract(columns: Mapping[str, str], *, of: str = CUSTOMERS, nullable: Iterable[str] = ()) -> str:
    listed = [{"name": name, "type": kind, "required": True, "nullable": name in set(nullable)} for name, kind in columns.items()]
    return yaml.safe_dump({"dataset": of, "columns": listed}, sort_keys=False)


AGREED = {"customer_id": "integer", "age": "integer", "plan": "string", "monthly_fee": "number", "churned": "integer"}


def signature(columns: Mapping[str, str]) -> str:
    """An MLmodel with the signature of a model that takes these."""
    inputs = json.dumps([{"type": kind, "name": name, "required": True} for name, kind in columns.items()])
    said = {
        "artifact_path": "model",
        "flavors": {"python_function": {"loader_module": "mlflow.sklearn", "model_path": "model.pkl", "python_version": "3.11.9"}},
        "mlflow_version": "3.17.2",
        "signature": {"inputs": inputs, "outputs": '[{"type": "long", "required": true}]', "params": None},
        "utc_time_created": "2026-10-01 08:00:00.000000",
    }
    return yaml.safe_dump(said, sort_keys=False)


def customers(it: Garden, files: Mapping[str, str], *, raw: str = "", prepare: str = PREPARE, train: str = TRAIN) -> Repository:
    """A repository with a table of customers, features made of it, a model, and these files beside; run, pushed, committed."""
    repository = emptied(it)
    repository.write(CUSTOMERS, raw or table())
    for path, text in {"prepare.py": prepare, "train.py": train, **files}.items():
        repository.write(path, text)
    stages = {
        "prepare": {"cmd": "python prepare.py", "deps": [CUSTOMERS, "prepare.py"], "outs": ["features.csv"]},
        "train": {"cmd": "python train.py", "deps": ["features.csv", "train.py"], "outs": ["model.json"]},
    }
    repository.set_pipeline({"stages": stages})
    repository.dvc("add", "--quiet", CUSTOMERS)
    finished(repository, "Customers")
    return repository


def emptied(it: Garden) -> Repository:
    """A repository whose remote has what it had, and which has nothing of its own yet."""
    repository = it.repository()
    for path in ("data", "prepare.py", "train.py", "helper.py", "params.yaml", "dvc.yaml", "dvc.lock", "clean.csv", "model.bin", ".gitignore"):
        place = repository.root / path
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
    return repository


def finished(repository: Repository, message: str, *, by: str = "") -> None:
    """Run, push, commit. A stage that needs pandas is run by its script."""
    if by:
        said = by_pandas(repository, f"import runpy; runpy.run_path({by!r})")
        assert said.startswith("0"), said
        repository.dvc("commit", "--quiet", "--force")
    elif (repository.root / "dvc.yaml").exists():
        repository.dvc("repro", "--quiet")
    repository.dvc("push", "--quiet")
    repository.commit(message)


def delivered(repository: Repository, text: str | None, message: str, path: str = CUSTOMERS) -> None:
    """New data is put under DVC, pushed and committed; nothing is run with it yet. No text: it is there already."""
    if text is not None:
        repository.write(path, text)
    repository.dvc("add", "--quiet", path)
    repository.dvc("push", "--quiet")
    repository.commit(message)


def by_pandas(repository: Repository, script: str) -> str:
    """What a program says that has pandas, with the repository for its folder."""
    python = str(python_environment("mlflow3") / "bin/python")
    done = subprocess.run([python, "-c", script], cwd=repository.root, env=repository.environment, capture_output=True, text=True, check=False)
    return f"{done.returncode} {done.stdout.strip()} {done.stderr.strip()[-600:]}"


def parquet(repository: Repository, path: str, script: str, rows: int = 60) -> None:
    """A Parquet file; the script changes the frame `f` of customers before."""
    (repository.root / path).parent.mkdir(parents=True, exist_ok=True)
    values = {name: [VALUES[name](n) for n in range(rows)] for name in COLUMNS}
    said = by_pandas(repository, f"import pandas\nf = pandas.DataFrame({values!r})\n{script}\nf.to_parquet({path!r}, index=False)")
    assert said.startswith("0"), said


def consumed(it: Garden, repository: Repository, *scripts: str) -> Words:
    """--check runs these programs in a copy: what a consumer would say."""

    def look() -> str:
        copied = Repository(it.folder(), repository._home)
        shutil.copytree(repository.folder, copied.folder, symlinks=True, dirs_exist_ok=True)
        return "\n".join(
            ["dvc status: " + repository.attempt("status", "--json").stdout.strip(), *(f"a consumer: {by_pandas(copied, one)}" for one in scripts)]
        )

    return Words(("--repo", str(repository.root)), look, {**repository.environment, **repository.settings})


RUN_PREPARE = "import runpy; runpy.run_path('prepare.py')"


def needs(path: str, *columns: str) -> str:
    """A consumer that takes these columns of a CSV."""
    return f"import pandas; print(pandas.read_csv({path!r})[{list(columns)!r}].dtypes.to_dict())"


def typed(path: str, column: str) -> str:
    """A consumer that says the type of a column."""
    return f"import pandas; f = pandas.read_csv({path!r}) if {path!r}.endswith('csv') else pandas.read_parquet({path!r}); print('the type is', f[{column!r}].dtype)"


# the data has changed


@state(
    SCHEMA,
    "schema-changed",
    shows=r"a consumer: 1 .*KeyError: 'age'",
    why="The contract names `age`, the data of the last delivery has `age_years`; what was delivered before had it, and so says the script that reads it.",
)
def column_renamed(it: Garden) -> Words:
    """The producer has renamed a column of the CSV; the delivery is committed. The contract is a YAML file."""
    repository = customers(it, {"contracts/customers.yaml": contract(AGREED)})
    delivered(repository, table(names={"age": "age_years"}, rows=80), "Customers of November")
    return consumed(it, repository, RUN_PREPARE)


@state(
    SCHEMA,
    "schema-changed",
    shows="a consumer: 1 .*KeyError: 'amount'",
    why="The JSON Schema requires `amount`, no line of the last delivery has it, and all of the one before had.",
)
def field_gone(it: Garden) -> Words:
    """Events as JSON lines, of which a field is no longer sent. The contract is a JSON Schema."""
    repository = emptied(it)
    properties = {"event_id": {"type": "integer"}, "customer_id": {"type": "integer"}, "kind": {"type": "string"}, "amount": {"type": "number"}}
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "events",
        "type": "object",
        "properties": properties,
        "required": list(properties),
    }
    repository.write("schemas/events.schema.json", json.dumps(schema, indent=2))
    delivered(repository, events(), "Events of October", "data/events.jsonl")
    delivered(repository, events(without="amount", currency="EUR"), "Events of November", "data/events.jsonl")
    return consumed(it, repository, "import pandas; print(pandas.read_json('data/events.jsonl', lines=True)['amount'].sum())")


@state(
    SCHEMA,
    "schema-changed",
    shows="a consumer: 0 the type is (str|object|string)",
    why="The suite expects a float, the Parquet's own schema says string, and that of the version before says double.",
)
def type_changed(it: Garden) -> Words:
    """Of a Parquet file a number has become a text. The contract is a suite of Great Expectations."""
    repository = emptied(it)
    suite: list[dict[str, Any]] = [{"expectation_type": "expect_column_to_exist", "kwargs": {"column": name}} for name in COLUMNS]
    kinds = {"customer_id": ["int64", "int"], "age": ["int64", "int"], "monthly_fee": ["float64", "float"]}
    suite += [
        {"expectation_type": "expect_column_values_to_be_in_type_list", "kwargs": {"column": name, "type_list": of}} for name, of in kinds.items()
    ]
    said = {"expectation_suite_name": "customers", "expectations": suite, "meta": {"great_expectations_version": "0.18.19"}}
    repository.write("great_expectations/expectations/customers.json", json.dumps(said, indent=2))
    parquet(repository, "data/customers.parquet", "")
    delivered(repository, None, "Customers of October", "data/customers.parquet")
    parquet(repository, "data/customers.parquet", "f['monthly_fee'] = f['monthly_fee'].map('{:.2f} EUR'.format)", rows=80)
    delivered(repository, None, "Customers of November", "data/customers.parquet")
    return consumed(it, repository, typed("data/customers.parquet", "monthly_fee"))


@state(
    SCHEMA,
    Expect("schema-changed", accept_undetermined=True),
    shows=r"a consumer: 1 .*monthly_fee.*not in index",
    why="The model's signature requires `monthly_fee`; the features lack it, and so does the raw data since its last delivery; prepare.py is as it was.",
)
def signature_wants_more(it: Garden) -> Words:
    """A column is no longer delivered, the features are made without it, and the model's signature requires it."""
    model = {"age": "long", "monthly_fee": "double"}
    repository = customers(it, {"models/churn/MLmodel": signature(model)}, prepare=COPY)
    delivered(repository, table([name for name in COLUMNS if name != "monthly_fee"]), "Customers of November")
    finished(repository, "Features of November")
    return consumed(it, repository, needs("features.csv", *model))


@state(
    SCHEMA,
    Expect("schema-changed", accept=("reader-env",), accept_undetermined=True),
    shows=r"a consumer: 1 .*KeyError: '(age|customer_id)'",
    why="The header is the agreed one with other separators; the delivery before had commas. Whether the writer or the reader should mind is a matter of words.",
)
def semicolons(it: Garden) -> Words:
    """The producer's export writes semicolons now. The contract is pandera's YAML."""
    repository = customers(
        it,
        {"contracts/customers.yaml": pandera({"customer_id": "int64", "age": "int64", "plan": "str", "monthly_fee": "float64", "churned": "int64"})},
    )
    delivered(repository, table(between=";"), "Customers of November")
    return consumed(it, repository, RUN_PREPARE)


def pandera(columns: Mapping[str, str]) -> str:
    listed = {
        name: {"dtype": kind, "nullable": False, "unique": False, "coerce": False, "required": True, "checks": None} for name, kind in columns.items()
    }
    said = {"schema_type": "dataframe", "version": "0.26.1", "columns": listed, "checks": None, "index": None, "coerce": False, "strict": False}
    return yaml.safe_dump(said, sort_keys=False)


@state(
    SCHEMA,
    Expect(
        undetermined=("schema-changed", "reader-env"),
        truth="schema-changed",
        accept=("reader-env", "corrupt-file"),
        accept_cause=True,
        accept_nothing=True,
    ),
    shows=r"a consumer: 1 .*KeyError: 'customer_id'",
    why="Before the first name stand the three bytes of a byte order mark, since the last delivery. Readers differ: to csv of Python they are a part of the name, pandas leaves them out.",
)
def byte_order_mark(it: Garden) -> Words:
    """The producer exports with Excel now: the file begins with a byte order mark."""
    repository = customers(it, {"contracts/customers.yaml": contract(AGREED)})
    delivered(repository, "\ufeff" + table(), "Customers of November")
    return consumed(it, repository, RUN_PREPARE)


# another version than the one that belongs there


def two_versions(it: Garden) -> Repository:
    """The second version of the data has a region, which the contract and the script of its time require."""
    repository = customers(it, {"contracts/customers.yaml": contract(AGREED)})
    repository.write(CUSTOMERS, table((*COLUMNS, "region"), rows=80))
    repository.write("contracts/customers.yaml", contract({**AGREED, "region": "string"}))
    repository.write(
        "prepare.py", PREPARE.replace('"churned"])\n', '"churned", "region"])\n', 1).replace('row["churned"]]', 'row["churned"], row["region"]]')
    )
    repository.dvc("add", "--quiet", CUSTOMERS)
    finished(repository, "Regions")
    return repository


@state(
    SCHEMA,
    "wrong-data-version",
    shows=r"customers.csv.: .modified.*a consumer: 1 .*KeyError: 'region'",
    why="The file is not the one that customers.csv.dvc names; it is, byte by byte, that of the commit before, which had no `region`.",
)
def not_checked_out(it: Garden) -> Words:
    """Somebody has pulled the code with git, and not the data."""
    repository = two_versions(it)
    repository.git("checkout", "--quiet", "HEAD~1", "--", f"{CUSTOMERS}.dvc")
    repository.dvc("checkout", "--quiet", f"{CUSTOMERS}.dvc")
    repository.git("checkout", "--quiet", "HEAD", "--", f"{CUSTOMERS}.dvc")
    return consumed(it, repository, RUN_PREPARE)


@state(
    SCHEMA,
    Expect("wrong-data-version", accept_undetermined=True),
    shows=r"a consumer: 1 .*KeyError: 'region'",
    why="customers.csv.dvc was put back to the version of two commits ago; the contract and the script, which did not go back, require the newer one's `region`.",
)
def pointer_put_back(it: Garden) -> Words:
    """A merge has put the .dvc file of the data back to its first version, and nothing else."""
    repository = two_versions(it)
    repository.git("checkout", "--quiet", "HEAD~1", "--", f"{CUSTOMERS}.dvc")
    repository.dvc("checkout", "--quiet", f"{CUSTOMERS}.dvc")
    repository.commit("Merge")
    return consumed(it, repository, RUN_PREPARE)


@state(
    SCHEMA,
    Expect(undetermined=("wrong-data-version", "schema-changed"), truth="wrong-data-version", accept=("schema-changed",), accept_cause=True),
    shows=r"customers.csv.: .modified.*a consumer: 1 .*KeyError: '(plan|monthly_fee)'",
    why="The file is not the one that customers.csv.dvc names, and no commit has had it. An export put there by hand, or the next version on its way.",
)
def replaced_by_hand(it: Garden) -> Words:
    """Over the tracked file somebody has copied an export of another system."""
    repository = customers(it, {"contracts/customers.yaml": contract(AGREED)})
    (repository.root / CUSTOMERS).unlink()
    repository.write(CUSTOMERS, table(names={"plan": "tariff", "monthly_fee": "fee"}, rows=10))
    return consumed(it, repository, RUN_PREPARE)


# the preprocessing


@state(
    SCHEMA,
    "preprocessing-bug",
    shows=r"a consumer: 0 .*a consumer: 1 .*monthly_fee.*not in index",
    why="The raw data is as its contract says and as it was; the features lack `monthly_fee` since prepare.py was changed and run.",
)
def prepare_drops_a_column(it: Garden) -> Words:
    """prepare.py was rewritten and forgets a column; both tables have contracts."""
    made = {"age": "integer", "monthly_fee": "number", "churned": "integer"}
    repository = customers(
        it, {"contracts/customers.yaml": contract(AGREED), "contracts/features.yaml": contract(made, of="features.csv")}, prepare=COPY
    )
    repository.write("prepare.py", COPY.replace('("customer_id", "plan")', '("customer_id", "plan", "monthly_fee")'))
    finished(repository, "Tidy up")
    return consumed(it, repository, needs(CUSTOMERS, *COLUMNS), needs("features.csv", *made))


@state(
    SCHEMA,
    "preprocessing-bug",
    shows=r"a consumer: 0 the type is int64 *\na consumer: 0 the type is (str|object|string)",
    why="In the raw Parquet the age is a whole number, as before; in the features it is a text since features.py was changed.",
)
def age_becomes_text(it: Garden) -> Words:
    """A stage writes Parquet, and since its last change a number as a text. The contract is pandera's YAML."""
    repository = emptied(it)
    parquet(repository, "data/customers.parquet", "")
    text = "import pandas\n\nf = pandas.read_parquet('data/customers.parquet')\nf['age'] = {}\nf[['age', 'monthly_fee', 'churned']].to_parquet('features.parquet', index=False)\n"
    repository.write("features.py", text.format("f['age'].clip(0, 99)"))
    repository.write("contracts/features.yaml", pandera({"age": "int64", "monthly_fee": "float64", "churned": "int64"}))
    stage = {"cmd": "python features.py", "deps": ["data/customers.parquet", "features.py"], "outs": ["features.parquet"]}
    repository.set_pipeline({"stages": {"features": stage}})
    repository.dvc("add", "--quiet", "data/customers.parquet")
    finished(repository, "Features", by="features.py")
    repository.write("features.py", text.format("f['age'].clip(0, 99).astype('string').str.zfill(2)"))
    finished(repository, "Ages of one length", by="features.py")
    return consumed(it, repository, typed("data/customers.parquet", "age"), typed("features.parquet", "age"))


@state(
    SCHEMA,
    Expect(undetermined=("preprocessing-bug", "schema-changed"), truth="preprocessing-bug", accept_cause=True),
    shows=r"a consumer: 0 .*a consumer: 1 .*plan_pro.*not in index",
    why="The names of the raw data are the same, and its last delivery has nobody with the plan `pro`; the script, unchanged, makes columns of what it finds. The model's signature requires plan_pro.",
)
def category_not_delivered(it: Garden) -> Words:
    """One-hot columns are made of the categories that the data has; in the last delivery one does not occur."""
    prepare = PREPARE.replace(
        'PLANS = ["basic", "plus", "pro"]', 'PLANS = sorted({row["plan"] for row in csv.DictReader(open("data/customers.csv"))})'
    )
    inputs = {"age": "long", "monthly_fee": "double", "plan_basic": "long", "plan_plus": "long", "plan_pro": "long"}
    repository = customers(it, {"models/churn/MLmodel": signature(inputs)}, prepare=prepare)
    delivered(repository, table(plan=lambda n: ("basic", "plus")[n % 2]), "Customers of November")
    finished(repository, "Features of November")
    return consumed(it, repository, needs(CUSTOMERS, *COLUMNS), needs("features.csv", *inputs))


# it is not the data at all


@state(
    SCHEMA,
    Expect("corrupt-file", accept=("wrong-data-version",)),
    shows=r"customers.parquet.: .modified.*a consumer: 1 .*Parquet magic bytes",
    why="The file ends without Parquet's last bytes and is shorter than customers.parquet.dvc says; the version in the cache is whole.",
)
def parquet_cut_short(it: Garden) -> Words:
    """A copy of a Parquet file into the workspace ended early."""
    repository = emptied(it)
    parquet(repository, "data/customers.parquet", "", rows=400)
    repository.write("contracts/customers.yaml", contract(AGREED, of="data/customers.parquet"))
    delivered(repository, None, "Customers of October", "data/customers.parquet")
    cut(repository.root / "data/customers.parquet")
    return consumed(it, repository, typed("data/customers.parquet", "age"))


def cut(path: Path) -> None:
    data = path.read_bytes()
    path.unlink()
    path.write_bytes(data[: len(data) * 2 // 3])


@state(
    SCHEMA,
    "corrupt-file",
    shows=r"a consumer: 1 .*KeyError: 'customer_id'",
    why="The tracked file is the pointer of git-lfs: `version https://git-lfs…`. DVC has recorded just that.",
)
def pointer_of_lfs(it: Garden) -> Words:
    """The producer's repository uses git-lfs; what was copied out of it and committed here is the pointer."""
    repository = customers(it, {"contracts/customers.yaml": contract(AGREED)})
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'3f7a' * 16}\nsize 48211034\n"
    delivered(repository, pointer, "Customers of November")
    return consumed(it, repository, RUN_PREPARE)


@state(
    SCHEMA,
    "corrupt-file",
    shows=r"a consumer: 1 .*KeyError: 'customer_id'",
    why="The tracked file begins with <!DOCTYPE html>: the page that asks to log in.",
)
def login_page(it: Garden) -> Words:
    """A download without a session has stored the login page as the data, and it was committed."""
    repository = customers(it, {"contracts/customers.yaml": contract(AGREED)})
    page = '<!DOCTYPE html>\n<html><head><title>Sign in</title></head>\n<body><form action="/login" method="post"><input name="user"></form></body></html>\n'
    delivered(repository, page, "Customers of November")
    return consumed(it, repository, RUN_PREPARE)


@state(
    SCHEMA,
    "corrupt-file",
    shows=r"a consumer: 1 .*Expected object or value|a consumer: 1 .*ValueError",
    why="The tracked file is the store's answer: <Error><Code>AccessDenied. No JSON.",
)
def answer_of_the_store(it: Garden) -> Words:
    """Events were fetched by an address that had expired: what was stored and committed is S3's refusal."""
    repository = emptied(it)
    kinds = {"event_id": {"type": "integer"}, "amount": {"type": "number"}}
    repository.write("schemas/events.schema.json", json.dumps({"type": "object", "properties": kinds, "required": list(kinds)}, indent=2))
    delivered(repository, events(), "Events of October", "data/events.jsonl")
    refusal = '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>AccessDenied</Code><Message>Request has expired</Message><Expires>2026-11-01T00:00:00Z</Expires></Error>\n'
    delivered(repository, refusal, "Events of November", "data/events.jsonl")
    return consumed(it, repository, "import pandas; print(pandas.read_json('data/events.jsonl', lines=True)['amount'].sum())")


# nothing where a whole number should be


@state(
    SCHEMA,
    "nulls-in-integer",
    shows="a consumer: 0 the type is float64",
    why="The names are those of the signature, which wants a whole number for `age`; some are empty since the last delivery, and pandas reads such a column as floats.",
)
def some_without_age(it: Garden) -> Words:
    """Some customers of the last delivery have no age, and the model's signature wants a long."""
    inputs = {"age": "long", "monthly_fee": "double"}
    repository = customers(it, {"models/churn/MLmodel": signature(inputs)}, prepare=COPY, train="open('model.json', 'w').write('{}')\n")
    delivered(repository, table(age=lambda n: "" if n % 9 == 4 else 20 + n % 50), "Customers of November")
    finished(repository, "Features of November")
    return consumed(it, repository, typed("features.csv", "age"))


@state(
    SCHEMA,
    Expect("nulls-in-integer", accept=("schema-changed",), accept_undetermined=True),
    shows="a consumer: 0 the type is float64.*a consumer: 0 empty: [1-9]",
    why="The Parquet's schema says double where the contract wants int64, not null; its statistics tell of nulls, and the version before was int64.",
)
def whole_numbers_became_floats(it: Garden) -> Words:
    """pandas has written a column of whole numbers, some of them missing, as doubles."""
    repository = emptied(it)
    kinds = {**AGREED, "customer_id": "int64", "age": "int64", "churned": "int64", "monthly_fee": "double"}
    repository.write("contracts/customers.yaml", contract(kinds, of="data/customers.parquet"))
    parquet(repository, "data/customers.parquet", "")
    delivered(repository, None, "Customers of October", "data/customers.parquet")
    parquet(repository, "data/customers.parquet", "f.loc[f.index % 8 == 3, 'age'] = None")
    delivered(repository, None, "Customers of November", "data/customers.parquet")
    empty = "import pandas; print('empty:', pandas.read_parquet('data/customers.parquet')['age'].isna().sum())"
    return consumed(it, repository, typed("data/customers.parquet", "age"), empty)


# the contract, and who reads


@state(
    SCHEMA,
    Expect("contract-outdated", accept=("schema-changed",), accept_undetermined=True),
    shows="a consumer: 0 .*a consumer: 1 .*age.*not in index",
    why="Two deliveries and the script that reads them agree on `age_years`, and all was run with it; the contract alone says `age` still.",
)
def contract_left_behind(it: Garden) -> Words:
    """A column was renamed with everybody's consent; the script was changed with it, the contract was forgotten."""
    repository = customers(it, {"contracts/customers.yaml": contract(AGREED)})
    renamed = {"age": "age_years"}
    repository.write("prepare.py", PREPARE.replace('row["age"]', 'row["age_years"]'))
    repository.write(CUSTOMERS, table(names=renamed))
    repository.dvc("add", "--quiet", CUSTOMERS)
    finished(repository, "The age is called age_years")
    delivered(repository, table(names=renamed, rows=80), "Customers of November")
    finished(repository, "Features of November")
    return consumed(it, repository, RUN_PREPARE, needs(CUSTOMERS, "age", "plan"))


@state(
    SCHEMA,
    Expect("contract-outdated", accept_undetermined=True),
    shows="a consumer: 0 additional: channel",
    why="The JSON Schema allows no other fields, and `channel` is in each version of the data that the repository has; the stage's script uses it.",
)
def contract_of_the_year_before(it: Garden) -> Words:
    """A strict JSON Schema was copied here from an older project; the data has had one field more from the first day."""
    repository = emptied(it)
    properties = {"event_id": {"type": "integer"}, "customer_id": {"type": "integer"}, "kind": {"type": "string"}, "amount": {"type": "number"}}
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    repository.write("schemas/events.schema.json", json.dumps(schema, indent=2))
    script = "import collections\nimport json\n\nlines = [json.loads(line) for line in open('data/events.jsonl')]\njson.dump(collections.Counter(one['channel'] for one in lines), open('channels.json', 'w'))\n"
    repository.write("channels.py", script)
    repository.set_pipeline(
        {"stages": {"channels": {"cmd": "python channels.py", "deps": ["data/events.jsonl", "channels.py"], "outs": ["channels.json"]}}}
    )
    for month, rows in {"September": 50, "October": 60, "November": 70}.items():
        repository.write("data/events.jsonl", events(rows=rows, channel="web"))
        repository.dvc("add", "--quiet", "data/events.jsonl")
        finished(repository, f"Events of {month}")
    strict = "import json; print('additional:', *(json.loads(open('data/events.jsonl').readline()).keys() - json.load(open('schemas/events.schema.json'))['properties'].keys()))"
    return consumed(it, repository, strict)


@state(
    SCHEMA,
    Expect(
        undetermined=("reader-env", "contract-outdated"), truth="reader-env", accept=("contract-outdated",), accept_cause=True, accept_nothing=True
    ),
    shows="a consumer: 0 the type is str",
    why="The data and the contract are as they were when all was well; requirements.txt has another pandas since, whose texts are `str` and no longer `object`. That this pandas reads it is a guess.",
)
def pandas_upgraded(it: Garden) -> Words:
    """pandas was raised from 2 to 3; the contract, pandera's, says object."""
    kinds = {"customer_id": "int64", "age": "int64", "plan": "object", "monthly_fee": "float64", "churned": "int64"}
    repository = customers(it, {"contracts/customers.yaml": pandera(kinds), "requirements.txt": "pandas==2.2.3\npandera==0.26.1\n"})
    repository.write("requirements.txt", "pandas==3.1.1\npandera==0.26.1\n")
    repository.commit("Newer libraries")
    return consumed(it, repository, typed(CUSTOMERS, "plan"))


# healthy


@state(SCHEMA, None, shows="a consumer: 0 .*region", why="The contract is not strict: a column more hurts nobody.")
def column_more(it: Garden) -> Words:
    """The last delivery has a column that the contract does not name."""
    repository = customers(it, {"contracts/customers.yaml": contract(AGREED)})
    delivered(repository, table((*COLUMNS, "region")), "Customers of November")
    finished(repository, "Features of November")
    return consumed(it, repository, f"{RUN_PREPARE}; {READ_CSV.format(CUSTOMERS)}")


@state(SCHEMA, None, shows="a consumer: 0 ", why="Columns are taken by their names, by the script and by the contract.")
def columns_in_another_order(it: Garden) -> Words:
    """The last delivery has the columns in another order."""
    repository = customers(it, {"contracts/customers.yaml": contract(AGREED)})
    delivered(repository, table(COLUMNS[::-1]), "Customers of November")
    finished(repository, "Features of November")
    return consumed(it, repository, RUN_PREPARE)


@state(
    SCHEMA,
    None,
    shows="a consumer: 0 the type is int32.*a consumer: 0 the type is float32",
    why="An int32 is a long, and a float a double, without loss: MLflow takes them.",
)
def narrower_types(it: Garden) -> Words:
    """A Parquet file has narrower types than the model's signature."""
    repository = emptied(it)
    repository.write("models/churn/MLmodel", signature({"age": "long", "monthly_fee": "double"}))
    narrow = "f = f[['age', 'monthly_fee']].astype({'age': 'int32', 'monthly_fee': 'float32'})"
    parquet(repository, "data/features.parquet", narrow)
    delivered(repository, None, "Features", "data/features.parquet")
    return consumed(it, repository, typed("data/features.parquet", "age"), typed("data/features.parquet", "monthly_fee"))


@state(SCHEMA, None, shows="a consumer: 0 the type is float64", why="The contract says that an age may be missing.")
def empty_where_it_may_be(it: Garden) -> Words:
    """Some ages are missing, and the contract calls the column nullable."""
    repository = customers(
        it,
        {"contracts/customers.yaml": contract(AGREED, nullable=["age"])},
        raw=table(age=lambda n: "" if n % 9 == 4 else 20 + n % 50),
        train="open('model.json', 'w').write('{}')\n",
    )
    return consumed(it, repository, typed(CUSTOMERS, "age"))


@state(SCHEMA, None, shows="dvc status: {}.*a consumer: 0 ", why="Data, contract and script have changed together, and all was run with it.")
def changed_together(it: Garden) -> Words:
    """The second version of the data has a region, and so say the contract and the script."""
    return consumed(it, two_versions(it), RUN_PREPARE)


@state(SCHEMA, None, shows="dvc status: {}.*a consumer: 0 ", why="Of this older commit the data, the contract and the script belong together.")
def older_commit_as_a_whole(it: Garden) -> Words:
    """Somebody works at the first version: code and data are checked out, both."""
    repository = two_versions(it)
    repository.git("checkout", "--quiet", "HEAD~1")
    repository.dvc("checkout", "--quiet")
    return consumed(it, repository, RUN_PREPARE)


@state(
    SCHEMA,
    None,
    shows="a consumer: 0 .*tariff",
    why="Nobody says what the columns should be; the script that reads the table takes whatever there is.",
)
def nobody_expects_anything(it: Garden) -> Words:
    """Columns were renamed between two versions; there is no contract, and the script counts lines."""
    count = "rows = open('data/customers.csv').read().splitlines()\nopen('features.csv', 'w').write('rows\\n%d\\n' % len(rows))\n"
    repository = customers(it, {}, prepare=count, train="open('model.json', 'w').write(open('features.csv').read())\n")
    delivered(repository, table(names={"plan": "tariff", "age": "years"}), "Customers of November")
    finished(repository, "Counted again")
    return consumed(it, repository, f"{RUN_PREPARE}; {READ_CSV.format(CUSTOMERS)}")


@state(SCHEMA, None, shows="a consumer: 0 ", why="The contract is of another table, which is not in this repository.")
def contract_of_another_table(it: Garden) -> Words:
    """Beside the customers lies the contract of the orders, which come from a database."""
    orders = contract({"order_id": "integer", "customer_id": "integer", "total": "number"}, of="orders")
    return consumed(it, customers(it, {"contracts/orders.yaml": orders, "contracts/customers.yaml": contract(AGREED)}), RUN_PREPARE)
