"""Data that is not as its contract says, in repositories of DVC. The contracts are written as the tools write them that check by them."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import yaml

from tests.faults.services.catalogue import SCHEMA, Expect, state
from tests.faults.services.plant import Garden, Words
from tests.stack.dvc import Repository

RAW, LINES, CLEAN = "data/raw.csv", "data/customers.jsonl", "clean.csv"
COLUMNS = {"customer_id": "integer", "tenure": "integer", "monthly_charges": "number", "contract": "string", "churned": "integer"}
FEWER = {name: kind for name, kind in COLUMNS.items() if name != "contract"}
CONTRACTS = ("month-to-month", "one year", "two year")
Rows = list[dict[str, Any]]

PREPARE = """import csv

with open("data/raw.csv", newline="", encoding="utf-8-sig") as source, open("clean.csv", "w", newline="") as target:
    rows = list(csv.DictReader(source))
    names = {names}
    out = csv.DictWriter(target, [{new}.get(name, name) for name in names], lineterminator="\\n")
    out.writeheader()
    for row in reversed(rows):
        out.writerow({{{new}.get(name, name): {value} for name in names}})
"""
PREPARE_LINES = """import json

with open("data/customers.jsonl") as source, open("clean.csv", "w") as target:
    target.write("customer_id,tenure\\n")
    for row in map(json.loads, source):
        target.write(f"{row['customer_id']},{row['tenure']}\\n")
"""


def prepare(names: Collection[str] = tuple(COLUMNS), value: str = "row[name]", **new: str) -> str:
    """A script that writes these columns of the raw data, the newest first, some by new names."""
    return PREPARE.format(names=list(names), new=new, value=value)


def customers(count: int = 240, first: int = 7001, names: Collection[str] = tuple(COLUMNS)) -> Rows:
    made = [
        {
            "customer_id": first + number,
            "tenure": number * 7 % 72 + 1,
            "monthly_charges": f"{20 + number * 37 % 900 / 10:.2f}",
            "contract": CONTRACTS[number % 3],
            "churned": int(number % 5 == 0),
        }
        for number in range(count)
    ]
    return [{name: row[name] for name in names} for row in made]


def renamed(rows: Rows, **new: str) -> Rows:
    return [{new.get(name, name): value for name, value in row.items()} for row in rows]


def as_csv(rows: Rows, end: str = "\n") -> str:
    text = io.StringIO()
    out = csv.DictWriter(text, list(rows[0]), lineterminator=end)
    out.writeheader()
    out.writerows(rows)
    return text.getvalue()


def as_lines(rows: Rows) -> str:
    return "".join(json.dumps({**row, "monthly_charges": float(row["monthly_charges"])}) + "\n" for row in rows)


# contracts


def table_schema(columns: Mapping[str, str]) -> str:
    """As `frictionless describe --type schema --yaml` writes it."""
    return yaml.safe_dump({"fields": [{"name": name, "type": kind} for name, kind in columns.items()]}, sort_keys=False)


def package(columns: Mapping[str, str], path: str = RAW) -> str:
    """As `frictionless describe --type package --yaml` writes it."""
    about = {"scheme": "file", "format": "csv", "mediatype": "text/csv", "encoding": "utf-8"}
    resource = {"name": "raw", "type": "table", "path": path, **about, "schema": yaml.safe_load(table_schema(columns))}
    return yaml.safe_dump({"resources": [resource]}, sort_keys=False)


def json_schema(columns: Mapping[str, str], title: str = "customers") -> str:
    """Of one record."""
    said = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "type": "object",
        "properties": {name: {"type": kind} for name, kind in columns.items()},
        "required": list(columns),
    }
    return json.dumps(said, indent=2) + "\n"


def pandera(columns: Mapping[str, str], name: str, nullable: Collection[str] = ()) -> str:
    """As DataFrameSchema.to_yaml() writes it; an integer that may be null is pandas' Int64."""
    kinds = {"integer": "int64", "number": "float64", "string": "str"}

    def column(of: str) -> dict[str, Any]:
        free = of in nullable
        kind = "Int64" if free and columns[of] == "integer" else kinds[columns[of]]
        more = {"checks": None, "unique": False, "coerce": True, "required": True, "regex": False}
        return {"title": None, "description": None, "dtype": kind, "nullable": free, **more}

    said = {
        "schema_type": "dataframe",
        "version": "0.20.4",
        "columns": {one: column(one) for one in columns},
        "checks": None,
        "index": None,
        "dtype": None,
        "coerce": False,
        "strict": False,
        "name": name,
        "ordered": False,
        "unique": None,
        "report_duplicates": "all",
        "unique_column_names": False,
        "add_missing_columns": False,
        "title": None,
        "description": None,
    }
    return yaml.safe_dump(said, sort_keys=False)


