// Sums over all but the channels: bias gradients, and batch normalisation with its gradients. The
// formulas are those of minigan/kernels/plain_norm.py.
//
// In channels-last memory a tensor (N, C, H, W) is a matrix of N·H·W rows and C columns, and what
// belongs to a channel is a column. All kernels here walk that matrix in one way. A block takes
// blockDim.x neighbouring columns and one slab of rows: thread (x, y) owns column x and every
// blockDim.y-th row of the slab, beginning with row y. So neighbouring threads read neighbouring
// addresses, and what a thread knows of its channel stays in its registers.
//
// A sum takes two launches: the first adds up each slab, the second the slabs. Every addition has
// its fixed place; nothing depends on which block was first, so equal inputs give equal bits.

const int THREADS = 256;  // of a block, at most: blockDim.x · blockDim.y, both powers of two

struct Walk {
    int column, row, end;  // this thread's column, its first row, and the end of its slab

    __device__ Walk(int rows, int slab)
        : column(blockIdx.x * blockDim.x + threadIdx.x),
          row(blockIdx.y * slab + threadIdx.y),
          end(min(rows, (int)(blockIdx.y + 1) * slab)) {}
};

// The sum of the values of all threads in this column, known to all of them.
__device__ float sum_of_column(float value) {
    __shared__ float part[THREADS];
    int place = threadIdx.y * blockDim.x + threadIdx.x;
    part[place] = value;
    __syncthreads();
    for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
        if (threadIdx.y < half) part[place] += part[place + half * blockDim.x];
        __syncthreads();
    }
    float sum = part[threadIdx.x];
    __syncthreads();  // everybody has read: the memory is free for the next sum
    return sum;
}

// sums (slabs, C): the sum of each slab of x (rows, C), divided by `divisor`.
extern "C" __global__ void channel_sums(const float* x, float* sums, float divisor, int rows,
                                        int channels, int slab) {
    Walk at(rows, slab);
    float sum = 0;
    if (at.column < channels)
        for (int r = at.row; r < at.end; r += blockDim.y)
            sum += x[(long long)r * channels + at.column];
    sum = sum_of_column(sum);
    if (at.column < channels && threadIdx.y == 0)
        sums[blockIdx.y * channels + at.column] = sum / divisor;
}

// y (rows, C) += bias (C).
extern "C" __global__ void add_bias(float* y, const float* bias, int rows, int channels, int slab) {
    Walk at(rows, slab);
    if (at.column >= channels) return;
    float shift = bias[at.column];
    for (int r = at.row; r < at.end; r += blockDim.y) y[(long long)r * channels + at.column] += shift;
}

// -- mean and variance ----------------------------------------------------------------------------

// Count, mean and sum of squared deviations of some values. Two of them merge into that of both
// (Chan, Golub and LeVeque, 1979), without the cancellation of Σx² - (Σx)²/n.
struct Moments {
    float count, mean, squares;

    __device__ void merge(Moments other) {
        float both = count + other.count;
        if (both == 0) return;
        float delta = other.mean - mean, share = other.count / both;
        mean += delta * share;
        squares += other.squares + delta * delta * count * share;
        count = both;
    }
};

// The moments of all threads in this column together; known to the first of them.
__device__ Moments merged_of_column(Moments* part, Moments own) {
    int place = threadIdx.y * blockDim.x + threadIdx.x;
    part[place] = own;
    __syncthreads();
    for (unsigned half = blockDim.y / 2; half > 0; half /= 2) {
        if (threadIdx.y < half) part[place].merge(part[place + half * blockDim.x]);
        __syncthreads();
    }
    return part[place];
}

// means and squares (slabs, C): the mean of each slab of x (rows, C), and Σ (x - mean)².
extern "C" __global__ void slab_moments(const float* x, float* means, float* squares, int rows,
                                        int channels, int slab) {
    __shared__ Moments part[THREADS];
    Walk at(rows, slab);
    Moments own = {0, 0, 0};
    if (at.column < channels)
        for (int r = at.row; r < at.end; r += blockDim.y)
            own.merge({1, x[(long long)r * channels + at.column], 0});
    own = merged_of_column(part, own);
    if (at.column < channels && threadIdx.y == 0) {
        means[blockIdx.y * channels + at.column] = own.mean;
        squares[blockIdx.y * channels + at.column] = own.squares;
    }
}

