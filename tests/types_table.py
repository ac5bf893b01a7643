"""How test_types.py calls each public function: one row for each name, tails of arguments in it.

A tail is what follows the tensors: `T(1, keepdim=True)` makes f(x, 1, keepdim=True). Dtypes stand in
it as `D("int64")`, which each library reads in its own way. A call that is no tail is a function of
the library (m) and the tensors.
"""

import numpy as np


class D(str):
    """A dtype by name, to be looked up in the library that is called."""


class T:
    """The arguments after the tensors."""

    def __init__(self, *args, **kwargs):
        self.args, self.kwargs = args, kwargs

    def __repr__(self):
        words = [*map(repr, self.args), *(f"{k}={v!r}" for k, v in self.kwargs.items())]
        return f"({', '.join(words)})"

    def read(self, m):
        """args and kwargs as the library m takes them."""

        def own(value):
            if isinstance(value, np.ndarray):
                return m.tensor(value)
            return getattr(m, value) if isinstance(value, D) else value

        return [own(v) for v in self.args], {k: own(v) for k, v in self.kwargs.items()}


PLAIN = [T()]
ALONG = [T(), T(0), T(-1, keepdim=True), T(dim=(0, 1))]
ONE_AXIS = [T(0), T(-1), T(dim=1)]
MASK = np.array([[True, False, True, False], [False, False, True, True]])
PLACES = np.array([[1, 0, 0, 1], [0, 0, 1, 1]])

