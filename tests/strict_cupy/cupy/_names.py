"""What CuPy 14.2 offers, read off its wheel: a name that is not listed here must not be used.

Left out on purpose are the aliases that NumPy 2 dropped (`trapz`, `in1d`, `round_`, ...).
"""

UFUNCS = frozenset(
    """
    abs absolute acos acosh add arccos arccosh arcsin arcsinh arctan arctan2 arctanh asin asinh
    atan atan2 atanh bitwise_and bitwise_count bitwise_invert bitwise_left_shift bitwise_not
    bitwise_or bitwise_right_shift bitwise_xor cbrt ceil conj conjugate copysign cos cosh deg2rad
    degrees divide divmod equal exp exp2 expm1 fabs float_power floor floor_divide fmax fmin fmod
    frexp gcd greater greater_equal heaviside hypot invert isfinite isinf isnan lcm ldexp
    left_shift less less_equal log log10 log1p log2 logaddexp logaddexp2 logical_and logical_not
    logical_or logical_xor maximum minimum mod modf multiply negative nextafter not_equal positive
    pow power rad2deg radians reciprocal remainder right_shift rint sign signbit sin sinh sqrt
    square subtract tan tanh true_divide trunc
""".split()
)

FUNCTIONS = frozenset(
    """
    all allclose amax amin angle any append arange argmax argmin argpartition argsort argwhere
    around array2string array_equal array_equiv array_repr array_split array_str asarray_chkfinite
    ascontiguousarray asfortranarray astype atleast_1d atleast_2d atleast_3d average bartlett
    base_repr binary_repr bincount blackman broadcast_arrays broadcast_to can_cast choose clip
    column_stack common_type compress concat concatenate convolve copy copyto corrcoef correlate
    count_nonzero cov cross cumprod cumsum cumulative_prod cumulative_sum delete diag diag_indices
    diag_indices_from diagflat diagonal diff digitize dot dsplit dstack ediff1d einsum empty
    empty_like expand_dims extract eye fill_diagonal fix flatnonzero flip fliplr flipud full
    full_like gradient hamming hanning histogram histogram2d histogramdd hsplit hstack i0 identity
    imag indices inner interp intersect1d isclose iscomplex iscomplexobj isfortran isin isneginf
    isposinf isreal isrealobj isscalar ix_ kaiser kron lexsort linspace logspace mask_indices
    matmul matrix_transpose max may_share_memory mean median meshgrid min min_scalar_type moveaxis
    nan_to_num nanargmax nanargmin nancumprod nancumsum nanmax nanmean nanmedian nanmin nanprod
    nanstd nansum nanvar ndim nonzero ones ones_like outer packbits pad partition percentile
    permute_dims place polyfit polyval prod ptp put put_along_axis putmask quantile ravel
    ravel_multi_index real real_if_close repeat require reshape resize result_type roll rollaxis
    roots rot90 round searchsorted select setdiff1d setxor1d shape shares_memory sinc size sort
    sort_complex split squeeze stack std sum swapaxes take take_along_axis tensordot tile trace
    transpose trapezoid tri tril tril_indices tril_indices_from trim_zeros triu triu_indices
    triu_indices_from union1d unique unique_all unique_counts unique_inverse unique_values
    unpackbits unravel_index unwrap vander var vdot vsplit vstack where zeros zeros_like
""".split()
)

LINALG = frozenset(
    """
    cholesky cond cross det eig eigh eigvals eigvalsh inv lstsq matmul matrix_power matrix_rank
    matrix_transpose norm pinv qr slogdet solve svd tensorinv tensorsolve
""".split()
)

FFT = frozenset(
    """
    fft fft2 fftfreq fftn fftshift hfft ifft ifft2 ifftn ifftshift ihfft irfft irfft2 irfftn rfft
    rfft2 rfftfreq rfftn
""".split()
)

STRIDE_TRICKS = frozenset({"as_strided", "sliding_window_view"})

BORROWED = frozenset(
    """
    bool bool_ broadcast_shapes byte cdouble complex128 complex64 complexfloating csingle double
    dtype e euler_gamma finfo float16 float32 float64 floating generic get_printoptions
    half iinfo index_exp inexact inf int16 int32 int64 int8 int_ intc integer intp isdtype
    issubdtype iterable long longlong mintypecode nan ndindex newaxis number pi printoptions
    promote_types s_ set_printoptions short signedinteger single typename ubyte uint uint16 uint32
    uint64 uint8 uintc uintp ulong ulonglong unsignedinteger ushort
""".split()
)
"""NumPy's own objects, which CuPy hands on unchanged."""

