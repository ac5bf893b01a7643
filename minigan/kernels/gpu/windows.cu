// What a convolution needs besides matrix products: its windows laid out as rows, and the way back.
//
// All memory is channels-last. Window (n, i, j) of an image is what the kernel sees at one place:
// tap (p, q) of it is the pixel in row i·stride + p - padding and in column j·stride + q - padding;
// outside of the image it is 0. A window is one row of a matrix, KH·KW·C numbers with channels side
// by side, and then
//
//     windows (N·OH·OW, KH·KW·C) @ kernel (KH·KW·C, O)
//
// is the convolution, as in minigan/backend/plain.py.
//
// A block has three dimensions: x walks channels (neighbouring addresses), y taps, z windows.

struct Geometry {
    int count, channels, height, width;  // the images: N, C, H, W
    int out_height, out_width;           // windows of each image: OH, OW
    int kernel_height, kernel_width, stride_height, stride_width;
    int padding_height, padding_width;
};

extern "C" __global__ void windows(const float* images, float* rows, Geometry of) {
    int window = blockIdx.x * blockDim.z + threadIdx.z;
    if (window >= of.count * of.out_height * of.out_width) return;
    int j = window % of.out_width, i = window / of.out_width % of.out_height;
    int n = window / of.out_width / of.out_height;
    int taps = of.kernel_height * of.kernel_width;
    for (int tap = threadIdx.y; tap < taps; tap += blockDim.y) {
        int p = tap / of.kernel_width, q = tap % of.kernel_width;
        int h = i * of.stride_height + p - of.padding_height;
        int w = j * of.stride_width + q - of.padding_width;
        bool inside = 0 <= h && h < of.height && 0 <= w && w < of.width;
        const float* pixel = images + (((long long)n * of.height + h) * of.width + w) * of.channels;
        float* out = rows + ((long long)window * taps + tap) * of.channels;
        for (int c = threadIdx.x; c < of.channels; c += blockDim.x) out[c] = inside ? pixel[c] : 0;
    }
}

// The transpose of `windows`: each number of a row is added to the pixel that it was taken from.
// Here a thread owns a pixel and collects from the windows that saw it, so no two threads ever add
// to the same place, and the order of the additions is fixed. z walks pixels, x channels.
extern "C" __global__ void fold(const float* rows, float* images, Geometry of) {
    int pixel = blockIdx.x * blockDim.z + threadIdx.z;
    if (pixel >= of.count * of.height * of.width) return;
    int w = pixel % of.width, h = pixel / of.width % of.height, n = pixel / of.width / of.height;
    int taps = of.kernel_height * of.kernel_width;
    for (int c = threadIdx.x; c < of.channels; c += blockDim.x) {
        float sum = 0;
        for (int p = 0; p < of.kernel_height; ++p) {
            int down = h + of.padding_height - p;
            int i = down / of.stride_height;
            if (down < 0 || down % of.stride_height || i >= of.out_height) continue;
            for (int q = 0; q < of.kernel_width; ++q) {
                int right = w + of.padding_width - q;
                int j = right / of.stride_width;
                if (right < 0 || right % of.stride_width || j >= of.out_width) continue;
                long long window = ((long long)n * of.out_height + i) * of.out_width + j;
                sum += rows[(window * taps + p * of.kernel_width + q) * of.channels + c];
            }
        }
        images[(long long)pixel * of.channels + c] = sum;
    }
}
