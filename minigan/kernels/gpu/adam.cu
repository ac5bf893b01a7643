// Adam (Kingma & Ba, arXiv 1412.6980) in one launch: adam_ of minigan/backend/plain.py.
//
// Parameters, gradients and moments come as they are, one array each for every parameter. Their
// addresses travel with the launch itself, so nothing is gathered or copied first.

const int MOST = 64;  // parameters of one launch: 2.5 KB of the 4 KB that a launch may carry

struct Table {
    float* p[MOST];
    const float* g[MOST];
    float* m[MOST];
    float* v[MOST];
    long long end[MOST];  // where parameter k ends, were all laid end to end
};

// 1-β₁ and 1-β₂ come from the host, in double: 1 - 0.999f is off by 5 parts in 100,000.
extern "C" __global__ void adam(Table table, long long count, float beta1, float rest1, float beta2,
                                float rest2, float step_size, float eps, const float* rates) {
    if (rates) step_size = rates[0], eps = rates[1];  // of a captured step, which change each time
    int k = 0;  // the parameter that holds place i; it only grows, as i does
    long long stride = gridDim.x * (long long)blockDim.x;
    for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < count; i += stride) {
        while (i >= table.end[k]) ++k;
        long long j = i - (k > 0 ? table.end[k - 1] : 0);
        float g = table.g[k][j];
        float m = beta1 * table.m[k][j] + rest1 * g;
        float v = beta2 * table.v[k][j] + rest2 * g * g;
        table.m[k][j] = m;
        table.v[k][j] = v;
        table.p[k][j] -= step_size * m / (sqrtf(v) + eps);
    }
}