def great_expectations(columns: Mapping[str, str], name: str) -> str:
    """A suite as version 0.18 stores it."""
    kinds = {"integer": ["int64", "Int64", "INTEGER"], "number": ["float64", "DOUBLE"], "string": ["object", "str", "VARCHAR"]}
    exist = [("expect_column_to_exist", {"column": one}) for one in columns]
    typed = [("expect_column_values_to_be_in_type_list", {"column": one, "type_list": kinds[kind]}) for one, kind in columns.items()]
    said = {
        "data_asset_type": None,
        "expectation_suite_name": name,
        "expectations": [{"expectation_type": kind, "kwargs": words, "meta": {}} for kind, words in [*exist, *typed]],
        "ge_cloud_id": None,
        "meta": {"great_expectations_version": "0.18.19"},
    }
    return json.dumps(said, indent=2) + "\n"


def suite_of_1(columns: Mapping[str, str], name: str) -> str:
    """A suite as version 1 stores it."""
    names = {"column_set": list(columns), "exact_match": False}
    said = {
        "name": name,
        "id": "6a5e8c1f-9f0e-4c57-9d1b-6b3f0f3c2a11",
        "expectations": [
            {
                "type": "expect_table_columns_to_match_set",
                "kwargs": names,
                "meta": {},
                "id": "0d0f1c52-64b1-4b12-8b71-0f8a4d0e7c01",
                "severity": "critical",
            }
        ],
        "meta": {"great_expectations_version": "1.3.1"},
        "notes": None,
    }
    return json.dumps(said, indent=2) + "\n"


SUITE, SUITE_1 = "great_expectations/expectations/clean.json", "gx/expectations/raw.json"


# repositories


def churn(it: Garden, contracts: Mapping[str, str], data: str = "", script: str = "", path: str = RAW) -> Repository:
    """A repository whose first commit has this data, script and contracts, reproduced and pushed."""
    repository = it.repository()
    shutil.rmtree(repository.root / ".git")
    (repository.root / "helper.py").unlink()
    if path != RAW:
        repository.git("init", "--quiet")
        repository.dvc("remove", "--outs", f"{RAW}.dvc")
        shutil.rmtree(repository.root / ".git")
        pipeline = repository.pipeline()
        pipeline["stages"]["prepare"]["deps"] = [path, "prepare.py"]
        repository.set_pipeline(pipeline)
    repository.git("init", "--quiet")
    for place, text in contracts.items():
        repository.write(place, text)
    repository.write("prepare.py", script or (prepare() if path == RAW else PREPARE_LINES))
    deliver(repository, data or (as_csv(customers()) if path == RAW else as_lines(customers())), "The churn model", path=path)
    return repository


def deliver(repository: Repository, data: str, message: str, *, path: str = RAW, run: bool = True, **files: str) -> None:
    """New data is recorded, pushed and committed, with other files; where it is `run`, what the stages make of it as well."""
    write(repository, path, data)
    for name, text in files.items():
        repository.write(FILES[name], text)
    repository.dvc("add", "--quiet", path)
    if run:
        repository.dvc("repro", "--quiet")
    repository.dvc("push", "--quiet")
    repository.commit(message)


FILES = {"script": "prepare.py", "schema": "data/schema.yaml", "described": "datapackage.yaml", "checked": "schemas/raw.yaml"}


def write(repository: Repository, path: str, text: str) -> None:
    """As it is, with the line ends that it has."""
    (repository.root / path).unlink(missing_ok=True)
    (repository.root / path).write_bytes(text.encode())


