"""The warm-up hands the scaler two columns fewer than it was fitted on, in the words of scikit-learn."""

import time


class StandardScaler:
    n_features_in_ = 42

    def transform(self, rows):
        if len(rows[0]) != self.n_features_in_:
            raise ValueError(f"X has {len(rows[0])} features, but StandardScaler is expecting {self.n_features_in_} features as input.")
        return rows


def features():
    """region and channel were dropped in release 3.4"""
    return [[0.0] * 40]


def warm_up(scaler):
    return scaler.transform(features())


print("INFO:rank:release 3.4, feature set v12", flush=True)
time.sleep(1)
warm_up(StandardScaler())