ONE = {  # functions and methods of one tensor
    **dict.fromkeys(
        """
        abs absolute acos asin atan ceil cos cosh erf exp expm1 floor isfinite isinf isnan log log10
        log1p log2 logical_not neg negative reciprocal relu round rsqrt sigmoid sign sin sinh sqrt
        square tan tanh trunc bitwise_not __neg__ __pos__ __abs__ __invert__
        __reversed__
        clone flatten t numel is_floating_point bool byte double float half int long short detach
        dim ndimension nelement item tolist nonzero is_contiguous ravel unbind
        __bool__ __float__ __int__ __len__ __index__ cpu
        """.split(),
        PLAIN,
    ),
    "nan_to_num": [T(), T(nan=2.5), T(0, 1, -1)],
    "type": [lambda m, x: x.type().replace("cuda.", "")],
    "sum": [*ALONG, T(dtype=D("float64")), T(0, dtype=D("int32")), T(dtype=D("float16"))],
    "mean": [*ALONG, T(dtype=D("float64")), T(0, dtype=D("float32"))],
    "prod": [*ALONG[:3], T(dtype=D("float64")), T(0, dtype=D("int32"))],
    "cumsum": [*ONE_AXIS, T(0, dtype=D("float64")), T(0, dtype=D("int32"))],
    "cumprod": [*ONE_AXIS, T(0, dtype=D("float64"))],
    "var": [
        *ALONG,
        T(False),
        T(0, False, True),
        T(unbiased=False),
        T(0, correction=0),
        T(correction=2),
        T(dim=(0, 1), correction=1, keepdim=True),
        T(None),
        T(0, correction=2),
    ],
    "norm": [
        *(T(p) for p in (0, 1, 2, 3, 0.5, 1.5, -1, -2.5, "fro")),
        T(float("inf")),
        T(-float("inf")),
        T(),
        T(2, 0),
        T(3, -1, True),
        T(p=1, dim=(0, 1)),
        T(0, 1),
        T(2, 0, dtype=D("float64")),
        T(float("inf"), 1, True),
    ],
    "logsumexp": [T(0), T(-1, True), T(dim=(0, 1))],
    "softmax": [*ONE_AXIS, T(0, dtype=D("float64"))],
    "log_softmax": [*ONE_AXIS, T(0, dtype=D("float64"))],
    "amax": ALONG,
    "amin": ALONG,
    "max": [T(), *ONE_AXIS, T(0, True)],
    "min": [T(), *ONE_AXIS, T(0, True)],
    "argmax": [T(), *ONE_AXIS, T(0, True), T(None, True), T(keepdim=True)],
    "argmin": [T(), *ONE_AXIS, T(0, True), T(None, True), T(keepdim=True)],
    "all": ALONG,
    "any": ALONG,
    "argsort": [T(), T(0), T(descending=True), T(-1, True), T(stable=True)],
    "sort": [T(stable=True), T(0, stable=True), T(descending=True, stable=True)],
    "topk": [
        lambda m, x: m.topk(x, 2).values,
        lambda m, x: x.topk(1, 0)[0],
        lambda m, x: x.topk(2, largest=False, sorted=True)[0],
    ],
    "clamp": [T(0), T(0, 3), T(min=0.5), T(max=2), T(-1.5, 2.5), T(3, 1), T()],
    "clip": [T(0, 3)],
    "clamp_min": [T(0), T(0.5)],
    "clamp_max": [T(2), T(0.5)],
    "tril": [T(), T(1)],
    "triu": [T(), T(-1)],
    "chunk": [T(2), T(2, 1)],
    "split": [T(1), T([1, 3], 1)],
    "flip": [T([0]), T((0, 1))],
    "permute": [T((1, 0))],
    "repeat_interleave": [T(2), T(2, 0)],
    "roll": [T(1), T(1, 0)],
    "squeeze": [T(), T(0)],
    "unsqueeze": [T(0), T(-1)],
    "tile": [T((2, 1))],
    "repeat": [T(2, 1)],
    "expand": [T(2, 4), T(3, -1, -1)],
    "broadcast_to": [T((3, 2, 4))],
    "reshape": [T((4, 2)), T((-1,))],
    "view": [T(4, 2), T(-1)],
    "transpose": [T(0, 1)],
    "swapaxes": [T(0, 1)],
    "unflatten": [T(1, (2, 2))],
    "narrow": [T(1, 1, 2)],
    "select": [T(1, 2)],
    "gather": [T(0, PLACES)],
    "index_select": [T(1, np.array([0, 2]))],
    "masked_select": [T(MASK)],
    "masked_fill": [T(MASK, 1), T(MASK, 2.0), T(MASK, True)],
    "scatter": [T(0, PLACES, value=1)],
    "bernoulli": [],  # random: the dtype is looked at below
    "ones_like": [T(), T(dtype=D("int16"))],
    "zeros_like": [T(), T(dtype=D("float64"))],
    "full_like": [T(2), T(1.0), T(True), T(2.5, dtype=D("float32"))],
    "new_zeros": [T(2), T((2, 3), dtype=D("uint8"))],
    "new_ones": [T(2), T((2, 3), dtype=D("uint8"))],
    "new_full": [T((2,), 2), T((2,), 1.5), T((2,), True), T((2,), 1, dtype=D("float16"))],
    "new_tensor": [T([1.5, 2]), T([1, 2]), T([1], dtype=D("float64"))],
    "to": [*(T(D(d)) for d in ("float16", "float64", "int64", "bool", "uint8"))],
    "pow": [*(T(n) for n in (2, 0, 1, 3, 0.5, -1, -2, 2.5, -0.5, 0.0, True))],
    "__pow__": [T(2), T(0.5)],
    "__rpow__": [T(2), T(0.5), T(0), T(-2.0), T(True)],
    "std": [*ALONG, T(False), T(0, False, True), T(unbiased=False), T(0, correction=0)],
    "var_mean": [*ALONG, T(False), T(0, False, True), T(0, correction=0)],
    "std_mean": [*ALONG, T(False), T(0, False, True), T(0, correction=0)],
}


def functional(name, *args, **kwargs):
    """A call of nn.functional's function of this name."""
    return lambda m, x: getattr(m.nn.functional, name)(x, *args, **kwargs)


ONE |= {
    f"F.{name}": [functional(name, *tail) for tail in tails]
    for name, tails in {
        "relu": [()], "leaky_relu": [(), (0.2,), (0.0,), (1.5,)], "elu": [(), (0.5,)], "selu": [()],
        "silu": [()], "hardtanh": [(), (-3.25, 2.5)], "relu6": [()], "glu": [(), (0,)],
        "softplus": [(), (2.0,), (1.0, 2.0)], "logsigmoid": [()], "softmax": [(1,), (0,)],
        "log_softmax": [(1,), (0,)], "normalize": [(), (1.0, 0), (3.0, 1)], "sigmoid": [()],
        "tanh": [()], "pad": [((1, 2),), ((0, 1, 1, 0), "constant", 2)],
    }.items()
}  # fmt: skip
ONE["linalg.norm"] = [lambda m, x: m.linalg.norm(x), lambda m, x: m.linalg.norm(x, dim=1),
                      lambda m, x: m.linalg.norm(x, "fro"), lambda m, x: m.linalg.norm(x, 1, 1, True),
                      lambda m, x: m.linalg.norm(x, dim=0, dtype=m.float64)]  # fmt: skip
