"""What could not be seen of an MLflow, and the setting or permission that would open it.

MLflow's own login (--app-name basic-auth) answers 401 to whom it does not know and 403 to whom it gives no READ; what somebody has no READ for it leaves out of lists.
"""

from __future__ import annotations

from probes._access import Access
from probes._contract import Subject, Unavailable, Why
from probes.mlflow._client import Answer, Server
from probes.mlflow._failure import meaning

READ_GRANT = (
    "Let an administrator of MLflow give this user the permission READ on its experiments and registered models: POST /api/3.0/mlflow/users/permissions/grant; "
    "in older versions /api/2.0/mlflow/experiments/permissions/create and registered-models/permissions/create."
)


def gap(access: Access, kind: str, subject: Subject | None, why: Why, detail: str, remedy: str) -> Unavailable:  # noqa: PLR0913, PLR0917  # as many as it says
    """What a workload names nobody asked for here."""
    asked = access.settings.get("mlflow.asked") == "true" and subject is None
    return Unavailable(kind=kind, why=why, detail=detail, remedy=remedy, subject=subject, asked=asked)


def refusal(server: Server, answer: Answer) -> str:
    """What an answer that is no good says, as a sentence."""
    return f"{server.url} answered {answer.status} ({meaning(answer)}): {answer.words[:120]}"


def why_refused(answer: Answer) -> Why:
    return "forbidden" if answer.status in (401, 403) else "refused"


def grant(server: Server, answer: Answer, otherwise: str) -> str:
    """What would let this answer be a good one; `otherwise` where it is no question of who asks."""
    if answer.status == 403 and meaning(answer) == "forbidden":
        return READ_GRANT
    if answer.status != 401:
        return otherwise
    variables = "MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
    if server.signed:
        return f"It does not accept the user and password, or the token, that were sent: mend {variables}. The user needs READ on experiments and registered models."
    return f"Name a user of this MLflow: {variables}. The user needs READ on experiments and registered models."
