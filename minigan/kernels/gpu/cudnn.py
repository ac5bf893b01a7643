"""Convolution on CuPy by cuDNN, through its frontend: the package nvidia-cudnn-frontend.

minigan/backend/plain.py says what the three functions compute. cuDNN has many plans for each. The
first call of a shape takes the first that runs, in the order in which cuDNN expects them to be
fast; or, if precision.tuned says so, it tries several on its arrays. Only plans that give equal
bits for equal inputs are taken.

A first call waits for the GPU, so it must not be inside a captured stream; later calls may be. What
a graph has recorded stays valid: plans are kept, and all work in one piece of memory that never
moves. Convolutions of one stream take turns in using it; two streams must not convolve at once.
"""

import functools
from typing import Any, NamedTuple

import cudnn
import cupy

from minigan.kernels import precision
from minigan.kernels.geometry import Pair, axes_of
from minigan.kernels.gpu.bfloat16 import rounded, widened
from minigan.kernels.gpu.graph import NotYetError
from minigan.kernels.gpu.launch import owned
from minigan.kernels.layout import channels_last

Shape = tuple[int, ...]

WORKSPACE = 1 << 28  # bytes; plans that want more are not tried
TRIED = 8  # plans at most: cuDNN names first what it expects to be fast, and building takes time
REPEATS = 3  # runs of a plan in one measurement, so that starting it weighs less

UIDS = {"x": 1, "w": 2, "y": 3}  # how the frontend's graphs call images, weight and output


class NoPlanError(Exception):
    """cuDNN has no plan for this convolution, or it cannot be looked for now."""


class Case(NamedTuple):
    """What a plan is for: a convolution that makes x, w or y from the two others."""

    makes: str
    shapes: tuple[Shape, Shape, Shape]  # of x, w, y
    stride: Pair
    padding: Pair
    precision: str
    tuned: bool


def conv2d(x: cupy.ndarray, weight: cupy.ndarray, stride: Pair, padding: Pair) -> cupy.ndarray:
    """x (N, C, H, W), weight (O, C, KH, KW) → (N, O, OH, OW)."""
    rows, columns = axes_of(x.shape[2:], weight.shape[2:], stride, padding)
    y = len(x), len(weight), rows.out, columns.out
    return _made("y", y, {"x": x, "w": weight}, stride, padding)


def conv2d_input(
    y: cupy.ndarray, weight: cupy.ndarray, size: Pair, stride: Pair, padding: Pair
) -> cupy.ndarray:
    """y (N, O, OH, OW), weight (O, C, KH, KW) → (N, C, *size)."""
    return _made("x", (len(y), weight.shape[1], *size), {"w": weight, "y": y}, stride, padding)


def conv2d_weight(
    x: cupy.ndarray, y: cupy.ndarray, kernel: Pair, stride: Pair, padding: Pair
) -> cupy.ndarray:
    """x (N, C, H, W), y (N, O, OH, OW) → (O, C, *kernel)."""
    return _made("w", (y.shape[1], x.shape[1], *kernel), {"x": x, "y": y}, stride, padding)


def _made(
    name: str, shape: Shape, given: dict[str, cupy.ndarray], stride: Pair, padding: Pair
) -> cupy.ndarray:
    """The array `name` of a convolution from the two others, in channels-last memory."""
    shapes = {each: array.shape for each, array in given.items()} | {name: shape}
    settings = precision.precision, precision.tuned
    case = Case(name, (shapes["x"], shapes["w"], shapes["y"]), stride, padding, *settings)
    arrays = {each: _dense(array) for each, array in given.items()}
    if case.precision == "bfloat16":
        arrays = {each: rounded(array) for each, array in arrays.items()}
    half = case.precision == "bfloat16" and name == "x"  # cuDNN sends those back in no other type
    made = cupy.empty((shape[0], *shape[2:], shape[1]), "uint16" if half else "float32")
    arrays[name] = made
    places = {UIDS[each]: array.data.ptr for each, array in arrays.items()}
    _run(*_plan(case, places), places)
    return owned((widened(made) if half else made).transpose(0, 3, 1, 2))


def _dense(x: cupy.ndarray) -> cupy.ndarray:
    """(N, C, H, W) → (N, H, W, C), dense, and at a multiple of 16 bytes, as plans take it to be."""
    rows = channels_last(x)
    return rows if rows.data.ptr % 16 == 0 else rows.copy()


# -- choosing a plan -------------------------------------------------------------------------------

_plans: dict[Case, tuple[Any, int] | str] = {}  # a graph and which of its plans; or why none

# What the frontend raises where cuDNN refuses; a capture that a plan breaks is a RuntimeError, too.
_REFUSALS = (cudnn.cudnnGraphNotSupportedError, RuntimeError, ValueError)