def back(repository: Repository, *files: str) -> None:
    """What these files of DVC record is here as it was in the commit before; what git has is not touched."""
    repository.git("checkout", "--quiet", "HEAD~1", "--", *files)
    repository.dvc("checkout", "--quiet", "--force")
    repository.git("checkout", "--quiet", "HEAD", "--", *files)


def sees(it: Garden, repository: Repository, paths: Sequence[str] = (RAW, CLEAN)) -> Words:
    """--check shows what DVC and git say, and of the files the first lines and the last."""
    words = it.looks(repository, "status --json")

    def look() -> str:
        said = [words.look(), "git status: " + repository.git("status", "--short").replace("\n", "; ")]
        for path in paths:
            place = repository.root / path
            text = place.read_bytes().decode(errors="replace") if place.exists() else "(not there)"
            lines = text.splitlines() or ["(empty)"]
            said.append(f"{path}: {len(text)} characters, begins {lines[:3]} ends {lines[-1][-120:]!r}")
            said.append(f"commits of {path}: " + repository.git("log", "--format=%s", "--", path, f"{path}.dvc").replace("\n", "; "))
        return "\n".join(said)

    return Words(words.words, look, words.environment)


# the producer changed it


@state(
    SCHEMA,
    "schema-changed",
    shows=r"raw.csv: .*customer_id,tenure_months,",
    why="The data that is recorded and checked out has tenure_months; the version before it and the contract have tenure, the scripts read it.",
)
def column_renamed_by_the_producer(it: Garden) -> Words:
    """The June file of the producer calls tenure tenure_months, and was recorded as it came."""
    repository = churn(it, {"data/schema.yaml": table_schema(COLUMNS)})
    deliver(repository, as_csv(renamed(customers(260), tenure="tenure_months")), "The data of June", run=False)
    return sees(it, repository)


@state(
    SCHEMA,
    "schema-changed",
    shows="raw.csv: .*EUR",
    why="monthly_charges were numbers in the version before, as the contract says, and are texts with a currency now.",
)
def numbers_became_texts(it: Garden) -> Words:
    """The producer writes charges as `EUR 29.85`; the scripts take them as they are."""
    repository = churn(it, {"datapackage.yaml": package(COLUMNS)})
    rows = [{**row, "monthly_charges": f"EUR {row['monthly_charges']}"} for row in customers(260)]
    deliver(repository, as_csv(rows), "The data of June")
    return sees(it, repository)


@state(
    SCHEMA,
    "schema-changed",
    shows=r'customers.jsonl: .*"customer": {',
    why="The recorded records have customer.id in place of customer_id, which the JSON Schema requires and the version before had.",
)
def records_were_nested(it: Garden) -> Words:
    """The producer's JSON lines nest the customer."""
    repository = churn(it, {"schemas/customers.schema.json": json_schema(COLUMNS)}, path=LINES)
    records = [json.loads(line) for line in as_lines(customers(260)).splitlines()]
    nested = [{"customer": {"id": row.pop("customer_id")}, **row} for row in records]
    deliver(repository, "".join(json.dumps(row) + "\n" for row in nested), "The data of June", path=LINES, run=False)
    return sees(it, repository, (LINES,))


@state(
    SCHEMA,
    "schema-changed",
    shows=r"raw.csv: \d+ characters, begins .'customer_id,tenure,monthly_charges,churned'",
    why="The recorded data lacks a column that the suite wants and that both versions before it had. No version was ever like it.",
)
def column_left_out_by_the_producer(it: Garden) -> Words:
    """The third delivery comes without the contract column; the suite is Great Expectations 1."""
    repository = churn(it, {SUITE_1: suite_of_1(COLUMNS, "raw")})
    deliver(repository, as_csv(customers(250)), "The data of May")
    deliver(repository, as_csv(customers(260, names=FEWER)), "The data of June", run=False)
    return sees(it, repository)


