// Arrays one after another along an axis, in one launch.
//
// Folded to two axes, what stands before the joined axis and the rest, each array is a matrix of
// `rows` rows, and the result is these matrices side by side. Block (x, k) copies a stretch of
// matrix k.

const int MOST = 64;  // arrays of one launch

struct Pieces {
    const float* at[MOST];
    long long width[MOST], before[MOST];  // the columns of each, and of those before it
};

// out (rows, width), all dense.
extern "C" __global__ void join(Pieces pieces, float* out, long long rows, long long width) {
    int k = blockIdx.y;
    long long own = pieces.width[k];
    long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x;
    if (i < rows * own) out[i / own * width + pieces.before[k] + i % own] = pieces.at[k][i];
}