NOT_MODELLED = frozenset(
    """
    ElementwiseKernel ReductionKernel apply_along_axis apply_over_axes broadcast c_ exceptions
    flatiter
    from_dlpack frombuffer fromfile fromfunction fromiter fromstring fuse genfromtxt load loadtxt
    memoize mgrid ogrid piecewise poly poly1d polyadd polymul polysub polynomial r_ save savetxt
    savez savez_compressed testing vectorize
""".split()
)
"""Names that CuPy has and this stand-in does not imitate."""

METHODS = frozenset(
    """
    all any argmax argmin argpartition argsort conj conjugate cumprod cumsum diagonal dot max mean
    min nonzero prod ptp ravel repeat round searchsorted squeeze std sum swapaxes take trace var
""".split()
)
"""ndarray's methods that do what the function of the same name does."""

LACKING_KEYWORDS = {
    "where": "all any max min amax amin mean std sum var prod "
    "nanmax nanmin nanmean nanstd nansum nanvar nanprod",
    "initial": "max min amax amin sum prod nanmax nanmin nansum nanprod",
    "correction": "std var nanstd nanvar",
    "mean": "std var nanstd nanvar",
    "keepdims": "count_nonzero",
    "order": "sort argsort partition argpartition",
    "stable": "sort argsort",
    "kind": "partition argpartition isin",
    "mode": "take",
    "min": "clip",
    "max": "clip",
    "shape": "reshape",
    "arrays": "concat concatenate stack",
    "sparse": "indices",
    "axis": "lexsort trim_zeros",
    "weights": "percentile quantile",
    "sorted": "unique",
}
"""Keywords that NumPy's function of that name takes and CuPy's does not."""

NOWHERE_KEYWORDS = frozenset({"device", "like", "subok"})
"""Keywords that no CuPy function takes, or that none does anything with."""

HOST_RESULTS = frozenset(
    """
    array2string array_repr array_str base_repr binary_repr can_cast common_type iscomplexobj
    isfortran isrealobj isscalar may_share_memory min_scalar_type ndim result_type shape size
""".split()
)
"""Functions that answer about an array, with a Python object."""

KEEPS_ORDER = frozenset(
    """
    array2string asfortranarray astype copy empty empty_like eye full full_like identity ones
    ones_like zeros zeros_like
""".split()
)
"""Functions whose new result may be laid out otherwise than in C order."""

SYNCHRONISING = frozenset(
    """
    argwhere array2string array_repr array_str bincount compress digitize extract flatnonzero
    nonzero setdiff1d unique unique_all unique_counts unique_inverse unique_values
""".split()
)
"""Functions that wait for the device, because the size of their result is found there."""

BLAS = frozenset({"matmul", "dot", "inner", "vdot", "tensordot", "einsum"})
"""Functions that call cuBLAS, which CuPy refuses inside a captured stream."""

IN_PLACE = frozenset("copyto fill_diagonal place put put_along_axis putmask".split())

JOINING = frozenset("concat concatenate stack hstack vstack dstack column_stack".split())

ELEMENTWISE = frozenset("where clip nan_to_num isclose".split())
"""Functions that are one elementwise kernel, and judge their arguments as a ufunc does."""

REDUCTIONS = frozenset(
    """
    all amax amin any argmax argmin count_nonzero max mean min nanargmax nanargmin nanmax nanmean
    nanmin nanprod nanstd nansum nanvar prod ptp std sum var
""".split()
)
"""Functions that fold axes: a 0-d array has none to name."""

_SCATTER = "i4 i8 u4 u8 f4 f8"
SCATTER_TYPES = {
    "add": _SCATTER + " f2",
    "subtract": "i4 u4",
    "maximum": _SCATTER,
    "minimum": _SCATTER,
    "bitwise_and": "i4 i8 u4 u8",
    "bitwise_or": "i4 i8 u4 u8",
    "bitwise_xor": "i4 i8 u4 u8",
}
"""ufunc.at: the ufuncs that have it, and the types that CUDA's atomics allow them."""