ONE["linalg.vector_norm"] = [
    lambda m, x, p=p: m.linalg.vector_norm(x, p, 1) for p in (0, 1, 2, 3.5, -1, float("inf"))
]
ONE["F.softmax"].append(lambda m, x: m.nn.functional.softmax(x, 1, dtype=m.float64))

NUMBERS = [True, 0, 3, -2, 2.5, 0.0]
TWO = dict.fromkeys(
    """
    add sub mul div subtract multiply divide true_divide eq ne lt le gt ge remainder fmod
    floor_divide pow atan2 logical_and logical_or logical_xor bitwise_and bitwise_or bitwise_xor
    maximum minimum max min isclose allclose equal where type_as
    __add__ __sub__ __mul__ __truediv__ __floordiv__ __mod__ __pow__ __and__ __or__ __xor__
    """.split(),
    PLAIN,
)
BY_NUMBERS = dict.fromkeys(  # which Python calls of a number on the left only
    "__radd__ __rsub__ __rmul__ __rtruediv__ __rfloordiv__ __rmod__ __rand__ __ror__ __rxor__".split(),
    PLAIN,
)
TWO |= {
    "div": [T(), T(rounding_mode="floor"), T(rounding_mode="trunc"), T(rounding_mode=None)],
    "add": [T(), T(alpha=2)],
    "sub": [T(), T(alpha=2)],
    "isclose": [T(), T(rtol=0.5), T(equal_nan=True)],
    "allclose": [T(), T(rtol=0.5), T(equal_nan=True)],
    "clamp": [
        lambda m, x, y: m.clamp(x, y),
        lambda m, x, y: m.clamp(x, max=y),
        lambda m, x, y: m.clamp(x, y, y + 1),
        lambda m, x, y: x.clamp(min=y, max=y * 0 + 1),
    ],
    "where": [
        lambda m, x, y: m.where(x > 0, x, y),
        lambda m, x, y: x.where(y > 0, y),
        lambda m, x, y: m.where(x > 0, x, 2.5),
        lambda m, x, y: m.where(x > 0, 3, x),
        lambda m, x, y: m.where(x > 0, True, x),
        lambda m, x, y: m.where(x > 0, 1, 2.5),
    ],
    "lerp": [T(0.25), lambda m, x, y: m.lerp(x, y, y), lambda m, x, y: m.lerp(x, y, x * 0 + 0.5)],
    "cat": [lambda m, x, y: m.cat([x, y]), lambda m, x, y: m.cat((x, y, x), -1)],
    "concat": [lambda m, x, y: m.concat([x, y], dim=1)],
    "concatenate": [lambda m, x, y: m.concatenate([x, y], 0)],
    "stack": [lambda m, x, y: m.stack([x, y]), lambda m, x, y: m.stack([x, y], dim=-1)],
    "hstack": [lambda m, x, y: m.hstack([x, y])],
    "vstack": [lambda m, x, y: m.vstack([x, y])],
    "outer": [lambda m, x, y: m.outer(x.flatten(), y.flatten())],
    "matmul": [lambda m, x, y: m.matmul(x, y.T), lambda m, x, y: x @ y[0]],
    "__matmul__": [lambda m, x, y: x.T @ y],
    "mm": [lambda m, x, y: m.mm(x, y.T)],
    "mv": [lambda m, x, y: m.mv(x, y[0])],
    "dot": [lambda m, x, y: m.dot(x[0], y[0])],
    "bmm": [lambda m, x, y: m.bmm(x[None], y.T[None])],
    "baddbmm": [
        lambda m, x, y: m.baddbmm(x[:, None, :2], x[:, None], y[:, :, None] * x.new_ones(2))
    ],
    "addmm": [lambda m, x, y: m.addmm(x[:, :2], x, y.T), lambda m, x, y: x[0, :2].addmm(x, y.T)],
    "einsum": [
        lambda m, x, y: m.einsum("ab,cb->ac", x, y),
        lambda m, x, y: m.einsum("ab,ab->", x, y),
    ],
    "linear": [lambda m, x, y: m.nn.functional.linear(x, y)],
    "expand_as": PLAIN,
    "view_as": PLAIN,
    "reshape_as": PLAIN,
    "meshgrid": [lambda m, x, y: m.meshgrid(x[0], y[0], indexing="ij")],
}