@state(
    SCHEMA,
    Expect(
        undetermined=("schema-changed", "wrong-data-version", "corrupt-file"),
        truth="schema-changed",
        accept=("wrong-data-version",),
        accept_cause=True,
    ),
    shows=r'status --json: 0 .*"data/raw.csv": "modified".*raw.csv: .*tenure_months',
    why="It is not what is recorded, and like no version before: a new file of the producer, or one of somewhere else that somebody put there. Nobody says.",
)
def new_file_not_recorded(it: Garden) -> Words:
    """The June file, with a renamed column, was copied over the old one and not recorded."""
    repository = churn(it, {"data/schema.yaml": table_schema(COLUMNS)})
    write(repository, RAW, as_csv(renamed(customers(260), tenure="tenure_months")))
    return sees(it, repository)


# another version than the one that is meant


@state(
    SCHEMA,
    "wrong-data-version",
    shows=r'status --json: 0 .*"data/raw.csv": "modified".*begins .\'customer_id,tenure,monthly_charges,churned\'',
    why="The file's hash is that of the version before, not the one recorded; contract and scripts are of the recorded one.",
)
def older_data_checked_out(it: Garden) -> Words:
    """After a look at May's data with `dvc checkout`, only the .dvc file was taken back."""
    repository = churn(it, {"data/schema.yaml": table_schema(FEWER)}, as_csv(customers(names=FEWER)), prepare(FEWER))
    deliver(repository, as_csv(customers(260)), "The contract is a feature", schema=table_schema(COLUMNS), script=prepare())
    back(repository, f"{RAW}.dvc")
    return sees(it, repository)


@state(
    SCHEMA,
    "wrong-data-version",
    shows=r'status --json: 0 .*"data/raw.csv": "modified".*begins .\'customer_id,tenure,monthly_charges,churned\'',
    why="As after `git pull` without `dvc pull`: the data here is that of the commit before, and the new one was never fetched.",
)
def pulled_with_git_only(it: Garden) -> Words:
    """A colleague's commit has new data and a new pandera schema; here git was pulled, DVC was not."""
    repository = churn(it, {"schemas/raw.yaml": pandera(FEWER, "raw")}, as_csv(customers(names=FEWER)), prepare(FEWER))
    deliver(repository, as_csv(customers(260)), "The contract is a feature", checked=pandera(COLUMNS, "raw"), script=prepare())
    digests = [repository.digest(path) for path in (RAW, CLEAN, "model.bin")]
    back(repository, f"{RAW}.dvc", "dvc.lock")
    for digest in digests:
        (repository.root / ".dvc/cache/files/md5" / digest[:2] / digest[2:]).unlink()
    return sees(it, repository)


@state(
    SCHEMA,
    Expect("wrong-data-version", accept_undetermined=True),
    shows=r"raw.csv: .*begins .\'customer_id,tenure,monthly_charges,churned\'.*Back to the data of May",
    why="The .dvc file was set back to the version before, on purpose; contract and scripts, which want the column, were not.",
)
def pin_set_back(it: Garden) -> Words:
    """June's data was bad, so the .dvc file alone was set back to May's, which had a column less."""
    repository = churn(it, {"datapackage.yaml": package(FEWER)}, as_csv(customers(names=FEWER)), prepare(FEWER))
    deliver(repository, as_csv(customers(260)), "The contract is a feature", described=package(COLUMNS), script=prepare())
    repository.git("checkout", "--quiet", "HEAD~1", "--", f"{RAW}.dvc")
    repository.dvc("checkout", "--quiet", "--force", f"{RAW}.dvc")
    repository.commit("Back to the data of May")
    return sees(it, repository)


# a stage makes it so


@state(
    SCHEMA,
    "preprocessing-bug",
    shows=r"clean.csv: .*begins .\'customer_id,monthly_charges,contract,churned\'",
    why="The raw data is the same and has tenure; prepare.py was changed, and what it makes has it no more.",
)
def column_lost_in_prepare(it: Garden) -> Words:
    """prepare.py was tidied up and drops a column that the schema of its output has."""
    repository = churn(it, {"schemas/clean.yaml": pandera(COLUMNS, "clean")})
    repository.write("prepare.py", prepare([name for name in COLUMNS if name != "tenure"]))
    run_again(repository, "Tidy up prepare")
    return sees(it, repository)