// mean, biased variance and 1/√(variance + eps) (C) of all slabs together. Here a block takes all the
// slabs of its columns, a thread every blockDim.y-th of them. The running mean and variance, where
// there are any, move towards the batch's by momentum; `unbiased` is n / (n - 1).
extern "C" __global__ void merge_moments(const float* means, const float* squares, float* mean,
                                         float* variance, float* rstd, float* running_mean,
                                         float* running_var, float momentum, float unbiased,
                                         float eps, int rows, int channels, int slab) {
    __shared__ Moments part[THREADS];
    int c = blockIdx.x * blockDim.x + threadIdx.x;
    Moments all = {0, 0, 0};
    if (c < channels)
        for (int s = threadIdx.y; s * slab < rows; s += blockDim.y) {
            int at = s * channels + c;
            all.merge({(float)min(slab, rows - s * slab), means[at], squares[at]});
        }
    all = merged_of_column(part, all);
    if (c >= channels || threadIdx.y > 0) return;
    float biased = all.squares / rows;
    mean[c] = all.mean;
    variance[c] = biased;
    rstd[c] = 1 / sqrtf(biased + eps);
    if (!running_mean) return;
    running_mean[c] += (all.mean - running_mean[c]) * momentum;
    running_var[c] += (biased * unbiased - running_var[c]) * momentum;
}

// -- batch normalisation --------------------------------------------------------------------------

// y = (x - mean) · rstd · weight + bias.
extern "C" __global__ void batch_norm(const float* x, const float* weight, const float* bias,
                                      const float* mean, const float* rstd, float* y, int rows,
                                      int channels, int slab) {
    Walk at(rows, slab);
    int c = at.column;
    if (c >= channels) return;
    float centre = mean[c], scale = rstd[c] * weight[c], shift = bias[c];
    for (int r = at.row; r < at.end; r += blockDim.y) {
        long long i = (long long)r * channels + c;
        y[i] = (x[i] - centre) * scale + shift;
    }
}

// sums (slabs, 2C): of each slab, Σ g·x̂ (the gradient of weight) beside Σ g (that of bias), with
// x̂ = (x - mean) · rstd.
extern "C" __global__ void batch_norm_sums(const float* g, const float* x, const float* mean,
                                           const float* rstd, float* sums, int rows, int channels,
                                           int slab) {
    Walk at(rows, slab);
    int c = at.column;
    float by_weight = 0, by_bias = 0;
    if (c < channels) {
        float centre = mean[c], scale = rstd[c];
        for (int r = at.row; r < at.end; r += blockDim.y) {
            long long i = (long long)r * channels + c;
            by_weight += g[i] * ((x[i] - centre) * scale);
            by_bias += g[i];
        }
    }
    by_weight = sum_of_column(by_weight);
    by_bias = sum_of_column(by_bias);
    if (c < channels && threadIdx.y == 0) {
        sums[blockIdx.y * 2 * channels + c] = by_weight;
        sums[(blockIdx.y * 2 + 1) * channels + c] = by_bias;
    }
}

// by_x = weight · rstd · (g - by_bias/rows - x̂ · by_weight/rows): what is left of g once its mean,
// and its part along x̂, which the normalisation undoes, are taken away. sums (2C) as above.
extern "C" __global__ void batch_norm_by_x(const float* g, const float* x, const float* weight,
                                           const float* mean, const float* rstd, const float* sums,
                                           float* by_x, int rows, int channels, int slab) {
    Walk at(rows, slab);
    int c = at.column;
    if (c >= channels) return;
    float centre = mean[c], scale = rstd[c], factor = scale * weight[c];
    float along = sums[c] / rows, average = sums[channels + c] / rows;
    for (int r = at.row; r < at.end; r += blockDim.y) {
        long long i = (long long)r * channels + c;
        by_x[i] = factor * (g[i] - average - (x[i] - centre) * scale * along);
    }
}