def _plan(case: Case, places: dict[int, int]) -> tuple[Any, int]:
    """The plan for the case, which is chosen at its first call. Raises NoPlanError."""
    if case not in _plans:
        if cupy.cuda.get_current_stream().is_capturing():
            raise NotYetError(f"a convolution that has not run before: {case}")
        _plans[case] = _fastest(case, places)
    plan = _plans[case]
    if isinstance(plan, str):
        raise NoPlanError(plan)
    return plan


def _fastest(case: Case, places: dict[int, int]) -> tuple[Any, int] | str:
    """The fastest of the first plans, or why none runs; trials write the result at its place."""
    if not all(map(all, case.shapes)):
        return f"empty arrays: {case}"
    cupy.cuda.get_current_stream().synchronize()  # trials have a stream of their own
    times: dict[int, float] = {}
    try:
        graph = _searched(case)
    except _REFUSALS as error:
        return f"cuDNN {cudnn.backend_version()} has no plan: {error}; {case}"
    refused = ""
    for index in range(graph.get_execution_plan_count()):
        try:
            graph.build_plan_at_index(index)  # refuses the unwanted, too
            times[index] = _milliseconds(graph, index, places)
        except _REFUSALS as error:
            refused = str(error)
        if len(times) == (TRIED if case.tuned else 1):
            break
    if not times:
        return f"cuDNN {cudnn.backend_version()} has no plan: {refused}; {case}"
    return graph, min(times, key=times.__getitem__)


def _searched(case: Case) -> Any:
    """The graph with its plans, unbuilt, those first that cuDNN expects to be fast."""
    graph = _graph(case)
    graph.validate()
    graph.build_operation_graph()
    graph.create_execution_plans([cudnn.heur_mode.A, cudnn.heur_mode.FALLBACK])
    # As PyTorch's Conv_v8.cpp: tensor cores take float32 only as TF32, and bfloat16 as it is.
    note = cudnn.numerical_note
    exact = [note.TENSOR_CORE] if case.precision == "float32" else []
    graph.deselect_numeric_notes([note.NONDETERMINISTIC, note.DOWN_CONVERT_INPUTS, *exact])
    graph.deselect_workspace_greater_than(WORKSPACE)
    return graph


def _milliseconds(graph: Any, index: int, places: dict[int, int]) -> float:
    """Of one run on the GPU. It is captured, so that Python's time in launching is not seen."""
    start, stop = cupy.cuda.Event(), cupy.cuda.Event()
    with _trials() as stream:
        _run(graph, index, places)  # loads the kernels
        stream.synchronize()
        stream.begin_capture()
        try:
            for _ in range(REPEATS):
                _run(graph, index, places)
        finally:
            recorded = stream.end_capture()
        times = []
        for _ in range(3):
            start.record(stream)
            recorded.launch(stream)
            stop.record(stream)
            stop.synchronize()
            times.append(cupy.cuda.get_elapsed_time(start, stop) / REPEATS)
    return min(times)


# -- the frontend ----------------------------------------------------------------------------------


def _run(graph: Any, index: int, places: dict[int, int]) -> None:
    """Run a plan on the current stream, captured or not; places are addresses by uid."""
    cudnn.set_stream(_handle(), cupy.cuda.get_current_stream().ptr)
    graph.execute_plan_at_index(places, _workspace().ptr, index, _handle())


def _graph(case: Case) -> Any:
    """The graph of one convolution. Axes are N, C, H, W, memory is channels-last, sums float32."""
    single, half = cudnn.data_type.FLOAT, cudnn.data_type.BFLOAT16
    factor = half if case.precision == "bfloat16" else single
    graph = cudnn.pygraph(handle=_handle(), io_data_type=factor, compute_data_type=single)
    shapes = {name: list(shape) for name, shape in zip(UIDS, case.shapes, strict=True)}
    strides = {name: [h * w * c, 1, w * c, c] for name, (_, c, h, w) in shapes.items()}
    given = {
        name: graph.tensor(shapes[name], strides[name], factor, name=name, uid=uid)
        for name, uid in UIDS.items()
        if name != case.makes
    }
    walk = {"padding": list(case.padding), "stride": list(case.stride), "dilation": [1, 1]}
    if case.makes == "y":
        made = graph.conv_fprop(image=given["x"], weight=given["w"], **walk)
    elif case.makes == "x":
        made = graph.conv_dgrad(loss=given["y"], filter=given["w"], **walk)
    else:
        made = graph.conv_wgrad(image=given["x"], loss=given["y"], **walk)
    kind = factor if case.makes == "x" else single
    made.set_output(True).set_data_type(kind).set_uid(UIDS[case.makes])
    made.set_dim(shapes[case.makes]).set_stride(strides[case.makes])
    return graph


@functools.cache
def _handle() -> Any:
    return cudnn.create_handle()


@functools.cache
def _workspace() -> Any:
    return cupy.cuda.Memory(WORKSPACE)  # of no pool, and for good: graphs keep the address


@functools.cache
def _trials() -> cupy.cuda.Stream:
    """Where plans are measured: the default stream cannot be captured."""
    return cupy.cuda.Stream(non_blocking=True)