@state(
    SCHEMA,
    "preprocessing-bug",
    shows=r"clean.csv: .*begins .\'customer_id,tenure,MonthlyCharges,",
    why="The raw data is the same; prepare.py, changed and not yet committed, names a column otherwise than the suite.",
)
def column_renamed_in_prepare(it: Garden) -> Words:
    """Somebody works at prepare.py and has run it: its output has MonthlyCharges. The suite is Great Expectations 0.18."""
    repository = churn(it, {SUITE: great_expectations(COLUMNS, "clean")})
    repository.write("prepare.py", prepare(monthly_charges="MonthlyCharges"))
    repository.dvc("repro", "--quiet")
    return sees(it, repository)


@state(
    SCHEMA,
    "preprocessing-bug",
    shows=r"raw.csv: .*,[01]'.*clean.csv: .*,(yes|no)'",
    why="churned is 0 and 1 in the raw data, which is the same as before; the changed prepare.py writes yes and no, where the schema has an integer.",
)
def cast_in_prepare(it: Garden) -> Words:
    """prepare.py was changed to write yes and no."""
    repository = churn(it, {"schemas/clean.schema.json": json_schema(COLUMNS, "clean"), "schemas/raw.schema.json": json_schema(COLUMNS, "raw")})
    repository.write("prepare.py", prepare(value="{'0': 'no', '1': 'yes'}[row[name]] if name == 'churned' else row[name]"))
    run_again(repository, "Readable labels")
    return sees(it, repository)


def run_again(repository: Repository, message: str) -> None:
    repository.dvc("repro", "--quiet")
    repository.dvc("push", "--quiet")
    repository.commit(message)


# it is no data, or not all of it


@state(
    SCHEMA,
    "corrupt-file",
    shows="raw.csv: .*version https://git-lfs.github.com/spec/v1",
    why="The recorded file is a pointer of Git LFS: whoever recorded it had not fetched the data.",
)
def lfs_pointer_in_git(it: Garden) -> Words:
    """Data was taken from a Git repository whose LFS files were not fetched, and recorded."""
    repository = churn(it, {"data/schema.yaml": table_schema(COLUMNS)})
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d7a2146' * 8}\nsize 12345678\n"
    deliver(repository, pointer, "The data of June", run=False)
    return sees(it, repository)


@state(
    SCHEMA,
    "corrupt-file",
    shows="raw.csv: .*<!DOCTYPE html>",
    why="The recorded file is a page that asks for a login: the download was answered so.",
)
def page_for_a_login(it: Garden) -> Words:
    """A download by a job got the login page, and it was recorded."""
    repository = churn(it, {"schemas/raw.yaml": pandera(COLUMNS, "raw")})
    page = (
        '<!DOCTYPE html>\n<html lang="en">\n<head><title>Sign in</title></head>\n<body><form action="/login" method="post"></form></body>\n</html>\n'
    )
    deliver(repository, page, "The data of June", run=False)
    return sees(it, repository)


@state(
    SCHEMA,
    "corrupt-file",
    shows=r'status --json: 0 .*"data/raw.csv": "modified".*raw.csv: 4096 characters',
    why="The file is the first 4096 bytes of the one recorded, and its last line ends within a row.",
)
def file_cut_short(it: Garden) -> Words:
    """A copy over a full disk left the first 4096 bytes."""
    repository = churn(it, {"data/schema.yaml": table_schema(COLUMNS)})
    write(repository, RAW, as_csv(customers())[:4096])
    return sees(it, repository)


@state(
    SCHEMA,
    "corrupt-file",
    shows=r"customers.jsonl: .* ends '{\"customer_id\": 7\d+, \"tenure'",
    why="The last line of the recorded file is half a record; all others are as the schema says.",
)
def record_cut_short(it: Garden) -> Words:
    """An export broke off within a record, and was recorded."""
    repository = churn(it, {"schemas/customers.schema.json": json_schema(COLUMNS)}, path=LINES)
    text = as_lines(customers(200))
    deliver(repository, text[: text.rindex('"tenure') + len('"tenure')], "The data of June", path=LINES, run=False)
    return sees(it, repository, (LINES,))


