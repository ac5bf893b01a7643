"""PyTorch's search for NaN in a backward pass: the op whose rule made it is named.

What its other half does, telling where a graph was changed in place, happens here always.
"""

from minigan.watching import anomaly


class set_detect_anomaly:
    """Begin or end the search, at once; as a context manager, for that stretch only.

    check_nan=False searches nothing. The search looks at every gradient and takes its time.
    """

    def __init__(self, mode: bool, check_nan: bool = True):
        wanted = mode and check_nan
        self.former = anomaly.switch(anomaly.Search(False, False) if wanted else None)

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        anomaly.switch(self.former)


class detect_anomaly(set_detect_anomaly):
    """Context manager: search for NaN within. See set_detect_anomaly."""

    def __init__(self, check_nan: bool = True):
        self.check_nan = check_nan

    def __enter__(self) -> None:
        super().__init__(True, self.check_nan)
