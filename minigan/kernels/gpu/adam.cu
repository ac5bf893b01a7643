// Adam (Kingma & Ba, arXiv 1412.6980) in one launch: adam_ of minigan/backend/plain.py.
//
// p, m and v are flat; the gradients come as they are, one array for each parameter. Their
// addresses travel with the launch itself, so nothing is gathered or copied first.

const int MOST = 64;  // gradients of one launch: 1 KB of the 4 KB that a launch may carry

struct Gradients {
    const float* array[MOST];
    long long end[MOST];  // where the stretch of gradient k ends in p, m and v
};

// 1-β₁ and 1-β₂ come from the host, in double: 1 - 0.999f is off by 5 parts in 100,000.
extern "C" __global__ void adam(float* p, float* m, float* v, Gradients gradients, long long count,
                                float beta1, float rest1, float beta2, float rest2,
                                float step_size, float eps) {
    int k = 0;  // the gradient that holds place i; it only grows, as i does
    long long stride = gridDim.x * (long long)blockDim.x;
    for (long long i = blockIdx.x * (long long)blockDim.x + threadIdx.x; i < count; i += stride) {
        while (i >= gradients.end[k]) ++k;
        float g = gradients.array[k][i - (k > 0 ? gradients.end[k - 1] : 0)];
        m[i] = beta1 * m[i] + rest1 * g;
        v[i] = beta2 * v[i] + rest2 * g * g;
        p[i] -= step_size * m[i] / (sqrtf(v[i]) + eps);
    }
}