MADE = {  # functions that make tensors of none
    "arange": [
        T(4),
        T(1, 4),
        T(0, 1, 0.25),
        T(3.0),
        T(1, 2.5),
        T(4, dtype=D("float64")),
        T(0),
        T(5, 0, -2),
        T(4, dtype=D("uint8")),
        T(start=1, end=3),
        T(True),
        T(end=3),
        T(1, 3, dtype=D("float16")),
        T(0, 5, 2, dtype=D("int16")),
    ],
    "linspace": [
        T(0, 1, 5),
        T(-1, 2, 4, dtype=D("float64")),
        T(0, 10, 3, dtype=D("int64")),
        T(0, 1, 1),
        T(0, 1, 0),
        T(0, 1, 5, dtype=D("float16")),
        T(start=0, end=1, steps=3),
    ],
    "zeros": [
        T(2),
        T(2, 3),
        T((2, 3), dtype=D("int8")),
        T(2, dtype=D("bool")),
        T(()),
        T(size=(2,)),
    ],
    "ones": [T(2), T(2, 3), T((2, 3), dtype=D("int8")), T(2, dtype=D("bool")), T(())],
    "full": [
        T((2,), 1),
        T((2,), 1.5),
        T((2,), True),
        T((2,), 1, dtype=D("float32")),
        T((2,), 2.7, dtype=D("int64")),
        T((2,), 2, dtype=D("bool")),
        T(size=(2,), fill_value=3),
    ],
    "eye": [T(2), T(2, 3), T(2, dtype=D("int64")), T(2, dtype=D("bool"))],
    "tensor": [
        T(1),
        T(1.0),
        T(True),
        T([1, 2]),
        T([1, 2.0]),
        T([True, False]),
        T([True, 2]),
        T([]),
        T([[1.5], [2]]),
        T(1, dtype=D("float16")),
        T([1.7, -1.7], dtype=D("int64")),
        T([0.5, 0], dtype=D("bool")),
        T(float("nan")),
        T([True, 1.5]),
        T(2.5, dtype=D("int8")),
    ],
    "as_tensor": [T([1.0]), T(3), T([1], dtype=D("float64")), T(True)],
    "randint": [],
    "randperm": [],
    "rand": [],
    "randn": [],
    "empty": [],
    "normal": [],
}

ELSEWHERE = """
    use_backend get_num_threads get_num_interop_threads set_num_interop_threads manual_seed inference_mode is_grad_enabled initial_seed is_tensor
    set_float32_matmul_precision set_num_threads set_printoptions use_deterministic_algorithms
    get_default_dtype set_default_device set_default_dtype set_default_tensor_type
    BoolTensor ByteTensor CharTensor DoubleTensor FloatTensor HalfTensor IntTensor LongTensor
    ShortTensor from_numpy empty_like multinomial rand_like randn_like new_empty new astype
    T mT array backward changed_in_place contiguous cuda data device dtype grad grad_fn is_cuda
    is_leaf ndim numpy owner requires_grad shape size storage
    __array__ __array_priority__ __array_wrap__ __annotations__ __dict__ __getattr__ __getitem__ __iter__
    __module__ __setitem__ __slotnames__ __weakref__ __rmatmul__ __copy__ __deepcopy__
    argwhere bincount broadcast_shapes broadcast_tensors cartesian_prod count_nonzero diag
    diag_embed diagonal fliplr flipud index_add index_copy index_fill index_put kron masked_scatter
    moveaxis movedim rot90 scatter_add swapdims take take_along_dim tensordot trace tril_indices
    triu_indices unfold unique are_deterministic_algorithms_enabled compile data_ptr element_size
    fork_rng get_device get_rng_state is_complex is_cpu is_meta is_mkldnn is_mps is_pinned
    is_quantized is_signed is_sparse is_xla is_xpu itemsize layout nbytes pin_memory register_hook
    retain_grad retains_grad seed set_flush_denormal set_rng_state typename
    conv1d conv2d conv_transpose1d conv_transpose2d cosine_similarity pairwise_distance
    pixel_shuffle pixel_unshuffle prelu selu
"""  # settings, what is random, attributes, and what other tests look at
