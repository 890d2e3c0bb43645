"""What somebody needs to see a bucket: the actions of IAM, and where the store refused, what to mend first.

grant("denied", "models", "dvc")   "Let this identity have s3:ListBucket on arn:aws:s3:::models and s3:GetObject on arn:aws:s3:::models/dvc/*."
"""

from __future__ import annotations

from collections.abc import Mapping

from probes._s3_refusal import Says

_FIRST: Mapping[Says, str] = {
    "no-credentials": "Give who runs this keys or a role: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE, or a service account's role",
    "half-credentials": "Give who runs this a whole key: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
    "no-profile": "Name a profile that is in ~/.aws/credentials or ~/.aws/config",
    "role-refused": "Let the role's trust policy allow sts:AssumeRole to who runs this",
    "expired": "Renew the session (aws sso login, or a new AWS_SESSION_TOKEN)",
    "unknown-key": "Name a key that this store knows, in AWS_ACCESS_KEY_ID or the profile",
    "wrong-secret": "Name the secret that belongs to the key, in AWS_SECRET_ACCESS_KEY or the profile",
}
_DENIED: Mapping[Says, str] = {
    "denied": "",
    "denied-by-policy": "Take the statement of the bucket's or organisation's policy away that denies it. ",
    "denied-by-key-service": "Allow kms:Decrypt on the bucket's key. ",
}


def grant(says: Says, bucket: str, prefix: str = "") -> str:
    """A full sentence; "" where it is no question of who asks."""
    place = f"arn:aws:s3:::{bucket}"
    needed = f"s3:ListBucket on {place} and s3:GetObject on {place}/{prefix.strip('/')}/*".replace("//*", "/*")
    if says in _FIRST:
        return f"{_FIRST[says]}; who asks needs {needed}."
    return f"{_DENIED[says]}Let this identity have {needed}." if says in _DENIED else ""
