// float32 to bfloat16, its upper half: rounded to the nearest, ties to even; NaN stays NaN.
extern "C" __global__ void round_to_bfloat16(const float* x, unsigned short* bits, long long count) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i >= count) return;
    unsigned whole = __float_as_uint(x[i]);
    bool nan = (whole & 0x7fffffff) > 0x7f800000;
    bits[i] = nan ? 0x7fff : (whole + 0x7fff + (whole >> 16 & 1)) >> 16;
}

extern "C" __global__ void widen_bfloat16(const unsigned short* bits, float* x, long long count) {
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i < count) x[i] = __uint_as_float((unsigned)bits[i] << 16);
}