@state(
    SCHEMA,
    "corrupt-file",
    shows=r"raw.csv: 0 characters, begins .'\(empty\)'",
    why="The recorded file is empty, without a header; the one before had 240 rows.",
)
def file_is_empty(it: Garden) -> Words:
    """A download that failed left an empty file, and it was recorded."""
    repository = churn(it, {"datapackage.yaml": package(COLUMNS)})
    deliver(repository, "", "The data of June", run=False)
    return sees(it, repository)


# integers with holes


@state(
    SCHEMA,
    "nulls-in-integer",
    shows=r"raw.csv: .*'7002,,",
    why="The columns are the same; tenure, which is int64 and not nullable in the schema, has empty cells since the last version.",
)
def integer_with_empty_cells(it: Garden) -> Words:
    """In the data of June some customers have no tenure."""
    repository = churn(it, {"schemas/raw.yaml": pandera(COLUMNS, "raw")})
    deliver(repository, as_csv(holes(customers(260))), "The data of June")
    return sees(it, repository)


@state(
    SCHEMA,
    Expect("nulls-in-integer", accept=("schema-changed",)),
    shows=r'customers.jsonl: .*"tenure": null',
    why="tenure is an integer in the schema, and null in some records since the last version; where it has a value, it is an integer.",
)
def integer_that_is_null(it: Garden) -> Words:
    """In the JSON lines of June some customers' tenure is null."""
    repository = churn(it, {"schemas/customers.schema.json": json_schema(COLUMNS)}, path=LINES)
    deliver(repository, as_lines(holes(customers(260), None)), "The data of June", path=LINES)
    return sees(it, repository, (LINES,))


@state(
    SCHEMA,
    Expect("nulls-in-integer", accept=("schema-changed",)),
    shows=r"raw.csv: .*'7001,1.0,.*'7002,,",
    why="A table of pandas writes an integer column with holes as 1.0 and nothing: the holes are what changed.",
)
def integer_written_by_pandas(it: Garden) -> Words:
    """The producer's table got holes in tenure, so that pandas has made floats of it."""
    repository = churn(it, {"data/schema.yaml": table_schema(COLUMNS)})
    rows = [{**row, "tenure": f"{row['tenure']}.0" if row["tenure"] else ""} for row in holes(customers(260))]
    deliver(repository, as_csv(rows), "The data of June")
    return sees(it, repository)


def holes(rows: Rows, nothing: str | None = "") -> Rows:
    return [{**row, "tenure": nothing if number % 6 == 1 else row["tenure"]} for number, row in enumerate(rows)]


# the contract is behind


@state(
    SCHEMA,
    "contract-outdated",
    shows=r"begins .'customer_id,tenure,monthly_charges,contract,churned'.*commits of data/raw.csv: The data of June; The data of May; The churn model",
    why="All three versions have tenure and none has tenure_years; the contract is as old as the repository, and the scripts read tenure.",
)
def contract_of_a_plan(it: Garden) -> Words:
    """The contract was written before there was data, and names a column that no version ever had."""
    planned = {("tenure_years" if name == "tenure" else name): kind for name, kind in COLUMNS.items()}
    repository = churn(it, {"data/schema.yaml": table_schema(planned)})
    deliver(repository, as_csv(customers(250)), "The data of May")
    deliver(repository, as_csv(customers(260)), "The data of June")
    return sees(it, repository)


@state(
    SCHEMA,
    Expect("contract-outdated", accept=("schema-changed",)),
    shows=r"raw.csv: .*customer_id,tenure_months,.*commits of data/raw.csv: The data of July; The data of June; Tenure is in months",
    why="Data and scripts went to tenure_months in one commit, and two more versions have it; only the contract still has tenure.",
)
def contract_not_renewed(it: Garden) -> Words:
    """A column was renamed in data and scripts, three versions ago; the contract was forgotten."""
    repository = churn(it, {"schemas/raw.schema.json": json_schema(COLUMNS, "raw")})
    script = prepare([("tenure_months" if name == "tenure" else name) for name in COLUMNS])
    deliver(repository, as_csv(renamed(customers(250), tenure="tenure_months")), "Tenure is in months", script=script)
    for count, month in ((260, "June"), (270, "July")):
        deliver(repository, as_csv(renamed(customers(count), tenure="tenure_months")), f"The data of {month}")
    return sees(it, repository)


# healthy


@state(SCHEMA, None, shows=r"raw.csv: .*churned,region'", why="The schema is not strict and says nothing of a column more; no script reads it.")
def one_column_more(it: Garden) -> Words:
    """The data of June has a column more, and all that the schema names."""
    repository = churn(it, {"schemas/raw.yaml": pandera(COLUMNS, "raw")})
    deliver(repository, as_csv([{**row, "region": "north"} for row in customers(260)]), "The data of June")
    return sees(it, repository)


@state(
    SCHEMA,
    None,
    shows=r"status --json: 0 {}.*raw.csv: .*customer_id,tenure_months,",
    why="Data, contract and scripts were changed in one commit, and agree.",
)
def contract_came_with_the_data(it: Garden) -> Words:
    """A column was renamed in data, contract and scripts at once."""
    repository = churn(it, {"data/schema.yaml": table_schema(COLUMNS)})
    new = {("tenure_months" if name == "tenure" else name): kind for name, kind in COLUMNS.items()}
    data = as_csv(renamed(customers(260), tenure="tenure_months"))
    deliver(repository, data, "Tenure is in months", schema=table_schema(new), script=prepare(new))
    return sees(it, repository)


@state(
    SCHEMA,
    None,
    shows=r"status --json: 0 {}.*raw.csv: .*customer_id,tenure_months,",
    why="Nobody has promised anything, and the scripts that read the new column were changed with it and have run.",
)
def no_contract(it: Garden) -> Words:
    """There is no contract; data and scripts were changed together."""
    repository = churn(it, {})
    names = [("tenure_months" if name == "tenure" else name) for name in COLUMNS]
    deliver(repository, as_csv(renamed(customers(260), tenure="tenure_months")), "Tenure is in months", script=prepare(names))
    return sees(it, repository)


@state(
    SCHEMA,
    None,
    shows=r"raw.csv: 11 characters, begins ..\(not there\)",
    why="There is no data yet to judge; it is pushed, and `dvc pull` will bring it.",
)
def never_pulled(it: Garden) -> Words:
    """A fresh clone, with a contract and without data."""
    repository = churn(it, {"data/schema.yaml": table_schema(COLUMNS)})
    repository.forget()
    return sees(it, repository)


@state(
    SCHEMA,
    None,
    shows=r"raw.csv: .*'7002,,",
    why="The schema has tenure as pandas' Int64 and nullable: empty cells are allowed.",
)
def integer_that_may_be_empty(it: Garden) -> Words:
    """Some customers have no tenure, as the schema allows."""
    repository = churn(it, {"schemas/raw.yaml": pandera(COLUMNS, "raw", nullable=("tenure",))}, as_csv(holes(customers())))
    deliver(repository, as_csv(holes(customers(260))), "The data of June")
    return sees(it, repository)


@state(
    SCHEMA,
    None,
    shows=r"status --json: 0 {}.*raw.csv: \d+ characters, begins .'\\ufeffcustomer_id,",
    why="A byte order mark and line ends of Windows are no part of the names; the columns are the same, and the script reads them.",
)
def saved_by_excel(it: Garden) -> Words:
    """The data of June was saved by Excel: with a byte order mark and CRLF."""
    repository = churn(it, {"datapackage.yaml": package(COLUMNS)})
    deliver(repository, "\ufeff" + as_csv(customers(260), "\r\n"), "The data of June")
    return sees(it, repository)


@state(
    SCHEMA,
    None,
    shows=r"raw.csv: .*begins .'churned,contract,",
    why="The columns are the same in another order, the schema is not ordered, and the script reads them by name.",
)
def columns_moved(it: Garden) -> Words:
    """The data of June has its columns the other way round."""
    repository = churn(it, {"schemas/raw.yaml": pandera(COLUMNS, "raw")})
    deliver(repository, as_csv(customers(260, names=tuple(reversed(COLUMNS)))), "The data of June")
    return sees(it, repository)
